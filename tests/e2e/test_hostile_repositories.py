"""Hostile repositories, put through `propose` by a person with a full home folder and a full shell.

Each does its worst wherever the bot lets its programs run: in set-up, in the build, in the tests,
or by what its files are called. The person's machine must be as it was, whatever the verdict.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.bwrap_sandbox import BwrapSandbox
from tests.conftest import PROGRAM
from tests.e2e.hostile import REACH, TRIED, Ended, Person, commit
from tests.e2e.hostile_files import lay_out
from tests.e2e.repositories import git, write
from validators.sandbox import Limits, Mount, Phase

pytestmark = pytest.mark.sandbox

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

[tool.hatch.build.hooks.custom]

[tool.pytest.ini_options]
testpaths = ["tests"]
"""
HOOK = """\
import runpy, sys
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

class CustomBuildHook(BuildHookInterface):
    def initialize(self, version, build_data):
        sys.argv = ["reach.py", "told.json"]
        runpy.run_path("reach.py", run_name="__main__")
"""
HARMLESS = """\
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

class CustomBuildHook(BuildHookInterface):
    pass
"""
SOURCE = 'def words(text):\n    return len(text.split(" "))\n'
TESTS = 'import tally\n\n\ndef test_two():\n    assert tally.words("one two") == 2\n'
CONFTEST = """\
import os, pathlib, runpy, socket, subprocess, sys, time

subprocess.run([sys.executable, "reach.py", "told.json"], check=False)
for number in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                time.sleep(0.01)
                with open(f"orphan{number}", "a") as stream:
                    stream.write(".")
        os._exit(0)

def pytest_report_header():
    return pathlib.Path("loot.txt").read_text()[-80:]

here = pathlib.Path.cwd()
(here / "passwd").symlink_to("/etc/passwd")
(here / "above").symlink_to("../../../../../..")
(here / "itself").symlink_to("itself")
(here / "rights").write_bytes(pathlib.Path("/bin/sh").read_bytes())
(here / "rights").chmod(0o6755)
for kind in (0o020666, 0o060666, 0o010666):
    try:
        os.mknod(here / f"node{kind:o}", kind, os.makedev(1, 3))
    except OSError:
        pass
socket.socket(socket.AF_UNIX).bind("listening")
for git_dir in (here / ".git", here / "nested" / ".git"):
    (git_dir / "hooks").mkdir(parents=True, exist_ok=True)
    (git_dir / "config").write_text("[core]\\n\\tfsmonitor = touch SPOILT\\n")
    (git_dir / "HEAD").write_text("ref: refs/heads/main\\n")
    for name in ("post-checkout", "pre-commit"):
        (git_dir / "hooks" / name).write_text("#!/bin/sh\\ntouch SPOILT\\n")
        (git_dir / "hooks" / name).chmod(0o755)
(here / "closed").mkdir()
(here / "closed" / "file").write_text("closed")
(here / "closed").chmod(0)
"""
FLOODS = {
    "disk": 'import os\nfor n in range(400):\n    open(f"large{n}", "wb").write(bytes(1024**2))\n'
    "import time\ntime.sleep(20)\n",
    "memory": "import mmap\nheld = []\nfor _ in range(900):\n    m = mmap.mmap(-1, 1024**2)\n"
    "    m.write(b'x' * 1024**2)\n    held.append(m)\nimport time\ntime.sleep(20)\n",
}
SAYS = {"disk": " wrote more than", "memory": "s processes needed more than"}
IN_SMALL = (sys.executable, str(Path(__file__).with_name("in_small.py")))
GOOD = """\
replies:
  - text: |
      tally.py
      <<<<<<< SEARCH
          return len(text.split(" "))
      =======
          return len(text.split())
      >>>>>>> REPLACE

      tests/test_tally.py
      <<<<<<< SEARCH
      def test_two():
      =======
      def test_two_spaces():
          assert tally.words("one  two") == 2


      def test_two():
      >>>>>>> REPLACE
"""
ONE_WORD = """\
replies:
  - text: |
      a.txt
      <<<<<<< SEARCH
      one
      =======
      two
      >>>>>>> REPLACE
"""


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    with Person(tmp_path) as person:
        yield person


