"""Runs in a list, one while it happens, and the stream of what is booked."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.types import Message

from bot.server.event_stream import EventStream
from bot.server.hub import MOST_VIEWERS
from bot.server.live import _MOST_BODY
from tests.bot.server.watching import (
    EVIL,
    PATIENCE_S,
    Browser,
    Told,
    browser,
    ended,
    journal_of,
    started,
    tell,
)
from workflows.recorder import leased
from workflows.run import Event, Fence

LANDED: Told = ("patch.landed", {"edits": [{"path": "a.py", "landed": True, "how": "exact"}]})


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path) as found:
        yield found


@pytest.fixture
def running(page: Browser) -> Iterator[Fence]:
    """The lease of a run that was begun and is being written."""
    with leased(page.room.journal, "r1", "me") as pen:
        page.room.journal.append(pen, Event(*started()))
        yield pen


def say(page: Browser, pen: Fence, told: Told) -> None:
    page.room.journal.append(pen, Event(*told))


def test_runs_are_listed_with_their_state_and_cost(page: Browser) -> None:
    spent = {"reservation": "1", "usd": 0.25, "tokens": 10, "requests": 1}
    tell(journal_of(page), "r1", started("Totals"), ("budget.settled", spent), ended("proposed"))
    tell(journal_of(page), "r2", started("Names"))
    text = page.get("/runs").text
    assert text.index("Names") < text.index("Totals")
    assert "$0.2500" in text
    assert "cut off" in text
    assert 'href="/run/r1/live"' in text


@pytest.mark.parametrize("is_ours", [True, False])
def test_only_a_pull_request_of_the_served_repository_is_a_link(
    page: Browser, *, is_ours: bool
) -> None:
    repository = str(page.room.repository) if is_ours else "/elsewhere"
    task = {"title": "Totals", "body": "", "repository": repository}
    intended: Told = ("effect.intended", {"key": "k", "kind": "pull-request", "request": {}})
    settled: Told = ("effect.settled", {"key": "k", "outcome": {"number": 12}})
    tell(journal_of(page), "r1", started(task=task), intended, settled)
    text = page.get("/runs").text
    assert "#12" in text
    assert ('href="/review/12"' in text) is is_ours


def test_a_run_that_is_being_written_is_running(page: Browser, running: Fence) -> None:
    assert 'class="pill running">running<' in page.get("/runs").text


def test_runs_are_listed_by_state_and_page_by_page(page: Browser) -> None:
    for number in range(53):
        tell(journal_of(page), f"r{number:02}", started(), ended("failed"))
    tell(journal_of(page), "other", started(), ended("proposed"))
    first = page.get("/runs?state=failed").text
    assert "r52" in first
    assert "r02" not in first
    assert "other" not in first
    older = first.partition("?state=failed&amp;before=")[2].partition('"')[0]
    second = page.get(f"/runs?state=failed&before={older}").text
    assert "r02" in second
    assert "r03" not in second


def test_a_run_is_listed_by_the_state_that_its_line_says(page: Browser) -> None:
    for run, verdict in (("wrote", "pass"), ("gave-up", "fail")):
        end = ("run.finished", {"state": "nothing", "verdict": verdict, "why": ""})
        tell(journal_of(page), run, started(), end)
    done, nothing = (page.get(f"/runs?state={one}").text for one in ("done", "nothing"))
    assert ("/run/wrote/" in done, "/run/gave-up/" in done) == (True, False)
    assert 'class="pill good">done<' in done
    assert ("/run/wrote/" in nothing, "/run/gave-up/" in nothing) == (False, True)
    # A link of before leads on to those that have another word now.
    assert 'had nothing to propose are <a href="/runs?state=done">done</a>' in nothing
    for page_of in (done, nothing):
        assert re.findall(r">(\w+) <small>(\d)</small>", page_of) == [
            ("all", "2"), ("nothing", "1"), ("done", "1"),
        ]  # fmt: skip


@pytest.mark.parametrize("query", ["?state=none", "?before=x", "?before=-1", "?before=" + "9" * 40])
def test_an_odd_query_lists_all_runs(page: Browser, query: str) -> None:
    tell(journal_of(page), "r1", started())
    answer = page.get(f"/runs{query}")
    assert (answer.status, "r1" in answer.text) == (200, True)


def test_a_page_of_a_running_run_knows_where_to_go_on(page: Browser, running: Fence) -> None:
    say(page, running, LANDED)
    text = page.get("/run/r1/live").text
    assert 'data-events="/run/r1/events" data-position="2"' in text
    assert "running the gates" in text
    assert 'href="/run/r1/live">See what is new' in text
    assert text.index('id="step-2"') < text.index('id="step-1"')


@pytest.mark.parametrize(
    ("state", "words"), [("proposed", "The run is over"), ("", "No process writes this run")]
)
def test_a_run_that_nobody_writes_is_not_followed(page: Browser, state: str, words: str) -> None:
    tell(journal_of(page), "r1", started(), *([ended(state)] if state else []))
    text = page.get("/run/r1/live").text
    assert "data-events" not in text
    assert words in text


@pytest.mark.parametrize(
    "path",
    [
        "/run/none/live",
        "/run/none/events",
        "/run/campaign-x/live",
        "/run/r1/step/0",
        "/run/r1/step/3",
        "/run/r1/step/99999999999999999999",
        "/run/%2e%2e%2fetc/live",
        "/run/%F0%28%8C%28/live",
    ],
)
def test_what_is_no_run_or_no_step_is_a_page_that_says_so(page: Browser, path: str) -> None:
    tell(journal_of(page), "r1", started(), ended("failed"))
    tell(journal_of(page), "campaign-x", ("campaign.started", {"campaign": "x", "plan": ""}))
    answer = page.get(path)
    assert answer.status == 404
    assert "Traceback" not in answer.text


def test_a_step_is_shown_whole_up_to_a_bound(page: Browser) -> None:
    long = {"gate": "tests", "side": "patched", "outcome": "failed", "summary": "1 failed"}
    gate = ("gate.finished", {**long, "seconds": 1.0, "tail": "x" * (_MOST_BODY + 9_000)})
    tell(journal_of(page), "r1", started(), gate, ended("failed"))
    text = page.get("/run/r1/step/2").text
    assert _MOST_BODY <= text.count("x") < _MOST_BODY + 5_000
    assert 'rel="prev">Step 1' in text
    assert 'rel="next">Step 3' in text
    assert "/review/2" not in text  # a step's number is no pull request's


@pytest.mark.parametrize(
    "odd",
    [
        ("gate.finished", {"gate": "tests"}),
        ("prompt.sent", {}),
        ("scope.selected", {}),
        ("patch.landed", {"edits": [{}]}),
        ("snippet.finished", {}),
        ("bundle.written", {"path": "b"}),
    ],
)
def test_a_run_of_another_version_is_told_as_far_as_it_can_be(page: Browser, odd: Told) -> None:
    tell(journal_of(page), "r1", started(), odd, ended("failed"))
    answers = [page.get(path) for path in ("/run/r1/live", "/run/r1/step/2", "/runs")]
    assert [answer.status for answer in answers] == [200, 200, 200]


@pytest.mark.parametrize("path", ["/run/r1/live", "/run/r1/events"])
def test_a_run_that_cannot_be_summed_up_says_so(page: Browser, path: str) -> None:
    odd: Told = ("budget.settled", {"tokens": "many"})
    tell(journal_of(page), "r1", started(), odd, ended("failed"))
    answer = page.get(path)
    assert (answer.status, "/step/1" in answer.text) == (409, True)
    assert page.get("/run/r1/step/2").status == 200


@pytest.mark.parametrize("path", ["/runs", "/run/r1/live", "/run/r1/step/1", "/run/r1/step/2"])
def test_a_strangers_words_are_inert(page: Browser, path: str) -> None:
    task = {"title": EVIL, "body": EVIL, "repository": EVIL}
    begun = ("run.started", {"task": task, "task_key": "issue-7", "model": EVIL})
    tell(journal_of(page), "r1", begun, ended("failed", EVIL))
    text = page.get(path).text
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "202e" in text.lower()


def test_steps_come_as_they_are_booked_and_end_with_the_run(page: Browser, running: Fence) -> None:
    async def follow() -> list[tuple[str, str, str]]:
        async with page.stream("/run/r1/events?after=1") as stream:
            await watched_by(page, 1)
            await asyncio.to_thread(say, page, running, LANDED)
            found = [await stream.next("panel"), await stream.next("steps")]
            done = {"state": "proposed", "verdict": "pass", "why": "after 1 attempt"}
            await asyncio.to_thread(say, page, running, ("run.finished", done))
            found += [await stream.next("steps"), await stream.next("over")]
            await stream.end()
            assert stream.status == 200
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert stream.headers["cache-control"] == "no-store"
            return found

    panel, landed, last, over = asyncio.run(follow())
    assert "running the gates" in panel[2]
    assert (landed[1], steps_in(landed)) == ("2", [2])
    assert (last[1], steps_in(last)) == ("3", [3])
    assert "proposed" in over[2]
    assert page.room.lookout.hub.viewers == 0


@pytest.mark.parametrize(
    ("query", "headers", "steps"),
    [
        ("", {}, [4, 3, 2, 1]),
        ("?after=2", {}, [4, 3]),
        ("?after=1", {"last_event_id": "3"}, [4]),
        ("?after=odd", {"last_event_id": "odd"}, [4, 3, 2, 1]),
    ],
)
def test_who_was_cut_off_is_sent_what_came_after(
    page: Browser, query: str, headers: dict[str, str], steps: list[int]
) -> None:
    settled = ("budget.settled", {"reservation": "1", "usd": 0.1, "tokens": 5})
    tell(journal_of(page), "r1", started(), settled, settled, ended("failed"))

    async def follow() -> tuple[str, str, str]:
        async with page.stream(f"/run/r1/events{query}", **headers) as stream:
            found = await stream.next("steps")
            await stream.next("over")
            return found

    assert steps_in(asyncio.run(follow())) == steps


def test_who_has_seen_all_of_a_run_that_ended_is_told_only_that(page: Browser) -> None:
    tell(journal_of(page), "r1", started(), ended("failed"))

    async def follow() -> list[str]:
        async with page.stream("/run/r1/events?after=2") as stream:
            await stream.next("over")
            await stream.end()
            return [(await stream.next())[0] for _ in range(stream.messages.qsize())]

    assert asyncio.run(follow()) == []


def test_a_run_whose_process_died_is_said_to_be_cut_off(page: Browser) -> None:
    tell(journal_of(page), "r1", started())

    async def follow() -> str:
        async with page.stream("/run/r1/events?after=1") as stream:
            return (await stream.next("over"))[2]

    text = asyncio.run(follow())
    assert "No process writes this run any more" in text
    assert "changewright resume r1" in text


def test_a_stream_ends_when_the_server_does(page: Browser, running: Fence) -> None:
    async def follow() -> str:
        async with page.stream("/run/r1/events?after=1") as stream:
            await watched_by(page, 1)
            page.room.ending.set()
            return (await stream.next("over"))[2]

    assert "The server is ending" in asyncio.run(follow())


def test_a_browser_that_is_closed_is_watched_for_no_longer(page: Browser, running: Fence) -> None:
    async def come_and_go() -> None:
        async with page.stream("/run/r1/events?after=1"):
            await watched_by(page, 1)

    asyncio.run(come_and_go())
    assert page.room.lookout.hub.viewers == 0


def test_nobody_follows_a_run_without_being_signed_in(page: Browser, running: Fence) -> None:
    assert page.get("/run/r1/events", cookie="").status == 401
    assert page.get("/runs", cookie="").status == 401


def test_where_too_many_watch_the_next_is_told(page: Browser, running: Fence) -> None:
    async def follow() -> str:
        with ExitStack() as stack:
            for _ in range(MOST_VIEWERS):
                stack.enter_context(page.room.lookout.hub.watching("r1", 1))
            async with page.stream("/run/r1/events?after=1") as stream:
                return (await stream.next("over"))[2]

    assert "200 pages are watching runs" in asyncio.run(follow())


def test_a_viewer_that_was_left_behind_is_told(
    page: Browser, running: Fence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.server.hub._MOST_WAITING", 0)

    async def follow() -> str:
        async with page.stream("/run/r1/events?after=1") as stream:
            await watched_by(page, 1)
            await asyncio.to_thread(say, page, running, LANDED)
            return (await stream.next("over"))[2]

    assert "too slowly" in asyncio.run(follow())


def test_a_client_that_takes_no_message_in_time_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.server.event_stream._STUCK_S", 0.01)
    was_closed: list[bool] = []

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b": more"
        finally:
            was_closed.append(True)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def serve() -> None:
        messages = endless()
        async with asyncio.timeout(PATIENCE_S):
            await EventStream(messages).stream_response(send)
        await messages.aclose()  # type: ignore[attr-defined]  # a generator is one

    asyncio.run(serve())
    assert was_closed == [True]


def steps_in(message: tuple[str, str, str]) -> list[int]:
    return [int(number) for number in re.findall(r'id="step-(\d+)"', message[2])]


async def watched_by(page: Browser, viewers: int) -> None:
    """Wait until so many watch."""
    async with asyncio.timeout(PATIENCE_S):
        while page.room.lookout.hub.viewers != viewers:  # noqa: ASYNC110 - it is no coroutine
            await asyncio.sleep(0.005)
