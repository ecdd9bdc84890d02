"""Evidence goes into a statement and comes out the same, unless somebody changed it on the way."""

import copy
import json
from dataclasses import fields, replace
from typing import Any

import pytest

from validators.encoding import EncodingRefusal, digest, encode
from validators.evidence import Evidence, FileLines, GateRecord, LineCoverage, Side
from validators.evidence_statement import (
    PREDICATE_TYPE,
    STATEMENT_TYPE,
    Statement,
    open_statement,
    statement_of,
)
from validators.verdict import Finding

BASE, PATCHED = "a" * 40, "b" * 40
Outcomes = tuple[tuple[str, Any], ...]


def side(tree: str, outcomes: Outcomes, **more: Any) -> Side:
    return Side(tree, "failed", 1, "pytest", outcomes, **more)


ON_BASE: Outcomes = (
    ("::tests.broken", "error"),
    ("one", "passed"),
    ("tests.test_a::test_two[a::b]", "failed"),
    ("tests.test_a::test_\udcff", "passed"),
    ("tests.test_b::test_three", "skipped"),
)
TESTS = GateRecord(
    name="tests",
    kind="test",
    command=("pytest", "-q"),
    required=True,
    outcome="pass",
    base=side(BASE, ON_BASE),
    patched=side(PATCHED, (ON_BASE[1], ON_BASE[3], ("zz::new", "passed")), sentinels=("tests",)),
    tests_on_base=side("c" * 40, (("zz::new", "failed"),)),
    base_tests=side("d" * 40, ()),
    base_settings=side(PATCHED, ON_BASE[:2]),
    fail_to_pass=("zz::new",),
    pass_to_fail=("not::among::them",),
    missing=("tests.test_a::test_two[a::b]", "tests.test_b::test_three"),
    new=("zz::new",),
    flaky=("::tests.broken",),
    steady=("zz::new",),
)
LINT = GateRecord(
    "lint", "lint", ("ruff",), required=False, outcome="flaky", base=None, patched=None
)
BUILD = replace(LINT, name="build", kind="build", outcome="fail")
EVIDENCE = Evidence(
    base_commit="e" * 40,
    base_tree=BASE,
    applied_tree=PATCHED,
    rules_sha256="f" * 64,
    environment="0" * 64,
    backend="bwrap",
    guarantees=("no-network",),
    gates=(LINT, BUILD, TESTS),
    findings=(Finding("lint", "x", "ask", "look", "a.py", 3, "mend"),),
    kind="feature",
    coverage=(LineCoverage("a.py", 4, (1, 3)),),
    backend_version="bubblewrap 0.8.0",
    newly_covered=(FileLines("b.py", (2, 7)),),
)


def parsed(statement: Statement) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return document and blobs as a file would bring them, and as nobody else holds them."""
    return json.loads(encode(statement.document)), json.loads(encode(statement.blobs))


def test_what_went_in_comes_out() -> None:
    opened = open_statement(*parsed(statement_of(EVIDENCE, "pass")))

    assert opened.evidence == EVIDENCE
    assert (opened.verdict, opened.troubles) == ("pass", ())


def test_a_sandbox_without_a_version_is_written_down_as_before_there_were_any() -> None:
    document, blobs = parsed(statement_of(replace(EVIDENCE, backend_version=""), "pass"))

    assert "backend_version" not in document["predicate"]["changewright"]["evidence"]
    assert open_statement(document, blobs).evidence.backend_version == ""


@pytest.mark.parametrize(
    "evidence", [replace(EVIDENCE, gates=()), replace(EVIDENCE, coverage=None, findings=())]
)
def test_what_has_little_in_it_comes_out_as_well(evidence: Evidence) -> None:
    assert open_statement(*parsed(statement_of(evidence, "fail"))).evidence == evidence


def test_the_record_of_this_test_has_every_side_and_every_list_there_is() -> None:
    assert all(getattr(TESTS, one.name) not in (None, ()) for one in fields(GateRecord))


def test_a_reader_of_in_toto_learns_which_gates_passed_on_which_tree() -> None:
    document, _ = parsed(statement_of(EVIDENCE, "flaky"))
    predicate = document["predicate"]

    assert document["_type"] == STATEMENT_TYPE == "https://in-toto.io/Statement/v1"
    assert document["predicateType"] == PREDICATE_TYPE
    assert document["subject"] == [{"name": "applied tree", "digest": {"gitTree": PATCHED}}]
    assert predicate["result"] == "WARNED"
    assert {"name": "base commit", "digest": {"gitCommit": "e" * 40}} in predicate["configuration"]
    assert predicate["passedTests"] == ["tests"]
    assert predicate["warnedTests"] == ["lint"]
    assert predicate["failedTests"] == ["build"]


@pytest.mark.parametrize(
    ("verdict", "result"),
    [("pass", "PASSED"), ("flaky", "WARNED"), ("fail", "FAILED"), ("no-evidence", "FAILED")],
)
def test_a_verdict_is_one_of_three_results(verdict: Any, result: str) -> None:
    assert statement_of(EVIDENCE, verdict).document["predicate"]["result"] == result


def test_the_same_judgement_makes_the_same_bytes_in_whatever_order_it_came() -> None:
    assert TESTS.base is not None
    turned = replace(
        TESTS,
        base=replace(TESTS.base, outcomes=ON_BASE[::-1]),
        missing=TESTS.missing[::-1],
    )
    one = statement_of(EVIDENCE, "pass")
    other = statement_of(replace(EVIDENCE, gates=(LINT, BUILD, turned)), "pass")

    assert encode(one.document) == encode(other.document)
    assert encode(one.blobs) == encode(other.blobs)
    assert one.sha256 == digest(encode(one.document))


def test_another_verdict_and_another_outcome_are_another_hash() -> None:
    worse = replace(TESTS, patched=side(PATCHED, (("one", "failed"),)))
    made = {
        statement_of(EVIDENCE, "pass").sha256,
        statement_of(EVIDENCE, "flaky").sha256,
        statement_of(replace(EVIDENCE, gates=(worse,)), "pass").sha256,
    }

    assert len(made) == 3


def test_four_thousand_tests_leave_the_statement_small_and_are_kept_once() -> None:
    ids = [f"tests.test_{n // 20}::test_that_something_holds[{n % 20}]" for n in range(4000)]
    all_of_them: Outcomes = tuple((test, "passed") for test in sorted(ids))
    gate = replace(
        TESTS, base=side(BASE, all_of_them), patched=side(PATCHED, all_of_them), new=(), flaky=()
    )
    first = statement_of(replace(EVIDENCE, gates=(gate,)), "pass")
    worse = replace(gate, patched=side(PATCHED, all_of_them[1:]), missing=(all_of_them[0][0],))
    second = statement_of(replace(EVIDENCE, gates=(worse,)), "fail")

    assert len(encode(first.document)) < 5_000
    assert len(encode({**first.blobs, **second.blobs})) < 160_000
    assert open_statement(*parsed(second)).evidence.gates == (worse,)


def changed(path: str, value: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the statement with what stands at ``path``, such as ``a.0.b``, replaced."""
    document, blobs = parsed(statement_of(EVIDENCE, "pass"))
    *above, last = path.split(".")
    at: Any = {"document": document, "blobs": blobs}
    for word in above:
        at = at[int(word)] if isinstance(at, list) else at[word]
    at[int(last) if isinstance(at, list) else last] = value
    return document, blobs


