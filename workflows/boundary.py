"""What may cross from a snippet to our side: each argument checked where it arrives, by its role.

A value is tainted unless its text stands in the model's own snippets as one literal: it may have
come from a file, an issue or a test's output. Tainted values may be paths inside the tree, search
words and text for files, which policy and gates judge later. What decides anything else, and what
people are told, must be a literal.

This is a check at the boundary and no data-flow analysis: a snippet can copy a literal's letters
together, or branch on what it read. It keeps words of strangers from becoming orders by themselves.
"""

import ast
import inspect
import io
import tokenize
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Any, Literal

from scoping.questions import QuestionRefusal

Role = Literal[
    "path",  # a path inside the tree
    "paths",  # a list of them
    "search",  # a word, a name or a glob to look for
    "text",  # what a file, or a note of the model's own, is to hold
    "texts",  # lists of such
    "number",  # a line, or how many
    "choice",  # decides what is done
    "said",  # shown to people
    "sent",  # goes to a program of others
]
_LITERAL: frozenset[Role] = frozenset(("choice", "said", "sent"))
_LISTS: Mapping[Role, Role] = {"paths": "path", "texts": "text"}
_MAX_LENGTHS: Mapping[Role, int] = {
    "path": 1_000,
    "search": 500,
    "text": 400_000,
    "choice": 100,
    "said": 20_000,
    "sent": 20_000,
}
_MAX_SHOWN = 60
_REMEMBERED = 300
_SHORTEST_TRACED = 3


class Boundary:
    """What the snippets of one conversation say literally, and what they were answered."""

    def __init__(self) -> None:
        self._literals: set[str] = set()
        self._answers: deque[tuple[str, Any]] = deque(maxlen=_REMEMBERED)

    def wrote(self, snippet: str) -> None:
        """Take the texts that stand in a snippet as the model's own."""
        self._literals |= literals(snippet)

    def saw(self, call: str, answer: Any) -> None:  # noqa: ANN401 - whatever the SDK returns
        """Remember what ``call`` was answered, to say later where a value came from."""
        self._answers.append((call, answer))

    def guarded(
        self, name: str, roles: Mapping[str, Role], function: Callable[..., Any]
    ) -> Callable[..., Any]:
        """Return ``function`` as a snippet calls it: each argument checked, the answer noted."""
        signature = inspect.signature(function)

        @wraps(function)
        def call(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - what a snippet may hand over
            bound = signature.bind(*args, **named)
            bound.apply_defaults()
            self.check(roles, bound.arguments)
            given = tuple(bound.arguments.values())
            answer = function(*given)
            first = repr(given[0])[:_MAX_SHOWN] if given else ""
            self.saw(f"{name}({first})", answer)
            return answer

        return call

    def check(self, roles: Mapping[str, Role], given: Mapping[str, Any]) -> None:
        """Raise QuestionRefusal for the first argument that may not be what it is."""
        for name, role, value in _parts(roles, given):
            wrong = _wrong(role, value)
            if wrong:
                raise QuestionRefusal(f"the argument {name!r} must be {wrong}")
            if role == "path" and _leaves_tree(value):
                raise QuestionRefusal(
                    f"{value[:_MAX_SHOWN]!r} is no path inside the repository{self._origin(value)}"
                )
            if role in _LITERAL and value not in self._literals:
                raise QuestionRefusal(
                    f"the argument {name!r} must stand in the snippet as one plain text, and"
                    f" {value[:_MAX_SHOWN]!r} does not{self._origin(value)}; write it out"
                )

    def _origin(self, value: str) -> str:
        """Return where ``value`` came from, as the end of a sentence."""
        if value in self._literals:
            return ""
        if len(value) >= _SHORTEST_TRACED:
            for call, answer in reversed(self._answers):
                if _holds(answer, value):
                    return f": it came from {call}"
        return ": it was computed"


def literals(snippet: str) -> frozenset[str]:
    """Return the texts that stand in ``snippet`` as plain literals; neighbours are one text.

    Read token by token: a parser could be made to overflow. What cannot be read has none.
    """
    found: set[str] = set()
    whole = ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(snippet).readline):
            text = _text_of(token.string) if token.type == tokenize.STRING else None
            if text is not None:
                found.add(text)
                whole += text
                found.add(whole)
            elif token.type not in {tokenize.NL, tokenize.COMMENT}:
                whole = ""
    except (tokenize.TokenError, SyntaxError):  # what came before the trouble was read well
        return frozenset(found)
    return frozenset(found)


def _text_of(literal: str) -> str | None:
    try:
        value = ast.literal_eval(literal)
    except (ValueError, SyntaxError):  # an f-string, which is computed
        return None
    return value if isinstance(value, str) else None


def _parts(roles: Mapping[str, Role], given: Mapping[str, Any]) -> Iterator[tuple[str, Role, Any]]:
    """Yield each argument with its role, and of a list each text in it."""
    for name, value in given.items():
        inner = _LISTS.get(roles[name])
        if inner is None:
            yield name, roles[name], value
        elif isinstance(value, list | tuple):
            for one in value:
                yield from _parts({name: roles[name] if _is_list(one) else inner}, {name: one})
        else:
            raise QuestionRefusal(f"the argument {name!r} must be a list of texts")


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


def _wrong(role: Role, value: object) -> str:
    """Return what a value of ``role`` must be and ``value`` is not, or ""."""
    if role == "number":
        return "" if type(value) is int else "a whole number"
    if not isinstance(value, str):
        return "a text"
    most = _MAX_LENGTHS[role]
    return "" if len(value) <= most else f"a text of at most {most} characters"


def _leaves_tree(path: str) -> bool:
    return path.startswith("/") or "\0" in path or ".." in path.split("/")


def _holds(answer: Any, text: str) -> bool:  # noqa: ANN401 - as above
    if isinstance(answer, str):
        return text in answer
    if isinstance(answer, list | tuple):
        return any(_holds(one, text) for one in answer)
    if is_dataclass(answer):
        return any(_holds(getattr(answer, one.name), text) for one in fields(answer))
    return False
