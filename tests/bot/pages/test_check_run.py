"""What stands beside the commit: the verdict in one line, each finding at its own."""

from dataclasses import replace

import pytest

from bot.pages.check_run import check_run_of
from validators.evidence import Evidence
from validators.verdict import Finding, Severity, Verdict, VerdictWord
from workflows.proposal import Proposal
from workflows.tracker import Annotation

URL = "https://forge.example/ada/tally/pull/3"


def judged(proposal: Proposal, word: VerdictWord, *findings: Finding) -> Proposal:
    last = replace(proposal.attempts[-1], verdict=Verdict(word, findings), evidence=None)
    return replace(proposal, attempts=(last,), remarks=())


def finding(severity: Severity, path: str = "a.py", line: int = 3, **more: str) -> Finding:
    return Finding("lint", "unused", severity, more.get("message", "x is unused"), path, line)


def test_findings_stand_at_their_lines_the_gravest_first(proposal: Proposal) -> None:
    known = judged(
        proposal,
        "fail",
        finding("note", line=0),
        replace(finding("block"), fix="Remove it."),
        finding("warn", path=""),
    )

    run = check_run_of(known, None, URL)

    assert (run.name, run.conclusion, run.details_url) == ("changewright", "failure", URL)
    assert run.title == "the gates say: fail"
    assert run.annotations == (
        Annotation("a.py", 3, 3, "failure", "x is unused\nRemove it.", "lint: unused"),
        Annotation("a.py", 1, 1, "notice", "x is unused", "lint: unused"),
    )
    assert run.summary == (
        "- lint: x is unused\n"
        "\n"
        "Run `r1`. The table of gates stands in the pull request; a person decides.\n"
    )


@pytest.mark.parametrize(
    ("word", "severity", "conclusion", "title"),
    [
        ("pass", "note", "success", "every required gate passed, and nothing else got worse"),
        ("pass", "ask", "neutral", "the gates passed; a person must decide 1 thing"),
        ("flaky", "note", "neutral", "what failed here fails now and then on the base as well"),
        ("no-evidence", "note", "failure", "the gates say: no-evidence"),
    ],
)
def test_only_what_passed_whole_is_green(
    proposal: Proposal, word: VerdictWord, severity: Severity, conclusion: str, title: str
) -> None:
    run = check_run_of(judged(proposal, word, finding(severity)), None, URL)

    assert (run.conclusion, run.title) == (conclusion, title)


def test_hostile_words_do_nothing_and_everything_is_bounded(
    proposal: Proposal, evidence: Evidence
) -> None:
    loud = finding("warn", path="", message="@team fixes #1 <img src=x> [a](http://b)\x1b[31m")
    many = [
        finding("warn", path=f"{n}.py", message="\x1b]0;x\x07" + "y" * 9_000) for n in range(300)
    ]

    run = check_run_of(judged(proposal, "pass", loud, *many), evidence, URL)

    assert "@&#8203;team fixes #&#8203;1 &lt;img" in run.summary
    assert len(run.annotations) == 100
    assert max(len(one.message) for one in run.annotations) <= 2_000
    assert "\x1b" not in run.summary + "".join(one.message for one in run.annotations)
    assert "more findings are in the pull request's evidence." in run.summary
    assert len(run.summary) < 60_000


def test_a_path_that_is_no_text_can_be_sent(proposal: Proposal) -> None:
    run = check_run_of(judged(proposal, "pass", finding("warn", path="a\udcff.py")), None, URL)

    assert run.annotations[0].path == "a\\udcff.py"
