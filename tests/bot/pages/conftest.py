"""A small proposal in which every word of a stranger wants to act."""

from dataclasses import replace

import pytest

from tests.bot.pages.evidences import PATCHED_TREE, judged_evidence, with_everything
from validators.checkout import LineCount
from validators.evidence import Evidence
from validators.verdict import Verdict
from workflows.proposal import Attempt, EditReport, Proposal, ScopeLine
from workflows.task import Task


@pytest.fixture
def evidence() -> Evidence:
    return judged_evidence()


@pytest.fixture
def whole_evidence(evidence: Evidence) -> Evidence:
    return with_everything(evidence)


@pytest.fixture
def proposal(evidence: Evidence) -> Proposal:
    """The proposal that this evidence is about: a failed attempt, then this one."""
    failed = Attempt(1, Verdict("fail", evidence.findings), replies=1, tokens=1_000, usd=0.25)
    edits = (
        EditReport("t.py", landed=True, how="exact"),
        EditReport("u.py", landed=False, how="no-match", message="none"),
    )
    last = Attempt(
        number=2,
        verdict=Verdict("pass"),
        edits=edits,
        applied_tree=PATCHED_TREE,
        summary="Merge me :tada:\n# @owner/team www.example.org",
        replies=2,
        tokens=2_345,
        usd=0.5,
        evidence=evidence,
    )
    return Proposal(
        run="r1",
        task=Task(
            title="fixes #1 & <img src=x> @team https://a.example/o/r/issues/1",
            body="![x](http://a)\n\n> [!NOTE]\n<!-- hidden -->\n```\ncloses GH-2\n```",
            repository="r",
            number="7",
            author="[mallory](http://m)",
        ),
        base_commit="c" * 40,
        model="claude|`x`",
        scope=(
            ScopeLine("a|b.py", 1, 9, "f|g", "lines", ("names `a|b`", "near @team")),
            ScopeLine("c.py", 1, 2, "", "skeleton", ("imports",)),
            ScopeLine("d.py", 1, 1, "", "map", ("listed",)),
        ),
        attempts=(failed, last),
        created="2026-01-02T03:04:05Z",
        cache_hit_rate=0.6249,
    )


@pytest.fixture
def changed() -> tuple[LineCount, ...]:
    return (LineCount("a|b`c.py", 3, 1, binary=False), LineCount("x.png", 0, 0, binary=True))


@pytest.fixture
def unsandboxed(evidence: Evidence) -> Evidence:
    return replace(evidence, backend="none", backend_version="", guarantees=())
