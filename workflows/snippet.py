"""A model's snippet and how it ended: the nouns of the Interpreter port."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from scoping.refusal import Refusal

SnippetOutcome = Literal[
    "ok",  # it came to its end
    "raised",  # an exception that it did not catch
    "type-error",  # it does not fit the stubs, or is no program; nothing of it was run
    "timeout",  # it was stopped: it took too long
    "memory",  # it was stopped: it took too much memory
    "host-calls",  # it was stopped: it called our functions too often
    "crashed",  # its interpreter ended under it
]
# As models write code where words stand around it.
_FENCED = re.compile(r"\s*```[\w+-]*[ \t]*\n(.*?)\n?[ \t]*```\s*", re.DOTALL)
# After these nothing is known of what the snippet left in memory, so the state before it is used.
STOPPED: frozenset[SnippetOutcome] = frozenset(("timeout", "memory", "host-calls", "crashed"))


# What a snippet may call, by name; one with a dot in it is a method of an object of that name. They
# take and return plain values and lists of them, and may return frozen dataclasses, which the
# snippet reads by attribute. A Refusal that one raises is a ValueError in the snippet, with the
# same words.
Functions = Mapping[str, Callable[..., Any]]


class InterpreterRefusal(Refusal):
    """No snippet can be run here: what is missing, and what to do."""


@dataclass(frozen=True, slots=True)
class SnippetLimits:
    """Bounds of each snippet of a session.

    ``timeout_s`` is the snippet's own time, without that of the functions it calls. What it prints
    past ``output_bytes`` is dropped. ``recursion`` is how deep its calls may nest.
    """

    timeout_s: float = 10.0
    memory_bytes: int = 256 * 1024**2
    output_bytes: int = 10_000
    host_calls: int = 5_000
    recursion: int = 500


@dataclass(frozen=True, slots=True)
class SnippetResult:
    """How a snippet ended: ``message`` is empty or one line on why.

    ``snapshot`` is the state of all names after it, for `restore`; None where that cannot be kept.
    ``is_state_lost`` says that the names of earlier snippets were gone when it began. ``wall_s`` is
    the snippet's own time, as ``timeout_s`` counts it.
    """

    outcome: SnippetOutcome
    printed: str = ""
    dropped_bytes: int = 0
    message: str = ""
    host_calls: int = 0
    wall_s: float = 0.0
    snapshot: bytes | None = None
    is_state_lost: bool = False


def unfenced(snippet: str) -> str:
    """Return a snippet without the fence of Markdown around all of it, if it has one."""
    fenced = _FENCED.fullmatch(snippet)
    return fenced[1] if fenced else snippet
