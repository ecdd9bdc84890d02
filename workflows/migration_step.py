"""One step of a campaign: what it is given, what it gives back, and the step that is a command."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from validators.sandbox import Changes, Completed, FileChange
from workflows.campaign import FailureReason, Target
from workflows.proposal import ScopeLine
from workflows.recorder import Recorder

# A command over a tree, in the sandbox: how it ended, and what it did to files that count.
Execute = Callable[[Sequence[str], str], tuple[Completed, Changes]]


@dataclass(frozen=True, slots=True)
class StepInput:
    """What a step works on: the ``tree`` as the steps before it left it, for one target.

    ``told`` says why the target's last try did not pass, for a step that can make something of it;
    empty on the first. What a step asks and pays for goes through ``recorder``. ``left`` are the
    places that the steps before it did not deal with, None where none of them accounts for places.
    ``attempt`` and ``step`` count from 1.
    """

    target: Target
    tree: str
    told: str
    recorder: Recorder
    left: tuple[str, ...] | None = None
    attempt: int = 1
    step: int = 1


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step did: ``files`` changed, none of them for unchanged; or ``trouble``, and why.

    ``left`` are the places that stay for the next step or a person now, each with its reason; None
    where it knows nothing of places. ``said`` are a model's own words, and ``shown`` is what that
    was given to read.
    """

    files: tuple[FileChange, ...] = ()
    trouble: str = ""
    reason: FailureReason = ""
    left: tuple[str, ...] | None = None
    said: str = ""
    shown: tuple[ScopeLine, ...] = ()


class Step(Protocol):
    """One way to change a target's files. The same input gives the same result.

    ``how`` is said of each change it made. One that ``learns`` may do better when it is told why
    what it did was not good; any other is not asked twice.
    """

    @property
    def name(self) -> str:
        """What it is called for people."""
        ...

    @property
    def how(self) -> str:
        """The word for its kind."""
        ...

    @property
    def learns(self) -> bool:
        """Whether a second try can come to anything else than the first."""
        ...

    def apply(self, given: StepInput) -> StepResult:
        """Work on one target; a refusal fails the target, anything else that is raised is a bug."""
        ...


@runtime_checkable
class CountingStep(Protocol):
    """A step that knows what places it is about, and finds those again that are still there."""

    def still_there(self, given: StepInput, paths: Sequence[str]) -> tuple[str, ...]:
        """Return the places in these files of ``given.tree``, each with its reason."""
        ...


@dataclass(frozen=True, slots=True)
class CommandStep:
    """A command in the sandbox, which is given the target's files as its last words."""

    name: str
    argv: tuple[str, ...]
    execute: Execute
    how: str = "command"
    learns: bool = False

    def apply(self, given: StepInput) -> StepResult:
        """Run the command over the files of one target that are there."""
        # A stranger named the files, and a name must not be taken for an option.
        names = (f"./{path}" if path.startswith("-") else path for path in given.target.paths)
        completed, changes = self.execute((*self.argv, *names), given.tree)
        trouble = _trouble(completed, changes)
        return StepResult(changes.files, trouble, "step" if trouble else "")


def _trouble(completed: Completed, changes: Changes) -> str:
    """Return why a command's result may not be used, or an empty string."""
    if completed.outcome not in {"ok", "failed"}:
        return f"the command ended with {completed.outcome}: {completed.detail or 'see its output'}"
    if changes.refused:
        path, why = changes.refused[0]
        return f"the command left something that cannot be part of a change: {path}: {why}"
    if completed.outcome == "failed" and not changes.files:
        tail = (completed.stderr.text or completed.stdout.text).strip()[-300:]
        return f"the command failed with exit code {completed.code}: {tail}"
    return ""
