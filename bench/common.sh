# Sourced by bench/cache_*: reads their options, knows the machine, makes data, and has awk's middle and best.
# Options: --quick (a minute or two), --repeats N, --threads N, --work FOLDER, --build FOLDER, --peer PYTHON (with MONAI; none: our rows only).
cd "$(dirname "$0")/.." || exit 1
build=build work= repeats= threads=$(nproc) peer=${PEER:-python3} quick=
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=1 ;;
    --repeats) repeats=$2; shift ;;
    --threads) threads=$2; shift ;;
    --work) work=$2; shift ;;
    --build) build=$2; shift ;;
    --peer) peer=$2; shift ;;
    -*) echo "$0: no option $1 (see bench/common.sh)" >&2; exit 2 ;;
    *) break ;;
    esac
    shift
done
name=$(basename "$0")
work=${work:-$build/bench/$name.data}
mkdir -p "$work" && work=$(realpath "$work") && build=$(realpath "$build") || exit 1
mmar=$build/mmar feed=$build/bench/feed results=$work/results
[ -x "$mmar" ] && [ -x "$feed" ] || { echo "$0: needs $mmar and $feed, which make bench-cache builds" >&2; exit 1; }
: >"$results"
version=$("$peer" bench/peer_monai.py version 2>/dev/null) || version=

# A figure is worth no more than what is known of where it was made.
machine() {
    model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -1)
    echo "$(nproc) cores of ${model:-$(uname -m)}, load $(cut -d' ' -f1 /proc/loadavg) at the start, $("$mmar" --version | head -1)${version:+, beside $version}"
}

# data FOLDER COUNT SIZE SPACING [OPTION ...]: phantoms, once
data() {
    folder=$1 count=$2 size=$3 spacing=$4
    shift 4
    [ "$(cat "$folder/made" 2>/dev/null)" = "$count $size $spacing $*" ] && return
    rm -rf "$folder"
    "$mmar" synth "$folder" --count "$count" --size "$size" --spacing "$spacing" --validation 0 "$@" >/dev/null || exit 1
    echo "$count $size $spacing $*" >"$folder/made"
}

# list FILE COUNT DISTINCT: a datalist of COUNT entries over the first DISTINCT phantoms again and again, each time by another path,
# since an item that a list names twice is held once.
list() {
    for copy in $(seq 0 $((($2 - 1) / $3))); do
        ln -sfn . "$(dirname "$1")/copy$copy"
    done
    awk -v count="$2" -v distinct="$3" 'BEGIN {
        printf "{\"training\": ["
        for (i = 0; i < count; i++) {
            at = sprintf("phantom_%03d.nii.gz", i % distinct)
            of = "copy" int(i / distinct)
            printf "%s{\"image\": \"%s/imagesTr/%s\", \"label\": \"%s/labelsTr/%s\"}", i ? ", " : "", of, at, of, at
        }
        print "]}"
    }' >"$1"
}

# Has the machine so many MiB free?
has_memory() { awk -v need="$1" '/^MemAvailable/ { exit !($2 / 1024 > need) }' /proc/meminfo; }

# middle("key"), best("key") of what add("key", value) was given.
figures='
function add(key, value) { at[key, ++n_of[key]] = value + 0 }
function sorted(key, i, j, v) {
    for (i = 2; i <= n_of[key]; i++) {
        v = at[key, i]
        for (j = i - 1; j >= 1 && at[key, j] > v; j--)
            at[key, j + 1] = at[key, j]
        at[key, j + 1] = v
    }
}
function middle(key) { sorted(key); return at[key, int((n_of[key] + 1) / 2)] }
function best(key) { sorted(key); return at[key, n_of[key]] }
function least(key) { sorted(key); return at[key, 1] }
'
