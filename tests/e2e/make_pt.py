"""A .safetensors file as torch.save would write its state dict, without torch: make_pt.py IN OUT [PREFIX of all
names]. Layout: torch/serialization.py, _save."""
import collections
import io
import json
import pickle
import struct
import sys
import types
import zipfile

torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")


class FloatStorage:
    pass


class LongStorage:
    pass


def _rebuild_tensor_v2(*_):
    raise NotImplementedError


FloatStorage.__module__ = LongStorage.__module__ = "torch"
_rebuild_tensor_v2.__module__ = "torch._utils"
torch.FloatStorage, torch.LongStorage, torch._utils, utils._rebuild_tensor_v2 = FloatStorage, LongStorage, utils, _rebuild_tensor_v2
sys.modules["torch"], sys.modules["torch._utils"] = torch, utils


class Storage:
    def __init__(self, kind, key, count):
        self.kind, self.key, self.count = kind, key, count


class Tensor:
    def __init__(self, storage, shape):
        self.storage, self.shape = storage, shape

    def __reduce__(self):
        strides, step = [], 1
        for size in reversed(self.shape):
            strides.insert(0, step)
            step *= size
        return _rebuild_tensor_v2, (self.storage, 0, tuple(self.shape), tuple(strides), False, collections.OrderedDict())


class Pickler(pickle.Pickler):
    def persistent_id(self, obj):
        return ("storage", obj.kind, obj.key, "cpu", obj.count) if isinstance(obj, Storage) else None


with open(sys.argv[1], "rb") as file:
    head = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    body = file.read()
prefix = sys.argv[3] if len(sys.argv) > 3 else ""
state, storages = collections.OrderedDict(), []
for name, about in head.items():
    if name != "__metadata__":
        kind, width = {"F32": (FloatStorage, 4), "I64": (LongStorage, 8)}[about["dtype"]]
        begin, end = about["data_offsets"]
        state[prefix + name] = Tensor(Storage(kind, str(len(storages)), (end - begin) // width), about["shape"])
        storages.append(body[begin:end])
pickled = io.BytesIO()
Pickler(pickled, 2).dump(state)
with zipfile.ZipFile(sys.argv[2], "w") as out:
    out.writestr(zipfile.ZipInfo("model/data.pkl"), pickled.getvalue())
    out.writestr(zipfile.ZipInfo("model/byteorder"), "little")
    for key, data in enumerate(storages):
        out.writestr(zipfile.ZipInfo("model/data/%d" % key), data)
    out.writestr(zipfile.ZipInfo("model/version"), "3\n")