CLAIMS = "document.predicate.changewright"
GATE = f"{CLAIMS}.evidence.gates.2"


@pytest.mark.parametrize(
    ("path", "value", "trouble"),
    [
        ("document._type", "https://in-toto.io/Statement/v9", "standard part"),
        ("document.predicateType", "x", "standard part"),
        ("document.more", 1, "standard part"),
        ("document.subject.0.digest.gitTree", "0" * 40, "standard part"),
        ("document.predicate.result", "FAILED", "standard part"),
        ("document.predicate.passedTests", ["lint"], "standard part"),
        (f"{CLAIMS}.verdict", "fail", "standard part"),
        (f"{CLAIMS}.evidence.applied_tree", "0" * 40, "standard part"),
        (f"{GATE}.outcome", "fail", "standard part"),
        (f"{GATE}.base.outcomes", "4p", "gate tests, base: its outcomes do not fit its 6 tests"),
        (f"{GATE}.base.outcomes", "999999999p", "gate tests, base: its outcomes do not fit"),
        (f"{GATE}.base.outcomes", "6x", "gate tests, base: its outcomes do not fit"),
        (f"{GATE}.base_settings.outcomes", "6p;", "gate tests, base settings: its outcomes"),
    ],
)
def test_what_was_changed_is_read_and_named(path: str, value: object, trouble: str) -> None:
    opened = open_statement(*changed(path, value))

    assert any(trouble in one for one in opened.troubles)


def test_an_outcome_that_was_changed_in_place_is_read_as_it_stands() -> None:
    document, blobs = changed(f"{GATE}.patched.outcomes", "1-1p1-1f1-1p")

    opened = open_statement(document, blobs)

    assert opened.troubles == ()
    patched = opened.evidence.gates[2].patched
    assert patched is not None
    assert ("tests.test_a::test_\udcff", "failed") in patched.outcomes


def test_a_blob_that_was_changed_is_named_with_its_gate() -> None:
    document, blobs = parsed(statement_of(EVIDENCE, "pass"))
    name = document["predicate"]["changewright"]["evidence"]["gates"][2]["fail_to_pass"]
    blobs[name] = {"zz::": ["old"]}

    opened = open_statement(document, blobs)

    assert opened.troubles == ("gate tests: its tests do not match the hash that names them",)
    assert opened.evidence.gates[2].fail_to_pass == ("zz::old",)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("document.predicate", None, "not a statement of evidence"),
        (f"{CLAIMS}.verdict", "good", "not a statement of evidence"),
        (f"{CLAIMS}.evidence.gates", 7, "not a statement of evidence"),
        (f"{GATE}.name", 7, "not a statement of evidence"),
        (f"{GATE}.base", [], "not a statement of evidence"),
        (f"{GATE}.base.outcomes", [], "not a statement of evidence"),
        (f"{GATE}.kind", "x", "not a statement of evidence"),
        (f"{GATE}.flaky", ["a"], "not a statement of evidence"),
        (f"{GATE}.flaky", "0" * 64, "gate tests names tests that are not there"),
    ],
)
def test_what_cannot_be_read_is_refused(path: str, value: object, words: str) -> None:
    with pytest.raises(EncodingRefusal, match=words):
        open_statement(*changed(path, value))


@pytest.mark.parametrize(
    "blob",
    [
        {"x" * 1_000_000: [str(n) for n in range(1_000)]},
        {"": ["x" * 30_000_000]},
    ],
)
def test_a_few_bytes_that_stand_for_very_many_are_refused(blob: dict[str, Any]) -> None:
    document, blobs = parsed(statement_of(EVIDENCE, "pass"))
    blobs["big"] = blob
    gate = document["predicate"]["changewright"]["evidence"]["gates"][2]
    document["predicate"]["changewright"]["evidence"]["gates"] += [
        copy.deepcopy(gate) | {"tests": ["big"] * 9} for _ in range(9)
    ]

    with pytest.raises(EncodingRefusal, match="characters"):
        open_statement(document, blobs)
