"""The SDK as snippets call it: whole values instead of pages, and an exception for every refusal.

`snippet_sdk.pyi` is what the model is told of these functions; a test holds the two together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, wraps
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from scoping.facts import Symbol
from scoping.objects import Commit
from scoping.questions import Hit, Hits, Imports, QuestionRefusal, Symbols
from validators.rules import GateKind
from validators.verdict import Verdict
from workflows.boundary import Boundary, Role
from workflows.proposal import EditReport
from workflows.sdk import Most, Sdk
from workflows.snippet import Functions
from workflows.working_tree import WorkingTree

T = TypeVar("T")
STUBS = Path(__file__).with_name("snippet_sdk.pyi")

# A snippet counts and filters before anything is read by a model.
MOST = Most(lines=20_000, hits=5_000, paths=50_000, symbols=5_000)
MAX_GATES = 3
_MAX_NOTES = 4_000
_MAX_CACHED_CHARACTERS = 32_000_000
# About what one line that was found, or one definition, takes.
_RECORD_CHARACTERS = 300
_MAX_LINE = 10**9

_ROLES: Mapping[str, Mapping[str, Role]] = {
    "files": {"glob": "search"},
    "read": {"path": "path", "start_line": "number", "end_line": "number"},
    "search": {"text": "search", "glob": "search"},
    "symbols": {"pattern": "search"},
    "definition": {"name": "search"},
    "references": {"name": "search"},
    "callers": {"name": "search"},
    "imports": {"path": "path"},
    "history": {"path": "path", "limit": "number"},
    "edit": {"path": "path", "old": "text", "new": "text"},
    "create": {"path": "path", "text": "text"},
    "delete": {"path": "path"},
    "diff": {},
    "run_gate": {"kind": "choice"},
    "notes": {"text": "text"},
    "finish": {"summary": "said"},
}
# No module of others may take one of these: functions, and the records they return.
SNIPPET_NAMES = frozenset(_ROLES) | {
    *("Hit", "Symbol", "Imports", "Commit", "Finding", "Verdict", "Literal", "dataclass"),
}
_QUESTIONS = frozenset(
    ("files", "read", "search", "symbols", "definition", "references", "callers", "imports")
) | {"history"}


@cache
def stubs() -> str:
    """Return what a model is told of the functions: their types, limits and refusals."""
    return STUBS.read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Step:
    """One call that changed something, with its arguments: what a resumed run does again."""

    function: str
    arguments: tuple[str, ...]


@dataclass(slots=True)
class AnswerCache:
    """Answers of one run, so that a question that is asked again costs nothing."""

    answers: dict[object, Any] = field(default_factory=dict)
    characters: int = 0

    def keep(self, key: object, answer: Any) -> None:  # noqa: ANN401 - whatever the SDK returns
        """Keep one answer; when there is too much, all that was kept goes."""
        self.characters += _size(answer)
        if self.characters > _MAX_CACHED_CHARACTERS:
            self.answers.clear()
            self.characters = _size(answer)
        self.answers[key] = answer


class SdkFunctions:
    """The functions of one conversation. ``steps``, ``made`` and ``summary`` are of one snippet."""

    def __init__(
        self,
        sdk: Sdk,
        working: WorkingTree,
        cached: AnswerCache,
        boundary: Boundary | None = None,
    ) -> None:
        self._sdk = sdk
        self._working = working
        self._cached = cached
        self.boundary = boundary or Boundary()
        self.noted: list[str] = []
        self._gates = 0
        self.steps: list[Step] = []
        self.made: list[EditReport] = []
        self.summary = ""

    def next_reply(self) -> None:
        """Begin the next reply, which may run as many gates as any."""
        self._gates = 0

    def begin(self, snippet: str) -> None:
        """Begin the next snippet."""
        self.boundary.wrote(snippet)
        self.steps, self.made, self.summary = [], [], ""

    @property
    def stubs(self) -> str:
        """What their model is told of them, and their types are checked by."""
        return stubs()

    def all(self) -> Functions:
        """Return the functions by name, each guarded at the boundary."""
        return {name: self._guarded(name) for name in _ROLES}

    def repeat(self, steps: tuple[Step, ...]) -> None:
        """Do again what a snippet of an earlier process changed."""
        for step in steps:
            getattr(self, f"_{step.function}")(*step.arguments)

    def _guarded(self, name: str) -> Callable[..., Any]:
        method = getattr(self, f"_{name}")
        if name not in _QUESTIONS:
            return self.boundary.guarded(name, _ROLES[name], method)

        @wraps(method)
        def known(*given: Any) -> Any:  # noqa: ANN401 - whatever the SDK returns
            return self._known(name, given)

        return self.boundary.guarded(name, _ROLES[name], known)

    def _known(self, name: str, given: tuple[Any, ...]) -> Any:  # noqa: ANN401 - as above
        """Answer a question, from what was answered before where nothing changed since."""
        working = self._working
        # Edits are counted for each conversation; before the first all of a tree agree.
        since = (id(self), working.edits) if working.edits else None
        key = (working.below, since, name, given)
        if key not in self._cached.answers:
            self._cached.keep(key, getattr(self, f"_{name}")(*given))
        return self._cached.answers[key]

    def _files(self, glob: str = "**") -> tuple[str, ...]:
        paths = self._sdk.files(glob)
        return _whole(paths.paths, MOST.paths, is_cut=paths.is_cut)

    def _read(self, path: str, start_line: int = 1, end_line: int = 0) -> str:
        lines = self._sdk.read(path, start_line, end_line or _MAX_LINE)
        last = min(end_line or _MAX_LINE, lines.of_lines)
        if lines.end_line < last:
            raise QuestionRefusal(
                f"{path} has {lines.of_lines} lines; read at most {MOST.lines} of them at once"
            )
        return lines.text

    def _search(self, text: str, glob: str = "**") -> tuple[Hit, ...]:
        return _hits(self._sdk.search(text, glob))

    def _symbols(self, pattern: str) -> tuple[Symbol, ...]:
        return _symbols(self._sdk.symbols(pattern))

    def _definition(self, name: str) -> tuple[Symbol, ...]:
        return _symbols(self._sdk.definition(name))

    def _references(self, name: str) -> tuple[Hit, ...]:
        return _hits(self._sdk.references(name))

    def _callers(self, name: str) -> tuple[Symbol, ...]:
        return _symbols(self._sdk.callers(name))

    def _imports(self, path: str) -> Imports:
        return self._sdk.imports(path)

    def _history(self, path: str, limit: int = 10) -> tuple[Commit, ...]:
        return self._sdk.history(path, limit)

    def _edit(self, path: str, old: str, new: str) -> None:
        self._landed(self._sdk.edit(path, old, new), Step("edit", (path, old, new)))

    def _create(self, path: str, text: str) -> None:
        self._landed(self._sdk.create(path, text), Step("create", (path, text)))

    def _delete(self, path: str) -> None:
        self._landed(self._sdk.delete(path), Step("delete", (path,)))

    def _diff(self) -> str:
        return self._sdk.diff()

    def _run_gate(self, kind: str) -> Verdict:
        if kind not in get_args(GateKind):
            raise QuestionRefusal(f"there is no kind of gate {kind!r}; there are lint, build, test")
        self._gates += 1
        if self._gates > MAX_GATES:
            raise QuestionRefusal(f"one reply may run {MAX_GATES} gates; ask in the next one")
        return self._sdk.run_gate(cast("GateKind", kind))

    def _notes(self, text: str = "") -> tuple[str, ...]:
        if text:
            if sum(map(len, self.noted)) + len(text) > _MAX_NOTES:
                raise QuestionRefusal(f"your notes may hold {_MAX_NOTES} characters; they are full")
            self.noted.append(text)
            self.steps.append(Step("notes", (text,)))
        return tuple(self.noted)

    def _finish(self, summary: str) -> None:
        if not summary.strip():
            raise QuestionRefusal("a summary says why the edits are right; this one is empty")
        self.summary = summary

    def _landed(self, report: EditReport, step: Step) -> None:
        if not report.landed:
            raise QuestionRefusal(f"{report.path}: not applied ({report.how}): {report.message}")
        self.made.append(report)
        self.steps.append(step)


def _hits(found: Hits) -> tuple[Hit, ...]:
    return _whole(found.hits, MOST.hits, is_cut=found.is_cut)


def _symbols(found: Symbols) -> tuple[Symbol, ...]:
    return _whole(found.symbols, MOST.symbols, is_cut=found.is_cut)


def _whole(found: tuple[T, ...], most: int, *, is_cut: bool) -> tuple[T, ...]:
    """Return all that was found; who counts must never be handed a part of it in silence."""
    if is_cut:
        raise QuestionRefusal(f"there are more than {most}; ask for less at once")
    return found


def _size(answer: Any) -> int:  # noqa: ANN401 - whatever the SDK returns
    if isinstance(answer, tuple):
        return sum(map(_size, answer))
    return len(answer) if isinstance(answer, str) else _RECORD_CHARACTERS
