"""A next attempt is begun from the page and published there: once, in processes of their own."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from bot.adapters.sqlite_catalogue.schema import CatalogueRefusal
from bot.bundle_files import write_bundle
from bot.commands.revisions import OwnRevisions
from bot.server.app import application
from bot.server.lookout import Lookout
from bot.server.revisions import Ready, Revision, RevisionRefusal
from tests.bot.server.conftest import ADDRESS
from validators.encoding import builtins
from validators.verdict import Verdict
from workflows.ports import ForgeRefusal
from workflows.proposal import BUNDLE_FORMAT, Attempt, Bundle, Proposal, seal
from workflows.recorder import Recorder, leased
from workflows.task import Task

if TYPE_CHECKING:
    from bot.server.room import Room
    from tests.bot.server.conftest import Town

LONG_S = 60
PROPOSED = json.dumps(
    {"run": "r2", "state": "proposed", "why": "two attempts.", "bundle": "/a b/r2.json"}
)
FAILED = json.dumps({"run": "r2", "state": "failed", "why": "no gate", "bundle": ""})
WAITING = Ready("r2", "two attempts.", "/a b/r2.json")
READY = Revision("", "r2", "proposed", "<b>two</b> attempts.")
AT = "2026-01-02T03:04:05Z"


class Begun:
    """Revisions that are only written down."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, str]] = []
        self.published: list[tuple[int, Ready]] = []
        self.now: Revision | None = None

    def begin(self, number: int, base: str) -> None:
        self.asked.append((number, base))

    def publish(self, number: int, ready: Ready) -> None:
        self.published.append((number, ready))

    def command(self, ready: Ready) -> str:
        return f"changewright publish {ready.run}.json"

    def of(self, number: int) -> Revision | None:
        return self.now


@pytest.fixture
def begun(town: "Town") -> Iterator[Begun]:
    """The town's pages with revisions behind them."""
    found = Begun()
    room = replace(town.room, revisions=found)
    with TestClient(application(room), base_url=ADDRESS.url, follow_redirects=False) as browser:
        browser.cookies = town.browser.cookies
        town.browser = browser
        yield found


@pytest.mark.parametrize(("box", "asked"), [({"begin": "yes"}, 1), ({}, 0)])
def test_asking_for_changes_begins_an_attempt_where_that_is_ticked(
    town: "Town", begun: Begun, box: dict[str, str], asked: int
) -> None:
    town.propose()

    assert town.decide(1, "changes", "Shorter.", **box)[0] == 303

    assert begun.asked == [(1, town.heads["main"])] * asked


def test_what_was_refused_begins_nothing(town: "Town", begun: Begun) -> None:
    town.propose()

    assert town.decide(1, "changes", "", begin="yes")[0] == 409
    assert town.decide(1, "accept", "", begin="yes")[0] == 303
    assert begun.asked == []


def revise(room: "Room", run: str = "r2", *, revises: int = 1, state: str = "proposed") -> Path:
    """Book a run that was to revise what run r1 proposed; return the bundle that it left."""
    task = Task("Count each word", "It says 1.", str(room.repository))
    proposal = Proposal(run, task, "c" * 40, "scripted", (), (Attempt(1, Verdict("pass")),), AT)
    words = (BUNDLE_FORMAT, proposal, "c", "d", "e", "branch", (), "Count each word", "Body")
    partial = state == "cancelled"
    bundle = Bundle(*words, revises=revises, revised_run="r1", partial=partial)
    sealed, sha256 = seal(bundle)
    path = Path(write_bundle(room.settings.state, f"{run}.json", sealed))
    with leased(room.journal, run, "test") as fence:
        recorder = Recorder(room.journal, fence)
        recorder.record("run.started", task=builtins(task), task_key="k", revises=revises)
        recorder.record("bundle.written", path=path.name, sha256=sha256, partial=partial)
        recorder.record("run.finished", state=state, verdict="pass", why="<b>two</b> attempts.")
    return path


def shows_button(town: "Town") -> bool:
    return 'action="/review/1/publish"' in town.page("/review/1")


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (Revision("attempt"), "The next attempt is being made"),
        (Revision("publication", READY.run), "The next attempt is being published"),
        (READY, "The next attempt has ended as <b>proposed</b>: &lt;b&gt;two&lt;/b&gt; attempts. "),
        (replace(READY, is_published=True), "The next attempt is published"),
        (Revision("", "r2", "failed", "no <gate>", words="- [block]"), "no &lt;gate&gt;"),
        (Revision(words="it <died>"), "it &lt;died&gt;"),
    ],
)
def test_the_page_says_how_far_it_is(town: "Town", begun: Begun, now: Revision, words: str) -> None:
    town.propose()
    begun.now = now

    page, piece = town.page("/review/1"), town.page("/review/1/attempt")

    assert words in page
    assert words in piece
    assert "<html" not in piece
    assert ('hx-get="/review/1/attempt"' in piece) == bool(now.doing)
    assert not shows_button(town)


