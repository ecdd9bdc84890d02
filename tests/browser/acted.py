"""A repository in which real runs came to each of their ends, one of them wholly in evil words.

The program itself works here, by scripted replies and a quick gate: what the tests look at is what
it wrote.
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from bot.adapters.local_forge.forge import LocalForge
from bot.adapters.sqlite_journal.journal import SqliteJournal
from tests.conftest import PROGRAM
from tests.e2e.repositories import WHEN, git, save, write
from tests.found_out import lend
from validators.checkout import commit, locate, open_clone, write_tree
from validators.sandbox import FileChange
from workflows.pull_request import Commit, PullRequestDraft

# Each would be seen if anything of it acted: a dialog, a script's error, a request, another title.
EVIL = (
    "\"'><script>document.title='taken'</script><img src=http://a.example/x onerror=alert(1)>"
    "<a href=javascript:alert(2)>look</a>"
)
HIDDEN = "\u202edetrever\u2066"
EVIL_NAME = "data/<img src=x onerror=alert(1)>.txt"
# What the policy lets pass, and what a page that unescapes once too often makes a tag of.
SLY_NAME = "data/&lt;img src=x onerror=alert(1)&gt;.txt"
LONG_LINE = 10_000_000
_AUTHOR = "Ada <ada@example.org>"
_LIMIT_S = 300
_EDIT = "{}\n<<<<<<< SEARCH\n{}\n=======\n{}\n>>>>>>> REPLACE\n"
_SAY_EVIL = f"cat evil.txt; printf '\\033[2J'; head -c {LONG_LINE} /dev/zero | tr '\\0' x; echo"
# The one dialect in which a path may have spaces in it. No gate lets a proposal hide letters or
# have such names: the first reply is refused, and kept.
_WORST = f"""*** Begin Patch
*** Add File: {EVIL_NAME}
+{EVIL}{HIDDEN}
*** Update File: data/three.txt
@@
-three
+three {EVIL}{HIDDEN}
*** End Patch
"""
_BETTER = f"""*** Begin Patch
*** Delete File: {EVIL_NAME}
*** Add File: {SLY_NAME}
+{EVIL}
*** Update File: data/three.txt
@@
-three {EVIL}{HIDDEN}
+three {EVIL}
*** End Patch
"""
# Red for a text that says `bad`, and whatever it says then is a stranger's.
_GATE = f"if grep -rqw bad data; then {_SAY_EVIL}; exit 1; fi"


@dataclass
class Acted:
    """The repository, the state folder, and the runs by the name of what became of them."""

    folder: Path
    runs: dict[str, str] = field(default_factory=dict)

    @property
    def repo(self) -> Path:
        return self.folder / "repo"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def environment(self) -> dict[str, str]:
        """Return what the program sees of the world."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "CHANGEWRIGHT_STATE": str(self.state),
            "USER": "ada",
            "LANG": "C.UTF-8",
        }

    def run(self, *words: str, code: int = 0) -> str:
        """Run the program to its end and return what it printed."""
        done = subprocess.run(
            [str(PROGRAM), *words],
            env=self.environment(),
            cwd=self.repo,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def propose(self, name: str, title: str, replies: Iterable[str], *, code: int = 0) -> None:
        """Have the program work on an issue by these replies; keep the run's id by ``name``."""
        issue = self.folder / f"{name}.md"
        front = {"number": len(self.runs) + 1, "title": title, "author": "mallory"}
        issue.write_text(f"---\n{json.dumps(front)}\n---\nPlease mend it. {EVIL}{HIDDEN}\n")
        words = ("--issue-file", str(issue), "--kind", "feature", "--json")
        self._keep(name, self.run("propose", *words, self.script(name, replies), code=code))

    def revise(self, name: str, number: int, words: str, replies: Iterable[str]) -> None:
        """Ask for changes of a pull request, and publish what comes of it."""
        asked = ("review", "request-changes", str(number), "--words", words, "--json")
        self._keep(name, self.run(*asked, self.script(name, replies)))
        self.publish(name)

    def offer(self, title: str, files: Mapping[str, str]) -> int:
        """Open a pull request of new files that no run of this journal made; return its number."""
        forge = LocalForge(self.repo, locate(self.repo), self.state / "forge", lambda: WHEN)
        branch = f"changewright/{title.lower().replace(' ', '-')}"
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            clone = open_clone(self.repo, "main", Path(folder, "clone"))
            changes = [FileChange(name, "100644", text.encode()) for name, text in files.items()]
            tree = write_tree(clone, clone.base_tree, changes)
            made = commit(clone, tree, clone.base_commit, f"{title}\n", _AUTHOR, WHEN)
        forge.push(branch, Commit(made.sha, made.parent, made.tree, made.pack), None)
        draft = PullRequestDraft(
            title, branch, "main", made.parent, title, "Body", "r20260102-030405-000000", "0" * 64
        )
        return forge.open_pull_request(draft, made.sha).number

    def git(self, *words: str) -> str:
        """Return what git says of the repository."""
        return git(self.repo, *words)

    def cut_off(self, name: str, kind: str) -> None:
        """Leave what a process leaves that was killed behind the first event of a kind."""
        run = self.runs[name]
        with closing(SqliteJournal(self.state / "journal.sqlite", str, time.time)) as journal:
            last = next(one.position for one in journal.read(run) if one.event.kind == kind)
            with journal.database.writing() as connection:
                connection.execute("DELETE FROM events WHERE run = ? AND position > ?", (run, last))

    def script(self, name: str, replies: Iterable[str]) -> str:
        """Write a model's replies down; return the option that names it."""
        script = self.folder / f"{name}.yml"
        script.write_text(json.dumps({"replies": [{"text": one, "usd": 0.01} for one in replies]}))
        return f"--model=scripted:{script}"

    def _keep(self, name: str, document: str) -> None:
        self.runs[name] = json.loads(document)["run"]

    def publish(self, name: str) -> None:
        """Open the pull request of what a run proposed."""
        self.run("publish", str(self.state / "bundles" / f"{self.runs[name]}.json"))


def edit(path: str, old: str, new: str) -> str:
    """Return a reply that changes one place of a file."""
    return _EDIT.format(path, old, new)


def set_up(folder: Path) -> Acted:
    """Make the repository and the state folder; nothing has happened yet."""
    acted = Acted(folder)
    acted.repo.mkdir(parents=True)
    gate = {"name": "words", "kind": "test", "run": _GATE}
    git(acted.repo, "init", "-q", "-b", "main")
    files = {f"data/{name}.txt": f"{name}\n" for name in ("one", "two", "three", "four", "five")}
    config = json.dumps({"setup": {"run": []}, "gates": [gate]})
    files |= {".github/changewright.yml": config, "evil.txt": EVIL + HIDDEN + "\n"}
    write(acted.repo, files)
    save(acted.repo)
    lend(acted.state)
    return acted


def act(folder: Path) -> Acted:
    """Have runs come to each end: proposed, failed, hostile, revised, cut off."""
    acted = act_briefly(folder)
    worse = (edit("data/two.txt", "two", "bad"), *[edit("data/two.txt", "bad", "so bad")] * 2)
    acted.propose("failed", "Count badly", worse, code=1)
    finer = edit("data/one.txt", "one and a half", "one and a quarter")
    acted.revise("revision", 1, f"Finer, please. {EVIL}", (finer,))
    acted.propose("stopped", "Count to four", (edit("data/four.txt", "four", "four!"),))
    acted.cut_off("stopped", "patch.landed")
    return acted


def act_briefly(folder: Path) -> Acted:
    """Have one run proposed and published as pull request 1, and a hostile one as 2."""
    acted = set_up(folder)
    bad, better = edit("data/one.txt", "one", "bad"), edit("data/one.txt", "bad", "one and a half")
    acted.propose("proposed", "Count in halves", (bad, better))
    acted.publish("proposed")
    acted.propose("hostile", EVIL, (_WORST, _BETTER))
    acted.publish("hostile")
    return acted
