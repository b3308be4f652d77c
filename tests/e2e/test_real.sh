# Real data: training finishes and learns, predictions have the grid of their input, and another scorer gives evaluate's figure.
. "$(dirname "$0")/lib.sh"
real_project() { # folder, template, data, datalist options...
    local folder=$1 template=$2 data=$3
    shift 3
    "$MMAR" datalist "$data" -o "$WORK/$folder.json" "$@" >/dev/null && "$MMAR" init "$folder" --template "$template" >/dev/null &&
        cat >"$folder/config/environment.json" <<END
{"DATA_ROOT": "$data", "DATASET_JSON": "$WORK/$folder.json", "MMAR_EVAL_OUTPUT_PATH": "$WORK/$folder/eval", "MMAR_CKPT_DIR": "$WORK/$folder/models"}
END
}
number() { sed -nE "s/.*\"$1\": ([0-9.e-]+).*/\1/p" "$2" | head -n 1; }
above() { awk -v a="$1" -v b="$2" 'BEGIN {exit !(a != "" && a >= b)}'; }

hippocampus() {
    [ -d "$DATA/hippocampus" ] || { skip "real: hippocampus: no data (MMAR_TEST_DATA)"; return; }
    real_project hippo hippocampus_3d "$DATA/hippocampus" --training_count 24 --validation_count 6
    "$MMAR" check hippo >/dev/null && ok "real: hippocampus checks" || fail "real: hippocampus does not check"
    "$MMAR" train hippo -q --epochs 6 --set num_training_epoch_per_valid=6 || fail "real: hippocampus does not train"
    "$MMAR" evaluate hippo --json --write -q >scores.json
    dice=$(number mean_dice scores.json)
    above "$dice" 0.5 && ok "real: hippocampus learns" || fail "real: hippocampus Dice is $dice after 6 epochs"
    above "$(awk -v a="$dice" -v b="$(number key_metric scores.json)" 'BEGIN {print a == b}')" 1 &&
        ok "real: key metric is the mean Dice" || fail "real: key_metric differs from mean_dice"
    local pairs="" label n=0
    for label in $(sed -nE 's/.*"label": "([^"]+)".*/\1/p' <(sed -n '/"validation"/,$p' hippo.json)); do
        n=$((n + 1))
        pairs="$pairs $(printf 'hippo/eval/prediction_%03d.nii.gz' $n) $DATA/hippocampus/$label"
    done
    if python3 -c 'import nibabel, numpy' 2>/dev/null; then
        theirs=$(python3 "$HERE/score.py" 3 $pairs)
        awk -v a="$dice" -v b="$theirs" 'BEGIN {exit !(a - b < 1e-4 && b - a < 1e-4)}' && ok "real: numpy scores the same Dice" ||
            fail "real: evaluate says $dice, numpy says $theirs"
    else
        skip "real: numpy scores the same Dice: no python3 with nibabel and numpy"
    fi
}

membranes() {
    [ -d "$DATA/isbi2012_em" ] || { skip "real: membranes: no data (MMAR_TEST_DATA)"; return; }
    real_project em em_membrane_2d "$DATA/isbi2012_em" --training_count 6 --validation_count 2
    sed -i 's/"base_filters": 16/"base_filters": 8/' em/config/config_train.json
    "$MMAR" train em -q --epochs 20 --set num_training_epoch_per_valid=20 || fail "real: membranes do not train"
    "$MMAR" evaluate em --json -q >em_scores.json
    above "$(number mean_dice em_scores.json)" 0.4 && ok "real: membranes learn" || fail "real: membrane Dice is $(number mean_dice em_scores.json)"
    "$MMAR" infer em "$DATA/isbi2012_em/image/23.png" -o out -q >/dev/null
    [ -s out/23_seg.png ] && ok "real: a PNG gives a PNG" || fail "real: no prediction for a PNG"
}

spleen() {
    [ -d "$DATA/spleen_ct" ] || { skip "real: spleen: no data (MMAR_TEST_DATA)"; return; }
    local image label
    image=$(find "$DATA/spleen_ct" -name '*.nii*' ! -iname '*label*' ! -iname '*seg*' ! -iname '*mask*' ! -iname '*gt*' | sort | head -n 1)
    label=$(find "$DATA/spleen_ct" -name '*.nii*' ! -path "$image" | sort | head -n 1)
    cat >spleen.json <<END
{"labels": {"0": "background", "1": "spleen"}, "training": [{"image": "$image", "label": "$label"}],
 "validation": [{"image": "$image", "label": "$label"}]}
END
    "$MMAR" init spleen --template spleen_ct_3d --data spleen.json >/dev/null
    "$MMAR" train spleen -q --epochs 1 --set train.model.args.channels=[4,8,8] train.model.args.strides=[2,2] \
        train.pre_transforms[6].args.spatial_size=[32,32,16] train.pre_transforms[7].args.spatial_size=[32,32,16] \
        train.image_pipeline.args.output_crop_size=[32,32,16] && ok "real: spleen trains an epoch" || fail "real: spleen does not train"
}
hippocampus
membranes
spleen
