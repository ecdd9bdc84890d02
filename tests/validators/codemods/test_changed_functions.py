"""What is claimed of a few functions holds of the whole file, whatever was edited into them."""

import pytest

from validators.codemods.changed_functions import changed_functions
from validators.codemods.edit import Splice, spliced

SOURCE = b'''"""A module's words, 'with' quotes.

def no_function(self):
    pass
"""
import os

LIMIT = [
    1,
]


class Cart(object):
    """A class."""

    size = 3

    @property
    @os.cache
    def total(self, *, a=1):
        """Return it.

def not_a_function():
    neither
        """
        found = f(
            self, 1
        )
        async def later():
            await found
# a comment that stands further left
        def again(b):
            nonlocal found
            found = b
            return [f(b) for b in found]

        return found

    def other(
        self,
    ) -> None:
        text = """
def y():
  words"""; f(text)
        if text:
            f(text, 2)
        else:
            f()

    async def third(self):
        return await f(self)


if LIMIT:
    def last():
        f(LIMIT)


def alone(): return f()


f(LIMIT)
'''
EDITS = (
    *(b"(", b")", b"]", b'"', b"'", b'"""', b"'''", b"#", b"\\", b"\n", b"\\\n", b"\t"),
    *(b"\nx = 1\n", b"\n    x = 1\n", b"\n        x = 1\n", b"\nclass A:\n", b", a=1, a=2"),
    *(b"await x", b"\nimport a\n", b" if x else y", b"x := 1", b"*, ", b"return ", b"def g(): "),
)


def compiles(content: bytes) -> bool:
    try:
        compile(content, "", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def claimed(splices: tuple[Splice, ...], source: bytes = SOURCE) -> bool:
    """Whether the functions alone say that the file is as sound as it was."""
    found = changed_functions(source, splices)
    return bool(found) and all(compiles(text) for pair in found or () for text in pair)


def broken_and_claimed(every: int) -> tuple[list[Splice], int]:
    """Try each edit at every so-manieth place: which wrong claims there are, of how many."""
    told = 0
    wrong = []
    for number, text in enumerate(EDITS):
        for at in range(number % every, len(SOURCE), every):
            for stop in (at, at + 1):
                splice = Splice(at, stop, text)
                if claimed((splice,)):
                    told += 1
                    wrong += [] if compiles(spliced(SOURCE, [splice])) else [splice]
    return wrong, told


def test_no_edit_that_breaks_the_file_passes_for_sound() -> None:
    wrong, told = broken_and_claimed(7)

    assert compiles(SOURCE)
    assert wrong == []
    assert told > 100


@pytest.mark.long
def test_no_edit_anywhere_that_breaks_the_file_passes_for_sound() -> None:
    assert broken_and_claimed(1)[0] == []


@pytest.mark.parametrize("opened", [b'"""', b"'''", b"f(", b"x = [", b"\nif x:\n"])
def test_two_edits_of_which_one_undoes_the_other_are_judged_each_in_its_function(
    opened: bytes,
) -> None:
    places = [SOURCE.index(word) + len(word) for word in (b"await found", b"f(text, 2)")]

    assert not claimed(tuple(Splice(at, at, opened) for at in places))


def test_edits_of_several_functions_are_told_apart() -> None:
    places = [at for at in range(len(SOURCE)) if SOURCE.startswith(b"f(", at)][:-1]
    splices = tuple(Splice(at, at + 1, b"g") for at in places)

    found = changed_functions(SOURCE, splices)

    assert found is not None
    heads = [after.split(b"def ")[1].partition(b"(")[0] for _, after in found]
    assert heads == [b"total", b"other", b"third", b"last", b"alone"]
    assert claimed(splices)
    assert not claimed((*splices, Splice(len(SOURCE) - 8, len(SOURCE) - 7, b"(")))


@pytest.mark.parametrize(
    "source",
    [
        b"def f():\r\n    g()\r\n",
        b"# coding: latin-1\ndef f():\n    g()\n",
        b"def f():\n    g()",
        b"x = 1 + \\\n    2\ndef f():\n    g()\n",
        b'x = \'"""\'\ndef f():\n    g()\n',
        b'# """\ndef f():\n    g()\n',
        b'x = """\ndef f():\n    g()\n',
        b'x = """a\\"""b"""\ndef f():\n    g()\n',
        b"g()\n",
    ],
)
def test_where_the_text_does_not_tell_nothing_is_claimed(source: bytes) -> None:
    at = source.index(b"g()")

    assert changed_functions(source, (Splice(at, at + 1, b"h"),)) is None


def test_what_annotations_may_hold_is_as_the_file_says() -> None:
    source = b"from __future__ import annotations\ndef f(a: int):\n    g()\n"
    at = source.index(b"int")

    assert claimed((Splice(at, at + 3, b"str"),), source)
    assert not claimed((Splice(at, at + 3, b"(b := str)"),), source)
