# Configs of Clara's two dialects in other spellings and orders than the shipped ones: they check, plan, train, and evaluate.
. "$(dirname "$0")/lib.sh"
"$MMAR" synth data --size 48,48,24 --spacing 1,1,1 --count 4 --validation 1 >/dev/null || fail "variants: no data"
LIST=$(ls data/*.json | head -n 1)
SETS="DATASET_JSON=$PWD/$LIST DATA_ROOT=$PWD/data"
project() { # name, config
    mkdir -p "$1/config" && cp "$HERE/configs/$2.json" "$1/config/config_train.json"
}
for name in v3_order v3_segresnet v4_spellings; do
    project $name $name
    for command in check plan train; do
        # shellcheck disable=SC2086
        if "$MMAR" $command $name --set $SETS >$name.$command 2>&1; then ok "variants: $name $command"; else fail "variants: $name $command: $(tail -n 6 $name.$command)"; fi
    done
    [ -s $name/models/model.safetensors ] && ok "variants: $name has a model" || fail "variants: $name wrote no model"
done
for pair in v3_order:v3_validation v4_spellings:v4_validation; do
    name=${pair%:*} file=${pair#*:}
    cp "$HERE/configs/$file.json" "$name/config/config_validation.json"
    for command in check plan evaluate; do
        # shellcheck disable=SC2086
        if "$MMAR" $command $name -c config/config_validation.json --set $SETS >$file.$command 2>&1; then ok "variants: $file $command"; else fail "variants: $file $command: $(tail -n 3 $file.$command)"; fi
    done
done
grep -q '"two"' v3_order/eval/metrics.json && grep -q '"val_acc"' v4_spellings/eval/metrics.json && ok "variants: metrics of the files are scored" ||
    fail "variants: metrics of the files are missing in metrics.json"
# --list reaches evaluation files of both dialects, with a pipeline of their own and without; what has no value there says so.
for pair in v3_order:v3_validation v4_spellings:v4_validation; do
    name=${pair%:*} file=${pair#*:}
    # shellcheck disable=SC2086
    "$MMAR" evaluate $name -c config/config_validation.json --list training --set $SETS >out 2>&1 &&
        grep -q 'on list "training"' out && grep -q '^cases  *3,' out && ok "variants: $file evaluates another list" || fail "variants: $file --list: $(tail -n 3 out)"
    # shellcheck disable=SC2086
    "$MMAR" evaluate $name -c config/config_validation.json --list nosuch --set $SETS >out 2>&1 && fail "variants: $file evaluates a list that is not there"
    grep -q 'no list "nosuch"' out || fail "variants: $file --list nosuch: $(tail -n 3 out)"
done
# shellcheck disable=SC2086
"$MMAR" evaluate v3_order --set $SETS >out 2>&1 && grep -q '^[a-z_A-Z]*  *-  *the loss is known while training only' out && ! grep -q nan out &&
    ok "variants: evaluate says why NegLoss has no value" || fail "variants: NegLoss: $(tail -n 6 out)"
# An inference file: images without labels, predictions taken back to their files' grids by the chain itself.
image=$(find data -name '*.nii.gz' | grep -v label | sort | head -n 1)
cp "$HERE/configs/v4_inference.json" v4_spellings/config/
printf '{"test": [{"image": "%s"}]}' "${image#data/}" >v4_spellings/inference.json
for command in check plan; do
    # shellcheck disable=SC2086
    if "$MMAR" $command v4_spellings -c config/v4_inference.json --set $SETS >out 2>&1; then ok "variants: v4_inference $command"; else fail "variants: v4_inference $command: $(tail -n 3 out)"; fi
done
# shellcheck disable=SC2086
if "$MMAR" infer v4_spellings -c config/v4_inference.json --set $SETS -o predictions "$image" >out 2>&1 && [ -n "$(ls predictions)" ]; then
    ok "variants: v4_inference infer"
else
    fail "variants: v4_inference infer: $(tail -n 3 out)"
fi
# All errors of a config in one run, each at its line.
project refused refused
# shellcheck disable=SC2086
"$MMAR" check refused --set $SETS >refused.out 2>&1
status=$?
[ $status -eq 3 ] || fail "variants: refused.json gave exit code $status"
for line in 4 6 9 10 12 15 17; do
    grep -q "config_train.json:$line: " refused.out && ok "variants: refused.json, line $line" || fail "variants: refused.json: no error at line $line: $(cat refused.out)"
done
grep -q 'RandGaussianNoise' refused.out && ok "variants: a Python class has built-in relatives" || fail "variants: no relatives of MyRandAdditiveNoised"
