"""Our own action as workflows use it, with what is installed here in place of an installation.

Each job's process leaves its environment and its number in the rig's folder, so that a test sees
what it held, and can end it.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

NAME = "changewright/changewright"
WORKFLOW = ROOT / "bot" / "action" / "examples" / "changewright.yml"
_PROCESS = """\
#!/bin/bash
mkdir -p "$RIG_FOLDER/seen"
seen=$RIG_FOLDER/seen/$GITHUB_RUN_ID.$INPUT_JOB
cp /proc/self/environ "$seen.environ"
echo $$ >"$seen.pid"
exec {python} "$@"
"""
_AS_HERE = """\
#!/bin/bash
set -euo pipefail
mkdir -p "$2/bin"
cp "$1/process" "$2/bin/python"
"""
# Beside the real installation: its interpreter is asked through one that leaves what it held.
_INSTALLED = """\
#!/bin/bash
set -euo pipefail
"$1/bot/action/really_install.sh" "$1" "$2"
mv "$2/bin/python" "$2/bin/python-itself"
sed "s,PYTHON,$2/bin/python-itself," "$1/process" >"$2/bin/python"
chmod +x "$2/bin/python"
"""
# What this machine lets the sandbox do is not for a test to change.
_NOTHING = "#!/bin/bash\n"


def laid_out(folder: Path, *, installed: bool = False) -> Path:
    """Write the action below ``folder`` and return where, as a checkout of it would be.

    ``installed`` by its own script from the lock file in each job, as on a runner; else what is
    installed here does the work.
    """
    place = folder / "action"
    scripts = place / "bot" / "action"
    python = "PYTHON" if installed else shlex.quote(sys.executable)
    if installed:
        _checked_out(place)
        (scripts / "install.sh").rename(scripts / "really_install.sh")
    else:
        scripts.mkdir(parents=True)
        shutil.copy(ROOT / "action.yml", place)
        shutil.copy(ROOT / "bot" / "action" / "start.sh", scripts)
    texts = {
        place / "process": _PROCESS.format(python=python),
        scripts / "install.sh": _INSTALLED if installed else _AS_HERE,
        scripts / "allow_sandbox.sh": _NOTHING,
    }
    for path, text in texts.items():
        path.write_text(text)
        path.chmod(0o755)
    return place


def _checked_out(place: Path) -> None:
    subprocess.run(["git", "clone", "--quiet", "--depth=1", ROOT.as_uri(), place], check=True)
    shutil.rmtree(place / ".git")


def environment_of(rig: Path, run: int, job: str) -> dict[str, str]:
    """Return what the process of a job held, once it has begun."""
    rows = (rig / "seen" / f"{run}.{job}.environ").read_bytes().split(b"\0")
    pairs = (os.fsdecode(row).partition("=") for row in rows if row)
    return {name: value for name, _, value in pairs}


def process_of(rig: Path, run: int, job: str) -> int:
    """Return the process of a job, 0 while it has not begun."""
    said = rig / "seen" / f"{run}.{job}.pid"
    return int(said.read_text() or 0) if said.exists() else 0
