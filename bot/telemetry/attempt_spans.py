"""What belongs to the attempts of a run, as its events come: edits, snippets, steps, gates.

An event says when something ended. When it began is told by how long it took or, where nothing
was measured, by the event before it that ended something else.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.telemetry.content import Content
from bot.telemetry.names import SPANS
from bot.telemetry.span import Span, Value, around, lasting, ns_of
from workflows.run import Entry

# How a command ends that came to its end; what that is worth, its gate says.
_ENDED = frozenset({"ok", "failed"})
# A snippet that raised or did not fit its types ended as such things do; these were stopped.
_STOPPED = frozenset({"timeout", "memory", "host-calls", "crashed"})


@dataclass(slots=True)
class _Draft:
    """One attempt while its events are read; ``inner`` are spans in the order of their parents."""

    number: int
    inner: list[Span] = field(default_factory=list)
    requests: list[Span] = field(default_factory=list)
    ended_ns: int = 0
    facts: dict[str, Value] = field(default_factory=dict)
    error: str = ""

    @property
    def key(self) -> str:
        return f"attempt-{self.number}"


class Attempts:
    """Reads the events of one run, oldest first; then `spans` yields its attempts."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._drafts: dict[int, _Draft] = {}
        self._commands: list[Span] = []
        self._number = 1
        self._free_ns = self._asked_from = 0
        self._counted = 0

    def note(self, entry: Entry) -> None:
        """Take one event in."""
        reader = _READERS.get(entry.event.kind)
        if reader is not None:
            reader(self, entry, entry.event.data)
        if entry.event.kind not in _INSIDE:
            self._free_ns = ns_of(entry)
            known = self._drafts.get(self._number)
            self._asked_from = len(known.inner) if known else 0

    def add_request(self, attempt: int, span: Span) -> None:
        """Take in a request that was made for an attempt."""
        draft = self._draft(attempt)
        draft.requests.append(replace(span, parent=draft.key))

    def spans(self) -> Iterator[Span]:
        """Yield the attempts, each before what is within it."""
        self._group_gates(self._draft(self._number) if self._commands else None, {})
        for _, draft in sorted(self._drafts.items()):
            within = [*draft.requests, *draft.inner]
            if not within and not draft.ended_ns:
                continue
            ended = draft.ended_ns or within[0].ended_ns
            facts = {"attempt": draft.number, **draft.facts}
            name = SPANS["attempt"].of()
            whole = Span(draft.key, "run", name, ended, ended, facts, draft.error)
            yield around(whole, within)
            yield from within

    def knows(self, number: int) -> bool:
        """Whether any event was about that attempt."""
        return number in self._drafts

    def _draft(self, number: int) -> _Draft:
        return self._drafts.setdefault(number, _Draft(number))

    def _key(self, word: str) -> str:
        self._counted += 1
        return f"{word}-{self._counted}"

    def _asked(self, _: Entry, data: Mapping[str, Any]) -> None:
        number = int(data.get("attempt", 0))
        if number:
            self._number = number
            self._draft(number)

    def _landed(self, entry: Entry, data: Mapping[str, Any]) -> None:
        self._number = int(data["attempt"]) or self._number
        draft = self._draft(self._number)
        edits = data.get("edits", ())
        landed = sum(1 for one in edits if one.get("landed"))
        facts: dict[str, Value] = {"edits": len(edits), "landed": landed}
        draft.facts["tree"] = str(data["tree"])
        self._put(draft, entry, Span(self._key("edit"), "", SPANS["edit"].of(), 0, 0, facts))

    def _snippet(self, entry: Entry, data: Mapping[str, Any]) -> None:
        outcome = str(data.get("outcome", ""))
        facts: dict[str, Value] = {"operation": "execute_tool", "tool": "snippet"}
        facts |= {"outcome": outcome, "calls": int(data.get("host_calls", 0))}
        facts |= {
            "own_seconds": float(data.get("seconds", 0.0)),
            "edits": int(data.get("edits", 0)),
        }
        error = outcome if outcome in _STOPPED else ""
        key, name = f"snippet-{data['snippet']}", SPANS["snippet"].of()
        draft, first = self._draft(self._number), self._asked_from
        within = [
            replace(one, parent=key) if one.parent == draft.key else one
            for one in draft.inner[first:]
        ]
        del draft.inner[first:]
        self._put(draft, entry, Span(key, "", name, 0, 0, facts, error))
        draft.inner += within  # the gates that the snippet asked for

    def _step(self, entry: Entry, data: Mapping[str, Any]) -> None:
        # Events of older programs name neither.
        self._number = int(data.get("attempt", 0)) or self._number
        error = "step-failed" if data.get("trouble") else ""
        name = SPANS["step"].of(str(data.get("step", "")))
        span = Span(self._key("step"), "", name, 0, 0, {}, error)
        self._put(self._draft(self._number), entry, span)

    def _command(self, entry: Entry, data: Mapping[str, Any]) -> None:
        """Keep a gate's command until it is known what it was run for."""
        outcome, ended = str(data.get("outcome", "")), ns_of(entry)
        side = str(data.get("side", ""))
        facts: dict[str, Value] = {"gate": str(data["gate"]), "side": side}
        facts |= {"outcome": outcome, **self._content.of_command(data)}
        begun = ended - lasting(data.get("seconds"))
        error = "" if outcome in _ENDED else outcome
        name = SPANS["command"].of(side)
        self._commands.append(Span(self._key("command"), "", name, begun, ended, facts, error))

    def _answered(self, entry: Entry, data: Mapping[str, Any]) -> None:
        draft, outcome = self._draft(self._number), str(data.get("outcome", ""))
        facts: dict[str, Value] = {"operation": "execute_tool", "tool": "gate"}
        facts |= {"gate": str(data["gate"]), "outcome": outcome}
        ended, key = ns_of(entry), self._key("asked")
        whole = Span(key, draft.key, SPANS["asked"].of(), ended, ended, facts)
        inner = [replace(one, parent=key) for one in self._commands]
        draft.inner += [around(whole, inner), *inner]
        self._commands = []

    def _tool(self, entry: Entry, data: Mapping[str, Any]) -> None:
        draft, outcome = self._draft(self._number), str(data.get("outcome", ""))
        tool, ended = f"{data['server']}.{data['tool']}", ns_of(entry)
        facts: dict[str, Value] = {"operation": "execute_tool", "tool": tool, "outcome": outcome}
        begun = ended - lasting(data.get("seconds"))
        error = "tool-failed" if outcome != "ok" else ""
        name = SPANS["tool"].of(tool)
        draft.inner.append(Span(self._key("tool"), draft.key, name, begun, ended, facts, error))

    def _finished(self, entry: Entry, data: Mapping[str, Any]) -> None:
        attempt = data["attempt"]
        self._number = int(attempt["number"])
        draft = self._draft(self._number)
        word = str(attempt["verdict"]["word"])
        draft.ended_ns, draft.error = ns_of(entry), "" if word == "pass" else word
        draft.facts |= {"verdict": word, "tree": str(attempt.get("applied_tree", ""))}
        findings = attempt["verdict"].get("findings", ())
        blocking = [one for one in findings if one.get("severity") == "block"]
        self._group_gates(draft, {str(one["gate"]): str(one["code"]) for one in blocking})
        self._number += 1  # gates that follow unannounced are those of a next one

    def _group_gates(self, draft: _Draft | None, errors: Mapping[str, str]) -> None:
        """Give an attempt the gates that ran for it, each with its commands."""
        if draft is None:
            return
        groups: dict[str, list[Span]] = {}
        for one in self._commands:
            groups.setdefault(str(one.attributes["gate"]), []).append(one)
        for gate, commands in groups.items():
            key = self._key("gate")
            first, error = commands[0], errors.get(gate, "")
            name, facts = SPANS["gate"].of(gate), {"gate": gate}
            whole = Span(key, draft.key, name, first.begun_ns, first.ended_ns, facts, error)
            inner = [replace(one, parent=key) for one in commands]
            draft.inner += [around(whole, inner), *inner]
        self._commands = []

    def _put(self, draft: _Draft, entry: Entry, span: Span) -> None:
        """Give an attempt what ended with ``entry`` and began when nothing else was under way."""
        ended = ns_of(entry)
        begun = min(self._free_ns or ended, ended)
        draft.inner.append(replace(span, parent=draft.key, begun_ns=begun, ended_ns=ended))


# What happens while something else is under way, and therefore ends nothing.
_INSIDE = frozenset(
    {"gate.finished", "gate.answered", "tool.answered", "prompt.sent", "budget.reserved"}
)
_READERS: Mapping[str, Callable[[Attempts, Entry, Mapping[str, Any]], None]] = {
    "prompt.sent": Attempts._asked,  # noqa: SLF001 - its own module
    "patch.landed": Attempts._landed,  # noqa: SLF001 - as above
    "snippet.finished": Attempts._snippet,  # noqa: SLF001 - as above
    "command.finished": Attempts._step,  # noqa: SLF001 - as above
    "gate.finished": Attempts._command,  # noqa: SLF001 - as above
    "gate.answered": Attempts._answered,  # noqa: SLF001 - as above
    "tool.answered": Attempts._tool,  # noqa: SLF001 - as above
    "attempt.finished": Attempts._finished,  # noqa: SLF001 - as above
}
