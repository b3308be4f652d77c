# Every example that `mmar help COMMAND` prints runs, in a copy of a sandbox where the names that examples use exist. What an example makes
# is taken away before; addresses and other machines' folders stand for a folder here.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { skip "examples: no python3"; exit 0; }
sandbox() {
    mkdir box && cd box || return 1
    "$MMAR" synth data --size 24,24,16 --spacing 1,1,1.5 --count 6 --validation 2 || return 1
    for file in data/*/*; do mv "$file" "$(dirname "$file")/$(basename "$file" | sed 's/phantom_00/patient/; s/\./_a./')"; done
    sed -zi 's/phantom_00\([0-9]\)\./patient\1_a./g; s/"validation": \(\[[^]]*\]\)/"validation": \1, "test": \1/' data/dataset.json
    cp -r data Task04_Hippocampus && rm Task04_Hippocampus/dataset.json
    "$MMAR" init spleen --template phantom_3d && cp -r data spleen/ || return 1
    sed -i 's/"epochs": [0-9]*/"epochs": 1/; s/"num_training_epoch_per_valid": [0-9]*/"num_training_epoch_per_valid": 1/; s/"channels": \[.*\],/"channels": [2, 4],/; s/"strides": \[.*\],/"strides": [2],/' spleen/config/config_train.json
    sed -i 's/"\(spatial_size\|output_crop_size\|roi_size\)": \[[^]]*\]/"\1": [16, 16, 8]/' spleen/config/config_train.json
    sed -i 's/"data_list_key": "[a-z]*",/& "cache_dir": "cache",/' spleen/config/config_train.json
    "$MMAR" train spleen && "$MMAR" pack spleen -o spleen-1.0.mmar && "$MMAR" keygen lab_a || return 1
    cp spleen-1.0.mmar spleen-1.1.mmar && cp spleen-1.0.mmar other_lab.mmar && cp spleen-1.0.mmar theirs.mmar && cp -r spleen mine
    cp spleen-1.0.mmar spleen.mmar && mkdir lab && cp spleen-1.0.mmar lab/ && "$MMAR" sign lab/spleen-1.0.mmar --key lab_a.key || return 1
    "$MMAR" pack spleen --zip -o spleen_ct_segmentation.zip && cp lab/spleen-1.0.mmar signed.mmar || return 1
    "$MMAR" convert spleen/models/model.safetensors -o xyz.safetensors --to xyz && python3 "$HERE/make_pt.py" xyz.safetensors model.pt || return 1
    "$MMAR" init membranes --template phantom_2d && "$MMAR" synth membranes/data --size 32,32 --spacing 1,1 --count 4 --validation 1 || return 1
    sed -i 's/"epochs": [0-9]*/"epochs": 1/; s/"\(spatial_size\|output_crop_size\|roi_size\)": \[[^]]*\]/"\1": [16, 16]/' membranes/config/config_train.json
    "$MMAR" train membranes && cp "$HERE/../fuzz/corpus/tiff/float-stack-lzw.tif" test-volume.tif || return 1
    for name in scan a b; do cp "$(find data -path '*images*' -type f | sort | head -n 1)" $name.nii.gz; done
    cp "$(find data -path '*labels*' -type f | sort | head -n 1)" label.nii.gz
    cat >chain.json <<'CHAIN'
{"pre_transforms": [{"name": "LoadImaged", "args": {"keys": ["image", "label"]}},
  {"name": "Spacingd", "args": {"keys": ["image", "label"], "pixdim": [2, 2, 2], "mode": ["bilinear", "nearest"]}},
  {"name": "RandFlipd", "args": {"keys": ["image", "label"], "prob": 0.5}}]}
CHAIN
}
(sandbox) >log 2>&1 || { fail "examples: no sandbox: $(tail -n 3 log)"; exit 0; }
# What the example makes, or needs made in another way.
prepare() { # example
    case $1 in
    "mmar init mine"*) rm -r mine ;;
    "mmar init spleen"* | "mmar pull"*"-C spleen"*) rm -r spleen ;;
    "mmar synth data"*) rm -r data ;;
    "mmar keygen"*) rm lab_a.* ;;
    "mmar verify"*) cp signed.mmar spleen.mmar ;;
    "mmar unpack spleen.mmar") rm -r spleen ;;
    "mmar pull"*) rm spleen-1.0.mmar ;;
    *"--rename module."*) python3 "$HERE/make_pt.py" xyz.safetensors model.pt module. ;;
    "mmar pack"*) rm -f spleen.mmar spleen-1.0.mmar spleen.zip ;;
    esac
    mkdir -p "$XDG_CONFIG_HOME/mmar/trusted" && cp lab_a.pub "$XDG_CONFIG_HOME/mmar/trusted/" 2>/dev/null
}
export XDG_CONFIG_HOME=$WORK/config
for command in $("$MMAR" list commands | awk '{print $1}'); do
    "$MMAR" help "$command" | sed -n 's/^  \(mmar .*\)/\1/p' | while read -r example; do
        cp -r box run && cd run && prepare "$example"
        words=$(sed "s|^mmar|\"\$MMAR\"|; s|https://models.example.org|$PWD/lab|; s|/mnt/lab_a|$PWD/lab|; s|/data/cache|spleen/cache|" <<<"$example")
        if eval "$words" >../out 2>&1 </dev/null; then ok "examples: $example"; else fail "examples: $example: $(tail -n 1 ../out)"; fi
        cd .. && rm -rf run
    done
done
