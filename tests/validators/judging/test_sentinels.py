"""Sentinels stand in each folder of tests, under names that its runner takes for tests."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from validators.checkout import Clone, list_files, read_file
from validators.judging.sentinels import plant

Files = dict[str, str]


@pytest.fixture
def nonce() -> Callable[[], str]:
    numbers: Iterator[int] = count(1)
    return lambda: f"n{next(numbers)}"


def added(clone: Clone, tree: str) -> list[str]:
    before = {file.path for file in list_files(clone, clone.base_tree)}
    return [file.path for file in list_files(clone, tree) if file.path not in before]


def test_each_folder_of_tests_has_one_named_as_tests_are_named_there(
    clone_of: Callable[[Files], Clone], nonce: Callable[[], str]
) -> None:
    names = [
        "a/test_x.py",
        "b/x_test.py",
        "c/x.test.mjs",
        "test_top.py",
        "src/code.py",
        "a/help.py",
    ]
    clone = clone_of(dict.fromkeys(names, ""))

    planted = plant(clone, clone.base_tree, (), nonce)

    assert added(clone, planted.tree) == [
        "a/test_sentinel_n2.py",
        "b/test_sentinel_n3_test.py",
        "c/test_sentinel_n4.test.mjs",
        "test_sentinel_n1.py",
    ]
    assert planted.folders == {
        "test_sentinel_n1": ".",
        "test_sentinel_n2": "a",
        "test_sentinel_n3": "b",
        "test_sentinel_n4": "c",
    }


def test_a_sentinel_fails_whatever_is_done_to_assert(
    clone_of: Callable[[Files], Clone], nonce: Callable[[], str]
) -> None:
    clone = clone_of({"test_x.py": ""})

    found = read_file(clone, plant(clone, clone.base_tree, (), nonce).tree, "test_sentinel_n1.py")

    assert found is not None
    assert b"raise AssertionError(" in found[1]


def test_where_there_are_many_folders_the_touched_ones_come_first(
    clone_of: Callable[[Files], Clone], nonce: Callable[[], str]
) -> None:
    clone = clone_of({f"t{number:03}/test_x.py": "" for number in range(80)})

    planted = plant(clone, clone.base_tree, ["t079/test_x.py"], nonce)

    assert len(planted.folders) == 64
    assert planted.folders["test_sentinel_n1"] == "t079"


def test_a_tree_without_tests_stays_as_it_is(
    clone_of: Callable[[Files], Clone], nonce: Callable[[], str]
) -> None:
    clone = clone_of({"a.py": ""})

    planted = plant(clone, clone.base_tree, (), nonce)

    assert (planted.tree, planted.folders) == (clone.base_tree, {})
