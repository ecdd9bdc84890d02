"""Decisions and talk by forms: kept once, by the one who saw what there was; no words are lost."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.bot.server.conftest import EVIL
from tests.ending import LIMIT_S, ended
from workflows.review import Review
from workflows.threads import ThreadComment

if TYPE_CHECKING:
    from tests.bot.server.conftest import Town

PATH = "src/tally.py"
HERE = "/review/1#decisions"


def form(page: str, place: str) -> str:
    """Return the form whose action ends with ``place``."""
    start = page.index(f'action="/review/1/{place}"')
    return page[start : page.index("</form>", start)]


@pytest.mark.parametrize(
    ("decision", "state", "verdict", "kind"),
    [
        ("accept", "open", "accepted", "other"),
        ("merge", "merged", "accepted", "other"),
        ("reject:too-large", "closed", "rejected", "too-large"),
        ("changes", "open", "changes-requested", "other"),
    ],
)
def test_a_button_decides_in_the_forge_and_in_the_runs_journal(
    town: "Town", decision: str, state: str, verdict: str, kind: str
) -> None:
    town.ran("r1")
    town.propose(run="r1")

    assert town.decide(1, decision, "My words.") == (303, HERE)

    known = town.known(1)
    review = known.reviews[0]
    assert known.state == state
    assert (review.verdict, review.kind, review.words) == (verdict, kind, "My words.")
    assert (review.reviewer, review.verified, review.merged) == ("ada", False, decision == "merge")
    kinds = [entry.event.kind for entry in town.room.journal.read("r1")]
    assert "review.recorded" in kinds
    page = town.page("/review/1")
    assert "My words." in page
    assert "ada <small>claimed</small>" in page


def test_merging_puts_the_change_on_the_base(town: "Town") -> None:
    town.propose(2)

    town.decide(1, "merge")

    assert town.forge.branch_head("main") == town.known(1).merge_commit
    assert "by <code>" in town.page("/review/1")


@pytest.mark.parametrize(
    "decision", ["", "burn", "reject", "reject:", "reject:ugly", "accept;merge"]
)
def test_what_no_button_says_changes_nothing(town: "Town", decision: str) -> None:
    town.propose()

    status, text = town.decide(1, decision)

    assert status == 400
    assert "Nothing was changed" in text
    assert town.known(1).reviews == ()


@pytest.mark.parametrize(
    "seen",
    [{"state": "eaten"}, {"state": ""}, {"reviews": "x"}, {"reviews": "-1"}, {"reviews": ""}],
)
def test_a_form_that_does_not_say_what_was_seen_decides_nothing(
    town: "Town", seen: dict[str, str]
) -> None:
    town.propose()

    assert town.decide(1, "merge", **seen)[0] == 400
    assert town.known(1).state == "open"


def test_who_comes_second_is_told_who_was_first_and_keeps_the_words(town: "Town") -> None:
    town.propose()
    town.forge.record_review(Review(1, "changes-requested", "grace", "", "2026-01-02T03:04:05Z"))

    status, text = town.decide(1, "merge", "Fine, but <b>slow</b>.", reviews="0")

    assert status == 409
    assert "grace (claimed) asked for changes of it at 2026-01-02T03:04:05Z" in text
    assert "Fine, but &lt;b&gt;slow&lt;/b&gt;." in form(text, "decide")
    assert town.known(1).state == "open"
    assert 'name="reviews" value="1"' in text
    assert town.decide(1, "merge")[0] == 303


def test_words_for_one_that_has_ended_can_still_be_copied(town: "Town") -> None:
    town.propose()
    town.forge.record_review(Review(1, "rejected", "grace", "No.", "t", "not-wanted"))

    status, text = town.decide(1, "accept", "I like it.", state="open", reviews="0")

    assert status == 409
    assert "grace (claimed) rejected it" in text
    assert "I like it.</textarea>" in text
    assert "Your words, which were not kept" in text


def test_what_was_closed_unsaid_is_given_its_reason(town: "Town") -> None:
    town.propose()
    town.forge.close_pull_request(1, "stale")

    page = form(town.page("/review/1"), "decide")

    assert "reject:duplicate" in page
    assert 'value="merge"' not in page
    assert town.decide(1, "merge")[0] == 409
    assert town.decide(1, "reject:duplicate")[0] == 303
    assert town.known(1).reviews[0].kind == "duplicate"
    assert "reject:" not in town.page("/review/1")


def test_a_branch_that_moved_is_not_accepted_unseen(town: "Town") -> None:
    town.propose()

    status, text = town.decide(1, "merge", head="2" * 40)

    assert status == 409
    assert "its branch is at" in text
    assert town.known(1).state == "open"


def test_of_many_at_once_one_decides_and_all_others_are_told(town: "Town") -> None:
    town.propose()
    now, csrf, start = town.known(1), town.csrf, threading.Barrier(8)
    seen = {"head": now.head, "state": "open", "reviews": "0", "csrf": csrf}

    def press(number: int) -> tuple[int, str]:
        start.wait(60)
        decision = "merge" if number % 2 else "reject:wrong"
        return town.send("/review/1/decide", decision=decision, words=f"of {number}.", **seen)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(press, range(8)))

    known = town.known(1)
    assert sorted(status for status, _ in answers) == [303] + [409] * 7
    assert len(known.reviews) == 1
    assert known.state == ("merged" if known.reviews[0].verdict == "accepted" else "closed")
    merged = town.forge.branch_head("main") != town.heads["main"]
    assert merged == (known.state == "merged")
    for number, (status, text) in enumerate(answers):
        assert status == 303 or ("is not as you saw it" in text and f"of {number}." in text)


def test_a_command_beside_the_page_and_the_page_decide_once(town: "Town") -> None:
    town.propose()
    where = ["--repo", str(town.room.repository), "--state", str(town.room.settings.state)]
    argv = [sys.executable, "-P", "-c", "from bot.cli import main; main()", "review", "accept", "1"]

    accepting = subprocess.Popen([*argv, "--merge", *where], stdout=-3, stderr=-3)
    with ended(accepting) as command:
        status, text = town.decide(1, "reject:wrong", "Mine.")
        code = command.wait(LIMIT_S)

    known = town.known(1)
    assert sorted([status == 303, code == 0]) == [False, True]
    assert known.state == ("merged" if code == 0 else "closed")
    assert [one.verdict for one in known.reviews] == ["accepted" if code == 0 else "rejected"]
    assert status == 303 or "Mine." in text


def test_changes_are_asked_for_in_words_or_by_an_open_thread(town: "Town") -> None:
    town.propose()

    status, text = town.decide(1, "changes")
    assert status == 409
    assert "say in words" in text
    town.forge.begin_thread(1, (PATH, 1, "head"), ThreadComment("eve", "Why?", "t"))
    assert town.decide(1, "changes")[0] == 303


def test_a_comment_begins_a_thread_at_its_line(town: "Town") -> None:
    town.propose(2)
    at = {"path": PATH, "line": "4", "side": "base", "head": town.known(1).head}

    assert town.send("/review/1/comment", words="Why?\r\nSo.", **at) == (303, "/review/1#thread-1")

    thread = town.forge.threads(1)[0]
    assert (thread.path, thread.line, thread.side) == (PATH, 4, "base")
    assert [(one.author, one.body) for one in thread.comments] == [("ada", "Why?\nSo.")]


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"words": " "}, 409, "no words"),
        ({"line": "99"}, 409, "has 5 lines after the change"),
        ({"path": "nowhere.py"}, 409, "no file &#39;nowhere.py&#39;"),
        ({"path": "../../etc/passwd"}, 409, "no file"),
        ({"path": "/etc/passwd"}, 409, "no file"),
        ({"path": "a\0b"}, 400, "no place"),
        ({"path": "a" * 5000}, 400, "no place"),
        ({"side": "up"}, 400, "no place"),
        ({"line": "-1"}, 400, "a line is a whole number"),
        ({"line": "1e9"}, 400, "a line is a whole number"),
        ({"head": "3" * 40}, 409, "look whether your words still fit"),
    ],
)
def test_a_comment_nobody_would_find_is_not_kept_but_its_words_are(
    town: "Town", fields: dict[str, str], status: int, words: str
) -> None:
    town.propose(2)
    asked = {"path": PATH, "line": "1", "words": "Kept words.", "head": town.known(1).head} | fields

    found, text = town.send("/review/1/comment", **asked)

    assert found == status
    assert words in text
    assert town.forge.threads(1) == ()
    if status == 409 and "words" not in fields:
        assert "Kept words.</textarea>" in text


def test_a_thread_is_answered_and_resolved(town: "Town") -> None:
    town.propose()
    town.forge.begin_thread(1, (PATH, 1, "head"), ThreadComment("eve", "Why?", "t"))
    asked = {"thread": "1", "turns": "1"}

    assert (
        town.send("/review/1/thread", act="reply", words="So.", **asked)[1] == "/review/1#thread-1"
    )
    assert [one.body for one in town.forge.threads(1)[0].comments] == ["Why?", "So."]
    status, text = town.send("/review/1/thread", act="resolve", words="mine", **asked)
    assert status == 409
    assert "ada said more in thread 1 meanwhile" in text
    assert "mine</textarea>" in text
    assert town.send("/review/1/thread", act="resolve", thread="1", turns="2")[0] == 303
    assert town.forge.threads(1)[0].resolved


@pytest.mark.parametrize("thread", ["2", "", EVIL, "../1", "1#x"])
def test_a_thread_that_is_none_is_said(town: "Town", thread: str) -> None:
    town.propose()

    status, text = town.send("/review/1/thread", act="reply", words="w", thread=thread, turns="1")

    assert status == 409
    assert "has no thread" in text
    assert "<script>alert" not in text


def test_a_browser_decides_by_the_name_it_was_given(town: "Town") -> None:
    town.propose()

    assert town.send("/name", name="  grace\n hopper " + "x" * 200)[0] == 303
    town.decide(1, "accept")

    assert town.known(1).reviews[0].reviewer == ("grace hopper " + "x" * 200)[:80]
    assert town.send("/name", name="  ")[0] == 400


def test_a_pull_request_that_is_none_is_said(town: "Town") -> None:
    fields = {"head": "x", "state": "open", "reviews": "0"}

    status, text = town.send("/review/9/decide", decision="accept", **fields)

    assert status == 409
    assert "there is no pull request 9" in text
