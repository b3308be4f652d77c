# mmar infer: probabilities, and stacks predicted slice by slice by a 2D model.
. "$(dirname "$0")/lib.sh"
small_project p
"$MMAR" train p -q >/dev/null 2>&1 || fail "infer: training"
"$MMAR" synth volume --size 40,40,8 --spacing 1,1,2 --count 2 --validation 1 -q >/dev/null 2>&1
stack=$(ls volume/imagesTr/* | head -n 1)
if "$MMAR" infer p "$stack" -o labels -q >labels.txt && "$MMAR" infer p "$stack" -o probs --probabilities -q >probs.txt &&
    "$MMAR" infer p "$stack" -o one --probabilities --classes 1 --suffix _p -q >one.txt; then
    ok "infer: a stack by a 2D model"
else
    fail "infer: a stack by a 2D model"
fi
image=$(ls p/data/imagesTr/*.png | head -n 1) name=$(basename "$image" .png)
"$MMAR" infer p "$image" -o png --probabilities -q >png.txt && [ "$(cat png.txt)" = "png/${name}_prob.tif" ] &&
    ok "infer: probabilities of a PNG become a TIFF" || fail "infer: probabilities of a PNG become a TIFF: $(cat png.txt)"
"$MMAR" infer p "$image" -o none --probabilities --classes 7 >out 2>&1
[ $? -eq 2 ] && grep -q -- '--classes 7: the model has classes 0 to' out && ok "infer: a class that is not there" ||
    fail "infer: a class that is not there: $(cat out)"
"$MMAR" infer p "$image" -o none --classes 1 >out 2>&1
[ $? -eq 2 ] && grep -q 'it needs --probabilities' out && ok "infer: classes of labels" || fail "infer: classes of labels: $(cat out)"
if python3 -c 'import nibabel' 2>/dev/null; then
    python3 - "$stack" "$(cat labels.txt)" "$(cat probs.txt)" "$(cat one.txt)" <<'PY' && ok "infer: numpy finds the labels in the probabilities" || fail "infer: numpy finds the labels in the probabilities"
import sys, numpy, nibabel
image, labels, probs, one = (nibabel.load(f) for f in sys.argv[1:])
labels, p, q = numpy.asarray(labels.dataobj), numpy.asarray(probs.dataobj), numpy.asarray(one.dataobj)
assert p.dtype == numpy.float32 and p.shape[:3] == image.shape[:3] == labels.shape, (p.dtype, p.shape)
assert numpy.allclose(probs.affine, image.affine)
assert abs(p.sum(axis=3) - 1).max() < 1e-5 and p.min() >= 0
assert (p.argmax(axis=3) == labels).all() and labels.max() > 0
assert (q == p[..., 1]).all()
PY
else
    skip "infer: numpy finds the labels in the probabilities: no nibabel"
fi
if python3 -c 'import tifffile' 2>/dev/null; then
    python3 - "$stack" <<'PY' && "$MMAR" infer p stack.tif -o tiff --probabilities --classes 1 -q >/dev/null &&
import sys, numpy, nibabel, tifffile
v = numpy.asarray(nibabel.load(sys.argv[1]).dataobj)
tifffile.imwrite("stack.tif", numpy.ascontiguousarray(v.T).astype(numpy.uint8), photometric="minisblack")
PY
        python3 - <<'PY' && ok "infer: tifffile reads the stack of probabilities" || fail "infer: tifffile reads the stack of probabilities"
import numpy, tifffile
p = tifffile.imread("tiff/stack_prob.tif")
assert p.dtype == numpy.float32 and p.shape == tifffile.imread("stack.tif").shape, (p.dtype, p.shape)
assert p.min() >= 0 and p.max() <= 1
PY
else
    skip "infer: tifffile reads the stack of probabilities: no tifffile"
fi
