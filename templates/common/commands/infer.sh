#!/bin/sh
# Predicts on images: commands/infer.sh scan.nii.gz ... -o folder
. "$(dirname "$0")/set_env.sh"
exec "$MMAR" infer -m "$MMAR_ROOT" -c config/config_train.json -e config/environment.json "$@"
