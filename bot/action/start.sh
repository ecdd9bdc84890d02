#!/bin/bash
# start.sh PLACE JOB: one job of the action, by the environment that install.sh made in PLACE. The
# operator's configuration comes as a variable and becomes a file, which is how settings are read.
set -euo pipefail
place=$1
job=$2
if [ -n "${INPUT_CONFIGURATION:-}" ]; then
  export CHANGEWRIGHT_CONFIG="$place/operator.yml"
  (umask 077 && printf '%s\n' "$INPUT_CONFIGURATION" >"$CHANGEWRIGHT_CONFIG")
fi
unset INPUT_CONFIGURATION PYTHONPATH PYTHONHOME
exec "$place/bin/python" -P -m bot.action "$job"
