"""Keep a folder or a file under a name, once, as version 7 does: without empty or hidden ones."""

import os
import shutil
import sys
from pathlib import Path

asked = os.environ
store = Path(asked["RIG_FOLDER"], "artifacts", asked["GITHUB_RUN_ID"], asked["NAME"])
where = Path(asked["GITHUB_WORKSPACE"], asked["WHERE"])
root = where if where.is_dir() else where.parent
files = [path for path in (where.rglob("*") if where.is_dir() else [where]) if path.is_file()]
if asked["HIDDEN"] != "true":
    files = [path for path in files if not any(p[0] == "." for p in path.relative_to(root).parts)]
if not files:
    said = f"No files were found with the provided path: {where}. No artifacts will be uploaded."
    sys.exit(said if asked["MISSING"] == "error" else 0)
if asked["OVERWRITES"] == "true":
    shutil.rmtree(store, ignore_errors=True)
if store.exists():
    sys.exit(f"an artifact with this name already exists on the workflow run: {asked['NAME']}")
for path in files:
    kept = store / path.relative_to(root)
    kept.parent.mkdir(parents=True, exist_ok=True)
    # Rights do not travel: the real one makes a zip of bytes and names.
    shutil.copyfile(path, kept)
