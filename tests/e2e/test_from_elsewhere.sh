# Models that other programs packed: a MONAI bundle and a Clara MMAR, as folder and zip, weights and all. docs/guide/from-elsewhere.md.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { skip "from elsewhere: no python3"; exit 0; }
small_project a && "$MMAR" train a -q
image=$(find a/data/imagesTr -name '*.png' | sort | tail -n 1)
"$MMAR" infer a "$image" -o mine -q >/dev/null

# The trained network as a bundle in the model zoo's style, its kernels in MONAI's order.
"$MMAR" convert a/models/model.safetensors -o xyz.safetensors --to xyz -q && mkdir -p phantom/configs phantom/models phantom/docs &&
    python3 "$HERE/make_pt.py" xyz.safetensors phantom/models/model.pt || fail "from elsewhere: cannot make a .pt"
python3 - a/config/config_train.json phantom/configs <<'P'
import json
import sys

ours = json.load(open(sys.argv[1]))
train, validate = ours["train"], ours["validate"]
target = lambda c: {"_target_": c["name"].split("#")[0], **c.get("args", {})}
steps = [target(t) for t in train["pre_transforms"]]
random = next(i for i, s in enumerate(steps) if s["_target_"].startswith("Rand"))
post = [{"_target_": "Activationsd", "keys": "pred", "softmax": True}, {"_target_": "AsDiscreted", "keys": "pred", "argmax": True}]
pair = "$monai.handlers.from_engine(['pred', 'label'])"
config = {
    "imports": ["$import glob", "$import os"],
    "bundle_root": ".",
    "output_dir": "$@bundle_root + '/eval'",
    "images": "$list(sorted(glob.glob(@bundle_root + '/imagesTr/*.png')))",
    "device": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
    "val_interval": 2,
    "network_def": target(train["model"]),
    "network": "$@network_def.to(@device)",
    "loss": target(train["loss"]),
    "optimizer": {"_target_": "torch.optim.Adam", "params": "$@network.parameters()", "lr": 0.001},
    "train": {
        "deterministic_transforms": steps[:random],
        "random_transforms": steps[random:],
        "preprocessing": {"_target_": "Compose", "transforms": "$@train#deterministic_transforms + @train#random_transforms"},
        "dataset": {"_target_": "CacheDataset", "data": "$[{'image': i} for i in @images]", "transform": "@train#preprocessing"},
        "dataloader": {"_target_": "DataLoader", "dataset": "@train#dataset", "batch_size": 2, "shuffle": True, "num_workers": 1},
        "handlers": [{"_target_": "ValidationHandler", "validator": "@validate#evaluator", "interval": "@val_interval"}],
        "trainer": {"_target_": "SupervisedTrainer", "max_epochs": 3, "train_data_loader": "@train#dataloader"},
    },
    "validate": {
        "preprocessing": {"_target_": "Compose", "transforms": "%train#deterministic_transforms"},
        "dataset": {"_target_": "Dataset", "data": "$x", "transform": "@validate#preprocessing"},
        "dataloader": {"_target_": "DataLoader", "dataset": "@validate#dataset", "batch_size": 1, "num_workers": 1},
        "postprocessing": {"_target_": "Compose", "transforms": post},
        "inferer": target(validate["inferer"]),
        "key_metric": {"val_mean_dice": {"_target_": "MeanDice", "include_background": False, "output_transform": pair}},
    },
    "initialize": ["$monai.utils.set_determinism(seed=123)"],
    "run": ["$@train#trainer.run()"],
}
metadata = {
    "version": "0.2.0", "name": "Phantom", "task": "phantoms", "authors": "Lab A", "intended_use": "a test",
    "network_data_format": {"outputs": {"pred": {"channel_def": {"0": "background", "1": "ellipse", "2": "box"}}}},
}
for name, value in (("train", config), ("metadata", metadata)):
    json.dump(value, open("%s/%s.json" % (sys.argv[2], name), "w"), indent=4)
P
echo '[loggers]' >phantom/configs/logging.conf && echo '# Phantom' >phantom/docs/README.md
printf 'Apache License\nVersion 2.0, January 2004\n' >phantom/LICENSE
python3 -m zipfile -c phantom.zip phantom

"$MMAR" show phantom.zip >shown && grep -q '^a MONAI bundle, unsigned, no manifest' shown && grep -q '^weights  *models/model.pt$' shown &&
    ok "from elsewhere: a bundle is recognised" || fail "from elsewhere: show says: $(head -n 1 shown)"
"$MMAR" init taken --from phantom.zip --data a/data/dataset.json >out 2>told || fail "from elsewhere: init: $(cat told)"
"$MMAR" init folder --from phantom --data a/data/dataset.json -q >/dev/null
same "from elsewhere: folder and zip give the same configuration" taken/config/config_train.json folder/config/config_train.json
if python3 -c 'import yaml' 2>/dev/null; then
    cp -r phantom yaml && python3 - yaml/configs <<'P'
