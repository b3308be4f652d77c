# Numbers of the cache that the machine chose are chosen once: a repeat and a resume use those of resolved.json.
. "$(dirname "$0")/lib.sh"
small_project auto
sed -i 's/"num_cache_objects": 4/"num_cache_objects": "auto", "cache_memory": "225KiB", "cache_compression": "none"/
        s/"replace_percent": 0.25/"replace_percent": "auto"/; s/"output_batch_size": 4/"output_batch_size": 1/' auto/config/config_train.json
final() { echo "$1/models/final_model.safetensors"; }
number() { sed -n "s/.*\"$2\": \([0-9]*\).*/\1/p" "$1/models/resolved.json"; }
anew() { # name: a run's config and resolved numbers, nothing else
    cp -r auto "$1" && rm -rf "$1/models" "$1/eval" && mkdir "$1/models" && cp auto/models/resolved.json "$1/models"
}
"$MMAR" train auto -q || fail "resolved: training with auto"
cached=$(number auto num_cache_objects) replaced=$(number auto replaced) every=$(number auto replace_every)
{ [ "$cached" -ge 1 ] && [ "$cached" -lt 10 ] && [ "$replaced" -ge 1 ] && [ "$(number auto replaced_max)" -eq 0 ]; } &&
    ok "resolved: N $cached, R $replaced after every $every epochs" || fail "resolved: $(cat auto/models/resolved.json)"
seen=$(grep -o '"cache_replaced": [0-9]*' auto/models/train.jsonl | sed -n "$((every + 1))p")
[ "${seen:-"\"cache_replaced\": $replaced"}" = "\"cache_replaced\": $replaced" ] &&
    ok "resolved: as many are replaced" || fail "resolved: another number was replaced"
anew repeat
"$MMAR" train repeat -q --loader-threads 1
same "resolved: a repeat gives the same bits" "$(final auto)" "$(final repeat)"
anew more-memory
"$MMAR" train more-memory -q --no-cache
same "resolved: without cache too" "$(final auto)" "$(final more-memory)"

# The same numbers written down are the same run.
cp -r auto written && rm -rf written/models written/eval
sed -i "s/\"num_cache_objects\": \"auto\", \"cache_memory\": \"225KiB\", \"cache_compression\": \"none\"/\"num_cache_objects\": $cached/
        s/\"replace_percent\": \"auto\"/\"replace_percent\": $(awk "BEGIN { printf \"%.9f\", $replaced / $cached }"), \"replace_every\": $every/" written/config/config_train.json
"$MMAR" train written -q
same "resolved: numbers written down are the same run" "$(final auto)" "$(final written)"

# Interrupted in the first epoch, before R is chosen, and later.
for epoch in 1 3; do
    name=stopped-$epoch
    cp -r auto "$name" && rm -rf "$name/models" "$name/eval"
    "$MMAR" train "$name" -q &
    pid=$!
    for _ in $(seq 2000); do
        if [ $epoch -eq 1 ]; then
            [ -s "$name/models/resolved.json" ] && break # is there from the start
        else
            grep -q "\"step\".*\"epoch\": $epoch," "$name/models/train.jsonl" 2>/dev/null && break
        fi
        kill -0 $pid 2>/dev/null || break
        sleep 0.01
    done
    kill -INT $pid 2>/dev/null
    wait $pid
    "$MMAR" train "$name" -q --resume || fail "resolved: resuming after an interrupt in epoch $epoch"
    cp "$name/models/resolved.json" auto/models/resolved.json
    anew "again-$epoch"
    "$MMAR" train "again-$epoch" -q
    same "resolved: interrupted in epoch $epoch and resumed" "$(final "$name")" "$(final "again-$epoch")"
done
sed -i 's/"num_cache_objects": [0-9]*/"num_cache_objects": 1/' stopped-3/models/resolved.json
"$MMAR" train stopped-3 -q --resume 2>/dev/null
[ $? -eq 3 ] && ok "resolved: other numbers are another run" || fail "resolved: a resume with other numbers was not refused"
refused() { # name: resolved.json of the run "again-1" is not taken
    "$MMAR" train again-1 -q 2>again.err
    [ $? -eq 3 ] && grep -q "resolved.json" again.err && ok "resolved: $1 is refused" || fail "resolved: $1: $(cat again.err)"
}
sed -i 's/"replaced": [0-9]*/"replaced": 99/' again-1/models/resolved.json
refused "an impossible number"
echo '{' >again-1/models/resolved.json
refused "a damaged file"
rm again-1/models/resolved.json
"$MMAR" train again-1 -q --set train.image_pipeline.args.cache_memory=120KiB
[ "$(number again-1 num_cache_objects)" = 2 ] && ok "resolved: another config is resolved anew" || fail "resolved: $(cat again-1/models/resolved.json)"

# Items that change after every second epoch: the same with and without a cache, and when it is interrupted.
small_project second
sed -i 's/"replace_percent": 0.25/"replace_percent": 0.25, "replace_every": 2/' second/config/config_train.json
cp -r second second-resumed
cp -r second second-uncached
"$MMAR" train second -q || fail "every: training"
epochs=$(grep -o '"cache_replaced": [0-9]*' second/models/train.jsonl | sed 's/.*: //' | tr '\n' ' ')
case $epochs in
"0 0 1 0"*) ok "every: one is replaced in two epochs" ;;
*) fail "every: replaced in each epoch: $epochs" ;;
esac
"$MMAR" train second-uncached -q --no-cache
same "every: without cache" "$(final second)" "$(final second-uncached)"
"$MMAR" train second-resumed -q &
pid=$!
for _ in $(seq 2000); do
    grep -q '"step".*"epoch": 3,' second-resumed/models/train.jsonl 2>/dev/null && break
    kill -0 $pid 2>/dev/null || break
    sleep 0.01
done
kill -INT $pid 2>/dev/null
wait $pid
"$MMAR" train second-resumed -q --resume || fail "every: resuming"
same "every: interrupted and resumed" "$(final second)" "$(final second-resumed)"
