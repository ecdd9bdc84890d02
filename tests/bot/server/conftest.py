"""A repository with branches of ours, its forge and journal, and a browser that was let in."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.adapters.local_forge.forge import LocalForge
from bot.server.address import Address
from bot.server.app import application
from bot.server.opening import open_room
from bot.server.room import Room
from validators.encoding import builtins
from workflows.pull_request import PullRequest, PullRequestDraft
from workflows.recorder import Recorder, leased
from workflows.task import Task

ADDRESS = Address("127.0.0.1", 8123)
OURS = {"origin": ADDRESS.url, "sec-fetch-site": "same-origin"}
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>\u202e\x1b[2J{{ 7*7 }}'
BASE = """def tally(text):
    counts = {}
    for word in text.split():
        counts[word] = 1
    return counts
"""
CHANGED = BASE.replace("= 1", "= counts.get(word, 0) + 1")
BRANCHES = 3
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


def _commit(ref: str, parent: str, mark: int, files: dict[str, str]) -> str:
    parts = [f"commit {ref}\nmark :{mark}\ncommitter a <a@b> {mark} +0000\ndata 1\nx\n{parent}"]
    for name, text in files.items():
        parts.append(f"M 100644 inline {name}\ndata {len(text.encode())}\n{text}\n")
    return "".join(parts)


def csrf_in(page: str) -> str:
    """Return the token that the forms of a page hold."""
    found = _CSRF.search(page)
    assert found is not None
    return found[1]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose branches change one file each, and one of which has a hostile text."""
    repo = tmp_path_factory.mktemp("served") / "repo"
    stream = _commit("refs/heads/main", "", 1, {"src/tally.py": BASE, "notes.txt": "one\n"})
    for number in range(1, BRANCHES + 1):
        name = f"refs/heads/changewright/task-{number}"
        text = CHANGED if number > 1 else f"{CHANGED}# {EVIL}\n"
        stream += _commit(name, "from :1\n", number + 1, {"src/tally.py": text})
    for words in (
        ["init", "-q", "-b", "elsewhere", str(repo)],
        ["-C", str(repo), "fast-import", "--quiet"],
    ):
        subprocess.run(["git", *words], input=stream.encode(), check=True)
    return repo


@dataclass
class Town:
    """One server in this process, and somebody who looks at it."""

    room: Room
    forge: LocalForge
    browser: TestClient
    heads: dict[str, str]

    def propose(
        self,
        branch: int = 1,
        title: str = "Count each word",
        run: str = "",
        body: str = "A **body**.",
    ) -> int:
        """Open a pull request of a branch."""
        name = f"changewright/task-{branch}"
        draft = PullRequestDraft(
            key=f"k{branch}",
            branch=name,
            base_branch="main",
            base_commit=self.heads["main"],
            title=title,
            body=body,
            run=run,
            bundle_sha256="0" * 64,
        )
        return self.forge.open_pull_request(draft, self.heads[name]).number

    def ran(self, run: str, title: str = "Count each word", body: str = "It says 1.") -> None:
        """Book a run that proposed something."""
        with leased(self.room.journal, run, "test") as fence:
            recorder = Recorder(self.room.journal, fence)
            task = builtins(Task(title, body, "here"))
            recorder.record("run.started", task=task, task_key="k", model="scripted")
            recorder.record("budget.settled", usd=1.25, tokens=10, reservation="r", lost=False)
            recorder.record("run.finished", state="published", verdict="pass", why="")

    def page(self, path: str, status: int = 200) -> str:
        answer = self.browser.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def send(self, where: str, /, **fields: str) -> "tuple[int, str]":
        """Send a form with the session's token; return status, and where to or what is shown."""
        answer = self.browser.post(where, data={"csrf": self.csrf} | fields, headers=OURS)
        return answer.status_code, answer.headers.get("location", answer.text)

    def decide(self, number: int, decision: str, words: str = "", **seen: str) -> "tuple[int, str]":
        """Decide on what is seen now, but for what ``seen`` says instead."""
        now = self.known(number)
        fields = {"head": now.head, "state": now.state, "reviews": str(len(now.reviews))} | seen
        return self.send(f"/review/{number}/decide", decision=decision, words=words, **fields)

    def known(self, number: int) -> PullRequest:
        return self.forge.pull_request(number)

    @property
    def csrf(self) -> str:
        return csrf_in(self.page("/"))


@pytest.fixture
def town(template: Path, tmp_path: Path) -> Iterator[Town]:
    repo = tmp_path / "repo"
    shutil.copytree(template, repo)
    listed = subprocess.run(
        ["git", "-C", str(repo), "for-each-ref", "--format=%(refname:short) %(objectname)"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    heads = dict(line.split() for line in listed.splitlines())
    told = {"state": str(tmp_path / "state")}
    with open_room(repo, told, ADDRESS, "ada", lambda _: None) as room:
        assert isinstance(room.forge, LocalForge)
        base = ADDRESS.url
        with TestClient(application(room), base_url=base, follow_redirects=False) as browser:
            let_in = browser.get("/sign-in", params={"token": room.sessions.invite()})
            assert (let_in.status_code, let_in.headers["location"]) == (303, "/")
            yield Town(room, room.forge, browser, heads)
