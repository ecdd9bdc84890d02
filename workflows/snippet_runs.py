"""The snippets of a run as its journal tells them: what was written, and what it came to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from validators.encoding import digest
from workflows.actions import RUN_CODE
from workflows.conversation import Reply
from workflows.explore import Told
from workflows.run import Entry

T = TypeVar("T")
# Reads a noun kept under a hash, or None where there is none to read.
ReadBlob = Callable[[object, type[T]], T | None]


@dataclass(frozen=True, slots=True)
class SnippetRun:
    """One snippet as it ended ``at``; ``code`` and ``told`` are empty where they are gone."""

    at: str
    outcome: str
    calls: int
    edits: int
    seconds: float
    code: str = ""
    told: str = ""


def snippets_by_attempt(
    entries: Sequence[Entry], read: ReadBlob[Any]
) -> Mapping[int, tuple[SnippetRun, ...]]:
    """Return the snippets of each attempt, in their order."""
    if not any(entry.event.kind == "snippet.finished" for entry in entries):
        return {}
    written = _written(entries, read)
    found: dict[int, tuple[SnippetRun, ...]] = {}
    attempt = 1
    for entry in entries:
        data = entry.event.data
        if entry.event.kind == "prompt.sent":
            attempt = int(data.get("attempt", attempt)) or attempt
        elif entry.event.kind == "snippet.finished":
            told = read(data.get("answer"), Told)
            ran = SnippetRun(
                entry.at,
                str(data["outcome"]),
                int(data["host_calls"]),
                int(data["edits"]),
                float(data["seconds"]),
                written.get(str(data["sha256"]), ""),
                told.text if told else "",
            )
            found[attempt] = (*found.get(attempt, ()), ran)
    return found


def _written(entries: Iterable[Entry], read: ReadBlob[Any]) -> dict[str, str]:
    """Return what the model wrote as snippets, by hash."""
    found = {}
    for entry in entries:
        if entry.event.kind != "model.replied":
            continue
        reply = read(entry.event.data.get("reply"), Reply)
        for call in reply.message.calls if reply else ():
            code = call.arguments.get("code")
            if call.name == RUN_CODE and isinstance(code, str):
                found[digest(code.encode("utf-8", "surrogatepass"))] = code
    return found
