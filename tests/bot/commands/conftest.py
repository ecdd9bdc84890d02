"""A small repository with one quick gate, a state folder, and the program run in this process."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot import wiring
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.cli import run
from bot.wiring import now_iso
from tests.ending import LIMIT_S, all_ended
from tests.found_out import lend

# A tree in which a text says `bad` does not pass.
GATE = {"name": "words", "kind": "test", "run": "! grep -rqw bad --include=*.txt ."}
CONFIGURATION = json.dumps({"setup": {"run": []}, "gates": [GATE]})
FILES = {
    ".github/changewright.yml": CONFIGURATION,
    "data/one.txt": "one\n",
    "docs/two.txt": "two\n",
}


@dataclass
class Desk:
    """One repository, one state folder, and what the program printed for them."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    said: str = ""
    noted: str = ""

    @property
    def repo(self) -> Path:
        return self.folder / "repo"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def git(self, *words: str) -> str:
        named = ["-c", "user.name=ada", "-c", "user.email=ada@localhost"]
        done = subprocess.run(
            ["git", *named, *words], cwd=self.repo, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def words(self, *words: str) -> list[str]:
        """Return a command line for this state; `resume` and `runs` know the repository."""
        where = [] if words[0] in {"resume", "runs"} else ["--repo", str(self.repo)]
        return [*words, *where, "--state", str(lend(self.state))]

    def run(self, *words: str) -> int:
        self.capsys.readouterr()
        code = run(self.words(*words))
        self.said, self.noted = self.capsys.readouterr()
        return code

    def ask(self, *words: str) -> tuple[int, dict[str, Any]]:
        """Run a command for its document."""
        code = self.run(*words, "--json")
        return code, json.loads(self.said)

    def replies(self, *texts: str, name: str = "replies") -> str:
        """Write the script of a model, each reply the whole of data/one.txt; return the model."""
        edit = "data/one.txt\n<<<<<<< SEARCH\n{}\n=======\n{}\n>>>>>>> REPLACE\n"
        pairs = zip(("one", *texts), texts, strict=False)
        script = {"replies": [{"text": edit.format(*pair)} for pair in pairs]}
        path = self.folder / f"{name}.yml"
        path.write_text(json.dumps(script))
        return f"--model=scripted:{path}"

    def propose(
        self, *texts: str, name: str = "replies", more: tuple[str, ...] = ()
    ) -> tuple[int, dict[str, Any]]:
        task = ("--task", "Say it better", "--unsafe-no-sandbox", "--quiet")
        return self.ask("propose", *task, self.replies(*texts, name=name), *more)

    @contextmanager
    def journal(self) -> Iterator[SqliteJournal]:
        journal = SqliteJournal(self.state / "journal.sqlite", now_iso, time.time)
        try:
            yield journal
        finally:
            journal.close()

    def kinds(self, name: str) -> list[str]:
        with self.journal() as journal:
            return [entry.event.kind for entry in journal.read(name)]

    def cut_off(self, name: str, kind: str, nth: int = 1) -> None:
        """Leave what a process leaves that was killed after the nth event of a kind."""
        with self.journal() as journal:
            found = [one.position for one in journal.read(name) if one.event.kind == kind]
            with journal.database.writing() as connection:
                connection.execute(
                    "DELETE FROM events WHERE run = ? AND position > ?", (name, found[nth - 1])
                )

    def at_once(self, *commands: tuple[str, ...]) -> list[int]:
        """Run commands at the same time, each in a process of its own."""
        argv = [sys.executable, "-P", "-c", "from bot.cli import main; main()"]
        quiet = subprocess.DEVNULL
        children = [
            subprocess.Popen([*argv, *self.words(*words)], stdout=quiet, stderr=quiet)
            for words in commands
        ]
        with all_ended(children):
            return [child.wait(LIMIT_S) for child in children]

    @contextmanager
    def at(self, moment: str) -> Iterator[None]:
        """Have the program believe that it is another time."""
        known = wiring.now_iso
        wiring.now_iso = lambda to="seconds": moment
        try:
            yield
        finally:
            wiring.now_iso = known

    def pull_requests(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("review", "list", "--all")[1]["pull_requests"]
        return found


@pytest.fixture
def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Desk:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    return laid_out(tmp_path, capsys)


def laid_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Make the repository in a folder of its own."""
    made = Desk(folder, capsys)
    for name, content in FILES.items():
        path = made.repo / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    made.git("init", "--quiet", "--initial-branch=main")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message=one")
    return made