def test_a_page_without_an_attempt_says_nothing_of_one(town: "Town", begun: Begun) -> None:
    town.propose()

    assert "next attempt is" not in town.page("/review/1")
    assert town.page("/review/1/attempt") == ""


@pytest.mark.parametrize("now", [None, READY, Revision("", "r0", "failed", "no gate")])
def test_what_waits_to_be_published_is_read_from_the_journal(
    town: "Town", begun: Begun, now: Revision | None
) -> None:
    town.propose(run="r1")
    path = revise(town.room)
    begun.now = now  # None is a server that was started after the attempt

    page = town.page("/review/1")
    assert "The next attempt is ready</b>: &lt;b&gt;two&lt;/b&gt; attempts. Look" in page
    assert "changewright publish r2.json" in page
    assert town.send("/review/1/publish", run="r2") == (303, "/review/1#decide")

    assert begun.published == [(1, Ready("r2", "<b>two</b> attempts.", str(path)))]
    status, text = town.send("/review/1/publish", run="r0")
    assert status == 409
    assert "not the newest" in text


def test_what_was_published_or_is_under_way_or_died_has_no_button(
    town: "Town", begun: Begun
) -> None:
    town.propose(run="r1")
    revise(town.room)
    for now in (replace(READY, is_published=True), Revision("attempt"), Revision(words="it died")):
        begun.now = now
        assert not shows_button(town)
    begun.now = None
    assert shows_button(town)
    with leased(town.room.journal, "r2", "publisher") as fence:
        end = {"state": "published", "verdict": "pass", "why": ""}
        Recorder(town.room.journal, fence).record("run.finished", **end)
    assert not shows_button(town)
    assert town.send("/review/1/publish", run="r2")[0] == 409
    assert begun.published == []


def test_only_the_newest_attempt_at_what_stands_there_waits(town: "Town", begun: Begun) -> None:
    town.propose(run="r1")
    town.propose(branch=2, run="r0")
    revise(town.room, "r2")
    revise(town.room, "r3", revises=2)  # it says so, and was made from another's proposal

    assert shows_button(town)
    assert 'action="/review/2/publish"' not in town.page("/review/2")
    revise(town.room, "r4", state="cancelled")
    assert not shows_button(town)
    revise(town.room, "r5", state="failed")
    assert not shows_button(town)
    revise(town.room, "r6").write_bytes(b"{}")
    assert not shows_button(town)
    revise(town.room, "r7").unlink()
    assert not shows_button(town)
    revise(town.room, "r8")
    assert shows_button(town)


def test_without_an_index_of_runs_a_person_can_decide_all_the_same(
    town: "Town", begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Lookout) -> bool:
        raise CatalogueRefusal("the disk is full")

    town.propose(run="r1")
    revise(town.room)
    monkeypatch.setattr(Lookout, "catch_up", full)

    assert not shows_button(town)
    assert "the disk is full" in town.browser.get("/runs").text
    assert town.decide(1, "accept")[0] == 303


@pytest.mark.parametrize("decision", ["accept", "reject:wrong"])
def test_what_a_person_decided_on_is_not_replaced(
    town: "Town", begun: Begun, decision: str
) -> None:
    town.propose(run="r1")
    revise(town.room)
    assert shows_button(town)

    assert town.decide(1, decision)[0] == 303

    assert not shows_button(town)
    assert town.send("/review/1/publish", run="r2")[0] == 409


def test_where_no_attempt_is_begun_none_is_published(town: "Town") -> None:
    town.propose()

    status, text = town.send("/review/1/publish", run="r2")

    assert status == 409
    assert "nothing is published from a page" in text


