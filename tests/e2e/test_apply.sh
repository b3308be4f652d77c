# mmar apply: what it writes is what was asked for, the same every time, and what numpy reads as voxels.
. "$(dirname "$0")/lib.sh"
small_project p
"$MMAR" apply p '#training[0]' '#training[1]' -o a --repeat 3 --sheet a/sheet.png -q >a.txt || fail "apply: random crops"
[ "$(grep -c _image_r a.txt)" -eq 24 ] && [ "$(grep -c _label_r a.txt)" -eq 24 ] && ok "apply: a file for each field, run and crop" ||
    fail "apply: a file for each field, run and crop: $(wc -l <a.txt) files"
while read -r file; do [ -s "$file" ] || echo "$file"; done <a.txt >missing.txt
[ -s missing.txt ] && fail "apply: printed files exist: $(head -n 1 missing.txt)" || ok "apply: printed files exist"
"$MMAR" apply p '#training[0]' '#training[1]' -o b --repeat 3 --sheet b/sheet.png -q >/dev/null
diff -r a b >/dev/null && ok "apply: the same draws every time" || fail "apply: the same draws every time: a and b differ"
"$MMAR" apply p '#training[0]' '#training[1]' -o c --repeat 3 --seed 5 -q >/dev/null
cmp -s "$(head -n 1 a.txt)" "c/$(basename "$(head -n 1 a.txt)")" && fail "apply: another seed, other draws" || ok "apply: another seed, other draws"
image=$(ls p/data/imagesTr/*.png | head -n 1) label=$(ls p/data/labelsTr/*.png | head -n 1) name=$(basename "$image" .png)
echo '[{"name": "LoadImaged", "args": {"keys": ["image", "label"]}},
       {"name": "Flipd#mirror", "args": {"keys": ["image", "label"], "spatial_axis": 0}},
       {"name": "ScaleIntensityd", "args": {"keys": "image"}}]' >chain.json
"$MMAR" apply chain.json "$image:$label" -o once --until mirror --format png -q >/dev/null
"$MMAR" apply chain.json "$image" --label "$label" -o same --until 2 --format png -q >/dev/null
same "apply: a pair and --label, an alias and a number" once/"$name"_image.png same/"$name"_image.png
echo '[{"name": "LoadImaged", "args": {"keys": ["image", "label"]}},
       {"name": "Flipd", "args": {"keys": ["image", "label"], "spatial_axis": 0}}]' >flip.json
"$MMAR" apply flip.json "once/${name}_image.png:once/${name}_label.png" -o twice --format png -q >/dev/null
"$MMAR" apply chain.json "$image:$label" -o none --until 1 --format png -q >/dev/null
same "apply: flipped twice is not flipped" "none/${name}_image.png" "twice/${name}_image_image.png"
"$MMAR" apply chain.json "$image" -o alone -q >alone.txt && [ "$(wc -l <alone.txt)" -eq 1 ] && ok "apply: an image without label" ||
    fail "apply: an image without label"
if python3 -c 'import nibabel' 2>/dev/null; then
    python3 -c '
import sys, numpy, nibabel
a = numpy.asarray(nibabel.load(sys.argv[1]).dataobj)
assert a.dtype == numpy.float32 and a.min() == 0 and a.max() == 1, (a.dtype, a.min(), a.max())' "$(cat alone.txt)" &&
        ok "apply: nibabel reads the scaled image" || fail "apply: nibabel reads the scaled image"
else
    skip "apply: nibabel reads the scaled image: no nibabel"
fi
