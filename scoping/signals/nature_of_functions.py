"""What a function is, whatever the issue: how long, how much it decides, whom it is there for."""

from collections.abc import Iterator, Sequence
from math import log1p

from scoping.bodies import Body
from scoping.signals.case import Column
from scoping.signals.nature import serves_tests

# Told by their letters alone: what a comment says of "if" counts too, and no parser is asked.
_DECISIONS = ("if ", "for ", "while ", "except", "else")
_PROPERTIES = ("@property", "@cached_property", "@functools.cached_property")
_HEAD_LETTERS = 600


def nature_of_functions(bodies: Sequence[Body]) -> Iterator[Column]:
    """Yield a column for each thing that a function can be."""
    yield Column("size", {body.key: log1p(_length(body)) / 5 for body in bodies})
    yield Column("branches", {body.key: log1p(_decisions(body)) / 5 for body in bodies})
    yield Column("is_test", {b.key: 1.0 for b in bodies if b.symbol.name.startswith("test")})
    yield Column("is_testing", {b.key: 1.0 for b in bodies if serves_tests(b.symbol.path)})
    yield Column("is_method", {b.key: 1.0 for b in bodies if b.symbol.kind == "method"})
    yield Column("is_private", {b.key: 1.0 for b in bodies if is_private(b.symbol.name)})
    yield Column("is_magic", {b.key: 1.0 for b in bodies if b.symbol.name.startswith("__")})
    yield Column("is_property", {b.key: 1.0 for b in bodies if _is_property(b)})
    yield Column("is_deprecated", {b.key: 1.0 for b in bodies if _is_deprecated(b)})


def is_private(name: str) -> bool:
    """Whether a name says that only its own file or class is to use it."""
    return name.startswith("_") and not name.startswith("__")


def _length(body: Body) -> int:
    return body.symbol.end_line - body.symbol.start_line + 1


def _decisions(body: Body) -> int:
    """Return how often the code seems to decide: what fails is seldom a straight line."""
    return sum(map(body.code.count, _DECISIONS))


def _is_property(body: Body) -> bool:
    return body.text.lstrip().startswith(_PROPERTIES)


def _is_deprecated(body: Body) -> bool:
    """Whether a decorator or its documentation says so; its name alone may speak of others."""
    text = body.text.lstrip()
    decorators = text.partition("def ")[0][:_HEAD_LETTERS] if text.startswith("@") else ""
    return "deprecat" in decorators.lower() or ".. deprecated" in body.docstring
