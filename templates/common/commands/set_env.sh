#!/bin/sh
# Sourced by the other commands: where this MMAR is, and which mmar program to use.
MMAR_ROOT=$(cd "$(dirname "$0")/.." && pwd)
MMAR=${MMAR:-mmar}
export MMAR_ROOT
