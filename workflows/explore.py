"""Code mode: one snippet of the model's instead of many calls, run where it can reach only the SDK.

Each snippet is written down when it ended: what it printed, what it changed, the state of its
names. A run that is taken up again does the changes once more, runs none of those snippets, and
goes on with the names of the last.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from validators.encoding import decode, digest
from workflows.boundary import Boundary
from workflows.ports import Interpreter, InterpreterSession
from workflows.proposal import EditReport
from workflows.quoting import fenced
from workflows.recorder import Recorder, ResumeRefusal
from workflows.sdk_functions import Step
from workflows.snippet import Functions, SnippetLimits, SnippetResult, unfenced
from workflows.tool_modules import Asked, Toolbox
from workflows.tool_servers import ToolServers

# Each may take as long as its limit, and what the run has is only looked at between replies.
MAX_SNIPPETS = 8
_MAX_PATHS = 20
_OUTCOMES = {
    "ok": "The snippet came to its end.",
    "raised": "The snippet ended with an exception: {}.",
    "type-error": "Nothing of the snippet was run:\n{}",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a snippet came to, as its model is told, and what is needed to go on after it.

    ``summary`` is what it gave `finish`, empty when it did not, or did not come to its end.
    """

    text: str
    failed: bool
    steps: tuple[Step, ...]
    summary: str = ""
    snapshot: bytes | None = None


@dataclass(frozen=True, slots=True)
class CodeMode:
    """That a run works by snippets, in which interpreter and within which bounds.

    ``servers`` makes those that offer tools of others, None where the operator named none.
    """

    interpreter: Interpreter
    limits: SnippetLimits
    servers: Callable[[], ToolServers] | None = None


class SnippetFunctions(Protocol):
    """What the snippets of one conversation may call, and what the last one did by it."""

    @property
    def boundary(self) -> Boundary:
        """What their snippets said and were answered, to check arguments by."""
        ...

    @property
    def stubs(self) -> str:
        """What the model is told of all functions, and types are checked by."""
        ...

    @property
    def steps(self) -> Sequence[Step]:
        """What the last snippet did that a resumed run must do again."""
        ...

    @property
    def made(self) -> list[EditReport]:
        """The edits of the last snippet that landed."""
        ...

    @property
    def summary(self) -> str:
        """What the last snippet gave `finish`, or empty."""
        ...

    def all(self) -> Functions:
        """Return the functions by name, each guarded at the boundary."""
        ...

    def next_reply(self) -> None:
        """Begin the next reply."""
        ...

    def begin(self, snippet: str) -> None:
        """Begin the next snippet."""
        ...

    def repeat(self, steps: tuple[Step, ...]) -> None:
        """Do again what a snippet of an earlier process changed."""
        ...


class Explorer:
    """Runs the snippets of one conversation, called ``lane``; close it.

    Its interpreter starts at once, while the model still thinks about the first snippet.
    """

    def __init__(
        self,
        mode: CodeMode,
        functions: SnippetFunctions,
        recorder: Recorder,
        lane: str,
        toolbox: Toolbox | None = None,
    ) -> None:
        self._mode = mode
        self._asked = Asked()
        self._functions = functions
        self._recorder = recorder
        self._lane = lane
        self._number = self._of_reply = 0
        offered, declared = dict(functions.all()), functions.stubs
        if toolbox is not None:
            offered |= toolbox.functions(functions.boundary, self._asked)
            declared += toolbox.stubs
        self._session: InterpreterSession = mode.interpreter.open(offered, declared, mode.limits)
        self._snapshot: bytes | None = None
        self._is_lost = False

    def next_reply(self) -> None:
        """Begin the next reply, of which at most MAX_SNIPPETS are run."""
        self._of_reply = 0
        self._functions.next_reply()

    def run(self, snippet: str) -> Told:
        """Return what ``snippet`` came to, now or in an earlier process of the same run."""
        self._of_reply += 1
        if self._of_reply > MAX_SNIPPETS:
            self._functions.begin("")  # what the last one made is told already
            no = f"one reply may run {MAX_SNIPPETS} snippets; run the others in the next"
            return Told(no, failed=True, steps=())
        self._number += 1
        code = unfenced(snippet)
        self._functions.begin(code)
        key = f"{self._lane}/{self._number}"
        self._asked.begin(key)
        known = self._recorder.history.snippets.get(key)
        if known is not None:
            return self._again(key, known["sha256"], known["answer"], snippet)
        if self._snapshot is not None:  # of a snippet that ran in an earlier process
            self._session.restore(self._snapshot)
            self._snapshot = None
        result = self._session.run(code)
        told = _told(result, self._functions, is_lost=self._is_lost or result.is_state_lost)
        self._is_lost = False
        self._recorder.record(
            "snippet.finished",
            snippet=key,
            sha256=digest(snippet.encode("utf-8", "surrogatepass")),
            outcome=result.outcome,
            host_calls=result.host_calls,
            seconds=result.wall_s,
            edits=len(self._functions.made),
            answer=self._recorder.keep(told),
        )
        return told

    @property
    def made(self) -> list[EditReport]:
        """The edits of the last snippet that landed."""
        return self._functions.made

    def close(self) -> None:
        """End the interpreter."""
        self._session.close()

    def _again(self, key: str, sha256: str, answer: str, snippet: str) -> Told:
        """Return what a snippet came to before, its changes done once more."""
        if sha256 != digest(snippet.encode("utf-8", "surrogatepass")):
            raise ResumeRefusal(
                f"run {self._recorder.run} cannot go on: its snippet {key} was another one then;"
                " start anew with `changewright propose`"
            )
        told = decode(self._recorder.kept(answer), Told)
        self._functions.repeat(told.steps)
        self._snapshot, self._is_lost = told.snapshot, told.snapshot is None
        return told


def _told(result: SnippetResult, functions: SnippetFunctions, *, is_lost: bool) -> Told:
    """Return how a snippet ended as words for its model; what it printed stays byte for byte."""
    how = _OUTCOMES.get(result.outcome, "The snippet did not come to its end: {}.")
    parts = [how.format(result.message)]
    if is_lost:
        parts.append("The names of earlier snippets were gone when it began.")
    if functions.made:
        paths = sorted({report.path for report in functions.made})
        named = ", ".join(paths[:_MAX_PATHS]) + (" ..." if len(paths) > _MAX_PATHS else "")
        parts.append(f"Edits that were made: {len(functions.made)}, in {named}.")
    if result.printed:
        parts.append(fenced("printed", result.printed))
    if result.dropped_bytes:
        more = "" if result.outcome in {"ok", "raised"} else "at least "
        parts.append(f"({more}{result.dropped_bytes} more bytes were printed and are left out.)")
    has_ended = result.outcome == "ok"
    if has_ended and functions.summary:
        parts.append("Your edits are taken as complete.")
    elif functions.summary:
        parts.append("finish() does not count, because the snippet did not come to its end.")
    summary = functions.summary if has_ended else ""
    steps = tuple(functions.steps)
    return Told("\n".join(parts), not has_ended, steps, summary, result.snapshot)
