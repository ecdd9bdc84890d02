"""A run as it happens, told from its journal entries: one line each, live on a terminal.

It reads what was written to the journal and nothing else, so what people see is what is kept.
"""

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from bot import logs
from bot.console import one_line, printable, redacted, redactor, say_aside, terminal
from bot.logs import Log
from workflows.history import kind_of
from workflows.opinion import LANE
from workflows.rerank import is_about_order
from workflows.run import Entry, state_in_words

if TYPE_CHECKING:
    from rich.status import Status

    from bot.redaction import Stream


def line_of(entry: Entry) -> str:
    """Return one entry in a person's words; empty for those that tell a person nothing."""
    teller = _TELLERS.get(entry.event.kind)
    return printable(one_line(redacted(teller(entry.event.data)))) if teller else ""


_MOST_NAMED = 8


def _started(data: Any) -> str:  # noqa: ANN401 - an event's JSON
    """Return what begins, of a campaign's many targets by its title."""
    if "model" not in data:
        return ""
    about = f"for {data['task']['title']!r}" if "campaign" in data else f"with {data['model']}"
    return f"run started on {data['base_commit'][:12]} {about}"


def _several(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _landed(data: Any) -> str:  # noqa: ANN401 - an event's JSON
    edits = data["edits"]
    landed = sum(1 for edit in edits if edit["landed"])
    if not edits:
        return "  edits     none in the reply"
    if landed < len(edits):
        return f"  edits     {len(edits) - landed} of {len(edits)} rejected, so none was applied"
    paths = sorted({edit["path"] for edit in edits})
    more = f" and {len(paths) - _MOST_NAMED} more files" if len(paths) > _MOST_NAMED else ""
    return f"  edits     {landed} landed in {', '.join(paths[:_MOST_NAMED])}{more}"


def _attempt(data: Any) -> str:  # noqa: ANN401
    attempt = data["attempt"]
    words = f"attempt {attempt['number']}: {attempt['verdict']['word']}"
    blocking = [f for f in attempt["verdict"]["findings"] if f["severity"] == "block"]
    lines = blocking[0]["message"].strip().splitlines() if blocking else []
    first = lines[0] if lines else ""
    return f"{words} ({first[:140]})" if first else words


def _settled(data: Any) -> str:  # noqa: ANN401
    """Return what of a booking a person should know: what was paid for nothing, or twice."""
    if data.get("lost"):
        return "  a reply was asked for and lost; it is booked at the most it can have cost"
    if trouble := data.get("trouble"):
        cost = "an unknown price" if data["usd"] is None else f"${data['usd']:.4f}"
        booked = f"at least {cost}" if data["at_least"] else cost
        return f"  no reply  {trouble}; booked as {booked}, {data['tokens']} tokens"
    if missed := data.get("cache_missed"):
        return f"  warning   {missed}"
    return ""


def gate_line(data: Any) -> str:  # noqa: ANN401
    """Return one finished gate in a person's words."""
    return f"  gate      {data['gate']}: {data['side']} {data['summary']} ({data['seconds']:.1f} s)"


def _asked(data: Any) -> str:  # noqa: ANN401
    reservation = data.get("reservation", "")
    if is_about_order(reservation):
        return "scope: asking the model for an order"
    whom = "for a second opinion" if kind_of(reservation) == LANE else "the model"
    return f"attempt {data['attempt']}: asking {whom}"


def _reranked(data: Any) -> str:  # noqa: ANN401
    """Return what came of asking for an order of files."""
    if data["trouble"]:
        return f"  order     left as it was: {data['model']}: {data['trouble'][:200]}"
    return f"  order     by {data['model']}, first: {', '.join(data['files'][:3])}"


def _opinion(opinion: Any) -> str:  # noqa: ANN401
    """Return a second opinion, with the first of its reasons."""
    if opinion["decision"] == "none":
        return f"none from {opinion['model']}: {opinion['trouble'][:140]}"
    words = f"{opinion['decision']} from {opinion['model']}"
    reasons = [reason["why"].partition("\n")[0] for reason in opinion["reasons"]]
    return f"{words} ({reasons[0][:140]})" if reasons else words


def _of_profile(scope: Any) -> str:  # noqa: ANN401 - an event's data
    # Journals of earlier versions do not say.
    return f" of the profile {scope['profile']!r}" if scope.get("profile") else ""


_TELLERS: dict[str, Callable[[Any], str]] = {
    "run.started": _started,
    "run.resumed": lambda d: (
        f"going on; replies paid for: {d['replies']}, attempts judged: {d['attempts']}"
    ),
    "budget.settled": _settled,
    "scope.selected": lambda d: (
        f"scope       {len(d['files'])} files{_of_profile(d)} ranked, {d['tokens']} tokens packed,"
        f" first: {', '.join(d['files'][:3])}"
    ),
    "environment.ready": lambda d: f"environment {d['how']} ({d['seconds']:.1f} s)",
    "scope.reranked": _reranked,
    "prompt.sent": _asked,
    "patch.landed": _landed,
    "gate.finished": gate_line,
    "snippet.finished": lambda d: (
        f"  snippet   {d['outcome']}, {_several(d['host_calls'], 'call')},"
        f" {_several(d['edits'], 'edit')} ({d['seconds']:.1f} s)"
    ),
    "tools.offered": lambda d: "; ".join(
        [f"tools       {d['tools']} of other programs", *d["troubles"]]
    ),
    "attempt.finished": _attempt,
    "stage.entered": lambda d: f"stage {d['stage']}: going on with {d['model']}",
    "adjudication.finished": lambda d: f"  opinion   {_opinion(d['opinion'])}",
    "bundle.written": lambda d: f"bundle      {d['path']}",
    "run.finished": lambda d: f"run {state_in_words(d['state'], d.get('verdict'))}: {d['why']}",
    "target.finished": lambda d: f"target      {d['result']['target']} {d['result']['state']}",
}


class Progress:
    """Shows entries as they come: live with rich on a terminal, plain lines when piped.

    Each entry is also handed to ``log`` (the process's, unless one is given), quiet or not. A log
    that speaks itself (`-v`) takes the place of what is live, because lines of both would write
    over one another.
    """

    def __init__(self, *, quiet: bool, log: Log | None = None) -> None:
        self._quiet = quiet
        self._log = log or logs.current()
        self._status: Status | None = None
        self._words: Stream | None = None

    def __enter__(self) -> Self:
        if drawn := terminal(quiet=self._quiet or self._log.speaks):
            self._status = drawn.status("starting")
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status:
            self._status.stop()

    def entry(self, entry: Entry) -> None:
        """Tell one journal entry."""
        if self._words:
            _show_words(self._words.close() + "\n")
            self._words = None
        self._log.entry(entry)
        line = line_of(entry)
        if self._quiet or not line:
            return
        if self._status:
            self._status.console.print(line, markup=False, highlight=False)
            self._status.update(line.strip()[:100].replace("[", "\\["))
        else:
            say_aside(f"{line}\n")

    def words(self, piece: str) -> None:
        """Show a piece of a model's words as it comes, where even the details are to be seen."""
        if self._log.tells_all:
            self._words = self._words or redactor().stream()
            _show_words(self._words.feed(piece))


def _show_words(text: str) -> None:
    say_aside(printable(text))
