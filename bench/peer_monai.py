"""MONAI's side of bench/transforms: the chain of transforms.json, with MONAI's own loaders.

    peer_monai.py version
    peer_monai.py prefix FOLDER WORKERS      load to foreground crop; volumes
    peer_monai.py suffix FOLDER SETTINGS     crops, flips and turns of cached volumes; samples
    peer_monai.py values FOLDER              checks of the prefix's result, to compare with ours

Prints one line: the rate a second and a second of processor time, peak memory of the process (not its workers') in MiB, what of it was there after the imports.
SETTINGS: usual (MetaTensors, foreground looked for at each visit, as the tutorials have it) or best (plain tensors
without metadata, foreground and background listed in the cache, labels as uint8, no copies of the cache's)."""
import json
import os
import resource
import sys
import time
import warnings

warnings.filterwarnings("ignore")
import numpy as np
import torch
import monai
from monai.data import CacheDataset, DataLoader, Dataset, list_data_collate, set_track_meta
from monai import transforms as mt

KEYS = ["image", "label"]
EPOCHS = 3


def mib(who):
    return resource.getrusage(who).ru_maxrss / 1024


class Clock:
    """Counts a second, and a second of processor time, since it was made (of this process: workers' time is not in it)."""

    def __init__(self):
        self.wall, self.processor = time.perf_counter(), time.process_time()

    def rates(self, count):
        return count / (time.perf_counter() - self.wall), count / (time.process_time() - self.processor)


def items_of(folder):
    with open(os.path.join(folder, "dataset.json")) as file:
        items = json.load(file)["training"]
    return [{key: os.path.join(folder, item[key]) for key in KEYS} for item in items]


def prefix():
    """float32 throughout: MONAI's default, float64 for Spacing, takes half as long again."""
    return [
        mt.LoadImaged(KEYS, reader="NibabelReader", dtype=np.float32),
        mt.EnsureChannelFirstd(KEYS),
        mt.Orientationd(KEYS, axcodes="RAS"),
        mt.Spacingd(KEYS, pixdim=(1.0, 1.0, 1.0), mode=("bilinear", "nearest"), dtype=np.float32),
        mt.ScaleIntensityRanged("image", a_min=40, a_max=240, b_min=0, b_max=1, clip=True),
        mt.CropForegroundd(KEYS, source_key="image"),
    ]


def suffix(listed):
    indices = {"fg_indices_key": "label_fg_indices", "bg_indices_key": "label_bg_indices"} if listed else {}
    return [
        mt.RandCropByPosNegLabeld(KEYS, label_key="label", spatial_size=(64, 64, 64), pos=1, neg=1, num_samples=4, **indices),
        mt.RandFlipd(KEYS, prob=0.5, spatial_axis=0),
        mt.RandFlipd(KEYS, prob=0.5, spatial_axis=1),
        mt.RandFlipd(KEYS, prob=0.5, spatial_axis=2),
        mt.RandRotate90d(KEYS, prob=0.5, max_k=3, spatial_axes=(0, 1)),
    ]


def run_prefix(folder, workers):
    data = Dataset(items_of(folder), mt.Compose(prefix()))
    if workers <= 1:
        start, count = Clock(), 0
        for _ in (data[i] for i in range(len(data))):
            count += 1
    else:
        loader = DataLoader(data, batch_size=1, num_workers=workers, collate_fn=lambda batch: batch[0],
                            worker_init_fn=lambda _: torch.set_num_threads(1))
        start, count = Clock(), 0
        iterator = iter(loader)
        for _ in iterator:
            count += 1
    return start.rates(count)


def plain(sample):
    return {key: value.as_tensor() if hasattr(value, "as_tensor") else value
            for key, value in sample.items() if key in KEYS or key.endswith("_indices")}


def run_suffix(folder, is_best):
    chain = prefix()
    if is_best:
        chain += [mt.FgBgToIndicesd("label"), mt.CastToTyped("label", dtype=torch.uint8), plain]
    cache = CacheDataset(items_of(folder), mt.Compose(chain), num_workers=1, progress=False, copy_cache=not is_best)
    if is_best:
        set_track_meta(False)
    cut = mt.Compose(suffix(is_best))
    best = (0, 0)
    for _ in range(EPOCHS):
        start, count = Clock(), 0
        for i in range(len(cache)):
            samples = cut(cache[i])
            list_data_collate(samples)
            count += len(samples)
        best = tuple(map(max, best, start.rates(count)))
    return best


def main():
    torch.set_num_threads(1)
    what, base = sys.argv[1], mib(resource.RUSAGE_SELF)
    if what == "version":
        print(f"MONAI {monai.__version__}, torch {torch.__version__}, NumPy {np.__version__}")
        return
    if what == "values":
        sample = mt.Compose(prefix())(items_of(sys.argv[2])[0])
        image, label = (sample[key].numpy().astype(np.float64) for key in KEYS)
        print(*image.shape[1:], f"{image.mean():.6f} {label.sum():.0f}")
        return
    wall, processor = run_prefix(sys.argv[2], int(sys.argv[3])) if what == "prefix" else run_suffix(sys.argv[2], sys.argv[3] == "best")
    print(f"{wall:.2f} {processor:.2f} {mib(resource.RUSAGE_SELF):.0f} {base:.0f}")


if __name__ == "__main__":
    main()
