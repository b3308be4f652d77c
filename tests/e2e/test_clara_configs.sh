# The configurations that NVIDIA published for Clara Train (clara-train-examples, Apache-2.0): what `check` and `plan` say of each file, and
# short trainings of those that train. MMAR_CLARA_CONFIGS names their folder; data is the real CT crop among the test data.
. "$(dirname "$0")/lib.sh"
CONFIGS=$(realpath -q "${MMAR_CLARA_CONFIGS:-$HERE/../../../shared/clara-configs}")
[ -d "$CONFIGS" ] || { skip "clara configs: no folder ${CONFIGS:-of them}" && exit 0; }
[ -f "$DATA/spleen_ct/dataset.json" ] || { skip "clara configs: no $DATA/spleen_ct" && exit 0; }
SETS="DATASET_JSON=$DATA/spleen_ct/dataset.json DATA_ROOT=$DATA/spleen_ct"

# file, exit code, and a word of what check says
outcomes() {
    cat <<'LIST'
v3/automl/config_automl.json 0 AutoML
v3/automl/environment.json 0 environment
v3/automl/trn_autoML_LR_LP.json 0 errors
v3/automl/trn_autoML_TransformProb.json 0 errors
v3/federated/config_fed_client.json 0 client
v3/federated/config_fed_server.json 0 server
v3/federated/config_train.json 0 errors
v3/federated/config_validation_ckpt.json 0 errors
v3/federated/environment.json 0 environment
v3/getting_started/config_validation.json 0 errors
v3/getting_started/config_validation_chpt.json 0 errors
v3/getting_started/environment.json 0 environment
v3/getting_started/trn_BYOC_transform.json 3 :83:
v3/getting_started/trn_base.json 0 errors
v3/invalid/trn1_AMP.json 3 :7:
v3/performance/environment.json 0 environment
v3/performance/trn_BT.json 0 errors
v3/performance/trn_BT_cache.json 0 errors
v3/performance/trn_BT_cache_TrnV2.json 0 errors
v3/performance/trn_BT_cache_amp.json 0 errors
v3/performance/trn_Keras_BT_cache.json 0 errors
v3/performance/trn_base.json 0 errors
v3/performance/trn_cache.json 0 errors
v3/performance/trn_novograd.json 0 errors
v3/performance/trn_novograd_amp_4gpu.json 0 errors
v4/automl/config_automl.json 0 AutoML
v4/automl/environment.json 0 environment
v4/automl/trn_autoML_Enum.json 0 errors
v4/automl/trn_autoML_LR_LP.json 0 errors
v4/federated/config_fed_client.json 0 client
v4/federated/config_fed_server.json 0 server
v4/federated/config_train.json 0 errors
v4/federated/config_validation.json 0 errors
v4/federated/environment.json 0 environment
LIST
}
outcomes | while read -r file expected word; do
    folder=$CONFIGS/$(dirname "$file")
    for command in check plan; do
        # shellcheck disable=SC2086
        "$MMAR" $command "$folder" -c "$(basename "$file")" --set $SETS >out 2>&1
        status=$?
        if [ $status -ne "$expected" ]; then
            fail "clara: $command $file: exit code $status, expected $expected: $(head -n 2 out)"
        elif [ $command = check ] && ! grep -q -- "$word" out; then
            fail "clara: check $file: does not say \"$word\": $(head -n 2 out)"
        else
            ok "clara: $command $file"
        fi
    done
done

# Two epochs of small crops at a coarse resolution, and networks of a few channels: the configs' own chains, pipelines and losses.
SMALL="epochs=2 num_training_epoch_per_valid=1 ScaleImg.args.target_resolution=[3,3,3] ScaleLb.args.target_resolution=[3,3,3]
       train.image_pipeline.args.output_crop_size=[32,32,32] validate.inferer.args.roi_size=[32,32,32]"
UNET="train.model.args.nf_enc=4,8,8,8 train.model.args.nf_dec=8,8,8,8,8,4,4"
train() { # config, settings...
    file=$1 && shift
    name=$(echo "${file%.json}" | tr / -)
    mkdir -p "$name/config" && cp "$CONFIGS/$file" "$name/config/config_train.json"
    # shellcheck disable=SC2086
    if "$MMAR" train "$name" -q --set $SETS "$@" >out 2>&1 && [ -s "$name/models/model.safetensors" ] &&
        [ -s "$name/models/final_model.safetensors" ]; then
        ok "clara: train $file"
    else
        fail "clara: train $file: $(tail -n 2 out)"
    fi
}
# shellcheck disable=SC2086
{
    for file in trn_BT trn_BT_cache trn_BT_cache_TrnV2 trn_BT_cache_amp trn_Keras_BT_cache trn_novograd trn_novograd_amp_4gpu; do
        train v3/performance/$file.json $SMALL $UNET 'FastCropByPosNegRatio.args.size=[32,32,32]' FastCropByPosNegRatio.args.batch_size=2
    done
    for file in v3/performance/trn_base v3/performance/trn_cache v3/getting_started/trn_base v3/federated/config_train; do
        train $file.json $SMALL $UNET 'FastPosNegRatioCropROI.args.size=[32,32,32]'
    done
    for file in trn_autoML_LR_LP trn_autoML_TransformProb; do
        train v3/automl/$file.json epochs=2 num_training_epoch_per_valid=1 'CropFixedSizeRandomCenter.args.size=[32,32,32]' \
            'train.image_pipeline.args.output_crop_size=[32,32,32]' 'validate.image_pipeline.args.output_crop_size=[32,32,32]'
    done
    for file in v4/federated/config_train v4/automl/trn_autoML_LR_LP v4/automl/trn_autoML_Enum; do
        train $file.json epochs=2 num_interval_per_valid=1 'Spacingd.args.pixdim=[3,3,3]' 'train.model.args.channels=[4,8,8,8,8]' \
            'RandCropByPosNegLabeld.args.spatial_size=[32,32,32]' 'validate.inferer.args.roi_size=[48,48,48]'
    done
}

# The evaluation files with the model of the config_train.json beside them.
evaluate() { # trained project, evaluation file, settings...
    name=$1 file=$2 && shift 2
    cp "$CONFIGS/$file" "$name/config/config_validation.json"
    sed -i 's/"nf_enc": *"[0-9,]*"/"nf_enc": "4,8,8,8"/; s/"nf_dec": *"[0-9,]*"/"nf_dec": "8,8,8,8,8,4,4"/
            s/"channels": *\[16, 32, 64, 128, 256\]/"channels": [4, 8, 8, 8, 8]/' "$name/config/config_train.json"
    # shellcheck disable=SC2086
    if "$MMAR" evaluate "$name" -c config/config_validation.json --set $SETS "$@" >out 2>&1 && [ -s "$name/eval/metrics.json" ]; then
        ok "clara: evaluate $file"
    else
        fail "clara: evaluate $file: $(tail -n 2 out)"
    fi
}
COARSE="pre_transforms[2].args.target_resolution=[3,3,3] label_transforms[2].args.target_resolution=[3,3,3]"
# shellcheck disable=SC2086
{
    evaluate v3-getting_started-trn_base v3/getting_started/config_validation.json $COARSE
    evaluate v3-federated-config_train v3/federated/config_validation_ckpt.json $COARSE
    evaluate v4-federated-config_train v4/federated/config_validation.json 'Spacingd.args.pixdim=[3,3,3]' 'inferer.args.roi_size=[48,48,48]'
}
