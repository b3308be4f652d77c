# From a trained MMAR to another lab and back: reproducible, complete, private, and nothing broken gets in.
. "$(dirname "$0")/lib.sh"
small_project a
"$MMAR" train a -q && "$MMAR" evaluate a -q >/dev/null
"$MMAR" pack a -o one.mmar -q >/dev/null && "$MMAR" pack a -o two.mmar -q >/dev/null
same "archive: two packs are byte-identical" one.mmar two.mmar
touch a/config/config_train.json && cp -r a moved && "$MMAR" pack moved -o three.mmar -q >/dev/null
same "archive: place and time do not matter" one.mmar three.mmar
"$MMAR" unpack one.mmar -C b -q >/dev/null
same "archive: weights survive" a/models/model.safetensors b/models/model.safetensors
same "archive: configuration survives" a/config/config_train.json b/config/config_train.json
"$MMAR" show one.mmar --json | sed -nE 's/.*"path": "([^"]+)".*/\1/p' >members
[ -s members ] && ! grep -vE '^(config|commands|docs|resources|custom)/|^models/model\.safetensors$|^eval/metrics\.json$' members >more &&
    ok "archive: only what may travel" || fail "archive: holds more: $(tr '\n' ' ' <more)"
same "archive: the facts of the training survive" a/models/run.json b/models/run.json
grep -rlE "$WORK|$HOME/|phantom_0[0-9]+" b >found && fail "archive: local names in $(cat found)" || ok "archive: no local path, no case name"
"$MMAR" pack b -o four.mmar -q >/dev/null
same "archive: packing what was unpacked gives the same bytes" one.mmar four.mmar

refused() { # name, file
    "$MMAR" verify "$2" >/dev/null 2>err
    [ $? -eq 1 ] && [ -s err ] && ok "archive: verify refuses $1" || fail "archive: verify takes $1"
    "$MMAR" unpack "$2" -C refused >/dev/null 2>err
    [ $? -eq 4 ] && [ ! -e refused ] && [ -z "$(find . -maxdepth 1 -name '.refused*')" ] && ok "archive: unpack refuses $1, leaving nothing" ||
        fail "archive: unpack of $1: $(cat err)"
}
size=$(stat -c %s one.mmar)
cp one.mmar flipped.mmar && printf '\x55' | dd of=flipped.mmar bs=1 seek=$((size / 2)) conv=notrunc status=none
cmp -s one.mmar flipped.mmar && printf '\xaa' | dd of=flipped.mmar bs=1 seek=$((size / 2)) conv=notrunc status=none
refused "a changed byte" flipped.mmar
head -c $((size * 2 / 3)) one.mmar >short.mmar
refused "a truncated file" short.mmar
(cat one.mmar && echo more) >long.mmar
refused "trailing data" long.mmar

"$MMAR" init c --from one.mmar --data a/data/dataset.json -q >/dev/null && "$MMAR" train c --from one.mmar -q --epochs 1 &&
    "$MMAR" pack c -o child.mmar -q >/dev/null && ok "archive: fine-tunes" || fail "archive: cannot be fine-tuned"
"$MMAR" show child.mmar --json >child.json
"$MMAR" show one.mmar --json >parent.json
grep -q '"parent"' child.json && ok "archive: the child names its parent" || fail "archive: the child's manifest has no parent"
sed -i 's/"out_channels": 3/"out_channels": 4/' c/config/config_train.json
"$MMAR" train c --from one.mmar --epochs 1 2>err && grep -q "other classes, initialised" err && ok "archive: another number of classes is reported" ||
    fail "archive: another number of classes: $(tail -n 2 err)"
"$MMAR" infer one.mmar a/data/imagesTr/phantom_009.png -o out -q >/dev/null && [ -s out/phantom_009_seg.png ] &&
    ok "archive: infers straight from the file" || fail "archive: infer from the file"
