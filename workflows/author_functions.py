"""The SDK of who writes a campaign's program by snippets: files, counts, trials, a hand-over.

The files are a tree of their own, which lacks what is held back to judge the program by. A program
runs where codemods run, in a sandbox, and never in the interpreter of snippets or in ours.
"""

import ast
import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cache, wraps
from pathlib import Path
from typing import Any

from scoping.questions import QuestionRefusal
from validators.checkout import Clone, empty_tree, write_tree
from validators.codemods.draft import handed_over
from validators.codemods.examples import EXAMPLES
from validators.codemods.outcome import Outcome
from validators.codemods.trial import Shown, Trial, sites_in
from validators.sandbox import FileChange
from validators.verdict import Verdict
from workflows.boundary import Boundary, Role
from workflows.passages import Passage, passages
from workflows.program_reply import PROGRAM
from workflows.proposal import EditReport
from workflows.sdk import Sdk
from workflows.sdk_functions import MOST, AnswerCache, SdkFunctions, Step
from workflows.sdk_functions import stubs as all_stubs
from workflows.site_sample import SampleFile
from workflows.snippet import Functions
from workflows.working_tree import WorkingTree

STUBS = Path(__file__).with_name("author_sdk.pyi")
QUESTIONS = ("files", "read", "search", "symbols", "definition", "references", "callers", "imports")
# What hangs is ended, but each may take a minute.
MAX_COUNTS, MAX_TRIALS = 10, 8
_TAKEN = (*QUESTIONS, "notes")
_MAX_SAMPLE = 100
_PASSAGE_TOKENS = 1_000
_MODE = "100644"
_ROLES: Mapping[str, Mapping[str, Role]] = {
    "sample": {"n": "number"},
    "count": {"pattern": "search", "paths": "paths"},
    "try_program": {"program": "text", "paths": "paths"},
    "submit": {"program": "text", "examples": "texts", "expected": "number", "about": "said"},
}


@dataclass(frozen=True, slots=True)
class Count:
    """How many sites one file has."""

    path: str
    sites: int


@dataclass(frozen=True, slots=True)
class ProgramTrial:
    """What a program came to, as a snippet reads it; ``diff`` is that of one file."""

    expected: int
    rewritten: int
    left: tuple[str, ...]
    failures: tuple[str, ...]
    diff: str


@dataclass(frozen=True, slots=True)
class Submission:
    """A program that was handed over: its files by path, and how many sites its author expects."""

    files: Mapping[str, str]
    expected: int
    about: str


@dataclass(frozen=True, slots=True)
class AuthorRoom:
    """What an author works with: a clone to keep a tree in, and what tries a draft on files.

    ``estimate`` counts the tokens of a text.
    """

    clone: Clone
    try_on: Callable[[Mapping[str, bytes], Sequence[SampleFile], Shown | None], Trial]
    estimate: Callable[[str], int]


