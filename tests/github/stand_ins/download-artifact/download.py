"""Bring what was kept, as version 8 does: a single one comes without a folder of its own.

So a pattern that finds one artifact lays it elsewhere than one that finds two.
"""

import fnmatch
import os
import shutil
import sys
from pathlib import Path

asked = os.environ
store = Path(asked["RIG_FOLDER"], "artifacts", asked["RUN"])
where = Path(asked["GITHUB_WORKSPACE"], asked["WHERE"])
names = sorted(path.name for path in store.iterdir()) if store.is_dir() else []
if asked["RUN"] != asked["GITHUB_RUN_ID"] and not asked["TOKEN"]:
    sys.exit("an artifact of another run is asked for, and no token was given")
if asked["NAME"]:
    if asked["NAME"] not in names:
        sys.exit(f"Artifact not found for name: {asked['NAME']}")
    names = [asked["NAME"]]
elif asked["PATTERN"]:
    names = fnmatch.filter(names, asked["PATTERN"])
for name in names:
    flat = asked["NAME"] or asked["MERGES"] == "true" or len(names) == 1
    target = where if flat else where / name
    shutil.copytree(store / name, target, dirs_exist_ok=True, copy_function=shutil.copyfile)
