"""Two judgements of one change are compared; what differs is named, what explains most first."""

from dataclasses import replace
from typing import Any

import pytest

from validators.encoding import digest, encode
from validators.evidence import Evidence, FileLines, GateRecord, LineCoverage, MachineFacts, Side
from validators.rules import GateRule, PatchLimits, Rules
from validators.sandbox import REQUIRED_BY_DEFAULT
from validators.verdict import Finding, VerdictWord
from validators.verification import Comparison, Difference, Judgement, compare

BASE, PATCHED = "a" * 40, "b" * 40
RULES = Rules(gates=(GateRule("tests", "test", ("pytest",)),))


def named(rules: Rules) -> str:
    return digest(encode(rules))


def side(tree: str, **outcomes: Any) -> Side:
    failed = "failed" in outcomes.values()
    pairs = tuple(sorted(outcomes.items()))
    return Side(tree, "failed" if failed else "ok", int(failed), "pytest", pairs)


AFTER = side(PATCHED, one="passed", two="passed", three="passed")
TESTS = GateRecord(
    name="tests",
    kind="test",
    command=("pytest",),
    required=True,
    outcome="pass",
    base=side(BASE, one="passed", two="failed"),
    patched=AFTER,
    tests_on_base=side("c" * 40, two="failed"),
    fail_to_pass=("two",),
    new=("three",),
)
LINT = GateRecord(
    "lint", "lint", ("ruff", "check"), required=False, outcome="pass", base=None, patched=None
)
EVIDENCE = Evidence(
    base_commit="e" * 40,
    base_tree=BASE,
    applied_tree=PATCHED,
    rules_sha256=named(RULES),
    environment="0" * 64,
    backend="bwrap",
    guarantees=("no-network",),
    gates=(LINT, TESTS),
    findings=(Finding("tests", "x", "ask", "look", "a.py", 3),),
    coverage=(LineCoverage("a.py", 4, (1, 3)),),
    newly_covered=(FileLines("b.py", (2, 3, 7)),),
)
HERE = Judgement("pass", EVIDENCE, RULES)


def compared(
    claimed: Evidence, word: VerdictWord = "pass", here: Judgement = HERE, **more: Any
) -> Comparison:
    return compare(Judgement(word, claimed, **more), here, claimed.applied_tree)


def with_gate(**more: Any) -> Evidence:
    return replace(EVIDENCE, gates=(LINT, replace(TESTS, **more)))


def test_the_same_judgement_is_the_same() -> None:
    found = compared(EVIDENCE)

    assert (found.same, found.differences, found.notes) == (True, (), ())
    assert [(gate.name, gate.tests, gate.differences) for gate in found.gates] == [
        ("lint", 0, 0),
        ("tests", 3, 0),
    ]


