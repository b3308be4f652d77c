#!/bin/sh
# Packs this MMAR into one file for another lab: commands/pack.sh [-o name.mmar]
. "$(dirname "$0")/set_env.sh"
exec "$MMAR" pack "$MMAR_ROOT" "$@"
