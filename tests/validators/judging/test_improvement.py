"""A fix turns a test green that was red, or a person is asked, or it is none."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from validators.checkout import Clone, write_tree
from validators.evidence import GateRecord, ReportKind, Side, TestOutcome
from validators.judging.improvement import improvement_findings
from validators.rules import ChangeKind, Policies, Rules
from validators.sandbox import FileChange, RunOutcome
from validators.verdict import Finding

Files = dict[str, str]


def side(report: ReportKind = "pytest", ended: RunOutcome = "ok", **outcomes: TestOutcome) -> Side:
    return Side("t", ended, 0 if ended == "ok" else 1, report, tuple(outcomes.items()))


RED = side(a="passed", b="failed")
RECORD = GateRecord("tests", "test", ("pytest",), True, "pass", RED, RED)  # noqa: FBT003


@pytest.fixture
def judged(clone_of: Callable[[Files], Clone]) -> Callable[..., tuple[Finding, ...]]:
    clone = clone_of({"a.py": "", "README.md": ""})

    def judge(
        *records: GateRecord, rules: Rules | None = None, path: str = "a.py"
    ) -> tuple[Finding, ...]:
        tree = write_tree(clone, clone.base_tree, [FileChange(path, "100644", b"x = 1\n")])
        return improvement_findings(clone, tree, rules or Rules(), records)

    return judge


def test_a_fix_that_turns_no_test_green_is_no_improvement_and_what_stays_red_is_named(
    judged: Callable[..., tuple[Finding, ...]],
) -> None:
    (found,) = judged(RECORD)

    assert (found.code, found.severity) == ("no-improvement", "block")
    assert found.message == (
        "this fix turns no test green that is red on the base; red on both sides: b"
    )


def test_a_policy_may_ask_a_person_instead_or_nobody(
    judged: Callable[..., tuple[Finding, ...]],
) -> None:
    (found,) = judged(RECORD, rules=Rules(policies=Policies(improvement="ask")))

    assert found.severity == "ask"
    assert judged(RECORD, rules=Rules(policies=Policies(improvement="allow"))) == ()


@pytest.mark.parametrize("kind", ["refactor", "docs", "tests", "dependency"])
def test_no_other_kind_of_change_has_to(
    judged: Callable[..., tuple[Finding, ...]], kind: ChangeKind
) -> None:
    assert judged(RECORD, rules=Rules(kind=kind)) == ()


def test_a_feature_without_a_test_of_it_is_for_a_person(
    judged: Callable[..., tuple[Finding, ...]],
) -> None:
    (found,) = judged(RECORD, rules=Rules(kind="feature"))
    silent = Rules(kind="feature", policies=Policies(improvement="allow"))

    assert (found.code, found.severity) == ("no-new-test", "ask")
    assert judged(replace(RECORD, fail_to_pass=("b",)), rules=Rules(kind="feature")) == ()
    assert judged(RECORD, rules=silent) == ()


def test_prose_has_nothing_that_a_test_could_tell(
    judged: Callable[..., tuple[Finding, ...]],
) -> None:
    assert judged(RECORD, path="README.md") == ()
    assert judged(RECORD, path="CHANGES") == ()


@pytest.mark.parametrize("path", ["changes.py", "news.js", "requirements.txt", "CMakeLists.txt"])
def test_what_is_only_named_like_prose_is_not(
    judged: Callable[..., tuple[Finding, ...]], path: str
) -> None:
    assert [found.code for found in judged(RECORD, path=path)] == ["no-improvement"]


def test_one_test_turned_green_is_enough(judged: Callable[..., tuple[Finding, ...]]) -> None:
    assert judged(RECORD, replace(RECORD, fail_to_pass=("b",))) == ()


def test_a_command_that_fails_on_the_base_and_ends_well_now_is_enough(
    judged: Callable[..., tuple[Finding, ...]],
) -> None:
    base, patched = side("exit-code", "failed"), side("exit-code")

    assert judged(replace(RECORD, base=base, patched=patched)) == ()


def test_where_no_gate_names_its_tests_a_person_is_asked(
    judged: Callable[..., tuple[Finding, ...]],
) -> None:
    (found,) = judged(replace(RECORD, base=side("exit-code"), patched=side("exit-code")))

    assert (found.code, found.severity) == ("no-regression-test", "ask")


def test_where_there_are_no_tests_at_all_nothing_more_is_said(
    judged: Callable[..., tuple[Finding, ...]],
) -> None:
    assert judged(replace(RECORD, kind="lint")) == ()
    assert judged(replace(RECORD, required=False)) == ()