def proposed(person: Person, wheelhouse: Path, program: tuple[str, ...] = (str(PROGRAM),)) -> Ended:
    script = person.folder / "replies.yml"
    script.write_text(GOOD)
    words = ("propose", "--repo", person.repo, "--task", "Count words in tally.py, not spaces")
    more = ("--model", f"scripted:{script}", "--out", person.out)
    index = {"UV_FIND_LINKS": str(wheelhouse), "UV_NO_INDEX": "1"}
    return person.run([*program, *words, *more], index)


def project(person: Person, files: dict[str, str]) -> None:
    """Lay out the usual project with what is hostile in it, and commit it."""
    usual = {
        "README.md": "# Tally\n",
        "pyproject.toml": PYPROJECT,
        "tally.py": SOURCE,
        "tests/test_tally.py": TESTS,
        "hatch_build.py": HARMLESS,
        "reach.py": REACH,
    }
    git(person.repo, "init", "-q", "-b", "main")
    write(person.repo, {**usual, "told.json": person.told(), **files})
    commit(person)
    person.remember()


def test_a_build_that_reaches_out_of_set_up_gets_nothing_and_spoils_nothing(
    person: Person, wheelhouse: Path
) -> None:
    project(person, {"hatch_build.py": HOOK})

    ended = proposed(person, wheelhouse)

    assert person.wrong(ended) == []
    assert person.holders(TRIED)
    assert ended.code == 0, ended.out + ended.err


@pytest.mark.long
def test_tests_that_leave_processes_links_and_repositories_leave_nothing_on_the_host(
    person: Person, wheelhouse: Path
) -> None:
    project(person, {"conftest.py": CONFTEST})

    ended = proposed(person, wheelhouse)

    assert person.wrong(ended) == []
    assert person.holders(TRIED)
    assert ended.code == 0, ended.out + ended.err


@pytest.mark.sampled
@pytest.mark.parametrize("flood", FLOODS)
def test_tests_that_flood_disk_or_memory_are_stopped_and_prove_nothing(
    person: Person, wheelhouse: Path, flood: str
) -> None:
    project(person, {"conftest.py": FLOODS[flood]})

    ended = proposed(person, wheelhouse, IN_SMALL)

    assert person.wrong(ended) == []
    assert ended.code == 1, ended.out + ended.err
    assert "failed, verdict infrastructure" in ended.out
    assert f"on the untouched base: the command was stopped: it{SAYS[flood]}" in ended.out


def test_files_that_are_hostile_by_name_link_or_setting_are_but_data(person: Person) -> None:
    lay_out(person)
    person.remember()
    script = person.folder / "replies.yml"
    script.write_text(ONE_WORD)
    told = ("--task", "Say two in a.txt", "--model", f"scripted:{script}", "--out", person.out)

    ended = person.run([str(PROGRAM), "propose", "--repo", person.repo, *told], {})

    assert person.wrong(ended) == []
    assert ended.code == 0, ended.out + ended.err
    assert person.holders(TRIED)
    assert person.holders("ran-by-npm-preinstall") == []


def test_with_a_hole_in_the_walls_all_of_it_is_noticed(person: Person) -> None:
    write(person.repo, {"README.md": "# Tally\n"})
    git(person.repo, "init", "-q", "-b", "main")
    commit(person)
    tree = person.folder / "tree"
    write(tree, {"reach.py": REACH, "told.json": person.told()})
    subprocess.run(["chmod", "--recursive", "a+rwX", str(person.folder)], check=True)
    holes = tuple(
        Mount(place, str(place), writable=True)
        for place in (person.home, person.repo, person.socket)
    )
    variables = {"ANTHROPIC_API_KEY": person.canary}
    person.remember()

    sandbox = BwrapSandbox(person.folder / "scratch")
    if not sandbox.probe().usable:
        pytest.skip(sandbox.probe().why_not)
    phase = Phase("test", mounts=holes, environment=variables)
    with sandbox.open(tree, phase, Limits(timeout_s=30)) as session:
        done = session.run(["/usr/bin/python3", "reach.py", "told.json"])
        person.out.write_bytes((session.tree / "loot.txt").read_bytes())

    assert done.outcome == "ok", done
    wrong = "\n".join(person.wrong(Ended(0, done.stdout.text, "")))
    for sign in (
        *("original changed: README.md", "original changed: .git/config", "home changed: .bashrc"),
        *("original changed: .git/hooks/post-checkout", "somebody called at", "bundle.json holds"),
    ):
        assert sign in wrong
