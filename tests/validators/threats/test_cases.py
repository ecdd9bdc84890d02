"""A case is held by a test that is there and runs, and by a row only while its table has it."""

import pytest

from tests.validators.threats.cases import held, troubles


@pytest.mark.parametrize(("number", "word"), [(1, "one"), pytest.param(2, "two", id="a pair")])
def test_known(number: int, word: str) -> None:
    assert (number, word) in {(1, "one"), (2, "two")}


def _no_test() -> None:
    raise AssertionError


@pytest.mark.skip(reason="one that is not run")
def _test_skipped() -> None:
    raise AssertionError


def test_what_is_gone_or_not_run_is_told_with_its_case() -> None:
    here = f"{__name__}.test_known"
    table = {
        "A": (held(test_known), held(test_known, 1, "two"), held(test_known, "a pair", (1, "one"))),
        "B": (held(test_known, "three"), held(_no_test)),
    }

    assert troubles(table) == [
        f"B: {here} has no row 'three'",
        f"B: {__name__}._no_test is no test",
    ]
    _test_skipped.__name__ = "test_skipped"
    assert held(_test_skipped).trouble.endswith("test_skipped is not run")
