"""A migration program as a step of a campaign: the step, and how a campaign's file names it."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from pathlib import Path

from bot.campaigns.step_place import StepPlace
from bot.configuration.values import Kind, Node, Place, text
from bot.gate_room import required
from bot.wiring import Bench
from validators.checkout import read_file
from validators.codemods.crew import LIMITS, Worker, worker_phase
from validators.codemods.outcome import FileOutcome, LeftPlace, Outcome
from validators.codemods.program import CodemodRefusal, Program, read_program
from validators.codemods.run import run_program
from validators.sandbox import FileChange
from workflows.migration_step import Step, StepInput, StepResult

# For one file, as `changewright codemod run` has it.
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class CodemodStep:
    """A program that is asked about the target's files, and believed only where its count holds.

    A site that it overlooked is left to the steps behind it where it ``is_followed`` by one that
    deals with such; else the target fails.
    """

    name: str
    program: Program
    bench: Bench
    is_followed: bool = False
    how: str = "codemod"
    learns: bool = False

    def apply(self, given: StepInput) -> StepResult:
        """Run the program over one target, and account for every site."""
        outcome, modes = self._outcome(given, given.target.paths)
        files = tuple(FileChange(one.path, modes[one.path], one.content) for one in outcome.changed)
        trouble = _trouble(outcome, is_followed=self.is_followed)
        left = (*(given.left or ()), *(_said(one) for one in outcome.all_left))
        return StepResult(files, trouble, "step" if trouble else "", left)

    def still_there(self, given: StepInput, paths: Sequence[str]) -> tuple[str, ...]:
        """Return what the program leaves of these files now, and what it would change in them."""
        outcome, _ = self._outcome(given, paths)
        again = (
            f"{one.path}:{_first_changed(one)}: the program would change it once more"
            for one in outcome.changed
        )
        return (*(_said(one) for one in outcome.all_left), *again)

    def _outcome(self, given: StepInput, paths: Sequence[str]) -> tuple[Outcome, dict[str, str]]:
        """Return what the program makes of files of one target, and their modes."""
        with tempfile.TemporaryDirectory(dir=self.bench.scratch) as place:
            tree, empty = Path(place, "tree"), Path(place, "empty")
            empty.mkdir()
            modes = self._laid_out(given.tree, paths, tree)
            opened = partial(opened_worker, self.bench, self.program, empty)
            return run_program(self.program, tree, (), opened, 1), modes

    def _laid_out(self, tree_name: str, paths: Sequence[str], tree: Path) -> dict[str, str]:
        """Write files to ``tree``, and what says which are generated; return their modes."""
        modes: dict[str, str] = {}
        for path in (*paths, ".gitattributes"):
            found = read_file(self.bench.clone, tree_name, path)
            if found is None:
                continue
            modes[path], content = found
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_bytes(content)
        return modes


def opened_worker(bench: Bench, program: Program, empty: Path) -> Worker:
    """Return a worker for a program in the sandbox of a bench, over an ``empty`` folder."""
    phase = worker_phase(required(bench))
    return Worker(program, phase, lambda: bench.sandbox.open(empty, phase, LIMITS), _TIMEOUT_S)


def _trouble(outcome: Outcome, *, is_followed: bool) -> str:
    """Return why the program is not believed, or ""."""
    overlooked = [one for one in outcome.all_left if one.is_open]
    if overlooked and not is_followed:
        return f"{len(overlooked)} sites were not dealt with, first {_said(overlooked[0])}"
    beside = [f"{one.path}:{line}" for one in outcome.files for line in one.uncounted]
    if beside:
        count = len(beside)
        return f"the program changed {count} places that SITES does not count, first {beside[0]}"
    return ""


def _first_changed(file: FileOutcome) -> int:
    """Return the first line that the program would change in a file, from 1."""
    before, after = file.before.split(b"\n"), (file.content or b"").split(b"\n")
    same = takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False))
    return sum(1 for _ in same) + 1


def _said(place: LeftPlace) -> str:
    return f"{place.path}:{place.line}: {place.reason}"


def _read(node: Node, place: Place) -> tuple[str, ...]:
    named: str = text("a program", longest=1_000).read(node, place)
    # As a codemod's folder is named in the file that stands beside it.
    path = os.path.normpath(Path(place.source).parent.absolute() / Path(named).expanduser())
    try:
        return path, read_program(Path(path)).digest
    except CodemodRefusal as refusal:
        raise place.refusal(node, f"cannot be used: {refusal}") from refusal


def make_codemod(words: tuple[str, ...], place: StepPlace) -> Step:
    """Return the step for a program's path and digest; CodemodRefusal when it is another now."""
    path, digest = words
    program = read_program(Path(path))
    if program.digest != digest:
        raise CodemodRefusal(
            f"{path} is no longer the program that this campaign was begun with; sweep again"
        )
    name = f"codemod {Path(path).name}"
    return CodemodStep(name, program, place.bench, is_followed=place.is_followed)


CODEMOD = Kind(
    "a folder with codemod.py or codemod.yml, or such a file",
    {"type": "string", "minLength": 1, "maxLength": 1_000},
    _read,
)
CODEMOD_MEANING = "A program that `changewright codemod` made and tried, beside this file."
