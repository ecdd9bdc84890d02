import ast

import pytest

from tests.bench.spoiling import node_tests, python_tests
from tests.bench.spoiling.edits import Edit, edited
from tests.bench.spoiling.mutations import mutations

PYTHON = b"""import sys


class TestSums:
    def test_two(self):
        assert 1 + 1 == 2


def test_raises():
    with pytest.raises(ValueError):
        int("x")
    assert sys.path


def test_nested():
    @command()
    def inner():
        pass

    assert inner
"""
NODE = b"""const { test } = require('node:test')

test('adds', t => {
  t.plan(1)
  t.assert.equal(1 + 1, 2)
})
"""


def weaker(how: str, name: str) -> str:
    (case,) = [case for case in python_tests.cases_in(PYTHON) if case.name == name]
    text = edited(PYTHON, {str(key): edits for key, edits in case.weaker.items()}[how])
    ast.parse(text)
    return text.decode()


def test_what_is_inserted_at_one_place_keeps_its_order() -> None:
    assert edited(b"ab", [Edit(1, 1, b"1"), Edit(1, 1, b"2"), Edit(0, 1, b"A")]) == b"A12b"


def test_a_removed_method_leaves_its_class_standing() -> None:
    text = weaker("removed", "TestSums.test_two")
    assert "class TestSums:\n    pass\n" in text


def test_an_emptied_test_keeps_no_decorator_of_what_was_in_it() -> None:
    assert "def test_nested():\n    pass\n" in weaker("emptied", "test_nested")


def test_a_skipped_test_has_its_mark_and_the_name_it_needs() -> None:
    text = weaker("skipped", "TestSums.test_two")
    assert "import pytest\n\n\nclass TestSums:" in text
    assert '    @pytest.mark.skip(reason="unreliable")\n    def test_two' in text
    ast.parse(weaker("skipped", "test_raises"))


def test_a_loosened_test_minds_nothing() -> None:
    text = weaker("loosened", "test_raises")
    assert "assert True" in text
    assert "pytest.raises" not in text


def test_a_tautology_still_names_what_was_asserted() -> None:
    assert "assert (1 + 1 == 2) or True" in weaker("tautology", "TestSums.test_two")


@pytest.mark.parametrize(
    ("how", "expected"),
    [("skipped", b"{ skip: true }"), ("emptied", b"{}"), ("loosened", b"t.assert.ok(true)")],
)
def test_a_test_of_node_is_weakened_alike(how: str, expected: bytes) -> None:
    (case,) = node_tests.cases_in(NODE)
    assert expected in edited(NODE, {str(key): edits for key, edits in case.weaker.items()}[how])


def test_a_mutation_is_one_wrong_turn_on_a_line_that_was_asked_for() -> None:
    source = b"def f(a):\n    if a == 1:\n        return a\n    return 0\n"
    found = {
        edited(source, [edit]).decode().splitlines()[1] for edit in mutations("x.py", source, {1})
    }
    assert found == {"    if a != 1:", "    if a == 2:", "    if not (a == 1):"}
