"""Who holds what: every process of an author, of a publisher and of the sandbox is looked into.

From outside, the environment, the words and the open files of every process that a command starts
are read again and again while it runs; from inside, a command reads the same of all it can see.
"""

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest

from tests.ending import LIMIT_S, ended, joined

pytestmark = pytest.mark.sandbox

Command = Callable[..., Any]
KEY, TOKEN = "canary-model-key-7f31", "canary-forge-token-2c9e"
SECRETS = {"ANTHROPIC_API_KEY": KEY, "GITHUB_TOKEN": TOKEN}
PROGRAM = (str(Path(sys.executable).with_name("changewright")),)
TELLING = (sys.executable, str(Path(__file__).with_name("telling.py")))
CONFIG = {
    "setup": {"run": []},
    "gates": [
        {"name": "words", "kind": "test", "run": "sleep 0.4; ! grep -rqw bad --include=*.txt ."}
    ],
}
# Everything a command can learn of any process: its words, its environment, its open files.
DUMP = r"""
for process in /proc/[0-9]*; do
  tr '\0' ' ' < "$process/cmdline"; echo
  tr '\0' '\n' < "$process/environ"
  ls -l "$process/fd"
done 2>/dev/null
env
echo "seen to the end"
"""


@dataclass
class Seen:
    """One process over its life, after it became a program of its own."""

    words: bytes
    times: int = 0  # while it slept
    environment: bytes = b""
    files: set[str] = field(default_factory=set)
    opened: set[tuple[int, int]] = field(default_factory=set)  # what the files are, but for pipes
    is_inside: bool = False  # of a pid namespace that is not ours
    is_cut_off: bool = False  # in a network namespace that is not ours


@dataclass
class Watch:
    """All processes below one, by pid and words, until the block ends."""

    root: int
    processes: dict[tuple[int, bytes], Seen] = field(default_factory=dict)
    own: Seen = field(default_factory=lambda: Seen(b""))

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        joined(self._thread)

    def _watch(self) -> None:
        family = {self.root}
        while not self._stop.wait(0.003):
            for pid, parent in parents():
                if parent in family:
                    family.add(pid)
            for pid in family:
                self._look(pid)

    def _look(self, pid: int) -> None:
        folder = Path("/proc", str(pid))
        with suppress(OSError):  # it ended meanwhile
            words = (folder / "cmdline").read_bytes()
            environment = (folder / "environ").read_bytes()
            files = {str(path.readlink()) for path in (folder / "fd").iterdir()}
            opened = set(identities(folder / "fd"))
            is_inside, is_cut_off = (
                (folder / "ns" / name).readlink() != Path("/proc/self/ns", name).readlink()
                for name in ("pid", "net")
            )
            # Between fork and exec a child is a picture of its parent.
            known = self.own if pid == self.root else None
            is_asleep = (folder / "stat").read_bytes().rpartition(b")")[2].split()[0] == b"S"
            seen = known or self.processes.setdefault((pid, words), Seen(words))
            seen.words, seen.environment = words, environment
            seen.is_inside, seen.is_cut_off = is_inside, is_cut_off
            # Who waits for a processor may do so between fork and exec, however long that is.
            seen.times += is_asleep
            seen.files |= files
            seen.opened |= opened

    def children(self) -> Iterator[Seen]:
        """Yield those that are programs of their own, or have been the parent's for a while."""
        for seen in self.processes.values():
            if seen.words and (seen.words != self.own.words or seen.times > 5):
                yield seen


def identities(folder: Path) -> Iterator[tuple[int, int]]:
    """Yield device and number of what is open, whatever it is called where it was opened.

    Pipes are left out, as what a command prints goes through one, and devices: all have the same.
    """
    for path in folder.iterdir():
        with suppress(OSError):
            status = path.stat()
            if not stat.S_ISFIFO(status.st_mode) and not stat.S_ISCHR(status.st_mode):
                yield status.st_dev, status.st_ino


def still_there(names: Iterable[str], folder: Path) -> Iterator[os.stat_result]:
    """Yield the files of ``names`` that stand in ``folder``."""
    for name in names:
        with suppress(OSError):
            status = Path(name).stat()
            if Path(name).is_relative_to(folder) and stat.S_ISREG(status.st_mode):
                yield status


def parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError, IndexError):
                fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
                yield int(folder.name), int(fields[1])


@pytest.fixture
def repository(tmp_path: Path, git: Callable[..., str]) -> Path:
    folder = tmp_path / "target"
    (folder / ".github").mkdir(parents=True)
    (folder / ".github" / "changewright.yml").write_text(json.dumps(CONFIG))
    (folder / "a.txt").write_text("one bad word\n")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "base")
    return folder


@pytest.fixture
def watched(environment: Mapping[str, str], tmp_path: Path) -> Callable[..., Watch]:
    """Run a command with its secrets, and return what was seen of it and of all it started."""

    def run(
        secrets: Mapping[str, str], *words: str | Path, program: Sequence[str] = PROGRAM
    ) -> Watch:
        argv = [*program, *map(str, words)]
        log = tmp_path / "said"
        with (
            log.open("wb") as said,
            ended(
                subprocess.Popen(
                    argv,
                    cwd=tmp_path,
                    env={**environment, **secrets},
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                )
            ) as process,
            Watch(process.pid) as watch,
        ):
            assert process.wait(2 * LIMIT_S) in {0, 1}, log.read_text()
        return watch

    return run


def proposing(repository: Path, tmp_path: Path) -> list[str | Path]:
    block = "a.txt\n<<<<<<< SEARCH\none bad word\n=======\none good word\n>>>>>>> REPLACE\n"
    script = tmp_path / "script.yml"
    script.write_text(json.dumps({"replies": [{"text": block}]}))
    told = ["--task", "Say it well in a.txt", f"--model=scripted:{script}", "--kind", "docs"]
    return ["propose", "--repo", repository, *told]


def bundle_of(tmp_path: Path) -> Path:
    (found,) = (
        path
        for path in (tmp_path / "state").rglob("*.json")
        if path.read_bytes().startswith(b"{") and "bundle" in str(path)
    )
    return found


def holds(seen: Seen, *secrets: str) -> bool:
    return any(secret.encode() in seen.environment + seen.words for secret in secrets)


def is_sandboxed(seen: Seen) -> bool:
    """Whether it is the target's: behind the walls, and not the walls themselves."""
    return seen.is_inside and not seen.words.split(b"\0")[0].endswith(b"bwrap")


def test_an_author_tells_its_key_to_nobody_it_starts(
    watched: Callable[..., Watch], repository: Path, tmp_path: Path
) -> None:
    watch = watched(SECRETS, *proposing(repository, tmp_path))
    assert KEY.encode() in watch.own.environment
    children = list(watch.children())
    assert any(is_sandboxed(child) for child in children)
    told = [child.words for child in children if holds(child, KEY, TOKEN)]
    assert told == []


def test_an_author_hands_no_open_file_of_its_state_to_the_sandbox(
    watched: Callable[..., Watch], repository: Path, tmp_path: Path
) -> None:
    watch = watched({"ANTHROPIC_API_KEY": KEY}, *proposing(repository, tmp_path))
    assert any("journal.sqlite" in name for name in watch.own.files)
    # What is gone by now may have left its number to a later file of the sandbox.
    state = {(status.st_dev, status.st_ino) for status in still_there(watch.own.files, tmp_path)}
    assert state & watch.own.opened
    sandboxed = list(filter(is_sandboxed, watch.children()))
    assert sandboxed
    for child in sandboxed:
        # It may open sockets of its own, which lead nowhere; it has none that we had.
        assert child.opened & state == set(), (child.words, child.files)
        assert not [name for name in child.files if "journal" in name], child.words


def test_whoever_is_sandboxed_is_in_a_network_of_its_own(
    watched: Callable[..., Watch], repository: Path, tmp_path: Path
) -> None:
    watch = watched({"ANTHROPIC_API_KEY": KEY}, *proposing(repository, tmp_path))
    sandboxed = list(filter(is_sandboxed, watch.children()))
    assert sandboxed
    assert [child.words for child in sandboxed if not child.is_cut_off] == []


