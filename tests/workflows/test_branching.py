"""A branch is named by the operator's template, and never out of our own alphabet."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.branching import (
    BRANCH_TEMPLATE,
    JOURNAL_BRANCH,
    branch_of,
    other_names,
    wrong_template,
)
from workflows.task import Task


@given(st.text(max_size=200), st.sampled_from(["", "7", "123"]))
def test_no_title_leaves_the_alphabet_or_meets_the_journal(title: str, number: str) -> None:
    task = Task(title, "", "ada/tally", number=number)
    for template in (BRANCH_TEMPLATE, "changewright/{kind}/{slug}-{key}", "changewright/{key}"):
        assert wrong_template(template) == ""
        branch = branch_of(task, template)
        assert re.fullmatch(r"changewright(/[a-z0-9][a-z0-9-]*){1,4}", branch)
        assert not f"{branch}/".startswith(f"{JOURNAL_BRANCH}/")


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("changewright/{slug}", "must hold {key}"),
        ("changewright/{key}/..", "must be changewright/"),
        ("feature/{key}", "must be changewright/"),
        ("changewright/{key} x", "must be changewright/"),
        ("changewright/{key}-{title}", "must be changewright/"),
        ("changewright/{key}.lock", "must be changewright/"),
        ("changewright/journal/{key}", "must not lie at or below changewright/journal"),
    ],
)
def test_a_template_that_could_name_another_branch_is_refused(template: str, why: str) -> None:
    assert wrong_template(template).startswith(why)


def test_where_the_name_is_taken_there_are_others() -> None:
    assert other_names("changewright/issue-7")[:2] == (
        "changewright/issue-7-2",
        "changewright/issue-7-3",
    )
