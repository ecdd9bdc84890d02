"""What the host does with the changes of a session: what it would do with any stranger's patch.

They become a tree in a throw-away clone, the rules judge it, and its files are written out. Nothing
of it may run, and nothing may be read from elsewhere.
"""

import subprocess
import tempfile
from pathlib import Path

from scoping.refusal import Refusal
from tests.attacks.host import Host
from validators.checkout import materialise, open_clone, raw_changes, write_tree
from validators.policy import judge_tree
from validators.rules import Rules
from validators.sandbox import Session
from validators.weakening import weakening_findings


def handled(session: Session, host: Host, written: Path | None = None) -> list[str]:
    """Return the breaches, and what the rules object to (``objection: ...``).

    The files are written to ``written``, or to a folder that is dropped again.
    """
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        try:
            changes = session.changes()
            clone = open_clone(host.original, "HEAD", Path(folder, "clone"))
            applied = write_tree(clone, clone.base_tree, changes.files)
            judges = (judge_tree, weakening_findings)
            findings = [
                f for judge in judges for f in judge(clone, clone.base_tree, applied, Rules())
            ]
            place = written or Path(folder, "written")
            materialise(clone, applied, place)
            listed = {change.path for change in raw_changes(clone, clone.base_tree, applied)}
        except Refusal as refusal:
            return [f"objection: {refusal}"]
        said = [f"objection: {path}: {why}" for path, why in changes.refused]
        said += [f"objection: {f.code}" for f in findings if f.severity in {"block", "ask"}]
        known = {change.path for change in changes.files}
        said += [f"{path} changed, and the session did not tell" for path in listed - known]
        if _holds(place, host.secret_text.encode()):
            said.append("a file written out holds a secret of the host")
        return said


def careless(session: Session, host: Host) -> list[str]:
    """Do what a host does that does not expect harm: git and Python, right in the tree."""
    tree = "/workspace"
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(host.kept / "home")}
    for argv in (
        ["git", "status", "--short"],
        ["git", "add", "--all"],
        ["git", "-C", "embedded", "status", "--short"],
        ["git", "diff", "--cached", "--stat"],
        ["/usr/bin/python3", "-c", "import json, this_is_not_there"],
    ):
        subprocess.run(
            argv, cwd=tree, env=environment, capture_output=True, check=False, timeout=10
        )
    return []


def _holds(folder: Path, secret: bytes) -> bool:
    return any(
        secret in path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    )
