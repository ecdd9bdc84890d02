"""A case of a table that changes sides with the sources, and one that is only taken out."""

from collections.abc import Callable
from typing import Any

import pytest

from validators.rules import GateRule, Rules
from validators.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

SOURCE = "def is_valid(text):\n    return text == {}\n"
TESTS = """import pytest
import words


@pytest.mark.parametrize("text", {valid})
def test_valid(text):
    assert words.is_valid(text)


@pytest.mark.parametrize("text", {invalid})
def test_invalid(text):
    assert not words.is_valid(text)
"""
RULES = Rules(gates=(GateRule("tests", "test", ("python", "-m", "pytest"), timeout_s=60),))
BASE = {
    "words.py": SOURCE.format("'A'"),
    "test_words.py": TESTS.format(valid=["A"], invalid=["B", "a::b"]),
}


@pytest.mark.parametrize(
    ("source", "valid", "word", "code"),
    [
        ("'A' or '::' in text", ["A", "a::b"], "pass", "test-replaced"),
        ("'A' or '::' in text", ["A"], "fail", "parametrize-cases-removed"),
        ("'A' or text == 'c'", ["A", "c"], "fail", "parametrize-cases-removed"),
    ],
)
def test_a_case_may_go_when_it_is_another_tests_now_that_turns_green(
    bench_of: Callable[..., Any],
    sandbox: Sandbox,
    source: str,
    valid: list[str],
    word: str,
    code: str,
) -> None:
    bench = bench_of(BASE, sandbox, RULES)

    verdict, _ = bench.judge(
        {
            "words.py": SOURCE.format(source),
            "test_words.py": TESTS.format(valid=valid, invalid=["B"]),
        }
    )

    assert verdict.word == word, "\n".join(map(str, verdict.findings))
    assert code in {finding.code for finding in verdict.findings}


CALLER = """import words


def test_shouts():
    called = words.is_valid({})
    assert called == True
"""


@pytest.mark.parametrize(("asserts", "word"), [("True", "pass"), ("1", "fail")])
def test_a_call_that_follows_the_sources_elsewhere_is_for_a_person(
    bench_of: Callable[..., Any], sandbox: Sandbox, asserts: str, word: str
) -> None:
    base = {
        "words.py": SOURCE.format("'A' or text == '::'"),
        "test_words.py": TESTS.format(valid=["A"], invalid=["B", "c"]),
        "test_more.py": CALLER.format("'A'"),
    }
    bench = bench_of(base, sandbox, RULES)

    verdict, _ = bench.judge({
        "words.py": SOURCE.format("'c' or text == '::'"),
        "test_words.py": TESTS.format(valid=["c"], invalid=["B", "A"]),
        "test_more.py": CALLER.format("'::'").replace("== True", f"== {asserts}"),
    })  # fmt: skip

    assert verdict.word == word, "\n".join(map(str, verdict.findings))
