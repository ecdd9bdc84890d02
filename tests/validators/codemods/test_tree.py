"""A tree that is brought up to date is the tree that a parse from the beginning gives."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoping.languages import BY_NAME
from validators.codemods.edit import Splice
from validators.codemods.tree import SourceTree
from validators.edits.syntax_node import walked

PYTHON = """def f(a):
    '''Doc.'''
    if a:
        g(
            1,
        )


class A:
    x = "é"
""".encode()
RUST = b'fn f() {\n    let a = r#"x"#;\n    g(a)?;\n}\n'
TEXTS = st.sampled_from(
    [b", b=1", b"", b"x", b"\n", b"\n    y(1)\n", b'"', b"(", b"  ", b"# c\n", b"\xc3\xa9"]
)


def shape(tree: SourceTree) -> list[tuple[str, int, int, tuple[int, int]]]:
    return [(one.type, one.start_byte, one.end_byte, one.start_point) for one in walked(tree.root)]


def splices(places: Sequence[tuple[int, int, bytes]], size: int) -> list[Splice]:
    """Return the places in order, those left out that touch one before."""
    found: list[Splice] = []
    for at, length, text in sorted(places):
        stop = min(at + length, size)
        if at <= stop and (not found or at > found[-1].stop):
            found.append(Splice(at, stop, text))
    return found


@pytest.mark.parametrize(("language", "content"), [("python", PYTHON), ("rust", RUST)])
@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 9), TEXTS), max_size=4))
def test_what_edits_left_alone_is_not_parsed_again_and_the_tree_is_the_same(
    language: str, content: bytes, places: list[tuple[int, int, bytes]]
) -> None:
    before = SourceTree(BY_NAME[language], content)
    was = shape(before)
    after = before.after(splices(places, len(content)))
    anew = SourceTree(BY_NAME[language], after.content)
    # How a parser goes on behind an error may depend on where it began; code has one tree.
    assert after.root.has_error == anew.root.has_error
    assert anew.root.has_error or shape(after) == shape(anew)
    assert shape(before) == was
