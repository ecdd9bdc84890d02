"""Repositories for the rows of bad input: always the same commits, so one bundle fits them all."""

import functools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.conftest import PROGRAM
from tests.e2e.bad_input import NotHereError, Setting
from tests.ending import LIMIT_S

CONFIG = """\
{"setup": {"run": []},
 "gates": [{"name": "words", "kind": "test", "run": "! grep -rqF FORBIDDEN --include=*.txt ."}]}
"""
SOURCE = 'def greeting():\n    """Return what is said first."""\n    return "one"\n'
FILES = {".github/changewright.yml": CONFIG, "a.txt": "one\n", "greeting.py": SOURCE}
TASK = ("--task", "greeting in a.txt should say two")
NOBODY = 65534
WHEN = "2026-01-02T03:04:05Z"


def git(folder: Path, *words: str, stdin: bytes = b"") -> str:
    """Run git as a person would, under a fixed name and time, and return what it printed."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_NAME": "ada", f"GIT_{role}_EMAIL": "ada@localhost"}
        environment |= {f"GIT_{role}_DATE": WHEN}
    argv = ["git", "-c", "protocol.file.allow=always", "-c", "safe.directory=*", *words]
    done = subprocess.run(
        argv, cwd=folder, env=environment, input=stdin, capture_output=True, check=False
    )
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def made(folder: Path, *options: str, name: str = "project", commit: bool = True) -> Path:
    """Make the usual repository below ``folder``."""
    repo = folder / name
    repo.mkdir(parents=True)
    git(repo, "init", "-q", "-b", "main", *options)
    write(repo, FILES)
    if commit:
        save(repo)
    return repo


def write(repo: Path, files: dict[str, str] | dict[str, bytes]) -> None:
    """Write files of text or bytes."""
    for path, content in files.items():
        place = repo / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)


def save(repo: Path, message: str = "base") -> str:
    """Commit all there is and return the commit."""
    git(repo, "add", "--all")
    git(repo, "commit", "-q", "--allow-empty", "-m", message)
    return git(repo, "rev-parse", "HEAD")


def at(repo: Path, command: str, *words: str | Path) -> tuple[str | Path, ...]:
    """Return the words of ``command`` on ``repo``."""
    task = TASK if command in {"scope", "propose"} else ()
    return (command, "--repo", repo, *task, *words)


def scoped(repo: Path, *words: str | Path) -> Setting:
    """Return the setting of `scope` on ``repo``."""
    return Setting(at(repo, "scope", *words), repo)


def gated(repo: Path, *words: str | Path) -> Setting:
    """Return the setting of `gate` on ``repo``."""
    return Setting(at(repo, "gate", *words), repo)


def proposed(
    repo: Path, *words: str | Path, path: str = "a.txt", old: str = "one", new: str = "two"
) -> Setting:
    """Return the setting of `propose` on ``repo``, with a script that edits one file."""
    edit = f"{path}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"
    block = "".join(f"      {line}\n" for line in edit.splitlines())
    script = repo.parent / "replies.yml"
    script.write_text(f"replies:\n  - text: |\n{block}  - text: There is no more to change.\n")
    return Setting(at(repo, "propose", "--model", f"scripted:{script}", "--quiet", *words), repo)


def published(repo: Path, *words: str | Path) -> Setting:
    """Return the setting of `publish` of the usual bundle on ``repo``, which gains one branch."""
    bundle = repo.parent / "bundle.json"
    bundle.write_bytes(usual_bundle())
    return Setting(
        ("publish", bundle, "--repo", repo, "--quiet", *words),
        repo,
        but_for=r"(^|/)(objects/|objects$|refs/heads(/changewright|$))",
    )


@functools.cache
def usual_bundle() -> bytes:
    """Return a bundle made from the usual repository."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        setting = proposed(made(folder), "--state", folder / "state", "--out", folder / "out")
        argv = [str(PROGRAM), *map(str, setting.argv)]
        environment = {"PATH": os.environ["PATH"], "HOME": name, "LANG": "C.UTF-8"}
        done = subprocess.run(
            argv, env=environment, capture_output=True, check=False, cwd=name, timeout=LIMIT_S
        )
        assert done.returncode == 0, done.stderr
        return (folder / "out").read_bytes()


def as_nobody(folder: Path) -> tuple[str, ...]:
    """Return what stands before a command that an ordinary user runs; may write in home alone."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        raise NotHereError("there is no setpriv to become an ordinary user with")
    reachable(folder)
    return ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


def reachable(folder: Path) -> None:
    """Let other users come to ``folder``: pytest's own are closed to them."""
    for above in (folder, *folder.parents):
        if above.stat().st_uid == os.geteuid() and not above.stat().st_mode & 0o005:
            above.chmod(above.stat().st_mode | 0o055)


def without(path: str, stand_in: str = "/dev/null") -> tuple[str, ...]:
    """Return what stands before a command that finds ``stand_in`` where ``path`` is."""
    script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'
    namespace = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    before = (*namespace, "sh", "-c", script, "sh", stand_in, path)
    tried = subprocess.run([*before, "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        raise NotHereError("no mount namespace can be made here")
    return before


def bundled_branch(bundle: bytes) -> str:
    """Return the branch that a bundle is published on."""
    return str(json.loads(bundle)["bundle"]["branch"])
