# Another lab's model trained further: other classes, other channels, another spacing, a frozen encoder; and what the child tells of it.
. "$(dirname "$0")/lib.sh"
small_project a
sed -i 's/"licence": ""/"licence": "Apache-2.0"/; s/"intended_use": ""/"intended_use": "tests"/; s/"data_licences": \[\]/"data_licences": ["CC0"]/' a/docs/card.json
"$MMAR" train a -q --set epochs=2 && "$MMAR" pack a -o a.mmar -q >/dev/null || fail "finetune: no parent"

tuned() { # name, folder, what stderr of the training must say
    "$MMAR" train "$2" --from a.mmar --set epochs=1 >/dev/null 2>"$2.err" && grep -qE -- "$3" "$2.err" && ok "finetune: $1" ||
        fail "finetune: $1: $(tail -n 3 "$2.err")"
}

"$MMAR" synth three --size 40,40 --spacing 1,1 --count 6 --validation 2 --classes 3 -q >/dev/null
"$MMAR" init classes --from a.mmar --data three/dataset.json >/dev/null 2>told
grep -q "set out_channels to 4; the last layer starts anew" told && ok "finetune: init compares labels" || fail "finetune: labels: $(cat told)"
grep -q "licence of the model: Apache-2.0; of its data: CC0" told && grep -q "intended use: tests" told && grep -q "origin of its weights: scratch" told &&
    ok "finetune: init shows licences, use and origin" || fail "finetune: init shows: $(cat told)"
sed -i 's/"out_channels": 3/"out_channels": 4/' classes/config/config_train.json
tuned "new classes" classes "other classes, initialised: .*: file 3.* model 4|other classes, initialised: .*: file .*x3x.*, model .*x4x"
grep -q "other shape, initialised" classes.err && fail "finetune: new classes: what is more: $(cat classes.err)"
"$MMAR" pack classes -o classes.mmar -q >/dev/null && "$MMAR" show classes.mmar --json >child.json
grep -q '"licence": "Apache-2.0"' child.json && grep -q '"CC0"' child.json && grep -q '"intended_use": "tests"' child.json &&
    grep -q '"name": "classes"' child.json && ok "finetune: licences and use are carried over" || fail "finetune: the child's manifest"

mkdir two && cp -r a/data two/data && sed -i -E 's/"image": "([^"]+)"/"image": ["\1", "\1"]/' two/data/dataset.json
"$MMAR" init channels --from a.mmar --data two/data/dataset.json >/dev/null 2>told
grep -q "set in_channels to 2; the first layer is adapted" told && ok "finetune: init compares channels" || fail "finetune: channels: $(cat told)"
sed -i 's/"in_channels": 1/"in_channels": 2/' channels/config/config_train.json
tuned "new channels" channels "adapted to the image's channels: model.0.*: file .*x1x3x3, model .*x2x3x3"

cp -r a both && rm -r both/data && "$MMAR" synth both/data --size 40,40 --spacing 1,1 --count 6 --validation 2 --classes 3 -q >/dev/null
sed -i -E 's/"image": "([^"]+)"/"image": ["\1", "\1"]/' both/data/dataset.json
sed -i 's/"in_channels": 1/"in_channels": 2/; s/"out_channels": 3/"out_channels": 4/' both/config/config_train.json
tuned "new classes and new channels at once" both "adapted to the image's channels: model.0"

# Another network is refused before anything is written, unless that is asked for.
cp -r a other && rm -rf other/models && sed -i 's/"channels": \[8, 16, 32\]/"channels": [8, 24, 32]/' other/config/config_train.json
"$MMAR" train other --from a.mmar --set epochs=1 >/dev/null 2>err
code=$?
[ $code -eq 4 ] && grep -q "a.mmar: is of another model: .* fit, 0 are missing, .* of another shape and 0 unknown here" err && grep -q "or --partial to" err &&
    [ -z "$(ls other/models)" ] && ok "finetune: another network is refused" || fail "finetune: another network: exit code $code: $(tail -n 2 err) $(ls other/models)"
"$MMAR" train other --from a.mmar --partial --set epochs=1 >/dev/null 2>err && grep -q "other shape, initialised" err && [ -s other/models/model.safetensors ] &&
    ok "finetune: --partial starts from what fits" || fail "finetune: partial: $(tail -n 2 err)"

cp -r a frozen
"$MMAR" train frozen --from a.mmar --set epochs=1 --freeze 'model.0.*' -q && "$MMAR" diff a.mmar frozen --json >changes.json
grep -q '"model.1' changes.json && ! grep -q '"model.0.*weight"' changes.json && ok "finetune: a frozen encoder stays as it is" ||
    fail "finetune: frozen: $(grep -o '"model.0[^"]*"' changes.json | head -n 3)"

"$MMAR" init v --template phantom_3d -q >/dev/null && "$MMAR" synth v/data --size 24,24,16 --count 5 --validation 2 -q >/dev/null
sed -i 's/\[32, 32, 32\]/[16, 16, 16]/; s/"channels": \[16, 32, 64\]/"channels": [4, 8, 8]/' v/config/config_train.json
"$MMAR" train v -q --set epochs=1 && "$MMAR" pack v -o v.mmar -q >/dev/null
"$MMAR" synth fine --size 24,24,24 --spacing 0.5,0.5,0.5 --count 5 --validation 2 -q >/dev/null
"$MMAR" init spacing --from v.mmar --data fine/dataset.json >/dev/null 2>told
grep -q "spacing: your images have 0.5 x 0.5 x 0.5 mm (median), the model works at 1 x 1 x 1.5 mm" told && ok "finetune: init compares spacings" ||
    fail "finetune: spacings: $(cat told)"
sed -i 's/"pixdim": \[1.0, 1.0, 1.5\]/"pixdim": [0.5, 0.5, 0.5]/' spacing/config/config_train.json
"$MMAR" train spacing --from v.mmar --set epochs=1 2>err && grep -q " loaded, 0 missing, 0 unexpected, 0 of another shape" err &&
    "$MMAR" pack spacing -q >/dev/null && "$MMAR" show spacing.mmar --file docs/README.md | grep -q "0.5 x 0.5 x 0.5 mm" &&
    ok "finetune: another spacing" || fail "finetune: another spacing: $(tail -n 3 err)"
