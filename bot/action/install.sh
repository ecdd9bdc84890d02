#!/bin/bash
# install.sh SOURCE PLACE: an environment at PLACE with what SOURCE/requirements.lock names, each file
# by its hash, and with the Changewright that stands in SOURCE. Twice is the same as once.
set -euo pipefail
source_folder=$1
place=$2
if [ -f "$place/installed" ]; then exit 0; fi

unset PYTHONPATH PYTHONHOME VIRTUAL_ENV
export PIP_DISABLE_PIP_VERSION_CHECK=1 UV_PYTHON_DOWNLOADS=never UV_NO_CONFIG=1
if [ -f /etc/ssl/certs/ca-certificates.crt ]; then export UV_SYSTEM_CERTS=1; fi
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo '::error::Changewright needs Python 3.11 or later as python3; add actions/setup-python' >&2
  exit 1
}
# A pip fetches uv by its hash, uv all else: the machine's own, since making one takes seconds.
python3 -P -m venv --without-pip "$place"
pip=(python3 -P -m pip --python "$place/bin/python")
if ! "${pip[@]}" --version >/dev/null 2>&1; then
  python3 -P -m venv "$place"
  pip=("$place/bin/python" -P -m pip)
fi
pinned() { awk -v names=" $1 " '/^[^ #]/ { split($0, name, /[=; ]/); ours = index(names, " " name[1] " ") } ours' "$2"; }
pinned uv "$source_folder/requirements.lock" >"$place/uv.txt"
"${pip[@]}" install --quiet --no-deps --require-hashes -r "$place/uv.txt"
"$place/bin/uv" pip sync --quiet --python "$place/bin/python" --require-hashes \
  "$source_folder/requirements.lock"
# What builds our own wheel comes by its hash, too; the build itself asks nobody.
pinned 'hatchling pluggy trove-classifiers' "$source_folder/requirements-dev.lock" >"$place/build.txt"
"$place/bin/uv" pip install --quiet --python "$place/bin/python" --no-deps --require-hashes \
  -r "$place/build.txt"
"$place/bin/uv" pip install --quiet --python "$place/bin/python" --offline --no-deps \
  --no-build-isolation "$source_folder"
touch "$place/installed"
