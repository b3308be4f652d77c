# Items that cannot be prepared: they end the run, or are left out, told, journalled and counted in the exit code.
. "$(dirname "$0")/lib.sh"
small_project good
sed -i 's/"replace_percent": 0.25/"replace_percent": 0.5/' good/config/config_train.json
first() { # the file of an item of a list of the datalist
    python3 -c "import json,sys; print(json.load(open('good/data/dataset.json'))['$1'][$2]['image'])"
}
training=$(first training 2) validation=$(first validation 1)
project() { # name: the good one with two broken files
    cp -r good "$1" && head -c 60 "good/data/$training" >"$1/data/$training" && head -c 60 "good/data/$validation" >"$1/data/$validation"
}
SKIP="train.image_pipeline.args.on_bad_item=skip validate.image_pipeline.args.on_bad_item=skip"

project stops
"$MMAR" train stops -q 2>stops.err
code=$?
{ [ $code -eq 4 ] || [ $code -eq 5 ]; } && grep -q "$(basename "$training")" stops.err && [ ! -e stops/models/final_model.safetensors ] &&
    ok "bad items: the default stops and names the file" || fail "bad items: exit code $code: $(cat stops.err)"

project skips
# shellcheck disable=SC2086
"$MMAR" train skips -q --set $SKIP 2>skips.err
code=$?
[ $code -eq 4 ] && [ -s skips/models/final_model.safetensors ] && [ -s skips/models/model.safetensors ] &&
    ok "bad items: skip trains the model and exits 4" || fail "bad items: skip: exit code $code: $(cat skips.err)"
[ "$(grep -c "is left out from here on" skips.err)" -eq 2 ] && [ "$(grep -c "^left out: item" skips.err)" -eq 2 ] &&
    grep -q "2 items could not be prepared" skips.err && ok "bad items: each is told once, listed at the end, and counted" ||
    fail "bad items: $(cat skips.err)"
python3 - "$training" "$validation" <<'PYTHON' && ok "bad items: the journal names item, file and cause" || fail "bad items: $(grep quarantined skips/models/train.jsonl)"
import json, sys
lines = [json.loads(line) for line in open('skips/models/train.jsonl')]
found = [line for line in lines if 'quarantined' in line]
assert {(line['list'], line['quarantined']) for line in found} == {('training', 2), ('validation', 1)}, found
for line in found:
    file = sys.argv[1 if line['list'] == 'training' else 2]
    assert line['file'].endswith(file) and file in line['cause'] and line['epoch'] >= 1, line
assert sum(line.get('cache_quarantined', 0) for line in lines) == 1
PYTHON

grep -q '"items_left_out": 2' skips/models/run.json && "$MMAR" pack skips >/dev/null 2>pack.err && ok "bad items: the record of the run has their number" ||
    fail "bad items: $(cat pack.err)"

# Evaluation ends at the bad case, or scores the others and says which it did not.
"$MMAR" evaluate skips --overlays 0 -q >/dev/null 2>score.err
code=$?
{ [ $code -eq 4 ] || [ $code -eq 5 ]; } && grep -q "$(basename "$validation")" score.err && [ ! -e skips/eval/metrics.json ] &&
    ok "bad items: evaluate stops and names the file" || fail "bad items: evaluate: exit code $code: $(cat score.err)"
# shellcheck disable=SC2086
"$MMAR" evaluate skips --overlays 0 -q --json --set $SKIP >score.json 2>score.err
code=$?
[ $code -eq 4 ] && [ "$(grep -c "not scored: item 1 of" score.err)" -eq 1 ] && grep -q "the scores are of 2 of 3 cases" score.err &&
    python3 - "$(basename "$validation")" <<'PYTHON' && ok "bad items: evaluate scores the others and exits 4" || fail "bad items: evaluate: exit code $code: $(cat score.err)"
import csv, json, sys
scores, file = json.load(open('score.json')), sys.argv[1]
assert scores == json.load(open('skips/eval/metrics.json'))
assert [row['image'] for row in scores['not_scored']] == [file] and file in scores['not_scored'][0]['cause']
assert len(scores['cases']) == 2 and file not in [row['image'] for row in scores['cases']]
rows = list(csv.reader(open('skips/eval/metrics.csv')))
assert [set(row[1:]) for row in rows if row[0] == file] == [{''}] and len(rows) == 5, rows
PYTHON
"$MMAR" pack skips -o scored.mmar -q >/dev/null 2>&1 && "$MMAR" show scored.mmar --file eval/metrics.json >packed.json &&
    grep -q not_scored packed.json && ! grep -q "phantom\|cause" packed.json && ok "bad items: what was not scored travels without its name" ||
    fail "bad items: packed: $(cat packed.json)"

# Which items are bad decides what is trained on, not threads, the cache or a restart in between epochs.
for how in "--loader-threads 1" "--loader-threads 4" "--no-cache"; do
    rm -rf again && project again
    # shellcheck disable=SC2086
    "$MMAR" train again -q $how --set $SKIP 2>/dev/null
    same "bad items: the same bits with $how" skips/models/final_model.safetensors again/models/final_model.safetensors
done
for file in good/data/*/* good/data/*.nii*; do
    [ -f "$file" ] && head -c 10 "$file" >"$file.cut" && mv "$file.cut" "$file"
done 2>/dev/null
# shellcheck disable=SC2086
"$MMAR" train good -q --set $SKIP 2>all.err
code=$?
[ $code -eq 4 ] && grep -q "items of .* are bad" all.err && ok "bad items: when all are bad that is an error" || fail "bad items: all: exit code $code: $(tail -n 3 all.err)"
