"""MONAI's side of bench/cache_table and bench/cache_monai.

    peer_cache.py table ROW FOLDER LIST STEPS_MS HELD SHARE SECONDS THREADS   chain of cache_table.json; a line for each of STEPS_MS, as bench/feed
    peer_cache.py patches FOLDER SETTINGS HELD SHARE SECONDS                  chain of transforms.json; rates of all epochs but the first, peak, peak after the imports

ROW: base, base-12, by-transform (Dataset and DataLoader with THREADS worker processes), cache, both-v2, both-v3 (CacheDataset and
ThreadDataLoader; SmartCacheDataset where SHARE, what is replaced after an epoch, is above 0).
SETTINGS: usual or best, as in peer_monai.py, with -serial for DataLoader in the calling thread or -workers for ThreadDataLoader with
two thread workers instead of its one background thread."""
import json
import math
import os
import resource
import sys
import time

from peer_monai import KEYS, Clock, items_of, mib, plain, prefix, suffix
import numpy as np
import torch
from monai import transforms as mt
from monai.data import CacheDataset, DataLoader, Dataset, SmartCacheDataset, ThreadDataLoader, list_data_collate, set_track_meta

ROWS = {  # volumes of a step, crops of a volume, size
    "base": (4, 1, 64),
    "base-12": (12, 1, 96),
    "by-transform": (1, 12, 96),
    "cache": (12, 1, 96),
    "both-v2": (1, 12, 96),
    "both-v3": (4, 3, 96),
}


class Narrow:
    """Plain tensors in the cache, and lists of voxels in 4 bytes each: MONAI's take 8."""

    def __call__(self, sample):
        return {key: np.asarray(value, np.int32) if key.endswith("_indices") else value for key, value in plain(sample).items()}


def clara(crops, size, listed, is_base):
    load = [
        mt.LoadImaged(KEYS, reader="NibabelReader", dtype=np.float32),
        mt.EnsureChannelFirstd(KEYS),
        mt.Spacingd(KEYS, pixdim=(1.0, 1.0, 1.0), mode=("bilinear", "nearest"), dtype=np.float32),
        mt.ScaleIntensityRanged("image", a_min=-57, a_max=164, b_min=0, b_max=1, clip=True),
    ]
    if listed:
        load += [mt.FgBgToIndicesd("label"), mt.CastToTyped("label", dtype=torch.uint8), Narrow()]
    names = {"fg_indices_key": "label_fg_indices", "bg_indices_key": "label_bg_indices"} if listed else {}
    cut = [mt.RandCropByPosNegLabeld(KEYS, label_key="label", spatial_size=(size,) * 3, pos=1, neg=1, num_samples=crops, **names)]
    if is_base:
        cut += [mt.RandFlipd(KEYS, prob=0.5, spatial_axis=0), mt.RandScaleIntensityd("image", factors=0.1, prob=1.0),
                mt.RandShiftIntensityd("image", offsets=0.1, prob=1.0)]
    return load, cut + [mt.RandScaleIntensityd("image", factors=0.1, prob=0.5)]


def cached(items, load, cut, held, share, threads):
    """The cache with the chain's random steps behind it."""
    chain = mt.Compose(load + cut)
    if share > 0:
        return SmartCacheDataset(items, chain, replace_rate=share, cache_num=held, num_init_workers=1, num_replace_workers=threads,
                                 progress=False, shuffle=True, copy_cache=False)
    return CacheDataset(items, chain, cache_num=held, num_workers=1, progress=False, copy_cache=False)


def table(row, folder, list_file, steps_ms, held, share, seconds, threads):
    volumes, crops, size = ROWS[row]
    with open(os.path.join(folder, list_file)) as file:
        items = [{key: os.path.join(folder, item[key]) for key in KEYS} for item in json.load(file)["training"]]
    is_cached = row.startswith(("cache", "both"))
    load, cut = clara(crops, size, is_cached, row == "base")
    if is_cached:
        data = cached(items, load, cut, held, share, threads)
        set_track_meta(share > 0)  # who replaces items needs it
        loader = ThreadDataLoader(data, batch_size=volumes, shuffle=True, buffer_size=4, num_workers=0, collate_fn=list_data_collate)
    else:
        data = Dataset(items, mt.Compose(load + cut))
        loader = DataLoader(data, batch_size=volumes, shuffle=True, num_workers=threads, collate_fn=list_data_collate,
                            worker_init_fn=lambda _: torch.set_num_threads(1))
    if share > 0:
        data.start()
    for ms in map(float, steps_ms.split(",")):
        until, total, k = time.perf_counter() + seconds, np.zeros(6), 0
        while k < 8 and (k == 0 or time.perf_counter() < until):
            total += epoch(loader, data, ms, until, share > 0)
            k += 1
        steps, samples, elapsed, wait, processor, size = total
        print(f"{ms:g} {k} {steps:.0f} {samples:.0f} {elapsed:.6f} {wait:.6f} 0 0 0 0 {math.ceil(held * share)} 0 0 "
              f"{mib(resource.RUSAGE_SELF):.0f} {processor:.4f} {size:.0f}", flush=True)
    os._exit(0)  # threads that replace items would be waited for


def epoch(loader, data, ms, until, rotates):
    steps = samples = size = 0
    wait = 0.0
    processor, start = time.process_time(), time.perf_counter()
    called = start
    for batch in loader:
        now = time.perf_counter()
        wait += now - called
        steps += 1
        samples += len(batch["image"])
        size += sum(batch[key].numel() * 4 for key in KEYS)
        time.sleep(ms / 1e3)
        called = time.perf_counter()
        if called > until and steps > 1:
            break
    if rotates:
        data.update_cache()
    end = time.perf_counter()
    return np.array([steps, samples, end - start, wait + end - called, time.process_time() - processor, size])


def patches(folder, settings, held, share, seconds):
    kind, _, how = settings.partition("-")
    best = kind == "best"
    items, base = items_of(folder), mib(resource.RUSAGE_SELF)
    load = prefix() + ([mt.FgBgToIndicesd("label"), mt.CastToTyped("label", dtype=torch.uint8), plain] if best else [])
    data = cached(items, load, suffix(best), held, share, 1)
    set_track_meta(not best or share > 0)  # who replaces items needs it
    if how == "serial":
        loader = DataLoader(data, batch_size=1, num_workers=0, collate_fn=list_data_collate)
    elif how == "workers":
        loader = ThreadDataLoader(data, batch_size=1, num_workers=2, use_thread_workers=True, collate_fn=list_data_collate)
    else:
        loader = ThreadDataLoader(data, batch_size=1, num_workers=0, buffer_size=4, collate_fn=list_data_collate)
    if share > 0:
        data.start()
    until, start, count, epochs = time.perf_counter() + seconds, None, 0, 0
    while epochs < 3 or time.perf_counter() < until:
        if epochs == 1:  # the first one does not count
            start, count = Clock(), 0
        for batch in loader:
            count += len(batch["image"])
        if share > 0:
            data.update_cache()
        epochs += 1
    wall, processor = start.rates(count)
    print(f"{wall:.2f} {processor:.2f} {mib(resource.RUSAGE_SELF):.0f} {base:.0f}", flush=True)
    os._exit(0)


def main():
    torch.set_num_threads(1)
    a = sys.argv[2:]
    if sys.argv[1] == "table":
        table(a[0], a[1], a[2], a[3], int(a[4]), float(a[5]), float(a[6]), int(a[7]))
    else:
        patches(a[0], a[1], int(a[2]), float(a[3]), float(a[4]))


main()
