"""The facade's one page: complete, short, the same in the documentation, and true to the letter."""

import re
from pathlib import Path

import pytest

from scoping.grammars import matches, tree_of
from scoping.languages import BY_NAME
from tests.validators.codemods.conftest import made
from validators.codemods.facade import Edits, File
from validators.codemods.node import Argument, Node
from validators.codemods.reference import SHOWN, Shown, codemod_reference

# What a prompt can spare for it; a token of such text has somewhat less than four letters.
MAX_LETTERS = 5_450
# What only the facade's own parts ask for.
INNER = {"content"}


@pytest.mark.parametrize("shown", SHOWN, ids=lambda one: one.call.partition("(")[0])
def test_each_example_does_what_it_shows_and_nothing_more_the_second_time(shown: Shown) -> None:
    def transform(file: File) -> Edits:
        yielded: Edits = eval(shown.yields, {"file": file})  # noqa: S307 - our own text
        return yielded

    assert made(shown.language, shown.before, transform) == shown.after
    assert made(shown.language, shown.after, transform) == shown.after


@pytest.mark.parametrize("part", [File, Node, Argument])
def test_everything_that_a_program_may_call_is_on_the_page(part: type) -> None:
    file = vars(File("a.py", "python", b"")) if part is File else {}
    names = {name for name in (*dir(part), *file) if not name.startswith("_")} - INNER
    assert {name for name in names if not re.search(rf"\b{name}\b", codemod_reference())} == set()


def test_the_kinds_on_the_page_are_the_grammars_own() -> None:
    page = codemod_reference()
    named = re.findall(r"^(python|typescript|go|java|rust): ([^;\n]+)", page, re.MULTILINE)
    assert len(named) == 5
    for language, kinds in named:
        grammar = BY_NAME[language]
        tree = tree_of(grammar, b"")
        assert tree is not None
        for kind in re.sub(r"\([^)]*\)", "", kinds).split(","):
            assert matches(grammar, f"({kind.strip()}) @found", tree) == []


def test_the_page_is_short_and_is_what_the_documentation_has(root: Path) -> None:
    assert len(codemod_reference()) <= MAX_LETTERS
    assert codemod_reference() in (root / "docs" / "codemods.md").read_text("utf-8")
