# The program killed at any moment, a disk that is full, a folder that cannot be written to: the old state or the new one.
. "$(dirname "$0")/lib.sh"
small_project a
"$MMAR" train a -q && "$MMAR" keygen lab -q >/dev/null || exit 1
head -c 3000000 /dev/urandom >a/resources/noise # so that each step takes some time
"$MMAR" pack a -o one.mmar -q >/dev/null && "$MMAR" unpack one.mmar -C whole -q >/dev/null || exit 1

# Kills the command at eight moments of its time, looks at what is left each time, and runs it again whole.
killed() { # name, what must not be there or must be whole, command...
    local name=$1 check=$2 round bad="" start took
    shift 2
    start=$(date +%s%N)
    "$@" >/dev/null 2>&1 || bad="fails by itself"
    took=$((($(date +%s%N) - start) / 1000))
    for round in 1 2 3 4 5 6 7 8; do
        prepare
        "$@" >/dev/null 2>&1 &
        sleep "$(printf '%d.%06d' $((took * round / 8000000)) $((took * round / 8 % 1000000)))"
        kill -9 $! 2>/dev/null
        wait $! 2>/dev/null
        $check || bad+=" mixture after kill $round"
    done
    prepare
    "$@" >/dev/null 2>&1 && $check || bad+=" the next run fails"
    [ -z "$bad" ] && ok "durability: $name, killed" || fail "durability: $name, killed:$bad"
}
whole_or_absent() { [ ! -e out/b.mmar ] || "$MMAR" verify out/b.mmar -q >/dev/null 2>&1; }
folder_or_absent() { [ ! -e out/there ] || diff -r whole out/there >/dev/null; }
prepare() { mkdir -p out && rm -rf out/b.mmar out/there; }
prepare
killed "pack" whole_or_absent "$MMAR" pack a -o out/b.mmar
prepare && killed "unpack" folder_or_absent "$MMAR" unpack one.mmar -C out/there
prepare && killed "pull" whole_or_absent "$MMAR" pull one.mmar -o out/b.mmar
prepare && killed "pull and unpack" folder_or_absent "$MMAR" pull one.mmar -C out/there
prepare() { [ -e out/b.mmar ] || cp one.mmar out/b.mmar; }
prepare && killed "sign" whole_or_absent "$MMAR" sign out/b.mmar --key lab.key
"$MMAR" pull one.mmar -o out/c.mmar -q >/dev/null
[ -z "$(find out -name '*.part*' ! -name '*.tmp-*')" ] && ok "durability: no part stays" || fail "durability: parts stay: $(ls -A out)"
rm -rf out

# A training that is killed again and again ends with the bits of one that was not.
cp -r a b && cp -r a c && rm -rf b/models/* c/models/*
"$MMAR" train b -q --epochs 6 || exit 1
for round in 1 2 3 4 5 6; do
    resume=$([ -e c/models/checkpoint.safetensors ] && echo --resume)
    "$MMAR" train c -q --epochs 6 $resume >/dev/null 2>&1 &
    sleep "0.$((round * 13 % 10))"
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
done
resume=$([ -e c/models/checkpoint.safetensors ] && echo --resume)
"$MMAR" train c -q --epochs 6 $resume 2>err || cat err >&2
same "durability: a training that was killed ends with the same bits" b/models/final_model.safetensors c/models/final_model.safetensors

# Nothing appears, nothing is left, and the message says why.
nothing() { # name, folder, words of the message, command...
    local name=$1 folder=$2 words=$3 before
    shift 3
    before=$(find "$folder" 2>/dev/null | sort)
    "$@" >/dev/null 2>err </dev/null
    local status=$?
    [ $status -eq 5 ] && grep -qE "$words" err && [ "$(find "$folder" 2>/dev/null | sort)" = "$before" ] && ok "durability: $name" ||
        fail "durability: $name: exit code $status, $(tail -n 1 err), left: $(ls -A "$folder")"
}
mkdir small
if mount -t tmpfs -o size=1m tmpfs small 2>/dev/null; then
    nothing "pack onto a full disk" small "No space left on device" "$MMAR" pack a -o small/b.mmar
    nothing "unpack onto a full disk" small "No space left on device" "$MMAR" unpack one.mmar -C small/there
    "$MMAR" pull one.mmar -o small/b.mmar >/dev/null 2>err
    [ $? -eq 5 ] && grep -q "No space left on device" err && [ ! -e small/b.mmar ] && ok "durability: pull onto a full disk" ||
        fail "durability: pull onto a full disk: $(cat err)"
    rm -f small/b.mmar.part*
    mount -o remount,ro small
    nothing "pack onto a disk that is read-only" small "Read-only file system" "$MMAR" pack a -o small/b.mmar
    nothing "unpack onto a disk that is read-only" small "Read-only file system" "$MMAR" unpack one.mmar -C small/there
    nothing "pull onto a disk that is read-only" small "Read-only file system" "$MMAR" pull one.mmar -o small/b.mmar
    nothing "a key on a disk that is read-only" small "Read-only file system" "$MMAR" keygen small/lab
    nothing "a signature on a disk that is read-only" small "Read-only file system" "$MMAR" sign one.mmar --key lab.key --detached small/b.sig
    umount small
else
    skip "durability: a full disk: a small one cannot be mounted here"
fi

mkdir closed && chmod 555 closed
as_nobody=""
if [ "$(id -u)" -eq 0 ]; then
    chmod 755 "$WORK" && chmod 644 lab.key
    as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
fi
if $as_nobody "$MMAR" --version >/dev/null 2>&1; then
    nothing "pack into a folder of others" closed "Permission denied" $as_nobody "$MMAR" pack a -o closed/b.mmar
    nothing "unpack into a folder of others" closed "Permission denied" $as_nobody "$MMAR" unpack one.mmar -C closed/there
    nothing "pull into a folder of others" closed "Permission denied" $as_nobody "$MMAR" pull one.mmar -o closed/b.mmar
    nothing "sign in a folder of others" closed "Permission denied" $as_nobody "$MMAR" sign one.mmar --key lab.key -o closed/b.mmar
else
    skip "durability: a folder of others: no other user can run the program here"
fi