class Own:
    """Revisions whose program is a few lines that a test gives."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.ended: list[int] = []

    def program(self, lines: str) -> None:
        argv = [sys.executable, "-c", lines]
        self._monkeypatch.setattr("bot.commands.revisions.own_argv", lambda words: [*argv, *words])

    def revisions(self) -> OwnRevisions:
        return OwnRevisions(["--repo", "here"], ["--model=m"], self.ended.append)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Own:
    return Own(monkeypatch)


def settled(revisions: OwnRevisions, number: int) -> Revision:
    """Return what is known when nothing is under way any more."""
    for thread in revisions._threads:
        thread.join(LONG_S)
    known = revisions.of(number)
    assert known is not None
    assert not known.doing
    return known


def test_an_attempt_is_a_process_and_one_at_a_time(own: Own, tmp_path: Path) -> None:
    go = tmp_path / "go"
    os.mkfifo(go)
    own.program(
        f"import sys; open({str(go)!r}).read(); print({PROPOSED!r});"
        " print('x' * 9000, *sys.argv[1:], file=sys.stderr)"
    )
    revisions = own.revisions()
    assert revisions.of(3) is None

    for _ in range(3):
        revisions.begin(3, "b" * 40)
    assert revisions.of(3) == Revision("attempt")
    go.write_text("")
    told = settled(revisions, 3)

    assert own.ended == [3]
    assert told == Revision(
        run="r2",
        state="proposed",
        why="two attempts.",
    )
    assert revisions.command(WAITING) == "changewright publish '/a b/r2.json' --repo here"


def test_what_came_to_nothing_says_so_in_the_words_of_its_process(own: Own) -> None:
    own.program("import sys; sys.exit(' '.join(sys.argv[1:]) + 'x' * 9000)")
    revisions = own.revisions()

    revisions.begin(1, "b" * 40)
    died = settled(revisions, 1)

    assert died == Revision(words="x" * 4_000)
    own.program(f"import sys; print({FAILED!r}); sys.exit(' '.join(sys.argv[1:]))")
    revisions.begin(1, "b" * 40)
    words = f"propose --revise 1 --base {'b' * 40} --repo here --model=m --json --quiet"
    assert settled(revisions, 1) == Revision("", "r2", "failed", "no gate", words=words)


def test_a_publisher_is_a_process_of_its_own_without_a_key(
    own: Own, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ANTHROPIC_API_KEY", "CHANGEWRIGHT_FORGE_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.setenv(name, f"of {name}")
    tell = "import os, sys; print({!r}); sys.exit(' '.join([*sys.argv[1:], *sorted(os.environ)]))"
    own.program(tell.format(FAILED))
    revisions = own.revisions()
    revisions.begin(1, "b" * 40)
    author = settled(revisions, 1).words.split()

    own.program(tell.format("{}"))
    revisions.publish(1, WAITING)
    publisher = settled(revisions, 1)

    words = publisher.words.split()
    assert words[:7] == ["publish", "/a", "b/r2.json", "--repo", "here", "--json", "--quiet"]
    assert "ANTHROPIC_API_KEY" in author
    assert not {"CHANGEWRIGHT_FORGE_TOKEN", "GITHUB_TOKEN"} & set(author)
    assert "ANTHROPIC_API_KEY" not in words
    assert {"CHANGEWRIGHT_FORGE_TOKEN", "GITHUB_TOKEN"} <= set(words)
    # It was refused: it can be tried again, and then says that it is there.
    assert (publisher.run, publisher.is_published) == ("r2", False)
    own.program("""print('{"state": "open"}')""")
    revisions.publish(1, WAITING)
    published = settled(revisions, 1)
    assert (published.is_published, published.words) == (True, "")


def test_a_result_is_published_once_and_not_beside_an_attempt(own: Own, tmp_path: Path) -> None:
    go = tmp_path / "go"
    os.mkfifo(go)
    own.program(f"open({str(go)!r}).read(); print({FAILED!r})")
    revisions = own.revisions()
    revisions.begin(1, "b" * 40)
    with pytest.raises(RevisionRefusal):
        revisions.publish(1, WAITING)
    go.write_text("")
    settled(revisions, 1)

    own.program("""print('{"state": "open"}')""")
    for _ in range(3):
        with suppress(RevisionRefusal):  # where the first was done before the next was asked
            revisions.publish(1, WAITING)
    assert settled(revisions, 1).is_published
    with pytest.raises(RevisionRefusal):
        revisions.publish(1, WAITING)
    assert own.ended == [1]


def test_threads_that_cannot_be_answered_are_said(own: Own) -> None:
    own.program(f"print({PROPOSED!r})")

    def ended(_number: int) -> None:
        raise ForgeRefusal("the disk is full")

    revisions = OwnRevisions([], [], ended)
    revisions.begin(1, "b" * 40)

    assert settled(revisions, 1).words == "threads are not answered: the disk is full"


def test_the_end_of_the_server_interrupts_what_is_under_way(own: Own) -> None:
    own.program("import signal; print('begun', flush=True); signal.pause()")
    revisions = own.revisions()
    revisions.begin(1, "b" * 40)

    revisions.end()

    found = revisions.of(1)
    assert found is not None
    assert not found.doing
