# Shared by the end-to-end tests: small projects, and how results are told.
set -u
HERE=$(cd "$(dirname "$0")" && pwd)
cd "$WORK" || exit 1
ok() { echo "ok $*"; }
fail() { echo "FAIL $*"; }
skip() { echo "skipped: $*"; }
same() { # name, a, b: byte-identical files
    cmp -s "$2" "$3" && ok "$1" || fail "$1: $2 and $3 differ"
}
# A phantom project small enough to train in a second or two.
small_project() { # folder
    "$MMAR" init "$1" --template phantom_2d >/dev/null && "$MMAR" synth "$1/data" --size 40,40 --spacing 1,1 --count 10 --validation 3 >/dev/null &&
        sed -i 's/"spatial_size": \[64, 64\]/"spatial_size": [32, 32]/; s/"output_crop_size": \[64, 64\]/"output_crop_size": [32, 32]/
                s/"epochs": 20/"epochs": 4/; s/"num_training_epoch_per_valid": 5/"num_training_epoch_per_valid": 2/
                s/"num_cache_objects": 24/"num_cache_objects": 4/' "$1/config/config_train.json"
}
