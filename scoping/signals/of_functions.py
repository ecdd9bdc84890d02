"""What speaks for each function of the likely files; keys are ``path::name:line``."""

from collections.abc import Iterator, Sequence

from scoping.bm25 import Bags
from scoping.bodies import Body
from scoping.signals.case import Case, Column
from scoping.signals.mentions import located
from scoping.signals.names_of_functions import names_of_functions
from scoping.signals.nature_of_functions import nature_of_functions
from scoping.signals.words_of_functions import words_of_functions

_NEAR_LINES = 40


def function_columns(case: Case, bodies: Sequence[Body], bags: Bags) -> tuple[Column, ...]:
    """Return every signal about the functions, the score of their file left out.

    ``bags`` are their words, as far as the issue has them.
    """
    keys = frozenset(body.key for body in bodies)
    pool = frozenset(body.key for body in bodies if body.symbol.path in case.pool) or keys
    return (
        *words_of_functions(case, bodies, pool, bags),
        *names_of_functions(case, bodies, pool),
        *_frames(case, bodies),
        _linked(case, bodies),
        _literals(case, bodies),
        *nature_of_functions(bodies),
    )


def _frames(case: Case, bodies: Sequence[Body]) -> Iterator[Column]:
    frames = tuple(
        (path, frame)
        for frame in reversed(case.issue.frames)
        for path in located(case.graph, frame.path)
    )
    last: dict[str, float] = {}
    others: dict[str, float] = {}
    lines: dict[str, int] = {}
    for body in bodies:
        symbol = body.symbol
        for place, (path, frame) in enumerate(frames):
            inside = symbol.start_line <= frame.line <= symbol.end_line
            # Line numbers of another version are off; the name then still says which one it was.
            is_it = frame.function.rpartition(".")[2] == symbol.name
            if path == symbol.path and (is_it or (inside and not frame.function)):
                found = others if place else last
                found[body.key] = 1.0 if inside else 0.5
                lines[body.key] = frame.line
                break

    def tell(key: str) -> str:
        return f"line {lines[key]} of the traceback is in it"

    yield Column("last_frame", last, tell)
    yield Column("any_frame", others, tell)


def _linked(case: Case, bodies: Sequence[Body]) -> Column:
    """Speak for the lines that the issue links to; those of another revision are a little off."""
    values: dict[str, float] = {}
    links = [(path, link) for link in case.issue.links for path in located(case.graph, link.path)]
    for body in bodies:
        for path, link in links:
            symbol = body.symbol
            gap = max(symbol.start_line - link.end_line, link.start_line - symbol.end_line, 0)
            if path == symbol.path and gap <= _NEAR_LINES:
                worth = 0.5 * (1 - gap / (_NEAR_LINES + 1)) if gap else 1.0
                values[body.key] = max(worth, values.get(body.key, 0.0))
    return Column("linked", values, lambda _: "the issue links to its lines")


def _literals(case: Case, bodies: Sequence[Body]) -> Column:
    found: dict[str, str] = {}
    for body in bodies:
        for piece, paths in case.quoted.items():
            if body.symbol.path in paths and piece in body.text:
                found[body.key] = piece
    return Column(
        "literal",
        dict.fromkeys(found, 1.0),
        lambda key: f"holds the text “{found[key][:80]}” of the issue",
    )
