"""A next attempt that is begun from the page: once, apart from the server, and told of there."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from bot.commands.revisions import OwnRevisions
from bot.server.app import application
from bot.server.revisions import Revision
from tests.bot.server.conftest import ADDRESS
from workflows.ports import ForgeRefusal

if TYPE_CHECKING:
    from tests.bot.server.conftest import Town

LONG_S = 60


class Begun:
    """Revisions that are only written down."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, str]] = []
        self.now: Revision | None = None

    def begin(self, number: int, base: str) -> None:
        self.asked.append((number, base))

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


def test_the_page_says_how_far_it_is(town: "Town", begun: Begun) -> None:
    town.propose()
    begun.now = Revision(is_running=True)
    assert "The next attempt is being made" in town.page("/review/1")
    begun.now = Revision(is_running=False, words="<b>publish it with</b>")
    assert "&lt;b&gt;publish it with" in town.page("/review/1")


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the program be a few lines that a test gives."""

    def program(lines: str) -> None:
        argv = [sys.executable, "-c", lines]
        monkeypatch.setattr("bot.commands.revisions.own_argv", lambda words: [*argv, *words])

    return program


def test_an_attempt_is_a_process_and_one_at_a_time(own: Callable[[str], None]) -> None:
    own("import json, sys; print('x' * 9000); print(json.dumps(sys.argv[1:]))")
    over, numbers = threading.Event(), list[int]()

    def ended(number: int) -> None:
        assert over.wait(LONG_S)
        numbers.append(number)

    revisions = OwnRevisions(["--repo", "here"], ended)
    assert revisions.of(3) is None
    for _ in range(3):
        revisions.begin(3, "b" * 40)
    assert revisions.of(3) == Revision(is_running=True)
    over.set()
    for thread in revisions._threads:
        thread.join(LONG_S)

    told = revisions.of(3)
    assert told is not None
    assert numbers == [3]
    assert not told.is_running
    assert len(told.words) <= 4_000
    words = ["propose", "--revise", "3", "--base", "b" * 40, "--quiet", "--repo", "here"]
    assert told.words.endswith(json.dumps(words))


def test_threads_that_cannot_be_answered_are_said(own: Callable[[str], None]) -> None:
    own("print('done')")

    def ended(_number: int) -> None:
        raise ForgeRefusal("the disk is full")

    revisions = OwnRevisions([], ended)
    revisions.begin(1, "b" * 40)
    for thread in revisions._threads:
        thread.join(LONG_S)

    words = "done\nthreads are not answered: the disk is full"
    assert revisions.of(1) == Revision(is_running=False, words=words)


def test_the_end_of_the_server_interrupts_what_is_under_way(own: Callable[[str], None]) -> None:
    own("import signal; print('begun', flush=True); signal.pause()")
    revisions = OwnRevisions([], lambda _number: None)
    revisions.begin(1, "b" * 40)

    revisions.end()

    found = revisions.of(1)
    assert found is not None
    assert not found.is_running
