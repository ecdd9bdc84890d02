"""A campaign's steps over one target, one after the other, each on what the one before it left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from validators.checkout import Clone, write_tree
from validators.encoding import decode
from workflows.migration_step import CountingStep, Step, StepInput, StepResult
from workflows.proposal import ScopeLine


@dataclass(frozen=True, slots=True)
class Made:
    """What the steps made in one try: the tree after each, or why that is of no use.

    ``hows`` say for each path that was changed by what kind of step. ``left`` are the places that
    no step dealt with; ``said`` and ``shown`` are a model's words, and what it was given to read.
    ``attempt`` is which try it was.
    """

    trees: tuple[str, ...]
    hows: Mapping[str, str]
    failed: StepResult | None = None
    left: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    shown: tuple[ScopeLine, ...] = ()
    attempt: int = 1


def applied(steps: Sequence[Step], attempt: int, first: StepInput, clone: Clone) -> Made:
    """Run ``steps`` over the tree and target of ``first``, as its given try."""
    tree, trees = first.tree, list[str]()
    hows, left = dict[str, str](), first.left
    said, shown = list[str](), list[ScopeLine]()
    for number, step in enumerate(steps, 1):
        given = replace(first, tree=tree, left=left, attempt=attempt, step=number)
        result = _stepped(step, given, steps[: number - 1], clone)
        said += [result.said] if result.said else []
        shown += result.shown
        left = left if result.left is None else result.left
        if result.trouble:
            break
        if result.files:
            tree = write_tree(clone, tree, result.files)
        hows |= {change.path: step.how for change in result.files}
        trees.append(tree)
    failed = result if result.trouble else None
    return Made(tuple(trees), hows, failed, left or (), tuple(said), tuple(shown), attempt)


def _stepped(step: Step, given: StepInput, before: Sequence[Step], clone: Clone) -> StepResult:
    """Run one step, once; what it came to then is what it comes to when the run is taken up."""
    recorder = given.recorder
    known = recorder.history.commands.get((given.attempt, given.step))
    if known is not None:
        return decode(recorder.kept(known["changes"]), StepResult)
    result = step.apply(given)
    strays = sorted({change.path for change in result.files} - set(given.target.paths))
    if strays and not result.trouble:
        trouble = f"{step.name} changed {len(strays)} files outside its target, first {strays[0]}"
        result = replace(result, trouble=trouble, reason="stray")
    result = _counted_again(result, given, before, clone)
    recorder.record(
        "command.finished",
        attempt=given.attempt,
        step=given.step,
        trouble=result.trouble,
        changes=recorder.keep(result),
    )
    return result


def _counted_again(
    result: StepResult, given: StepInput, before: Sequence[Step], clone: Clone
) -> StepResult:
    """Return ``result`` with what is still there, in the files it changed, of what was left.

    That a file was touched does not say that each of its places was dealt with.
    """
    touched = [change.path for change in result.files]
    if not given.left or result.left is None or not touched or result.trouble:
        return result
    after = replace(given, tree=write_tree(clone, given.tree, result.files))
    counting = (step for step in before if isinstance(step, CountingStep))
    there = [place for step in counting for place in step.still_there(after, touched)]
    return replace(result, left=tuple(dict.fromkeys((*result.left, *there))))
