"""What repeats becomes a rule, what does not stays a reason."""

from typing import TYPE_CHECKING

import pytest

from validators.checkout import write_tree
from validators.policy import judge_tree
from validators.rules import GateRule, PatchLimits, Protected, Rules
from validators.sandbox import FileChange
from workflows.learn import CONFIGURATION, HEADING, changes_for
from workflows.lessons import Lesson, lessons_of
from workflows.metrics import Change
from workflows.pull_request_outcome import Aftermath, PullRequestOutcome
from workflows.run_facts import RunFacts

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

RULES = Rules(protected=Protected(paths=(".github/",)))


def change(
    number: int,
    reason: str = "",
    *paths: str,
    lines: int = 10,
    after: Aftermath | None = None,
    gates: tuple[tuple[int, str, str], ...] = (),
) -> Change:
    outcome = PullRequestOutcome(
        number,
        f"issue-{number}",
        "rejected" if reason else "accepted",
        "",
        lines=lines,
        paths=paths or ("src/a.py",),
        reason=reason,  # type: ignore[arg-type]  # a kind
        aftermath=after,
    )
    return Change((RunFacts(f"r{number}", gates=list(gates)),), outcome)


def learnt(*changes: Change, rules: Rules = RULES) -> list[tuple[str, str]]:
    return [(one.kind, one.rule) for one in lessons_of(changes, rules)]


def test_the_place_that_is_named_is_as_wide_as_the_evidence_and_no_wider() -> None:
    old = [change(n, "not-wanted", f"src/old/{n}.py") for n in (1, 2, 3)]
    fine = [change(n, "", f"src/new/{n}.py") for n in range(4, 9)]
    assert learnt(*old, *fine) == [("protected-path", "/src/old/")]
    assert learnt(*old) == [("protected-path", "/src/old/")]
    one_file = [change(n, "wrong", "src/old/1.py") for n in (1, 2, 3)]
    assert learnt(*one_file) == [("protected-path", "/src/old/1.py")]
    wide = [*old, *(change(n, "wrong", f"src/new/{n}.py") for n in (4, 5))]
    assert learnt(*wide) == [("protected-path", "/src/")]


def test_twice_is_not_often_enough_and_a_minority_is_none() -> None:
    some = [change(n, "wrong", "src/a.py") for n in (1, 2)]
    assert learnt(*some) == []
    assert learnt(*some, change(3, "wrong"), *(change(n) for n in range(4, 8))) == []


def test_what_is_protected_already_is_not_learnt_again() -> None:
    some = [change(n, "wrong", "src/a.py") for n in (1, 2, 3)]
    assert learnt(*some, rules=Rules(protected=Protected(paths=("/src/",)))) == []


def test_reverts_count_like_rejections() -> None:
    after = Aftermath(4, 0, reverted="2026-01-05T00:00:00Z")
    assert learnt(*(change(n, after=after) for n in (1, 2, 3))) == [("protected-path", "/src/a.py")]


def test_the_size_is_the_largest_that_people_took() -> None:
    large = [change(n, "too-large", f"{n}.py", lines=200 + n) for n in (1, 2, 3)]
    fine = [change(n, "", f"{n}.py", lines=n) for n in (20, 90)]
    assert learnt(*large, *fine) == [("size-cap", "90")]
    assert learnt(*large) == [("size-cap", "200")]
    taken = [change(n, "", f"{n}.py", lines=400) for n in range(10, 14)]
    assert learnt(*large, *fine, *taken) == []  # as many of that size were taken
    assert learnt(*large, *fine, rules=Rules(limits=PatchLimits(max_patch_lines=80))) == []


def test_a_gate_that_only_reports_and_was_right_shall_block() -> None:
    gate = GateRule("style", "lint", ("x",), required=False)
    failed = ((1, "style", "pass"), (2, "style", "fail"))
    some = [change(n, "style", f"{n}.py", gates=failed) for n in (1, 2, 3)]
    rules = Rules(gates=(gate, GateRule("tests", "test", ("y",))))
    assert learnt(*some, rules=rules) == [("gate", "style")]
    passed = ((1, "style", "fail"), (2, "style", "pass"))
    mended = [change(n, "style", f"{n}.py", gates=passed) for n in (1, 2, 3)]
    assert learnt(*mended, rules=rules) == []


