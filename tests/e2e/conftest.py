"""What the stories share: the installed command, a small real project, and an index on disk.

The set-up phase of a target really installs packages, in the sandbox. So that the stories run
without any index, wheels are made anew from what is installed beside us.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

from tests.found_out import for_all_workers, lend

CHANGEWRIGHT = Path(sys.executable).with_name("changewright")
# What the small project's set-up needs; all of it is pure Python.
NEEDED = (
    "pytest", "pluggy", "iniconfig", "packaging", "pygments",
    "hatchling", "pathspec", "trove-classifiers", "editables",
)  # fmt: skip

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "tally"
version = "1.0"
requires-python = ">=3.11"

[project.optional-dependencies]
test = ["pytest"]

[tool.pytest.ini_options]
testpaths = ["tests"]
"""

SOURCE = '''\
"""Counting words."""


def words(text):
    """Return how many words there are in a text."""
    return len(text.split(" "))


def lines(text):
    """Return how many lines there are in a text."""
    return len(text.splitlines())
'''

TESTS = """\
import tally


def test_two_words():
    assert tally.words("one two") == 2


def test_lines():
    assert tally.lines("one\\ntwo") == 2
"""

ISSUE = """\
---
number: 7
title: words() counts spaces, not words
author: reporter
---
`tally.words("one  two")` says 3, because there are two spaces. It should say 2, and an empty
text has no words at all.
"""

REPLIES = """\
replies:
  - usage: {input_tokens: 1000, output_tokens: 100}
    text: |
      Only empty pieces have to be left out.

      tally.py
      <<<<<<< SEARCH
          return len(text.split(" "))
      =======
          return len([word for word in text.split(" ") if word]) or 1
      >>>>>>> REPLACE

      tests/test_tally.py
      <<<<<<< SEARCH
      def test_lines():
      =======
      def test_two_spaces():
          assert tally.words("one  two") == 2


      def test_no_words():
          assert tally.words("") == 0


      def test_lines():
      >>>>>>> REPLACE
  - usage: {input_tokens: 1200, output_tokens: 60}
    text: |
      An empty text has no words: nothing is to be made up for it.

      tally.py
      <<<<<<< SEARCH
          return len([word for word in text.split(" ") if word]) or 1
      =======
          return len(text.split())
      >>>>>>> REPLACE
"""


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Said]


def wheel(name: str, folder: Path) -> None:
    """Pack one installed pure-Python distribution as the wheel it came from."""
    dist = distribution(name)
    stem = f"{dist.name.replace('-', '_').lower()}-{dist.version}"
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as archive:
        for file in dist.files or ():
            path = Path(str(dist.locate_file(file)))
            inside = str(file)
            if inside.startswith("..") or "__pycache__" in inside or not path.is_file():
                continue
            archive.write(path, inside)


@pytest.fixture(scope="session")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("wheelhouse")
    with for_all_workers("wheelhouse") as shared:
        folder = shared / "wheelhouse" if shared else made
        if folder == made or not folder.exists():
            folder.mkdir(exist_ok=True)
            for name in NEEDED:
                wheel(name, folder)
            # The set-up runs as another user when we are root.
            folder.chmod(0o755)
    return folder


def environment_at(folder: Path, wheelhouse: Path) -> dict[str, str]:
    """Return the environment of a command: its own home and state, and the index on disk.

    Its coverage is not measured, which would take as long again; tests in one process do that.
    """
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "CHANGEWRIGHT_STATE": str(lend(folder / "state")),
        "UV_FIND_LINKS": str(wheelhouse),
        "UV_NO_INDEX": "1",
        "LANG": "C.UTF-8",
    }


@pytest.fixture
def environment(tmp_path: Path, wheelhouse: Path) -> dict[str, str]:
    return environment_at(tmp_path, wheelhouse)


def command_in(folder: Path, environment: Mapping[str, str]) -> Command:
    """Return the installed console script, run as a user would from some other folder."""

    def run(*words: str | Path, **more: str) -> Said:
        done = subprocess.run(
            [str(CHANGEWRIGHT), *map(str, words)],
            cwd=folder,
            env=dict(environment) | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def changewright(environment: Mapping[str, str], tmp_path: Path) -> Command:
    return command_in(tmp_path, environment)


def _git(folder: Path, *words: str) -> str:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{role}_{k}": v for role in ("AUTHOR", "COMMITTER") for k, v in (
            ("NAME", "maintainer"), ("EMAIL", "m@localhost"), ("DATE", "2026-01-02T03:04:05Z"),
        )},
    }  # fmt: skip
    done = subprocess.run(
        ["git", *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def _project(folder: Path) -> Path:
    (folder / "tests").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "tally.py").write_text(SOURCE)
    (folder / "tests" / "test_tally.py").write_text(TESTS)
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "tally 1.0")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small Python project under git, with a bug that its tests do not see."""
    return _project(tmp_path / "tally project")


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.fixture
def issue(tmp_path: Path) -> Path:
    return _file(tmp_path, "issue.md", ISSUE)


@pytest.fixture
def replies(tmp_path: Path) -> Path:
    return _file(tmp_path, "replies.yml", REPLIES)


@pytest.fixture(scope="session")
def proposed(tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path) -> Path:
    """A folder with ``bundle.json`` and ``state``, as a run left them that solved the issue."""
    made = tmp_path_factory.mktemp("proposed")
    with for_all_workers("proposed") as shared:
        folder = shared / "proposed" if shared else made
        if not (folder / "bundle.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            _propose(folder, wheelhouse)
    return folder


def _propose(folder: Path, wheelhouse: Path) -> None:
    run = command_in(folder, environment_at(folder, wheelhouse))
    issue, replies = _file(folder, "issue.md", ISSUE), _file(folder, "replies.yml", REPLIES)
    said = run(
        *("propose", "--repo", _project(folder / "tally project"), "--issue-file", issue),
        *(f"--model=scripted:{replies}", "--out", folder / "bundle.json"),
    )
    assert said.code == 0, said.err


@pytest.fixture
def bundle(proposed: Path, tmp_path: Path) -> Path:
    """The bundle of ``proposed``, and its state for this test's own commands.

    A commit of the same content and dates has the same name, so it is one of ``project`` too.
    """
    shutil.copytree(proposed / "state", tmp_path / "state", symlinks=True, dirs_exist_ok=True)
    return Path(shutil.copy2(proposed / "bundle.json", tmp_path))


def _fingerprint(folder: Path) -> dict[str, str]:
    """Return every path below ``folder`` with its kind, mode, time and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        content = b""
        if path.is_symlink():
            content = str(path.readlink()).encode()
        elif path.is_file():
            content = path.read_bytes()
        when = 0 if path.is_dir() else state.st_mtime_ns
        found[str(path.relative_to(folder))] = (
            f"{state.st_mode:o} {when} {hashlib.sha256(content).hexdigest()}"
        )
    return found


@pytest.fixture
def git() -> Callable[..., str]:
    return _git


@pytest.fixture
def fingerprint() -> Callable[[Path], dict[str, str]]:
    return _fingerprint
