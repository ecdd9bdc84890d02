"""A run step by step, for a terminal: each event in a line, and what it is about beneath it.

A step is one event of the run; its number is its place among them, counted from 1.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.console import one_line
from bot.pages.words_around import AROUND
from validators.encoding import EncodingRefusal, decode
from workflows.actions import RUN_CODE
from workflows.conversation import ActionCall, Conversation, Reply
from workflows.explore import Told
from workflows.migration_step import StepResult
from workflows.ports import JournalRefusal
from workflows.program_reply import Found
from workflows.run import Entry
from workflows.tool_servers import ToolAnswer

T = TypeVar("T")
# What comes of an event that another version wrote in another shape.
_ODD = (AttributeError, IndexError, KeyError, TypeError, ValueError)
_GONE = "(what was said is not in the journal any more)"


@dataclass(frozen=True, slots=True)
class Step:
    """One event. ``line`` says it in words, ``body`` is what it is about, whole, or empty."""

    number: int
    at: str
    kind: str
    line: str
    body: str


def steps_of(
    entries: Sequence[Entry], get_blob: Callable[[str], bytes], tell: Callable[[Entry], str]
) -> tuple[Step, ...]:
    """Return each step of a run, in the words of ``tell``; of a blob that is gone it is said so."""
    return tuple(
        Step(
            number,
            entry.at,
            entry.event.kind,
            line_in_words(entry, tell),
            _body(entry, get_blob),
        )
        for number, entry in enumerate(entries, 1)
    )


def line_in_words(entry: Entry, tell: Callable[[Entry], str]) -> str:
    """Return one step in the words of ``tell``, or in ours where those are none."""
    try:
        return tell(entry).strip() or _quiet_line(entry)
    except _ODD:
        return f"{entry.event.kind}, as another version wrote it"


def failing(entries: Sequence[Entry]) -> tuple[int, ...]:
    """Return the numbers of the steps about what failed last: its gates, and the attempt's end.

    Empty where no attempt of the run was found wanting.
    """
    ends = [
        (number, entry.event.data["attempt"])
        for number, entry in enumerate(entries, 1)
        if entry.event.kind == "attempt.finished"
    ]
    bad = [end for end in ends if end[1]["verdict"]["word"] != "pass"]
    if not bad:
        return ()
    last, attempt = bad[-1]
    before = max((number for number, _ in ends if number < last), default=0)
    findings = attempt["verdict"].get("findings", ())
    gates = {one["gate"] for one in findings if one["severity"] == "block"}
    ran = [
        number
        for number, entry in enumerate(entries, 1)
        if before < number < last
        and entry.event.kind == "gate.finished"
        and entry.event.data["gate"] in gates
        and entry.event.data.get("side") != "base"
    ]
    return (*ran, last)


def _quiet_line(entry: Entry) -> str:
    """Return in words what tells nobody anything while it happens."""
    teller = _LINES.get(entry.event.kind) or AROUND.get(entry.event.kind)
    return one_line(teller(entry.event.data) if teller else entry.event.kind)


def _body(entry: Entry, get_blob: Callable[[str], bytes]) -> str:
    teller = _BODIES.get(entry.event.kind)
    try:
        return teller(entry.event.data, get_blob).strip("\n") if teller else ""
    except _ODD:
        return "(what it is about was written by another version)"


Data = Mapping[str, Any]
GetBlob = Callable[[str], bytes]


def _blob(name: object, shape: type[T], get_blob: GetBlob) -> T | None:
    try:
        return decode(get_blob(str(name)), shape)
    except (JournalRefusal, EncodingRefusal):
        return None


def _task(data: Data, _: GetBlob) -> str:
    task = data.get("task", {})
    return f"{task.get('title', '')}\n\n{task.get('body', '')}"


def _asked(data: Data, get_blob: GetBlob) -> str:
    """Return the newest turn of what was sent: those before it stand in earlier steps."""
    sent = _blob(data.get("conversation"), Conversation, get_blob)
    if sent is None:
        return _GONE
    turn = sent.messages[-1]
    results = [f"[{one.id}{' failed' * one.failed}]\n{one.text}" for one in turn.results]
    return "\n\n".join(filter(None, [turn.text, *results]))


def _replied(data: Data, get_blob: GetBlob) -> str:
    reply = _blob(data.get("reply"), Reply, get_blob)
    if reply is None:
        return _GONE
    calls = [_call(one) for one in reply.message.calls]
    return "\n\n".join(filter(None, [reply.message.text, *calls]))


def _call(call: ActionCall) -> str:
    """Return a call as one reads it: a snippet as it was written, other arguments as data."""
    code = call.arguments.get("code")
    if call.name == RUN_CODE and isinstance(code, str):
        return f"[{call.name}]\n{code}"
    return f"[{call.name}] {dict(call.arguments)}"


def _snippet(data: Data, get_blob: GetBlob) -> str:
    """Return what a snippet's author was told of it."""
    told = _blob(data.get("answer"), Told, get_blob)
    return _GONE if told is None else told.text


