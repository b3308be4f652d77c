#!/bin/sh
# Fine-tunes: commands/train_finetune.sh other_lab.mmar [options]. Without an archive: from this MMAR's own best model.
. "$(dirname "$0")/set_env.sh"
from=$MMAR_ROOT/models/model.safetensors
case $1 in *.mmar | *.safetensors) from=$1 && shift ;; esac
exec "$MMAR" train -m "$MMAR_ROOT" -c config/config_train.json -e config/environment.json --from "$from" "$@"
