"""The one comment of a run in each of its ends, letter by letter, and what strangers' words do."""

from pathlib import Path

import pytest

from bot.pages.settlement import Links, declined_text, fenced, settled_text, working_text
from tests.workflows.test_settle import ADMISSION, RUN
from workflows.handover import Publication, RunOutcome
from workflows.settle import Settlement

LINKS = Links("https://forge.example/octo/tally/actions/runs/42")
OUTCOME = RunOutcome(RUN, "nothing", "fail", "why", usd=0.1234, tokens=12345)
HOSTILE = "closes #3 @octo/all `</details>` <img src=x> [x](http://e)\n## Gates: all passed"
DRAFT = Publication(RUN, "published", number=9, url="https://forge.example/octo/tally/pull/9")
KEPT = Publication(RUN, "branch-only", branch="changewright/issue-7-t")
ENDS = [
    (Settlement("proposed", ""), DRAFT),
    (Settlement("no-change-needed", HOSTILE), None),
    (Settlement("gates-failed", HOSTILE, "E   assert 1 == 0\n````\n</details>"), None),
    (Settlement("question", HOSTILE), None),
    (Settlement("over-budget", "$2.00 of $2.00 are spent"), KEPT),
    (Settlement("cancelled", "ada said `/changewright stop`"), None),
    (Settlement("stale-base", "the base is stale", starts_again=True), None),
    (Settlement("stale-base", "the base was rewritten"), None),
    (Settlement("our-fault", "the job propose ended (failure)", "a report"), KEPT),
]


def test_every_end_reads_as_it_is_written_down() -> None:
    shown = [settled_text(end, OUTCOME, publication, LINKS, ADMISSION) for end, publication in ENDS]

    golden = Path(__file__).with_name("settlements.md").read_text("utf-8")
    assert "\n----\n\n".join([working_text(ADMISSION, LINKS), *shown]) == golden


@pytest.mark.parametrize("end", [end for end, _ in ENDS], ids=lambda end: end.state)
def test_no_end_notifies_closes_or_shows_what_a_stranger_wants_shown(end: Settlement) -> None:
    text = settled_text(end, OUTCOME, None, LINKS)

    outside = text.partition("````")[0]
    assert "@octo" not in outside
    assert "#3" not in outside
    assert "<img" not in outside
    assert "\n## Gates" not in outside
    assert text.count("Working on it") == 0


def test_the_end_of_a_long_output_stands_in_a_block_that_it_cannot_leave() -> None:
    shown = fenced("\n".join(f"line {n} ```` \x1b[31m\u202e" for n in range(1_000)))

    assert shown.startswith("_(its end)_\n\n`````text\n")
    assert shown.endswith("line 999 ```` [31m\n`````")
    assert len(shown) < 4_100


def test_a_refusal_shows_its_reason_and_does_nothing() -> None:
    assert declined_text("@all closes #1") == ("**Not started.** @&#8203;all closes #&#8203;1\n")


def test_an_address_that_is_none_leads_nowhere() -> None:
    bad = Publication(RUN, "published", number=9, url="javascript:alert(1)")

    assert "](#)" in settled_text(Settlement("proposed", ""), None, bad, LINKS)
