"""The JUnit report, read again by a parser as a CI would."""

from dataclasses import replace
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from bot.pages.junit import junit_text
from validators.evidence import Evidence, Side
from validators.verdict import Finding, Verdict


def parsed(verdict: Verdict, evidence: Evidence) -> Element:
    root = fromstring(junit_text(verdict, evidence).encode("utf-8"))
    assert isinstance(root, Element)
    return root


def suite(root: Element, name: str) -> Element:
    (found,) = (one for one in root if one.get("name") == name)
    return found


def test_each_gate_is_a_suite_and_each_test_has_its_outcome_on_the_change(
    evidence: Evidence,
) -> None:
    side = Side(
        "b" * 40,
        "failed",
        1,
        "pytest",
        (("t.A::ok", "passed"), ("t.A::b", "failed"), ("t.A::c", "error"), ("d", "skipped")),
    )
    gate = replace(evidence.gates[2], name="tests", patched=side)
    root = parsed(Verdict("fail"), replace(evidence, gates=(gate,)))

    tests = suite(root, "tests")
    assert {name: tests.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    shown = [(case.get("classname"), case.get("name"), *[e.tag for e in case]) for case in tests]
    assert shown == [
        ("t.A", "ok"),
        ("t.A", "b", "failure"),
        ("t.A", "c", "error"),
        ("d", "d", "skipped"),
    ]


def test_a_test_that_failed_before_says_so(evidence: Evidence) -> None:
    side = Side("b" * 40, "failed", 1, "pytest", (("t::old", "failed"), ("t::new", "failed")))
    gate = replace(evidence.gates[2], base=side, patched=side)
    old = replace(gate, base=replace(side, outcomes=side.outcomes[:1]))
    text = junit_text(Verdict("fail"), replace(evidence, gates=(old,)))

    assert 'message="failed with this change; failed on the untouched base"' in text
    assert 'message="failed with this change; not on the base"' in text


def test_a_gate_without_tests_is_one_test_that_fails_where_it_is_required(
    evidence: Evidence,
) -> None:
    root = parsed(Verdict("fail"), evidence)

    (lint,) = suite(root, "lint")
    (failure,) = lint
    assert (lint.get("name"), failure.tag) == ("ruff check .", "failure")
    assert failure.get("message") == "fail: has findings"
    (build,) = suite(root, "build")
    assert list(build) == []


def test_a_blocking_finding_fails_and_any_other_is_skipped(evidence: Evidence) -> None:
    root = parsed(Verdict("fail", evidence.findings), evidence)

    policy = suite(root, "policy")
    assert [[e.tag for e in case] for case in policy] == [["skipped"], ["skipped"]]
    (blocking,) = suite(root, "tests")
    assert (blocking.get("file"), blocking.get("line")) == ("t.py", "3")
    (failure,) = blocking
    assert (failure.get("message"), failure.text) == ("block: <b>red</b>", "more\nfix: mend it")
    # A finding of a gate stands among that gate's tests.
    assert [case.get("classname") for case in suite(root, "lint")] == ["lint", "lint/F401"]


def test_what_no_xml_can_hold_is_written_as_an_escape(evidence: Evidence) -> None:
    odd = "a\x00\x1b[31m\ud800\uffff]]>&<\t\U0001f600"
    found = Finding(odd, odd, "block", f"{odd}\n{odd}", odd, 1, odd)
    side = Side("b" * 40, "ok", 0, "pytest", ((f"{odd}::{odd}", "passed"),))
    gate = replace(evidence.gates[2], name=odd, command=(odd,), patched=side)
    root = parsed(Verdict("fail", (found,)), replace(evidence, gates=(gate,)))

    shown = r"a\x00\x1b[31m\xd800\xffff]]>&<" + "\t\U0001f600"
    (tests,) = root
    assert [case.get("classname") for case in tests] == [shown, f"{shown}/{shown}"]


def test_a_finding_without_words_is_still_one(evidence: Evidence) -> None:
    empty = Finding("policy", "odd", "block", "  ")
    (only,) = suite(parsed(Verdict("fail", (empty,)), replace(evidence, gates=())), "policy")
    assert [failure.get("message") for failure in only] == ["block: odd"]