def test_reasons_about_a_place_and_corrections_become_sentences() -> None:
    some = [change(n, "incomplete", "api/x.py") for n in (1, 2, 3)]
    (lesson,) = lessons_of(some, RULES)
    assert lesson == Lesson(
        "instruction",
        "In `api/x.py`, cover every part of the task, and say of each where it is done.",
        "3 of 3 proposals that touched api/x.py were rejected as incomplete: #1, #2, #3",
        (1, 2, 3),
    )
    after = Aftermath(4, 2, edited_paths=("api/y.py",))
    corrected = [change(n, "", "api/y.py", after=after) for n in (4, 5, 6)]
    assert [kind for kind, _ in learnt(*corrected)] == ["instruction"]


def test_a_path_that_could_mean_more_than_itself_is_never_a_rule() -> None:
    for path in ("!a.py", "*.py", 'a".py', "a[b].py", "é.py"):
        assert learnt(*(change(n, "wrong", path) for n in (1, 2, 3))) == []


# --- written down --------------------------------------------------------------------------------

SENTENCE = Lesson("instruction", "Write short.", "3 of 3: #1, #2, #3", (1, 2, 3))
PATH = Lesson("protected-path", "/data/", "3 of 3: #4, #5, #6", (4, 5, 6))


def tree_of(studio: "Studio", *changes: FileChange) -> str:
    return write_tree(studio.clone, studio.clone.base_tree, changes)


def codes(studio: "Studio", tree: str) -> dict[str, str]:
    found = judge_tree(studio.clone, studio.clone.base_tree, tree, Rules(kind="refactor"))
    return {one.code: one.severity for one in found}


def test_a_person_is_asked_about_rules_and_sentences_and_nothing_is_refused(
    studio: "Studio",
) -> None:
    changes = changes_for([PATH, SENTENCE], studio.clone)

    assert [one.path for one in changes] == [CONFIGURATION, "CONTRIBUTING.md"]
    assert changes[1].content == (f"{HEADING}\n\n- Write short. (3 of 3: #1, #2, #3)\n".encode())
    assert codes(studio, tree_of(studio, *changes)) == {
        "learnt-rules": "ask",
        "contributor-guide": "ask",
    }


def test_rules_that_come_with_anything_else_are_refused(studio: "Studio") -> None:
    (rules,) = changes_for([PATH], studio.clone)
    fix = FileChange("tally.py", "100644", b"words = len\n")
    assert codes(studio, tree_of(studio, rules, fix))["own-config"] == "block"
    loose = FileChange(CONFIGURATION, "100644", (rules.content or b"") + b"setup: {run: []}\n")
    assert codes(studio, tree_of(studio, loose))["own-config"] == "block"
    mode = FileChange(CONFIGURATION, "100755", rules.content)
    assert codes(studio, tree_of(studio, mode))["own-config"] == "block"


@pytest.mark.parametrize(
    ("guide", "expected"),
    [
        ("# Hello\n", f"# Hello\n\n{HEADING}\n\n- Write short. (3 of 3: #1, #2, #3)\n"),
        (
            f"{HEADING}\n\n- Old. (x)\n\n## More\n\nwords\n",
            f"{HEADING}\n\n- Old. (x)\n- Write short. (3 of 3: #1, #2, #3)\n\n## More\n\nwords\n",
        ),
        (f"{HEADING}\n\n- Write short. (1 of 1)\n", ""),
    ],
)
def test_sentences_stand_below_one_heading_each_once(
    studio: "Studio", guide: str, expected: str
) -> None:
    repository = studio.clone.repository
    (repository / "CONTRIBUTING.md").write_text(guide)
    tree = tree_of(studio, FileChange("CONTRIBUTING.md", "100644", guide.encode()))
    clone = type(studio.clone)(
        studio.clone.git_dir, repository, studio.clone.original_git_dir, "", tree
    )

    found = [one.content for one in changes_for([SENTENCE], clone)]

    assert found == ([expected.encode()] if expected else [])
