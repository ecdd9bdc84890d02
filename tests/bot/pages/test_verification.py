"""A comparison as a person and as a program read it: what differs, in lines that nobody forges."""

import json
from dataclasses import replace

import pytest

from bot.pages.verification import verification_document, verification_text
from validators.encoding import builtins, encode
from validators.evidence import Evidence
from validators.verdict import Verdict
from validators.verification import Comparison, Difference, GateComparison
from workflows.proposal import BUNDLE_FORMAT, Bundle, Proposal
from workflows.verify import Verification

GATES = (GateComparison("lint", 0, 0), GateComparison("te\nsts", 3, 2, ("t::flips",)))
OTHER = Difference("rules", "", "", "limits.x: 9", "limits.x: 800")
RED = Difference("test", "te\nsts", "t::x\nsame: y", "passed", "failed")
BROKEN = Difference("bundle", "", "", "it was changed\nafter it was sealed")
NOTE = Difference("sandbox", "", "", "bwrap", "none")


@pytest.fixture
def bundle(proposal: Proposal, evidence: Evidence) -> Bundle:
    judged = replace(proposal.attempts[1], evidence=replace(evidence, kind="refactor"))
    return Bundle(
        format=BUNDLE_FORMAT,
        proposal=replace(proposal, attempts=(judged,)),
        base_commit="c" * 40,
        base_tree="a" * 40,
        applied_tree="b" * 40,
        branch="x",
        changes=(),
        title="t",
        body="b",
    )


def verification(*differences: Difference, notes: tuple[Difference, ...] = ()) -> Verification:
    comparison = Comparison(differences, notes, GATES if differences else GATES[:1])
    return Verification(Verdict("pass"), "1" * 64, "2" * 64, comparison)


def test_what_differs_comes_first_and_each_in_one_line(bundle: Bundle) -> None:
    text = verification_text(bundle, verification(OTHER, BROKEN, RED, notes=(NOTE,)))

    assert text.splitlines() == [
        "bundle of run r1 on cccccccccccc; judged as refactor, its task's kind",
        "DIFFERENT: rules: limits.x: 9 in the bundle, limits.x: 800 here",
        "DIFFERENT: it was changed\\nafter it was sealed",
        "DIFFERENT: te\\nsts test t::x\\nsame: y: passed in the bundle, failed here",
        "  lint         same",
        "  te\\nsts      DIFFERENT  3 tests compared, 1 flaky ones left out",
        "note: sandbox: bwrap in the bundle, none here",
        "verdict: pass in the bundle, pass here",
        f"evidence sha256:{'1' * 64} in the bundle",
        f"         sha256:{'2' * 64} here",
        "different: 3 things differ; do not rely on this bundle's evidence",
    ]


def test_what_is_the_same_is_said_in_the_last_line(bundle: Bundle) -> None:
    text = verification_text(bundle, verification())

    assert text.endswith("\nsame: the gates say here what the bundle says")
    assert "DIFFERENT" not in text


def test_one_difference_is_one_thing(bundle: Bundle) -> None:
    assert "\ndifferent: 1 thing differs;" in verification_text(bundle, verification(OTHER))


def test_of_very_many_tests_that_differ_a_screenful_is_shown(bundle: Bundle) -> None:
    many = tuple(replace(RED, test=f"t::{number}") for number in range(4_000))
    done = verification(OTHER, *many)

    text = verification_text(bundle, done)
    document = verification_document(bundle, done)

    assert text.count("DIFFERENT: te\\nsts test t::") == 20
    assert "DIFFERENT: te\\nsts test: and 3980 more" in text
    assert "different: 4001 things differ" in text
    assert len(document["differences"]) == 1_000
    assert document["left_out"] == 3_001


def test_a_strangers_long_word_is_cut(bundle: Bundle) -> None:
    long = replace(RED, test="x" * 10_000, bundle="y" * 10_000)

    text = verification_text(bundle, verification(long))

    assert max(map(len, text.splitlines())) < 1_200


def test_the_document_is_as_the_command_says(bundle: Bundle) -> None:
    made = verification_document(bundle, verification(RED, notes=(NOTE,)))
    document = json.loads(encode(made))

    assert document == {
        "same": False,
        "kind": "refactor",
        "claimed": "pass",
        "verdict": "pass",
        "gates": [
            {"name": "lint", "same": True, "tests": 0, "differences": 0},
            {"name": "te\nsts", "same": False, "tests": 3, "differences": 2},
        ],
        "differences": [builtins(RED)],
        "left_out": 0,
        "notes": [builtins(NOTE)],
        "evidence": {"bundle": f"sha256:{'1' * 64}", "here": f"sha256:{'2' * 64}"},
    }