def _tried(data: Data, get_blob: GetBlob) -> str:
    found = _blob(data.get("found"), Found, get_blob)
    if found is None:
        return _GONE
    return "\n".join(found.objections) or f"accepted: {found.about}"


def _landed(data: Data, get_blob: GetBlob) -> str:
    lines = [
        f"{one['path']}: {'landed' if one['landed'] else 'REJECTED'} ({one['how']})"
        + (f"\n{one['message']}" if one.get("message") else "")
        for one in data["edits"]
    ]
    diff = _blob(data.get("diff"), str, get_blob) if data.get("diff") else ""
    return "\n".join(lines) + (f"\n\n{diff}" if diff else "")


def _tool(data: Data, get_blob: GetBlob) -> str:
    answer = _blob(data.get("answer"), ToolAnswer, get_blob)
    return _GONE if answer is None else answer.text


def _finished(data: Data, _: GetBlob) -> str:
    found = data["attempt"]["verdict"].get("findings", ())
    return "\n".join(
        f"[{one['severity']}] {one['gate']}/{one['code']}"
        f" {one['path']}{':' * bool(one['line'])}{one['line'] or ''}\n{one['message'].strip()}"
        for one in found
    )


def _opinion(data: Data, _: GetBlob) -> str:
    reasons = data["opinion"].get("reasons", ())
    return "\n".join(f"{one['path']}:{one['start_line']} {one['why']}" for one in reasons)


def _changed(data: Data, get_blob: GetBlob) -> str:
    """Return the files that a campaign's step changed, and the places that it left."""
    result = _blob(data.get("changes"), StepResult, get_blob)
    if result is None:
        return _GONE
    left = [f"left: {place}" for place in result.left or ()]
    return "\n".join([*(one.path for one in result.files), *left, result.said]).strip()


def _price(usd: object) -> str:
    return "an unknown price" if usd is None else f"${float(str(usd)):.4f}"


_LINES: Mapping[str, Callable[[Data], str]] = {
    "budget.reserved": lambda d: f"reserved: at most {d['tokens']} tokens, {_price(d['usd'])}",
    "budget.settled": lambda d: f"paid: {d['tokens']} tokens, {_price(d['usd'])}",
    "effect.intended": lambda d: f"to be done outside: {d['kind']}",
    "effect.settled": lambda d: f"done outside: {d['key'].partition(' ')[0]}",
    "model.replied": lambda d: f"reply of {d.get('model', 'the model')}",
}
_BODIES: Mapping[str, Callable[[Data, GetBlob], str]] = {
    "run.started": _task,
    "scope.selected": lambda data, _: "\n".join(data.get("files", ())),
    "prompt.sent": _asked,
    "model.replied": _replied,
    "command.finished": _changed,
    "patch.landed": _landed,
    "gate.finished": lambda data, _: str(data.get("tail", "")),
    "program.tried": _tried,
    "snippet.finished": _snippet,
    "attempt.finished": _finished,
    "adjudication.finished": _opinion,
    "tool.answered": _tool,
}
