# The installed library: a program of others, compiled with what pkg-config says and nothing else, iterates batches; and all of it goes again.
. "$(dirname "$0")/lib.sh"
repository=$(cd "$HERE/../.." && pwd) prefix=$WORK/usr
place() { make -s --no-print-directory -C "$repository" BUILD="$(dirname "$MMAR")" "$@" >make.out 2>&1 || { fail "library: make $1: $(tail -n 3 make.out)"; exit 0; }; }
small_project demo
place install PREFIX="$prefix"
for file in bin/mmar lib/libmmar.a lib/pkgconfig/mmar.pc include/mmar/cache/loader.h include/mmar/base/error.h; do
    [ -s "$prefix/$file" ] || fail "library: $file was not installed"
done
grep -rlE '#include "|banned' "$prefix/include" >leaks && fail "library: headers leak: $(cat leaks)" || ok "library: headers stand for themselves"
[ "$("$prefix/bin/mmar" --version | grep -o '[0-9.]*' | head -n 1)" = "$(sed -n 's/^Version: //p' "$prefix/lib/pkgconfig/mmar.pc")" ] &&
    ok "library: one version" || fail "library: mmar.pc and the program have different versions"

export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
if ! command -v pkg-config >/dev/null 2>&1; then
    skip "library: the example, there is no pkg-config"
elif ${CC:-cc} -std=c11 -Wall -Wextra -Werror "$repository/docs/examples/batches.c" -o batches $(pkg-config --cflags --static --libs mmar) 2>cc.err; then
    ok "library: the example compiles with pkg-config"
    ./batches demo 3 >out 2>err || fail "library: the example ended with $?: $(cat err)"
    # 4 of 7 items are held, 4 volumes of 4 crops a step: one step an epoch
    [ "$(grep -c '^epoch [012] step 0: image 16x1x1x32x32 mean [0-9.-]*, label 16x1x1x32x32 mean [0-9.]*, waited [0-9.]* ms$' out)" = 3 ] &&
        ok "library: batches of the config's shape" || fail "library: $(cat out)"
    grep -q '^epoch 2: waited .* 1 replaced, [1-9][0-9]* bytes held$' out && ok "library: from the cache, with rotation" || fail "library: $(cat out)"
    ./batches demo 3 | sed 's/waited.*//' >again
    sed 's/waited.*//' out | cmp -s - again && ok "library: the same batches again" || fail "library: batches differ from run to run"
    sed -i 's/"RandFlip/"RandFlop/; s/"num_workers": [0-9]*/"num_workers": -1/' demo/config/config_train.json
    ./batches demo >out 2>err
    [ $? -eq 3 ] && grep -q 'RandFlop' err && grep -q 'config_train.json:[0-9]' err && ok "library: a wrong config is told" || fail "library: $(cat out err)"
    ./batches nowhere 2>err
    [ $? -eq 5 ] && grep -q nowhere err && ok "library: a missing folder is told" || fail "library: $(cat err)"
else
    fail "library: the example: $(head -n 5 cc.err)"
fi
place uninstall PREFIX="$prefix"
[ -z "$(find "$prefix" -type f)" ] && [ ! -e "$prefix/include/mmar" ] && ok "library: nothing stays" || fail "library: $(find "$prefix" -type f)"
place install DESTDIR="$WORK/stage" PREFIX=/opt/mmar
[ -x stage/opt/mmar/bin/mmar ] && grep -q '^prefix=/opt/mmar$' stage/opt/mmar/lib/pkgconfig/mmar.pc && ok "library: DESTDIR" || fail "library: $(find stage)"
