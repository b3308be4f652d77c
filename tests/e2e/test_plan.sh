# The plan: what it prints is what a training then does, and settings that would starve, thrash or leave items unseen are told with a better number.
. "$(dirname "$0")/lib.sh"
small_project plan
number() { sed -n "s/.*\"$1\": \(-\{0,1\}[0-9.e-]*\).*/\1/p" | head -n 1; }
says() { # name, words, arguments of plan...
    name=$1 words=$2
    shift 2
    "$MMAR" plan plan "$@" >out 2>err && grep -qF -- "$words" out && ok "plan: $name" || fail "plan: $name: $(cat out err)"
}
says "why the prefix ends" "since RandCropByPosNegLabel is random"
says "passes" "4 epochs of 4 items = 2.3 passes over 7 items"
says "loading is measured" "a measured item takes"
says "unseen items" "only 5 of 7 items will have been seen after 2 epochs; replace_percent 0.7 would, or 4 epochs would" --set epochs=2
says "never seen items" "only 4 of 7 items are ever seen" --set train.image_pipeline.args.replace_percent=0
says "an uneven number" "replace_percent 0.5 replaces 2" --set train.image_pipeline.args.replace_percent=0.7
says "starving" "longer than the steps of an epoch" --step-ms 0.000001
says "too little memory" "would hold them" --set train.image_pipeline.args.cache_memory=60KiB
"$MMAR" plan plan --no-measure | grep -q "a measured item" && fail "plan: --no-measure measures" || ok "plan: --no-measure"

"$MMAR" plan plan --json >json && "$MMAR" train plan -q || fail "plan: training"
held=$(number num_cache_objects <json) steps=$(number steps_per_epoch <json) replaced=$(number replaced <json) item=$(number bytes_per_item_measured <json)
most=$(number bytes_per_item_at_most <json) line=$(grep mean_loss plan/models/train.jsonl | tail -n 1)
[ "$(grep -c '"step".*"epoch": 2,' plan/models/train.jsonl)" = "$steps" ] && [ "$(echo "$line" | number cache_replaced)" = "$replaced" ] &&
    ok "plan: steps and replacements are those of the training" || fail "plan: $(cat json) $line"
echo "$(echo "$line" | number cache_bytes) $(echo "$line" | number cache_items) $item $most $held $replaced" |
    awk '{ each = $1 / $2; exit !($2 <= $5 + $6 && each <= $4 && each > 0.5 * $3 && each < 2 * $3) }' &&
    ok "plan: an item is as large as measured, and below the bound" || fail "plan: an item: $(cat json) $line"
for field in wait_ms wait_share wait_floor_ms prefix_ms cache_hits cache_replaced cache_late cache_quarantined cache_bytes; do
    [ -n "$(echo "$line" | number $field)" ] || fail "plan: train.jsonl has no $field"
done

# Numbers that a run chose are those that the plan shows.
sed -i 's/"num_cache_objects": 4/"num_cache_objects": "auto", "cache_memory": "120KiB"/; s/"replace_percent": 0.25/"replace_percent": "auto"/' \
    plan/config/config_train.json
"$MMAR" train plan -q 2>/dev/null
held=$(number num_cache_objects <plan/models/resolved.json) replaced=$(number replaced <plan/models/resolved.json)
"$MMAR" plan plan --json >json
[ "$(number num_cache_objects <json)" = "$held" ] && [ "$(number replaced <json)" = "$replaced" ] && grep -q '"resolved": true' json &&
    ok "plan: a run's numbers are read" || fail "plan: $(cat json plan/models/resolved.json)"
"$MMAR" plan plan --json --set learning_rate=0.5 | grep -q '"resolved": false' && ok "plan: of the same config only" || fail "plan: another config's numbers were read"
rm -f "$(find plan/data/imagesTr -type f | sort | sed -n 4p)" plan/models/resolved.json
says_more() { "$MMAR" plan plan >out 2>err; grep -q "no such file\|No such file" out err; }
says_more && ok "plan: a missing file is told" || fail "plan: a missing file: $(cat out err)"