import json, os, sys, yaml
path = sys.argv[1] + "/train"
yaml.safe_dump(json.load(open(path + ".json")), open(path + ".yaml", "w"), sort_keys=False)
os.remove(path + ".json")
P
    "$MMAR" init from_yaml --from yaml --data a/data/dataset.json >/dev/null 2>said
    same "from elsewhere: a bundle in YAML gives the same configuration" taken/config/config_train.json from_yaml/config/config_train.json
    grep -q "configs/train.yaml:[0-9]*: .*model UNet" said && ok "from elsewhere: notes point into the YAML" || fail "from elsewhere: YAML: $(cat said)"
else
    skip "from elsewhere: a bundle in YAML: no PyYAML"
fi
grep -q 'model UNet' told && grep -q 'logging.conf: Python' told && grep -q 'labels of the output: 0: background' told && ! grep -q 'imports' told &&
    ok "from elsewhere: what was taken and what not is told" || fail "from elsewhere: told: $(cat told)"
grep -q 'tensors fill the network, all of it' told && grep -q '\[x\] channels: your images have 1, the model takes 1' told &&
    grep -q '\[x\] labels: .*2 box' told && ok "from elsewhere: weights and data are held against the model" || fail "from elsewhere: no checklist: $(tr "\n" "|" <told)"
"$MMAR" check taken >checked 2>&1 && ok "from elsewhere: the bundle's MMAR passes mmar check" || fail "from elsewhere: check: $(cat checked)"
"$MMAR" infer taken "$image" -o theirs -q >/dev/null
same "from elsewhere: the bundle's weights predict what they did before" "mine/$(basename "$image" .png)_seg.png" "theirs/$(basename "$image" .png)_seg.png"
"$MMAR" convert taken/models/model.safetensors -o again.safetensors --to xyz -q && python3 "$HERE/make_pt.py" again.safetensors again.pt
same "from elsewhere: weights survive the way in and out" again.pt phantom/models/model.pt
"$MMAR" train taken --from taken/models/model.safetensors --epochs 1 -q && ok "from elsewhere: fine-tunes" || fail "from elsewhere: cannot be fine-tuned"
"$MMAR" init packed --from phantom.zip -q >/dev/null && "$MMAR" pack packed -o packed.mmar -q >/dev/null && "$MMAR" show packed.mmar >shown &&
    grep -q '^origin  *MONAI bundle' shown && grep -q '^licence  *Apache-2.0' shown && ok "from elsewhere: an archive tells its origin and licence" ||
    fail "from elsewhere: the archive says: $(cat shown)"

# A network that differs from its weights, and a card of odd types: both told, neither stops packing.
cp -r phantom odd
python3 - odd/configs <<'P'
import json
import sys

metadata = {"version": 2, "authors": {"x": 1}, "network_data_format": 3}
json.dump(metadata, open(sys.argv[1] + "/metadata.json", "w"))
train = json.load(open(sys.argv[1] + "/train.json"))
train["network_def"]["out_channels"] = 7
json.dump(train, open(sys.argv[1] + "/train.json", "w"))
P
"$MMAR" init oddly --from odd >/dev/null 2>told && grep -q 'another shape, starts anew' told && grep -q 'others of it do not come' told &&
    grep -q 'authors: is an object without a name' told && "$MMAR" pack oddly -o oddly.mmar -q >/dev/null && "$MMAR" show oddly.mmar | grep -q '^version *2$' &&
    ok "from elsewhere: what does not fit is told, and packs" || fail "from elsewhere: odd: $(tr "\n" "|" <told)"

# The same network as Clara Train 4 left it.
mkdir -p clara/config clara/commands clara/models clara/docs && cp a/config/config_train.json clara/config && cp phantom/models/model.pt clara/models
echo '{"DATA_ROOT": "/workspace/data", "PROCESSING_TASK": "segmentation"}' >clara/config/environment.json
echo 'python3 -u -m medl.apps.train' >clara/commands/train.sh && echo x >clara/models/model.ts
python3 -m zipfile -c clara.zip clara
"$MMAR" init from_clara --from clara.zip --data a/data/dataset.json -q >/dev/null 2>err || fail "from elsewhere: Clara: $(cat err)"
same "from elsewhere: a Clara MMAR's configuration is as it was" a/config/config_train.json from_clara/config/config_train.json
"$MMAR" check from_clara >checked 2>&1 && "$MMAR" infer from_clara "$image" -o clara_out -q >/dev/null
same "from elsewhere: a Clara MMAR's weights predict" "mine/$(basename "$image" .png)_seg.png" "clara_out/$(basename "$image" .png)_seg.png"
grep -q medl from_clara/commands/train.sh && fail "from elsewhere: Clara's programs were taken" || ok "from elsewhere: Clara's programs are not taken"

"$MMAR" pack a --zip -o a.zip -q >/dev/null && "$MMAR" verify a.zip -q >/dev/null && "$MMAR" infer a.zip "$image" -o zipped -q >/dev/null
same "zip: infers straight from the file" "mine/$(basename "$image" .png)_seg.png" "zipped/$(basename "$image" .png)_seg.png"
