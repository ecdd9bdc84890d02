"""The pull request's text, compared whole: nothing of a stranger's acts, nothing is too long."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.pages.pull_request import (
    MAX_BODY,
    MAX_TITLE,
    cost_text,
    pull_request_text,
)
from validators.checkout import LineCount
from validators.evidence import Evidence, LineCoverage
from validators.evidence_statement import statement_of
from validators.verdict import Finding, Verdict
from workflows.authored_program import AuthoredProgram, Counts, ExampleFile
from workflows.hosted import Circumstances
from workflows.proposal import Attempt, Proposal

Changed = tuple[LineCount, ...]

# What closes an issue when it is merged, as GitHub's documentation lists it.
CLOSING = re.compile(
    r"(?i)\b(?:close[sd]?|fix(?:es|ed)?|resolve[sd]?):?\s+"
    r"(?:[\w.-]+/[\w.-]+)?(?:#|gh-|https?://\S+/issues/)\d+"
)
BODY = Path(__file__).with_name("pull_request.md").read_text()


def test_title_and_body_show_hostile_words_and_do_nothing(
    proposal: Proposal, whole_evidence: Evidence, changed: Changed
) -> None:
    text = pull_request_text(proposal, whole_evidence, changed, "[x] ")

    assert (
        text.title
        == "[x] fixes #\u200b1 & <img src=x> @\u200bteam https:\u200b//a.example/o/r/issues/1"
    )
    sha256 = statement_of(whole_evidence, "pass").sha256
    assert text.body == BODY.replace("{sha256}", sha256)


def test_a_missing_sandbox_is_shouted(
    proposal: Proposal, unsandboxed: Evidence, changed: Changed
) -> None:
    body = pull_request_text(proposal, unsandboxed, changed).body

    assert "machine only, **WITHOUT A SANDBOX** (`--unsafe-no-sandbox`). Evidence" in body
    assert "WITHOUT" not in BODY


def test_a_change_made_by_a_command_says_so(
    proposal: Proposal, evidence: Evidence, changed: Changed
) -> None:
    body = pull_request_text(replace(proposal, scope=(), model="none"), evidence, changed).body

    assert "Nothing: this change was made by a command, not by a model." in body
    assert "| file | lines |" not in body
    assert "The command's own account:\n" in body
    assert "checked by nobody" not in body


def test_a_program_that_a_model_wrote_is_shown_whole_and_acts_on_nothing(
    proposal: Proposal, evidence: Evidence, changed: Changed
) -> None:
    source = "one = 1\n" * 40 + "# ```\n# \u202e@team fixes #1\n"
    program = AuthoredProgram(
        "a" * 64,
        source,
        (ExampleFile("call.before.py", "x\n"), ExampleFile("call.after.py", "y\n")),
        "Call `new`, says @team.",
        Counts(10, 20, 19, 1),
        Counts(6, 9, 9, 0),
        "model",
        "r1",
        2,
        "It renames.",
    )
    proposal = replace(proposal, scope=(), model="none", program=program)

    body = pull_request_text(proposal, evidence, changed).body

    shown = source.replace("\u202e", "\\u202e").strip()
    assert f"\n````\n{shown}\n````\n" in body
    assert "| files its author was shown | 10 | 20 | 19 | 1 |" in body
    assert "| files that were held back | 6 | 9 | 9 | 0 |" in body
    assert "2 example files came out as they must: `call.before.py` `call.after.py`." in body
    assert "says @&#8203;team" in body
    assert "Nothing of this target: the program above made the change." in body
    assert "The program's own account:" in body


@pytest.mark.sampled(3)
@pytest.mark.parametrize("sign", ["w", "@a", "`", "|", "\\", "&", "<b>", "\n@", "\udcff", "x\n"])
def test_the_largest_of_everything_fits_and_keeps_every_section(
    proposal: Proposal, evidence: Evidence, sign: str
) -> None:
    long = sign * 5_000
    many = tuple(f"{sign * 400}{number}" for number in range(300))
    red = evidence.gates[2].patched
    assert red is not None
    gate = replace(
        evidence.gates[2],
        name=long,
        command=(long,),
        fail_to_pass=many,
        pass_to_fail=many,
        missing=many,
        flaky=many,
        base_tests=replace(red, outcomes=tuple((test, "failed") for test in many)),
    )
    finding = Finding("policy", "large", "ask", long, long)
    worst = replace(
        evidence,
        gates=(gate,) * 30,
        findings=(finding, replace(finding, severity="warn")) * 30,
        coverage=(LineCoverage(long, 9_000, tuple(range(1, 9_000, 2))),) * 30,
    )
    broken = Verdict("fail", (replace(finding, severity="block"),))
    attempts = tuple(replace(proposal.attempts[1], verdict=broken, summary=long) for _ in range(9))
    lines = tuple(
        replace(line, path=long, symbol=long, reasons=(long,) * 9) for line in proposal.scope
    )
    task = replace(proposal.task, title=long, body=long, author=long)
    large = replace(proposal, task=task, scope=lines * 10, attempts=attempts, model=long)

    text = pull_request_text(large, worst, [LineCount(long, 1, 1, binary=False)] * 500, long)

    assert len(text.body) <= MAX_BODY
    assert len(text.title) <= MAX_TITLE
    assert [line for line in text.body.splitlines() if line.startswith("## ")] == [
        line for line in BODY.splitlines() if line.startswith("## ")
    ]
    assert "497 more files." in text.body
    assert "27 more gates." in text.body
    assert "298 more" in text.body
    assert text.body.endswith("This is a draft: a person decides.\n")
    text.body.encode()
    text.title.encode()


def test_five_thousand_tests_and_five_hundred_files_are_counted(
    proposal: Proposal, evidence: Evidence
) -> None:
    tests = tuple(f"tests.test_all::test_{number}" for number in range(5_000))
    gate = replace(evidence.gates[2], fail_to_pass=tests, pass_to_fail=(), missing=())
    files = [LineCount(f"src/{number}.py", 1, 0, binary=False) for number in range(500)]
    task = replace(proposal.task, body="word " * 200_000)

    body = pull_request_text(
        replace(proposal, task=task), replace(evidence, gates=(gate,)), files
    ).body

    assert body.count("| 1 | 0 |") == 25
    assert "475 more files." in body
    assert body.count("`tests.test_all::") == 20
    assert "- red on base, green with this change: 4980 more" in body
    assert "_(996001 more characters are in the run's journal)_" in body


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        (0, ""),
        (1, "1 more reply may have been paid for, at most $0.2500."),
        (2, "2 more replies may have been paid for, at most $0.2500."),
    ],
)
def test_replies_that_were_lost_are_said_with_what_they_cost(
    proposal: Proposal, evidence: Evidence, lost: int, words: str
) -> None:
    body = pull_request_text(replace(proposal, lost_replies=lost, lost_usd=0.25), evidence, ()).body

    assert ("may have been paid for" in body) == bool(lost)
    assert words in body


def test_what_a_person_should_know_of_the_run_stands_on_the_page_and_acts_on_nothing(
    proposal: Proposal, evidence: Evidence
) -> None:
    asks = Finding("adjudicator", "veto", "ask", "judge would not: see #1, @team", "a.py", 2)
    notes = tuple(
        Finding("prompts", "hidden-text", "note", f"{n} <b>hidden</b> @all") for n in range(30)
    )

    body = pull_request_text(replace(proposal, remarks=(asks, *notes)), evidence, ()).body

    top, _, rest = body.partition("## What was asked")
    assert "- `a.py`: judge would not: see #&#8203;1, @&#8203;team\n" in top
    known = rest.partition("Worth knowing:\n")[2]
    assert known.startswith("\n- 0 &lt;b>hidden&lt;/b> @&#8203;all\n- 1 ")
    assert "- 24 &lt;b" in known
    assert "- and 5 more\n" in known


def test_an_unknown_price_makes_the_sum_unknown(proposal: Proposal) -> None:
    one = Attempt(1, Verdict("fail"), replies=1, tokens=10, usd=0.5)
    known = replace(proposal, attempts=(one,), cache_hit_rate=None)
    unknown = replace(known, attempts=(one, replace(one, usd=None)))

    assert cost_text(known) == "$0.5000, 10 tokens, 1 model reply"
    assert cost_text(unknown) == "price unknown, 20 tokens, 2 model replies"


@pytest.mark.parametrize(("rate", "words"), [(0.0, "0%"), (0.625, "62%"), (1.0, "100%")])
def test_what_was_read_from_the_cache_stands_beside_the_cost(
    proposal: Proposal, rate: float, words: str
) -> None:
    line = cost_text(replace(proposal, cache_hit_rate=rate))

    assert line.endswith(f"replies; {words} of what was sent was read from the cache")


def test_a_long_title_ends_with_a_mark_that_it_was_cut(
    proposal: Proposal, evidence: Evidence
) -> None:
    task = replace(proposal.task, title="closes GH-1 " + "x" * 300)

    title = pull_request_text(replace(proposal, task=task), evidence, ()).title

    assert title == f"closes GH-\u200b1 {'x' * 106}…"


def test_what_only_the_publisher_knows_stands_first_and_last(
    proposal: Proposal, whole_evidence: Evidence, changed: Changed
) -> None:
    about = Circumstances(
        "changewright/issue-7-x-2", "7", base_head="d" * 40, commits_below=2, was_verified=False
    )

    body = pull_request_text(proposal, whole_evidence, changed, about=about).body

    assert body.startswith(
        "Fixes #7\n"
        "\n"
        f"**The base branch has gone on** to `{'d' * 40}` since the gates ran on"
        " cccccccccccc, in files that this change does not touch.\n"
        "\n"
        "**This branch holds 2 commits of people**, in files that this change does not touch. They"
        " are kept; the gates judged the change without them.\n"
        "\n"
        "**A person must decide:**\n"
    )
    assert "--head changewright/issue-7-x-2\n" in body
    assert body.endswith(
        "    changewright verify r1.json --repo .\n"
        "\n"
        "The gates were run by the proposing job only; no other job has repeated them.\n"
        "\n"
        "Run `r1`. This is a draft: a person decides.\n"
    )


def test_a_second_job_that_found_the_same_is_told(
    proposal: Proposal, evidence: Evidence, changed: Changed
) -> None:
    about = Circumstances("changewright/issue-7-x", was_verified=True)

    body = pull_request_text(proposal, evidence, changed, about=about).body

    assert "and once more by another one, which had no key; both found the same.\n" in body
    assert "Fixes" not in body


@pytest.mark.parametrize("number", ["", "7, fixes #8", "7\nFixes #8", "x", "#7"])
def test_only_a_number_is_closed_and_only_the_publishers(
    proposal: Proposal, evidence: Evidence, changed: Changed, number: str
) -> None:
    body = pull_request_text(proposal, evidence, changed, about=Circumstances("b", number)).body

    assert CLOSING.findall(body) == []


def test_no_word_of_a_stranger_closes_an_issue(
    proposal: Proposal, evidence: Evidence, changed: Changed
) -> None:
    words = "\n".join(
        f"{verb}{mark} {number}"
        for verb in ("close", "Closes", "closed", "fix", "FIXES", "fixed", "resolve", "resolves")
        for mark in ("", ":")
        for number in ("#1", "o/r#1", "GH-1", "gh-1", "https://github.com/o/r/issues/1", "# 1")
    )
    task = replace(proposal.task, title=words, body=words)
    last = replace(proposal.attempts[-1], summary=words)

    text = pull_request_text(
        replace(proposal, task=task, attempts=(last,)),
        evidence,
        changed,
        about=Circumstances("b", "7"),
    )

    assert CLOSING.findall(text.body) == ["Fixes #7"]
    assert CLOSING.findall(text.title) == []