def test_one_outcome_is_named_by_its_test() -> None:
    claimed = with_gate(patched=side(PATCHED, one="passed", two="passed", three="skipped"))

    found = compared(claimed)

    assert found.differences == (Difference("test", "tests", "three", "skipped", "passed"),)
    assert found.gates[1].differences == 1


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        (
            with_gate(base=side(BASE, one="passed", two="skipped")),
            ["base : ended: ok", "base : exit code: 0", "test-base two: skipped"],
        ),
        (
            with_gate(patched=side(PATCHED, one="passed", two="passed")),
            ["test three: nothing"],
        ),
        (with_gate(tests_on_base=None), ["tests-on-base : not run"]),
        (
            with_gate(tests_on_base=side("d" * 40, two="failed")),
            [f"tests-on-base : tree: {'d' * 40}"],
        ),
        (with_gate(base_tests=side(PATCHED)), ["base-tests : ok"]),
        (
            with_gate(patched=replace(AFTER, sentinels=("tests",))),
            ["patched : sentinels: tests"],
        ),
        (with_gate(outcome="fail"), ["outcome : fail"]),
        (with_gate(fail_to_pass=()), ["fail-to-pass two: not listed"]),
        (with_gate(pass_to_fail=("one",)), ["pass-to-fail one: listed"]),
        (with_gate(missing=("four",)), ["missing four: listed"]),
        (with_gate(new=()), ["new three: not listed"]),
        (with_gate(kind="build"), ["gate : kind: build"]),
        (with_gate(required=False), ["gate : required: False"]),
        (with_gate(command=("pytest", "-k", "a b")), ["command : pytest -k 'a b'"]),
        (replace(EVIDENCE, gates=(TESTS,)), ["gate : no such gate"]),
        (replace(EVIDENCE, gates=(LINT, TESTS, TESTS)), ["gate : pytest"]),
        (replace(EVIDENCE, environment="1" * 64), [f"environment : {'1' * 64}"]),
        (replace(EVIDENCE, base_commit="f" * 40), [f"base-commit : {'f' * 40}"]),
        (
            replace(EVIDENCE, base_tree="f" * 40),
            [f"base-tree : {'f' * 40}", f"base : tree: {BASE}"],
        ),
        (
            replace(EVIDENCE, applied_tree="f" * 40),
            [f"applied-tree : {'f' * 40}", f"patched : tree: {PATCHED}"],
        ),
        (replace(EVIDENCE, findings=()), ["finding : "]),
        (
            replace(EVIDENCE, findings=EVIDENCE.findings * 2),
            ["finding : 2 x [ask] x a.py:3 look"],
        ),
        (replace(EVIDENCE, coverage=None), ["coverage : not measured"]),
        (
            replace(EVIDENCE, coverage=(LineCoverage("a.py", 4),)),
            ["coverage : a.py: of 4 changed lines these were not run: none"],
        ),
        (replace(EVIDENCE, coverage=()), ["coverage : a.py: not measured"]),
        (with_gate(steady=("two",)), ["steady two: listed"]),
        (replace(EVIDENCE, newly_covered=None), ["newly-covered : not measured"]),
        (replace(EVIDENCE, newly_covered=()), ["newly-covered : b.py: none"]),
        (
            replace(EVIDENCE, newly_covered=(FileLines("b.py", (2, 3, 9)),)),
            ["newly-covered : b.py: 2-3, 9"],
        ),
    ],
)
def test_whatever_the_bundle_claims_otherwise_is_named(
    claimed: Evidence, expected: list[str]
) -> None:
    found = compared(claimed)

    told = [f"{one.what} {one.test}: {one.bundle}" for one in found.differences]
    assert told == expected


def test_another_verdict_is_a_difference() -> None:
    assert compared(EVIDENCE, "fail").differences == (
        Difference("verdict", "", "", "fail", "pass"),
    )


def test_a_tree_that_the_changes_do_not_make_is_a_difference() -> None:
    found = compare(replace(HERE, rules=None), HERE, "f" * 40)

    assert found.differences == (Difference("applied-tree", "", "", "f" * 40, PATCHED),)


def test_another_change_is_no_difference_of_each_of_its_gates() -> None:
    other = side("f" * 40, one="passed", two="passed", three="passed")
    claimed = replace(with_gate(patched=other), applied_tree="f" * 40)

    found = compared(claimed)

    assert [one.what for one in found.differences] == ["applied-tree"]


def test_what_was_asked_comes_before_how_it_went() -> None:
    worse = Rules(limits=PatchLimits(max_patch_lines=9))
    claimed = replace(
        with_gate(command=("true",), outcome="fail", patched=side(PATCHED)),
        rules_sha256=named(worse),
        environment="1" * 64,
        findings=(),
        coverage=None,
    )

    found = compare(Judgement("fail", claimed, worse), HERE, "f" * 40, ["it was changed"])

    assert list(dict.fromkeys(one.what for one in found.differences)) == [
        "rules",
        "environment",
        "command",
        "bundle",
        "applied-tree",
        "verdict",
        "outcome",
        "test",
        "finding",
        "coverage",
    ]


