"""Threat cases about what a patch holds: what nobody can read, asks for, or could run."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bot.pages.pull_request import pull_request_text
from tests.validators import test_gates, test_policy
from tests.validators.policies import (
    test_comments,
    test_generated,
    test_reformatting,
    test_shapes,
)
from tests.validators.threats import test_path_cases
from tests.validators.threats.cases import Table, held, ids, troubles
from tests.workflows import test_propose, test_publish
from validators.checkout import Clone, LineCount, apply_diff, write_tree
from validators.evidence import Evidence
from validators.git import git
from validators.policy import judge_tree
from validators.rules import Rules
from validators.sandbox import Completed, FileChange, Sandbox
from validators.verdict import Verdict
from workflows.proposal import Attempt, Proposal, ScopeLine
from workflows.task import Task

Files = Mapping[str, str | bytes | None]

SOURCE = "def half(number):\n    return number / 2\n"
TESTS = "from calc import half\n\n\ndef test_half():\n    assert half(4) == 2\n"
BASE: Files = {"calc.py": SOURCE, "tests/test_calc.py": TESTS, "more.py": "", "last.py": ""}


@pytest.fixture
def clone(clone_of: Callable[[Files], Clone]) -> Clone:
    return clone_of(BASE)


def test_a_binary_patch_is_blocked_with_type_and_size(clone: Clone) -> None:
    contents = {
        "logo.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)),
        "mod.pyc": b"\xa7\r\r\n\0\0\0\0" + bytes(range(256)),
        "lib.so": b"\x7fELF\2\1\1\0" + bytes(300),
        "app.jar": b"PK\3\4\x14\0\0\0" + bytes(300),
    }
    changes = [FileChange(path, "100644", content) for path, content in contents.items()]
    made = write_tree(clone, clone.base_tree, changes)
    diff = git(clone.git_dir, "diff-tree", "-p", "--binary", clone.base_tree, made)
    assert b"GIT binary patch" in diff

    tree = apply_diff(clone, clone.base_tree, diff)

    found = judge_tree(clone, clone.base_tree, tree, Rules())
    said = {one.path: one.message for one in found if one.code == "binary-file"}
    assert said.keys() == contents.keys()
    for path, content in contents.items():
        assert f"{len(content)} bytes" in said[path]
    assert {one.severity for one in found if one.code == "binary-file"} == {"block"}


def test_outputs_of_a_notebook_are_blocked(clone: Clone) -> None:
    notebook = (
        '{"cells": [{"cell_type": "code",\n "outputs": [\n  {"output_type": "stream",\n'
        '   "text": ["x"]}\n ]}]}\n'
    )
    change = FileChange("a.ipynb", "100644", notebook.encode())
    tree = write_tree(clone, clone.base_tree, [change])

    (found,) = judge_tree(clone, clone.base_tree, tree, Rules())
    assert (found.code, found.severity, found.path) == ("notebook-output", "block", "a.ipynb")


def test_more_than_anybody_reads_is_blocked_with_both_figures(clone: Clone) -> None:
    many = [FileChange(f"more/{number}.txt", "100644", b"x\n" * 20) for number in range(101)]
    large = FileChange("large.txt", "100644", b"word\n" * 250_000)
    tree = write_tree(clone, clone.base_tree, [*many, large])

    said = " ".join(f.message for f in judge_tree(clone, clone.base_tree, tree, Rules()))

    assert "102 files are changed; the limit is 20" in said
    assert "lines are added or removed (252020 and 0); the limit is 800" in said
    assert "large.txt has 1250000 bytes; the limit is 1000000" in said


def test_a_change_of_nothing_or_of_comments_runs_nothing_and_may_not_be_shown(
    bench_of: Callable[..., Any], played: Callable[..., Any]
) -> None:
    sandbox = played(lambda *_: Completed("ok", 0))
    bench = bench_of(BASE, sandbox, Rules())

    for files, code in (
        ({}, "no-change"),
        ({"calc.py": SOURCE}, "no-change"),
        ({"calc.py": f"# Half of it.\n{SOURCE}"}, "comments-only"),
    ):
        verdict, _ = bench.judge(files)
        assert (verdict.word, [found.code for found in verdict.blocking]) == ("fail", [code])
        assert not verdict.may_be_shown
    assert sandbox.phases == []


@pytest.mark.sandbox
def test_what_no_python_compiles_is_blocked_before_any_test(
    bench_of: Callable[..., Any], sandbox: Sandbox
) -> None:
    # A tree of syntax can be made of each: only Python itself would refuse it.
    broken = {
        "calc.py": "def half(number):\nreturn number\n",
        "more.py": "def half(number, number):\n    return number\n",
        "last.py": "break\n",
    }
    for text in broken.values():
        with pytest.raises(SyntaxError):
            compile(text, "broken.py", "exec")
    bench = bench_of(BASE, sandbox, Rules())

    verdict, evidence = bench.judge(broken)

    assert verdict.word == "fail"
    assert {found.path for found in verdict.blocking} == broken.keys()
    assert {gate.kind for gate in evidence.gates} == {"lint"}


def test_a_file_that_the_model_was_not_given_is_named_as_such() -> None:
    given = ScopeLine("calc.py", 1, 2, "half", "whole", ("named in the task",))
    evidence = Evidence("c" * 40, "a" * 40, "b" * 40, "", "", "bwrap", (), (), ())
    attempt = Attempt(1, Verdict("pass"), evidence=evidence)
    proposal = Proposal("r1", Task("t", "b", "r"), "c" * 40, "claude", (given,), (attempt,), "")
    changed = [LineCount("elsewhere.py", 3, 0, binary=False)]

    body = pull_request_text(proposal, evidence, changed).body

    before, _, after = body.partition("## What the model was given")
    assert "elsewhere.py" in before.partition("## What changed")[2]
    assert "nothing of it was in the first request: `elsewhere.py`." in after
    assert "| `calc.py` |" in after


HELD_BY: Table = {
    "PAT-17": (
        held(test_shapes.test_a_script_may_become_executable_where_the_rules_let_it),
        held(test_shapes.test_what_names_no_interpreter_never_becomes_executable),
    ),
    "PAT-18": (
        held(test_a_binary_patch_is_blocked_with_type_and_size),
        held(test_outputs_of_a_notebook_are_blocked),
    ),
    "PAT-19": (held(test_more_than_anybody_reads_is_blocked_with_both_figures),),
    "PAT-20": (
        held(test_generated.test_an_added_line_nobody_can_read_tells_and_its_length_is_named),
        held(test_generated.test_scripts_whose_lines_are_long_on_average_are_minified),
        held(test_generated.test_names_tell, "dist/a.min.js"),
        held(test_generated.test_markers_near_the_top_tell_on_either_tree),
        held(test_generated.test_the_bases_attributes_outweigh_everything),
    ),
    "PAT-24": (
        held(test_policy.test_only_allowed_paths_may_change_where_there_are_any),
        held(test_a_file_that_the_model_was_not_given_is_named_as_such),
    ),
    "PAT-25": (
        held(test_reformatting.test_a_file_laid_out_anew_with_one_real_change_is_found),
        held(test_reformatting.test_the_message_has_both_figures),
    ),
    "PAT-26": (
        held(test_a_change_of_nothing_or_of_comments_runs_nothing_and_may_not_be_shown),
        held(test_comments.test_a_change_of_comments_alone_is_found),
        held(test_propose.test_edits_that_change_nothing_are_not_called_unappliable),
        held(test_propose.test_no_change_needed_is_an_answer),
        held(test_publish.test_a_bundle_that_failed_is_refused),
    ),
    "PAT-28": (
        held(test_gates.test_a_file_that_parses_worse_than_before_fails_before_anything_runs),
        held(test_what_no_python_compiles_is_blocked_before_any_test),
    ),
}


def test_every_case_about_patches_is_held() -> None:
    assert troubles(HELD_BY) == []
    assert ids("patch") <= HELD_BY.keys() | test_path_cases.HELD_BY.keys()
