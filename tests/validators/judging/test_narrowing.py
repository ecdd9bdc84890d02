from collections.abc import Callable
from typing import Any

import pytest

from validators.judging.narrowing import files_of, narrowed, narrowed_node

PLAIN = ("python", "-m", "pytest")
FILES = {"tests/test_a.py": "", "tests/unit/test_b.py": "", "-odd.py": "", "tests/data.json": ""}


@pytest.mark.parametrize(
    ("more", "files", "expected"),
    [
        ([], {"tests/test_a.py"}, (*PLAIN, "tests/test_a.py")),
        ([], {"tests/unit/test_b.py", "tests/test_a.py"},
         (*PLAIN, "tests/test_a.py", "tests/unit/test_b.py")),
        (["pytest.ini", "other/pytest.ini"], {"tests/test_a.py"}, (*PLAIN, "tests/test_a.py")),
        (["tests/tox.ini"], {"tests/unit/test_b.py"}, PLAIN),
        ([], {"tests/test_c.py"}, PLAIN),
        ([], {"tests/data.json"}, PLAIN),
        ([], {"-odd.py"}, PLAIN),
        ([], set(), PLAIN),
    ],
)  # fmt: skip
def test_pytest_is_told_of_files_where_the_same_settings_hold(
    clone_of: Callable[..., Any], more: list[str], files: set[str], expected: tuple[str, ...]
) -> None:
    clone = clone_of(FILES | dict.fromkeys(more, ""))

    assert narrowed(clone, clone.base_tree, PLAIN, files) == expected


def test_a_command_that_is_not_plainly_pytest_stays(clone_of: Callable[..., Any]) -> None:
    clone = clone_of(FILES)

    assert narrowed(clone, clone.base_tree, ("tox",), {"tests/test_a.py"}) == ("tox",)


def test_tests_are_found_in_their_files_by_id() -> None:
    ids = ["tests.test_a::test_x[1.5]", "tests.unit.test_b.Case::test_y"]

    assert files_of(ids, FILES) == {"tests/test_a.py", "tests/unit/test_b.py"}
    assert files_of([*ids, "test_c::test_z"], FILES) == frozenset()
    assert files_of([], FILES) == frozenset()


@pytest.mark.parametrize(
    ("run", "files", "expected"),
    [
        (("node", "--test"), {"test/b.test.js", "a.test.js"},
         ("node", "--test", "a.test.js", "test/b.test.js")),
        (("node", "--import=tsx", "--test"), {"a.test.ts"},
         ("node", "--import=tsx", "--test", "a.test.ts")),
        (("node", "--test"), set(), ("node", "--test")),
        (("node", "--test", "lib"), {"a.test.js"}, ("node", "--test", "lib")),
        (("node", "--test"), {"[a].test.js"}, ("node", "--test")),
        (("node", "--test"), {"-a.test.js"}, ("node", "--test")),
        (("npm", "test"), {"a.test.js"}, ("npm", "test")),
    ],
)  # fmt: skip
def test_node_is_told_of_files_where_it_is_told_of_nothing_else(
    run: tuple[str, ...], files: set[str], expected: tuple[str, ...]
) -> None:
    assert narrowed_node(run, files) == expected