class AuthorFunctions:
    """The functions of one conversation about ``files``. Close it.

    ``submitted`` is what the last snippet handed over, None where it did not.
    """

    def __init__(self, room: AuthorRoom, files: Sequence[SampleFile]) -> None:
        self._room = room
        self.boundary = Boundary()
        self._stack = ExitStack()
        self._counts = self._trials = 0
        self._own: list[Step] = []
        self._noted: list[str] = []
        self.submitted: Submission | None = None
        self.show(files)

    def show(self, files: Sequence[SampleFile]) -> None:
        """Have all questions answered from ``files`` from now on."""
        self._stack.close()
        self._files = {one.name: one for one in files}
        clone = self._room.clone
        changes = [FileChange(name, _MODE, one.content) for name, one in self._files.items()]
        tree = write_tree(clone, empty_tree(clone), changes)
        working = self._stack.enter_context(closing(WorkingTree(clone, tree)))
        sdk = Sdk(clone, working, lambda *_: Verdict("no-evidence"), most=MOST)
        self._stack.callback(sdk.close)
        self._asked = SdkFunctions(sdk, working, AnswerCache(), self.boundary)
        self._asked.noted = self._noted

    def close(self) -> None:
        """End the processes that read and parse."""
        self._stack.close()

    @property
    def stubs(self) -> str:
        """What an author is told of the functions, and their types are checked by."""
        return author_stubs()

    @property
    def steps(self) -> Sequence[Step]:
        """What the last snippet did that a resumed run must do again."""
        return (*self._asked.steps, *self._own)

    @property
    def made(self) -> list[EditReport]:
        """No edits: a program makes them."""
        return []

    @property
    def summary(self) -> str:
        """Nothing: what ends the work is a program."""
        return ""

    def next_reply(self) -> None:
        """Begin the next reply, which may count and try as often as any."""
        self._counts = self._trials = 0

    def begin(self, snippet: str) -> None:
        """Begin the next snippet."""
        self._asked.begin(snippet)
        self._own, self.submitted = [], None

    def all(self) -> Functions:
        """Return the functions by name, each guarded at the boundary."""
        taken = {name: self._taken(name) for name in _TAKEN}
        own = {
            name: self.boundary.guarded(name, roles, getattr(self, f"_{name}"))
            for name, roles in _ROLES.items()
        }
        return {**taken, **own}

    def repeat(self, steps: tuple[Step, ...]) -> None:
        """Do again what a snippet of an earlier process did."""
        for step in steps:
            if step.function != "submit":
                self._asked.repeat((step,))
                continue
            program, examples, expected, about = step.arguments
            self._submit(program, json.loads(examples), int(expected), about)

    def _taken(self, name: str) -> Callable[..., Any]:
        @wraps(self._asked.all()[name])
        def call(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - what a snippet may hand over
            return self._asked.all()[name](*args, **named)  # of the files as they are now

        return call

    def _sample(self, n: int = 10) -> tuple[Passage, ...]:
        if not 1 <= n <= _MAX_SAMPLE:
            raise QuestionRefusal(f"a sample has 1 to {_MAX_SAMPLE} files; {n} is not that")
        room = _PASSAGE_TOKENS, self._room.estimate
        some = list(self._files.values())[:n]
        return tuple(
            one for file in some for one in passages(file.name, file.content, file.lines, room)
        )

    def _count(self, pattern: str, paths: Sequence[str] = ()) -> tuple[Count, ...]:
        self._counts += 1
        if self._counts > MAX_COUNTS:
            raise QuestionRefusal(f"one reply may count {MAX_COUNTS} times; go on in the next one")
        found = sites_in(pattern, {one.name: one.content for one in self._chosen(paths)})
        return tuple(Count(path, sites) for path, sites in found.items())

    def _try_program(self, program: str, paths: Sequence[str] = ()) -> ProgramTrial:
        self._trials += 1
        if self._trials > MAX_TRIALS:
            raise QuestionRefusal(f"one reply may try {MAX_TRIALS} programs; go on in the next one")
        files = self._chosen(paths)
        trial = self._room.try_on({PROGRAM: program.encode("utf-8", "replace")}, files, None)
        found = trial.outcome or Outcome("", 0)
        failures = (*trial.objections, *((trial.idle,) if trial.idle else ()))
        left = tuple(f"{one.path}:{one.line}: {one.reason}" for one in found.all_left)
        return ProgramTrial(found.expected, found.rewritten, left, failures, _smallest_diff(found))

    def _submit(
        self, program: str, examples: Sequence[Sequence[str]], expected: int, about: str
    ) -> None:
        if any(isinstance(one, str) or len(one) != 2 for one in examples):  # noqa: PLR2004 - a pair
            raise QuestionRefusal("examples are pairs of a name and a text")
        files = {f"{EXAMPLES}/{name.removeprefix(EXAMPLES + '/')}": text for name, text in examples}
        files[PROGRAM] = program
        for wrong in handed_over(files):
            raise QuestionRefusal(wrong.message)
        self.submitted = Submission(files, expected, about)
        given = json.dumps([list(one) for one in examples])
        self._own = [Step("submit", (program, given, str(expected), about))]

    def _chosen(self, paths: Sequence[str]) -> list[SampleFile]:
        missing = [path for path in paths if path not in self._files]
        if missing:
            raise QuestionRefusal(f"{missing[0]} is none of the files that you may see")
        return [self._files[path] for path in paths or self._files]


@cache
def author_stubs() -> str:
    """Return the stub of an author's functions: questions that every snippet has, and its own."""
    text, own = all_stubs(), STUBS.read_text("utf-8")
    lines = text.splitlines(keepends=True)
    body = ast.parse(text).body
    wanted = {*_TAKEN, "Hit", "Symbol", "Imports"}
    taken = [
        "".join(lines[node.lineno - 1 : node.end_lineno])
        for node in body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in wanted
    ]
    head = "".join(lines[: body[0].lineno - 1]).rstrip("\n")
    about, _, rest = own.partition("\n\n")
    return f"{head}\n{about}\n\n{''.join(taken)}{rest}"


def _smallest_diff(outcome: Outcome) -> str:
    """Return the change of the smallest file as a unified diff, or nothing."""
    if not outcome.changed:
        return ""
    one = min(outcome.changed, key=lambda file: (len(file.before), file.path))
    both = (one.before, one.content or b"")
    old, new = (text.decode("utf-8", "replace").splitlines(keepends=True) for text in both)
    return "".join(difflib.unified_diff(old, new, one.path, one.path))
