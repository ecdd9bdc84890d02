"""The operations a model works with, as one typed class: what its actions and its code both call.

Every question is answered from the tree as edited so far. An edit goes through the same cascade as
the blocks of a reply, and says what became of it; it never raises. What cannot be answered raises
QuestionRefusal, whose words are for the model.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from scoping.cache import Cache
from scoping.objects import Commit, ObjectReader, open_objects
from scoping.questions import (
    MAX_HITS,
    MAX_LINES,
    MAX_PATHS,
    MAX_SYMBOLS,
    Codebase,
    Hits,
    Imports,
    Lines,
    Paths,
    QuestionRefusal,
    Symbols,
)
from validators.checkout import Clone, diff_text
from validators.clones.tree_path import normalised
from validators.patch import Edit, Patch
from validators.rules import GateKind
from validators.verdict import Verdict
from workflows.edits import reports_of
from workflows.proposal import EditReport
from workflows.working_tree import WorkingTree

MAX_COMMITS = 30
_CHANGED_SINCE = "changed-since-read"


@dataclass(frozen=True, slots=True)
class Shown:
    """Which files a model may be shown, by patterns as in ``.gitignore``; no ``include`` is all."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Most:
    """How much one answer holds before it is cut: what a model reads itself has to be short."""

    lines: int = MAX_LINES
    hits: int = MAX_HITS
    paths: int = MAX_PATHS
    symbols: int = MAX_SYMBOLS


class Sdk:
    """What may be asked and done in one conversation about one repository.

    ``gate`` judges a tree by the gates of one kind. Close it: it reads objects through a process.
    """

    def __init__(
        self,
        clone: Clone,
        working: WorkingTree,
        gate: Callable[[GateKind, str], Verdict],
        shown: Shown | None = None,
        most: Most | None = None,
    ) -> None:
        self._clone = clone
        self._working = working
        self._gate = gate
        self._shown = shown or Shown()
        self._most = most or Most()
        self._facts = Cache()
        self._stack = ExitStack()
        self._reader: ObjectReader | None = None
        self._known: tuple[tuple[str, int], Codebase] | None = None
        self._read: set[str] = set()
        self._summary: str | None = None

    @property
    def summary(self) -> str | None:
        """What `finish` was told, or None while the work goes on."""
        return self._summary

    def files(self, glob: str = "**") -> Paths:
        """Return the paths of files; ``**`` crosses folders, a folder means all below it."""
        return self._code.files(glob, self._most.paths)

    def read(self, path: str, start_line: int = 1, end_line: int = MAX_LINES) -> Lines:
        """Return lines of a file, counted from 1, both ends included, or the first of them."""
        path = normalised(path)
        lines = self._code.read(path, start_line, end_line, self._most.lines)
        self._read.add(path)
        return lines

    def search(self, text: str, glob: str = "**") -> Hits:
        """Return lines that hold ``text`` exactly, in files that ``glob`` means."""
        return self._code.search(text, glob, self._most.hits)

    def symbols(self, pattern: str) -> Symbols:
        """Return definitions whose qualified name holds ``pattern``, whatever its case."""
        return self._code.symbols(pattern, self._most.symbols)

    def definition(self, name: str) -> Symbols:
        """Return the definitions of ``name``, plain (``bar``) or qualified (``Foo.bar``)."""
        return self._code.definition(name, self._most.symbols)

    def references(self, name: str) -> Hits:
        """Return the lines of code that write the plain name ``name``, definitions too."""
        return self._code.references(name, self._most.hits)

    def callers(self, name: str) -> Symbols:
        """Return the functions that call the plain name ``name``."""
        return self._code.callers(name, self._most.symbols)

    def imports(self, path: str) -> Imports:
        """Return which files of the repository ``path`` imports, and which import it."""
        return self._code.imports(normalised(path))

    def history(self, path: str, limit: int = 10) -> tuple[Commit, ...]:
        """Return the newest commits that changed ``path``, at most 30; edits of yours are none."""
        path = normalised(path)
        if not path or not 1 <= limit <= MAX_COMMITS:
            raise QuestionRefusal(f"name a path, and a limit from 1 to {MAX_COMMITS}")
        return self._objects.history(self._clone.base_commit, path, limit)

    def edit(self, path: str, old: str, new: str) -> EditReport:
        """Put ``new`` where ``old`` stands; it must stand there once, whitespace included."""
        lines = _lines(old) if old else ()
        return self._land(Edit(path, old=lines, new=_lines(new), whole_lines=False))

    def insert(self, path: str, line: int, text: str) -> EditReport:
        """Put ``text`` below a line (0: at the top), of a file as you last read it."""
        path = normalised(path)
        if line and path in self._working.stale:
            message = (
                f"{path} changed since you read it, by an edit of yours: line {line} may be another"
                " now. Read it again, or replace lines by their text."
            )
            return EditReport(path, landed=False, how=_CHANGED_SINCE, message=message)
        return self._land(Edit(path, "insert", new=_lines(text.removesuffix("\n")), line=line))

    def create(self, path: str, text: str) -> EditReport:
        """Make a new file; one that exists with other content is not replaced."""
        return self._land(Edit(path, "create", new=_lines(text), whole_lines=False))

    def delete(self, path: str) -> EditReport:
        """Delete a file."""
        return self._land(Edit(path, "delete"))

    def diff(self) -> str:
        """Return all changes to the base so far, as a unified diff."""
        return diff_text(self._clone, self._clone.base_tree, self._working.written())

    def run_gate(self, kind: GateKind) -> Verdict:
        """Return what the target's own gates of one kind say of the tree as it is.

        Of tests, those that the changed files concern, where that is known.
        """
        return self._gate(kind, self._working.written())

    def finish(self, summary: str) -> None:
        """Say that all edits are made; ``summary`` is why they are right."""
        self._summary = summary

    def next_turn(self) -> None:
        """Begin anew: what was read until now the model knows when it asks for the next thing."""
        for path in self._read:
            self._working.stale.pop(path, None)
        self._read.clear()
        self._summary = None

    def close(self) -> None:
        """End the process that reads objects."""
        self._stack.close()
        self._reader = self._known = None

    @property
    def _objects(self) -> ObjectReader:
        if self._reader is None:
            self._reader = self._stack.enter_context(open_objects(self._clone.git_dir))
        return self._reader

    @property
    def _code(self) -> Codebase:
        """The tree as it is now; the facts of files that no edit touched are read once."""
        working = self._working
        key = (working.below, working.edits)
        if self._known is None or self._known[0] != key:
            code = Codebase(
                self._objects,
                working.below,
                overlay=working.overlay,
                include=self._shown.include,
                exclude=self._shown.exclude,
                cache=self._facts,
            )
            self._known = (key, code)
        return self._known[1]

    def _land(self, edit: Edit) -> EditReport:
        path = normalised(edit.path)
        was_stale = path in self._working.stale
        report = reports_of(self._working.land(Patch((edit,))))[-1]
        if report.landed:
            self._read.discard(path)
        elif was_stale and report.how != "changed":
            message = f"{report.message}\nIt changed since you read it, by an edit of yours."
            return EditReport(path, landed=False, how=report.how, message=message)
        return report


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.replace("\r\n", "\n").split("\n"))
