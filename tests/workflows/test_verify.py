"""A bundle is judged once more in another clone; whatever was changed in it is named."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from validators.checkout import CheckoutRefusal, open_clone
from validators.encoding import digest, encode
from validators.evidence import GateRecord, Side
from validators.sandbox import FileChange
from validators.verdict import Verdict
from validators.verification import Difference
from workflows.proposal import BundleRefusal, Examined, examine, seal
from workflows.verify import Verification, claimed_evidence, verify

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio
    from validators.evidence import Evidence
    from workflows.proposal import Bundle

IDS = ("tests.test_tally::test_one", "tests.test_tally::test_two")


class Court:
    """A bundle of a studio, and a judge that says of a tree what it said before."""

    def __init__(self, studio: "Studio") -> None:
        self.studio = studio
        self.judged: list[str] = []
        bundle = studio.seal()
        attempt = bundle.proposal.attempts[0]
        evidence = self.evidence(bundle.applied_tree)
        attempts = (replace(attempt, evidence=evidence),)
        self.bundle = replace(bundle, proposal=replace(bundle.proposal, attempts=attempts))

    def evidence(self, tree: str) -> "Evidence":
        bare = self.studio.evidence(tree)
        base = Side(bare.base_tree, "ok", 0, "pytest", tuple((test, "passed") for test in IDS))
        gate = GateRecord(
            name="tests",
            kind="test",
            command=("pytest",),
            required=True,
            outcome="pass",
            base=base,
            patched=replace(base, tree=tree),
        )
        rules = digest(encode(self.studio.rules))
        return replace(bare, gates=(gate,), rules_sha256=rules)

    def judge(self, tree: str) -> "tuple[Verdict, Evidence]":
        self.judged.append(tree)
        return Verdict("pass"), self.evidence(tree)

    def verify(self, examined: Examined) -> Verification:
        repository = self.studio.clone.repository
        base = examined.bundle.base_commit
        clone = open_clone(repository, base, self.studio.folder / "elsewhere")
        return verify(examined, clone, self.studio.rules, self.judge)

    def tampered(
        self, change: Callable[[dict[str, Any]], object], *, resealed: bool = False
    ) -> Examined:
        """Change the file's content as JSON; ``resealed`` mends the hash over the whole of it."""
        content = json.loads(seal(self.bundle)[0])
        change(content)
        if resealed:
            del content["sha256"]
            content["sha256"] = digest(encode(content))
        return examine(json.dumps(content).encode())


@pytest.fixture
def court(studio: "Studio") -> Court:
    return Court(studio)


def statement(content: dict[str, Any]) -> Any:
    return content["statements"][0]["predicate"]["changewright"]


def test_an_honest_bundle_is_the_same_elsewhere(court: Court) -> None:
    done = court.verify(examine(seal(court.bundle)[0]))

    assert done.comparison.same
    assert done.evidence == done.bundle_evidence
    assert court.judged == [court.bundle.applied_tree]


def test_one_byte_of_the_change_is_another_tree(court: Court) -> None:
    changes = court.bundle.changes
    content = (changes[0].content or b"").replace(b"len", b"Len", 1)
    forged = replace(court.bundle, changes=(replace(changes[0], content=content),))

    done = court.verify(examine(seal(forged)[0]))

    assert [one.what for one in done.comparison.differences] == ["applied-tree"]
    assert done.comparison.differences[0].bundle == court.bundle.applied_tree
    assert done.comparison.differences[0].here == court.judged[0]


@pytest.mark.parametrize("resealed", [True, False])
def test_one_outcome_that_was_changed_is_named_whether_the_hash_was_mended_or_not(
    court: Court, *, resealed: bool
) -> None:
    def change(content: dict[str, Any]) -> None:
        statement(content)["evidence"]["gates"][0]["patched"]["outcomes"] = "1p1f"

    done = court.verify(court.tampered(change, resealed=resealed))

    found = Difference("test", "tests", IDS[1], "failed", "passed")
    assert done.comparison.differences[-1] == found
    assert (done.comparison.differences[0].what == "bundle") is not resealed


@pytest.mark.parametrize("resealed", [True, False])
def test_a_verdict_that_was_changed_is_named(court: Court, *, resealed: bool) -> None:
    def change(content: dict[str, Any]) -> None:
        content["bundle"]["proposal"]["attempts"][0]["verdict"]["word"] = "flaky"

    done = court.verify(court.tampered(change, resealed=resealed))

    told = [(one.what, one.bundle) for one in done.comparison.differences]
    assert ("verdict", "flaky") in told
    assert ("bundle", "attempt 1: its verdict is flaky, and pass in its evidence") in told


def test_a_test_that_was_renamed_in_a_blob_is_named_twice(court: Court) -> None:
    def change(content: dict[str, Any]) -> None:
        for blob in content["blobs"].values():
            blob["tests.test_tally::"][0] = "test_won"

    done = court.verify(court.tampered(change, resealed=True))

    told = [one.bundle for one in done.comparison.differences if one.what == "bundle"]
    assert told == ["attempt 1: gate tests: its tests do not match the hash that names them"]
    tests = {one.test for one in done.comparison.differences if one.what == "test"}
    assert tests == {"tests.test_tally::test_won", IDS[0]}


def test_a_word_that_nobody_judged_is_told_as_a_changed_bundle(court: Court) -> None:
    def change(content: dict[str, Any]) -> None:
        content["bundle"]["title"] += "!"

    done = court.verify(court.tampered(change))

    assert [one.what for one in done.comparison.differences] == ["bundle"]
    assert "changed after it was sealed" in done.comparison.differences[0].bundle


def test_rules_of_the_bundle_count_for_nothing(court: Court) -> None:
    def change(content: dict[str, Any]) -> None:
        statement(content)["evidence"]["rules_sha256"] = "0" * 64

    done = court.verify(court.tampered(change, resealed=True))

    assert done.comparison.differences[0].what == "rules"


def test_a_base_tree_that_is_not_the_commits_is_told(court: Court) -> None:
    forged = replace(court.bundle, base_tree="0" * 40)

    done = court.verify(examine(seal(forged)[0]))

    assert [one.bundle for one in done.comparison.differences] == [
        f"its base tree {'0' * 40} is not that of its base commit"
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda bundle: replace(bundle, partial=True), "unfinished work"),
        (lambda bundle: replace(bundle, base_commit="main"), "'main' is not the hash"),
    ],
)
def test_what_cannot_be_repeated_is_refused(
    court: Court, change: "Callable[[Bundle], Bundle]", words: str
) -> None:
    with pytest.raises(BundleRefusal, match=words):
        claimed_evidence(change(court.bundle))


def test_what_no_gate_judged_is_refused(court: Court) -> None:
    attempts = (replace(court.bundle.proposal.attempts[0], evidence=None),)
    proposal = replace(court.bundle.proposal, attempts=attempts)

    with pytest.raises(BundleRefusal, match="no gate judged"):
        claimed_evidence(replace(court.bundle, proposal=proposal))


def test_changes_that_may_not_be_laid_are_refused(court: Court) -> None:
    forged = replace(court.bundle, changes=(FileChange(".git/config", "100644", b"x"),))

    with pytest.raises(CheckoutRefusal):
        court.verify(examine(seal(forged)[0]))
    assert court.judged == []


def test_a_bundle_of_another_repository_is_refused(court: Court, tmp_path: Path) -> None:
    forged = replace(court.bundle, base_commit="0" * 40)

    with pytest.raises(CheckoutRefusal, match="it is of another repository"):
        court.verify(examine(seal(forged)[0]))
