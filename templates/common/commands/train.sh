#!/bin/sh
# Trains from scratch. Further options and --set name=value go to mmar train: commands/train.sh --set epochs=5
. "$(dirname "$0")/set_env.sh"
exec "$MMAR" train -m "$MMAR_ROOT" -c config/config_train.json -e config/environment.json "$@"
