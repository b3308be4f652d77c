# Same resolved run, same bits: any number of loader threads, no cache, other compute threads, and a run killed and resumed.
. "$(dirname "$0")/lib.sh"
small_project base
"$MMAR" train base -q || fail "training the base run"
final() { echo "$1/models/final_model.safetensors"; }
variant() { # name, options...
    name=$1 && shift
    cp -r base "$name" && rm -rf "$name/models" "$name/eval"
    "$MMAR" train "$name" -q "$@"
    same "repeat: $name" "$(final base)" "$(final "$name")"
}
variant threads-1 --loader-threads 1
variant threads-4 --loader-threads 4
variant no-cache --no-cache
variant compute-1 --threads 1
steps=$(grep -c '"step"' base/models/train.jsonl)
for moment in 1 2 3; do
    name=killed-$moment
    cp -r base "$name" && rm -rf "$name/models" "$name/eval"
    "$MMAR" train "$name" -q &
    pid=$!
    # Kill when a quarter, a half, three quarters of the steps are journalled: places in the run, not times.
    for _ in $(seq 2000); do
        done=$(grep -c '"step"' "$name/models/train.jsonl" 2>/dev/null || true)
        [ "${done:-0}" -ge $((steps * moment / 4)) ] && break
        kill -0 $pid 2>/dev/null || break
        sleep 0.01
    done
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    "$MMAR" train "$name" -q --resume
    same "repeat: killed at $moment/4 and resumed" "$(final base)" "$(final "$name")"
done
cp -r base stopped && rm -rf stopped/models stopped/eval
"$MMAR" train stopped -q &
pid=$!
for _ in $(seq 2000); do
    [ -s stopped/models/train.jsonl ] && break
    kill -0 $pid 2>/dev/null || break
    sleep 0.01
done
kill -INT $pid 2>/dev/null
wait $pid
status=$?
{ [ $status -eq 130 ] || [ $status -eq 0 ]; } && ok "repeat: Ctrl-C exits 130" || fail "repeat: Ctrl-C gave exit code $status"
"$MMAR" train stopped -q --resume
same "repeat: interrupted and resumed" "$(final base)" "$(final stopped)"