def test_rules_that_differ_are_named_one_by_one() -> None:
    theirs = replace(
        RULES,
        limits=PatchLimits(max_patch_lines=9),
        gates=(replace(RULES.gates[0], run=("true",)),),
    )
    claimed = replace(EVIDENCE, rules_sha256=named(theirs))

    found = compared(claimed, rules=theirs)

    assert [(one.what, one.bundle, one.here) for one in found.differences] == [
        ("rules", 'gates.tests.run: ["true"]', 'gates.tests.run: ["pytest"]'),
        ("rules", "limits.max_patch_lines: 9", "limits.max_patch_lines: 800"),
    ]


@pytest.mark.parametrize("theirs", [None, RULES])
def test_rules_known_by_their_hash_alone_are_named_by_it(theirs: Rules | None) -> None:
    found = compared(replace(EVIDENCE, rules_sha256="1" * 64), rules=theirs)

    assert [one.bundle for one in found.differences] == [f"sha256:{'1' * 64}"]
    assert [one.here for one in found.differences] == [f"sha256:{named(RULES)}"]


def test_what_is_required_of_a_sandbox_is_no_difference() -> None:
    strict = replace(RULES, require=(*REQUIRED_BY_DEFAULT, "seccomp"))
    here = replace(HERE, rules=strict)

    for theirs in (strict, replace(RULES, require=())):
        claimed = replace(EVIDENCE, rules_sha256=named(theirs))
        assert compared(claimed, here=here).same
    claimed = replace(EVIDENCE, rules_sha256=named(RULES))
    assert compared(claimed, here=here, rules=RULES).same


def test_another_sandbox_is_noted() -> None:
    claimed = replace(EVIDENCE, backend="none", guarantees=())

    found = compared(claimed)

    assert found.same
    assert found.notes == (
        Difference("sandbox", "", "", "none", "bwrap"),
        Difference("guarantees", "", "", "nothing", "no-network"),
    )


def test_another_release_of_the_sandbox_is_noted() -> None:
    claimed = replace(EVIDENCE, backend_version="bubblewrap 0.8.0")

    found = compared(claimed, here=replace(HERE, evidence=replace(EVIDENCE, backend_version="1")))

    assert found.same
    assert found.notes == (Difference("sandbox", "", "", "bwrap (bubblewrap 0.8.0)", "bwrap (1)"),)
    assert compared(claimed).notes[0].here == "bwrap"


def test_another_interpreter_is_noted() -> None:
    claimed = replace(EVIDENCE, machine=MachineFacts("3.12.1", "linux-x86_64"))

    found = compared(claimed)

    assert found.same
    assert [one.bundle for one in found.notes] == ["interpreter: 3.12.1", "platform: linux-x86_64"]


def test_a_flaky_test_is_noted_and_never_counted() -> None:
    red = side(PATCHED, one="failed", two="passed", three="passed")
    claimed = replace(
        with_gate(outcome="flaky", patched=red, flaky=("one",), pass_to_fail=("one",)),
        findings=(*EVIDENCE.findings, Finding("tests", "flaky", "warn", "one flips")),
    )

    found = compared(claimed, "flaky")

    assert found.same
    assert found.notes == (Difference("flaky", "tests", "one", "flaky", "steady"),)
    assert found.gates[1].flaky == ("one",)


def test_who_calls_a_test_flaky_hides_no_other_with_it() -> None:
    red = side(PATCHED, one="failed", two="failed", three="passed")
    claimed = with_gate(outcome="fail", patched=red, flaky=("one",))

    found = compared(claimed, "fail")

    assert [one.what for one in found.differences] == ["verdict", "outcome", "test"]
    assert found.differences[2].test == "two"


def test_rules_of_this_judgement_must_be_known() -> None:
    with pytest.raises(ValueError, match="rules"):
        compare(HERE, replace(HERE, rules=None), PATCHED)
