"""A task's key and branch: the same issue is the same branch, in an alphabet of our own."""

import re

from hypothesis import given
from hypothesis import strategies as st

from workflows.branching import branch_of
from workflows.task import Task


def test_an_issue_with_a_number_is_known_by_it() -> None:
    task = Task("Fix the thing!", "body", "/repo", number="42")

    assert task.key == "issue-42"
    assert branch_of(task) == "changewright/issue-42-fix-the-thing"


def test_words_alone_are_known_by_their_hash() -> None:
    one = Task("Fix it", "now", "/repo")

    assert one.key == Task("Fix it", "now", "/elsewhere").key
    assert one.key != Task("Fix it", "later", "/repo").key


def test_a_title_without_a_latin_letter_still_names_a_branch() -> None:
    assert branch_of(Task("修复", "", "/repo", number="3")) == "changewright/issue-3-change"


@given(st.text(max_size=200), st.text(max_size=50))
def test_no_title_can_leave_the_branch_alphabet(title: str, body: str) -> None:
    branch = branch_of(Task(title, body, "/repo"))

    assert re.fullmatch(r"changewright/task-[0-9a-f]{8}-[a-z0-9]+(-[a-z0-9]+)*", branch)
    assert len(branch) < 80
