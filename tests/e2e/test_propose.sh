# mmar init --data: the proposed MMAR checks clean, trains, and learns something, on data with and without a validation list.
. "$(dirname "$0")/lib.sh"
propose() { # name, datalist
    "$MMAR" init "$1" --data "$2" -q >/dev/null || { fail "propose: init $1"; return 1; }
    "$MMAR" check "$1" >check.txt 2>&1 && grep -q "0 errors, 0 warnings" check.txt && ok "propose: $1 checks clean" ||
        fail "propose: $1 checks clean: $(tail -n 1 check.txt)"
}
learns() { # name, epochs
    "$MMAR" train "$1" -q --set epochs="$2" num_training_epoch_per_valid="$2" 2>train.txt || { fail "propose: $1 trains: $(tail -n 1 train.txt)"; return; }
    python3 - "$1" <<'P' && ok "propose: $1 learns" || fail "propose: $1 learns"
import json, sys
losses = [json.loads(line) for line in open(sys.argv[1] + "/models/train.jsonl")]
losses = [line["mean_loss"] for line in losses if "mean_loss" in line]
sys.exit(not losses[-1] < 0.95 * losses[0])
P
}
"$MMAR" synth flat --size 48,40 --spacing 1,1 --count 10 --validation 3 -q >/dev/null
propose flat_model flat/dataset.json && learns flat_model 8
"$MMAR" synth solid --size 24,20,16 --spacing 1,1,1.5 --count 6 --validation 2 -q >/dev/null
python3 - <<'P'
import json
d = json.load(open("solid/dataset.json"))
d["training"] += d.pop("validation")
json.dump(d, open("solid/all.json", "w"))
P
propose solid_model solid/all.json && learns solid_model 8
[ "$(grep -c '"image"' solid_model/config/dataset.json)" -eq 6 ] && grep -q '"validation"' solid_model/config/dataset.json &&
    ok "propose: a list without validation is split" || fail "propose: a list without validation is split"
for set in hippocampus isbi2012_em dsb2018_nuclei; do
    [ -e "$DATA/$set/dataset.json" ] && propose "$set" "$DATA/$set/dataset.json" || skip "propose: $set checks clean: no data"
done
