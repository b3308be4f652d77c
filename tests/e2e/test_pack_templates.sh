# Every template, trained as it comes (only smaller): its archive holds nothing that the privacy search finds, and fits the schema.
. "$(dirname "$0")/lib.sh"
for template in $("$MMAR" help init | sed -n '/^Templates:/,/^With/p' | grep -oE '\b[a-z]+(_[a-z]+)*_[23]d\b' | sort -u); do
    case $template in
    *2d) data="--size 40,40 --spacing 1,1" size="32, 32" ;;
    *) data="--size 40,40,36" size="32, 32, 32" ;;
    esac
    classes=2
    "$MMAR" init "$template" --template "$template" -q >/dev/null || fail "pack $template: init"
    config=$template/config/config_train.json
    grep -q '"out_channels": 2' "$config" && classes=1
    "$MMAR" synth "$template/data" $data --classes $classes --count 4 --validation 1 -q >/dev/null
    sed -i -E "/channels\": \[/s/[0-9]+/4/g; s/\"(spatial_size|roi_size|output_crop_size)\": \[[^]]*\]/\"\1\": [$size]/" "$config"
    if "$MMAR" train "$template" -q --set epochs=1 2>err && "$MMAR" evaluate "$template" -q >/dev/null 2>>err &&
        "$MMAR" pack "$template" -q >/dev/null 2>>err; then
        ok "pack $template: nothing is found"
    else
        fail "pack $template: $(tail -n 5 err)"
    fi
    "$MMAR" show "$template.mmar" --json >shown.json 2>err && grep -q '"mean_dice"' shown.json && ok "pack $template: its card has scores" || fail "pack $template: $(cat err)"
done
