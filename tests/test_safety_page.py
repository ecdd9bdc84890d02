"""The page on safety against the code: every guarantee, every kind of process, cases that exist."""

import re
from pathlib import Path
from typing import get_args

import pytest

from validators.sandbox import Guarantee


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "safety.md").read_text("utf-8")


@pytest.fixture(scope="module")
def rows(page: str) -> dict[str, list[str]]:
    """Each guarantee of the table, with the patterns of its cases."""
    found = re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| ([^|]+) \|$", page, re.MULTILINE)
    return {name: re.findall(r"`([a-z0-9*-]+)`", cases) for name, cases in found}


def test_every_guarantee_is_explained_with_its_cases(rows: dict[str, list[str]]) -> None:
    assert rows.keys() == set(get_args(Guarantee))
    assert all(rows.values())


def test_every_case_that_is_named_exists(root: Path, rows: dict[str, list[str]]) -> None:
    files = list((root / "tests" / "attacks").glob("*cases/*.yaml"))
    if not files:
        pytest.skip("this copy of the code has no attack cases")
    text = "\n".join(file.read_text("utf-8") for file in files)
    known = re.findall(r"^- id: ([a-z0-9-]+)$", text, re.MULTILINE)
    named = {pattern for patterns in rows.values() for pattern in patterns}
    missing = {
        pattern
        for pattern in named
        if not any(re.fullmatch(pattern.replace("*", ".+"), one) for one in known)
    }
    assert missing == set()


def test_each_backend_has_a_section(page: str) -> None:
    assert {"## bwrap", "## container", "## none"} <= set(page.splitlines())
