"""A small repository, a state folder and the program, played on again and again from one start.

The repository's gate is quick, real, and red for the first reply of a script and green for the
second, so that a run has two attempts.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.housekeeping import Bounds, tidy
from tests.e2e.bad_input import fingerprint
from tests.e2e.repositories import git, save, write
from tests.found_out import lend
from validators.encoding import builtins

_CRASHING = (sys.executable, str(Path(__file__).with_name("crash.py")))
_GATE = "{pause}! grep -rqF FORBIDDEN --include=*.txt ."
_EDIT = (
    "      a.txt\n      <<<<<<< SEARCH\n      {}\n      =======\n      {}\n      >>>>>>> REPLACE\n"
)
_REPLY = "  - usd: 0.01\n    text: |\n" + _EDIT
_LIMIT_S = 600
_OLD_S = 7200.0


@dataclass(frozen=True)
class Truth:
    """What must be the same however often it was cut off.

    ``trees`` are the applied trees by bundle, ``texts`` all that a person reads. ``targets`` are
    the ends of each of a campaign's targets: one of each kind.
    """

    trees: Mapping[str, str]
    branches: Mapping[str, str]
    pull_requests: tuple[tuple[int, str, str], ...]
    replies: Mapping[str, tuple[str, ...]]
    texts: Mapping[str, str]
    targets: Mapping[str, tuple[str, ...]]


class Stage:
    """One folder with everything in it. ``pause`` is what a gate takes longer, in seconds.

    ``program`` is what is started: the one that can be made to die, unless another is given.
    """

    def __init__(
        self, folder: Path, *, pause: float = 0.0, program: Sequence[str] = _CRASHING
    ) -> None:
        self._program = tuple(program)
        self.folder = folder
        self.play = folder / "play"
        self.repo, self.state = self.play / "repo", self.play / "state"
        self._start, self.trace = folder / "start", self.play / "trace"
        self.repo.mkdir(parents=True)
        gate = {"name": "words", "kind": "test", "run": _GATE.format(pause=f"sleep {pause}; ")}
        config = json.dumps({"setup": {"run": []}, "gates": [gate]})
        texts = {f"{name}/b.txt": "one\n" for name in ("east", "north", "west")}
        git(self.repo, "init", "-q", "-b", "main")
        write(self.repo, {".github/changewright.yml": config, "a.txt": "one\n", **texts})
        save(self.repo)
        campaign = {
            "name": "counting",
            "on": {"globs": ["*/b.txt"]},
            "steps": [{"run": ["sed", "-i", "s/one/two/"]}],
            "shard": {"by": "directory"},
            "template": {"title": "Count on"},
            "published": True,
        }
        (self.play / "campaign.yml").write_text(json.dumps(campaign))
        whole = {"on": {"paths": ["a.txt"]}, "steps": [{"agent": "Say two in a.txt."}]}
        asking = {**campaign, **whole, "name": "asking", "budget": {"attempts": 2}}
        (self.play / "agent.yml").write_text(json.dumps(asking))
        self.script("replies", ("one", "FORBIDDEN"), ("FORBIDDEN", "two"))
        self.script("answer", ("two", "three FORBIDDEN"), ("three FORBIDDEN", "three"))

    def script(self, name: str, *edits: tuple[str, str]) -> None:
        """Write a model's replies, each of which edits a.txt, to NAME.yml."""
        text = "replies:\n" + "".join(_REPLY.format(*edit) for edit in edits)
        (self.play / f"{name}.yml").write_text(text)

    def keep(self) -> None:
        """Take what is there now as the start of the plays to come."""
        lend(self.state)
        self.trace.unlink(missing_ok=True)
        shutil.rmtree(self._start, ignore_errors=True)
        shutil.copytree(self.play, self._start, symlinks=True)

    def begin(self) -> None:
        """Put back what `keep` took, at the very same path."""
        shutil.rmtree(self.play)
        shutil.copytree(self._start, self.play, symlinks=True)

    def argv(self, *words: str) -> list[str]:
        """Return how the program is started, the repository named where it needs to be."""
        knows = words[0] in {"resume", "runs", "journal"} or words[:2] == ("migrate", "publish")
        is_named = "--repo" in words or knows
        where = [] if is_named else ["--repo", str(self.repo)]
        return [*self._program, *words, *where]

    def environment(self, at: int = 0) -> dict[str, str]:
        """Return the program's environment; ``at`` is the number of the point at which it dies."""
        # Not measured: what is played here again and again is what other tests run too.
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.play / "home"),
            "CHANGEWRIGHT_STATE": str(lend(self.state)),
            "CRASH_TRACE": str(self.trace),
            "CRASH_AT": str(at),
            "LANG": "C.UTF-8",
        }

    def run(self, *words: str, at: int = 0) -> subprocess.CompletedProcess[str]:
        """Run the program to its end, or to its death at point ``at``."""
        return subprocess.run(
            self.argv(*words),
            env=self.environment(at),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Return every event of the journal with the run it belongs to, oldest first."""
        return events_of(self.state)

    def passed(self) -> list[str]:
        """Return the names of the points that were passed since the play began."""
        return self.trace.read_text().splitlines() if self.trace.exists() else []

    def truth(self) -> Truth:
        """Return what has come of the play so far."""
        bundles = sorted((self.state / "bundles").glob("*.json"))
        records = sorted((self.state / "forge").glob("*/*.json"))
        requests = [json.loads(path.read_bytes())["pull_request"] for path in records]
        replies: dict[str, tuple[str, ...]] = {}
        targets: dict[str, tuple[str, ...]] = {}
        for run, event in self.events():
            if event["kind"] == "model.replied":
                replies[run] = (*replies.get(run, ()), event["data"]["reply"])
            elif event["kind"] in {"target.finished", "target.published"}:
                targets[run] = (*targets.get(run, ()), event["kind"])
        heads = git(self.repo, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads")
        return Truth(
            {p.name: json.loads(p.read_bytes())["bundle"]["applied_tree"] for p in bundles},
            dict(line.split(" ") for line in heads.splitlines()),
            tuple((one["number"], one["state"], one["head"]) for one in requests),
            replies,
            {path.name: path.read_text() for path in (*bundles, *records)},
            targets,
        )

    def original(self) -> dict[str, str]:
        """Return the repository byte by byte, without what a branch of ours adds to it."""
        ours = (".git/objects", ".git/refs/heads")
        return {
            path: facts
            for path, facts in fingerprint(self.repo).items()
            if not path.startswith(ours) and path not in {".git", ".git/refs"}
        }


def events_of(state: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return every event of a state folder's journal with its run, oldest first."""
    path = state / "journal.sqlite"
    if not path.exists():
        return []
    with closing(SqliteJournal(path, str, time.time)) as journal:
        return [(entry.run, builtins(entry.event)) for entry in journal.follow()]


def leftovers(folder: Path, repo: Path, state: Path, within_s: float = 60.0) -> list[str]:
    """Return what still lies in ``state`` or runs for ``folder``, which gets ``within_s`` to go."""
    found = [str(path.parent) for path in (state / "scratch").glob("*/.alive")]
    # What nobody can know for dead at once is removed when it is old.
    tidy(state, Bounds(), time.time() + _OLD_S)
    found += map(str, (state / "scratch").glob("*"))
    drafts = (".unfinished", ".tmp")
    found += [str(p) for p in state.rglob("*") if p.name.endswith(drafts)]
    found += [str(p) for p in (state / "forge").rglob("tmp*")]
    until = time.monotonic() + within_s
    while (running := processes_of(folder)) and time.monotonic() < until:
        time.sleep(0.05)
    found += [f"process {name}" for name in running]
    broken = subprocess.run(
        ["git", "-c", "core.fsmonitor=false", "fsck", "--strict"],
        cwd=repo,
        capture_output=True,
        text=True,
        check=False,
    )
    return found + [f"git fsck: {broken.stderr}"] * (broken.returncode != 0)


def processes_of(folder: Path) -> list[str]:
    """Return the living processes that were started for, or see, something below ``folder``."""
    # The mounts of a sandbox name a folder from the root of its file system; its last parts are
    # its own, also beside the other processes of a parallel run.
    word, found = os.fsencode("/" + "/".join(folder.parts[-3:]) + "/"), []
    for place in Path("/proc").glob("[0-9]*"):
        if int(place.name) == os.getpid():
            continue
        with suppress(OSError):
            if place.joinpath("stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                continue
            seen = [(place / name).read_bytes() for name in ("cmdline", "environ", "mountinfo")]
            if any(word in text for text in seen):
                name = seen[0].replace(b"\0", b" ").decode(errors="replace").strip()
                found.append(f"{place.name} ({name[:120]})")
    return found