def test_a_publisher_runs_nothing_of_the_target_and_holds_no_key(
    watched: Callable[..., Watch], repository: Path, tmp_path: Path
) -> None:
    watched({"ANTHROPIC_API_KEY": KEY}, *proposing(repository, tmp_path))
    publish = ["publish", bundle_of(tmp_path), "--repo", repository]
    # What it starts is over in milliseconds: it writes down itself whom and with what.
    told = tmp_path / "told"
    watch = watched({"GITHUB_TOKEN": TOKEN, "TOLD": str(told)}, *publish, program=TELLING)
    begun = [json.loads(line) for line in told.read_text().splitlines()]
    programs = {str(argv[0]) for event, (_, argv, _, _) in begun if event == "subprocess.Popen"}
    # Its own scratch folder is removed as one that commands wrote to.
    assert {Path(program).name for program in programs} == {"git", "rm"}
    # None would be an environment that is handed on whole.
    assert [told for event, told in begun if event != "subprocess.Popen" or told[3] is None] == []
    assert TOKEN not in told.read_text()
    assert KEY.encode() not in watch.own.environment
    assert TOKEN.encode() in watch.own.environment
    children = list(watch.children())
    assert not [child.words for child in children if is_sandboxed(child)]
    assert not [child.words for child in children if holds(child, KEY, TOKEN)]
    assert not {name for name in watch.own.files if name.startswith("socket:")}


def test_an_author_needs_no_token_and_has_none_where_it_was_given_none(
    watched: Callable[..., Watch], repository: Path, tmp_path: Path
) -> None:
    watch = watched({"ANTHROPIC_API_KEY": KEY}, *proposing(repository, tmp_path))
    assert bundle_of(tmp_path).is_file()
    everybody = (watch.own, *watch.children())
    assert not [one.words for one in everybody if b"GITHUB_TOKEN" in one.environment]


def until_both_are_seen(watch: Watch) -> None:
    """Return once the watch saw the shell, and the program that it started."""
    until = time.monotonic() + 60
    while not (watch.own.words and b"cat\0" in {words for _, words in list(watch.processes)}):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_the_watch_sees_a_file_that_is_handed_on(tmp_path: Path) -> None:
    with (
        (tmp_path / "open").open("wb") as kept,
        ended(
            subprocess.Popen(
                ["sh", "-c", "cat; true"], stdin=subprocess.PIPE, pass_fds=[kept.fileno()]
            )
        ) as process,
        Watch(process.pid) as watch,
    ):
        until_both_are_seen(watch)
        process.communicate(timeout=60)
    (child,) = watch.children()
    assert child.opened & watch.own.opened


def test_the_watch_sees_a_secret_that_is_handed_on() -> None:
    argv = ["sh", "-c", "cat; true"]
    with (
        ended(subprocess.Popen(argv, stdin=subprocess.PIPE, env=SECRETS)) as process,
        Watch(process.pid) as watch,
    ):
        until_both_are_seen(watch)
        process.communicate(timeout=60)
    assert [child.words for child in watch.children() if holds(child, KEY)] == [b"cat\0"]


@pytest.mark.parametrize("backend", ["bwrap", "container"])
def test_a_sandboxed_command_finds_no_secret_in_any_process_it_sees(
    changewright: Command, repository: Path, tmp_path: Path, backend: str
) -> None:
    words = ["sandbox", "run", "--backend", backend, "--tree", repository, "--json", "--"]
    said = changewright(*words, "sh", "-c", DUMP, **SECRETS)
    if said.code == 125 and "crun" in said.err and shutil.which("runc"):
        operator = tmp_path / "operator.yml"
        operator.write_text("sandbox: {runtime: runc}\n")
        told = {**SECRETS, "CHANGEWRIGHT_CONFIG": str(operator)}
        said = changewright(*words, "sh", "-c", DUMP, **told)
    if said.code == 125 and "there is no sandbox here" in said.err:
        pytest.skip(said.err.strip())
    assert said.code == 0, said.err
    dump = said.document["stdout"]["head"]
    assert dump.endswith("seen to the end\n")
    assert KEY not in dump
    assert TOKEN not in dump
    assert str(repository) not in dump
    opened = [line.rpartition(" -> ")[2] for line in dump.splitlines() if " -> " in line]
    assert opened
    strange = [
        name for name in opened if not name.startswith(("pipe:", "/dev/", "/proc/", "anon_inode:"))
    ]
    assert [name for name in strange if not name.startswith("/run/changewright/")] == []
