#!/bin/sh
# Scores the best model on each validation image's own grid; tables and overlays go to eval/.
. "$(dirname "$0")/set_env.sh"
exec "$MMAR" evaluate -m "$MMAR_ROOT" -c config/config_train.json -e config/environment.json "$@"
