"""A campaign's steps over one target, one after the other, each on what the one before it left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from validators.checkout import Clone, write_tree
from validators.encoding import decode
from workflows.migration_step import Step, StepInput, StepResult


@dataclass(frozen=True, slots=True)
class Made:
    """What the steps made in one try: the tree after each, or why that is of no use.

    ``hows`` say for each path that was changed by what kind of step.
    """

    trees: tuple[str, ...]
    hows: Mapping[str, str]
    failed: StepResult | None = None
    left: tuple[str, ...] = ()


def applied(steps: Sequence[Step], attempt: int, first: StepInput, clone: Clone) -> Made:
    """Run ``steps`` over the tree and target of ``first``, as its given try."""
    tree, trees = first.tree, list[str]()
    hows, left = dict[str, str](), list[str]()
    for number, step in enumerate(steps, 1):
        given = replace(first, tree=tree)
        result = _stepped(step, (attempt, number), given)
        if result.trouble:
            return Made(tuple(trees), hows, result, tuple(left))
        if result.files:
            tree = write_tree(clone, tree, result.files)
        hows |= {change.path: step.how for change in result.files}
        left += result.left
        trees.append(tree)
    return Made(tuple(trees), hows, None, tuple(left))


def _stepped(step: Step, at: tuple[int, int], given: StepInput) -> StepResult:
    """Run one step, once; what it came to then is what it comes to when the run is taken up."""
    recorder = given.recorder
    known = recorder.history.commands.get(at)
    if known is not None:
        return decode(recorder.kept(known["changes"]), StepResult)
    result = step.apply(given)
    strays = sorted({change.path for change in result.files} - set(given.target.paths))
    if strays and not result.trouble:
        trouble = f"{step.name} changed {len(strays)} files outside its target, first {strays[0]}"
        result = replace(result, trouble=trouble, reason="stray")
    recorder.record(
        "command.finished",
        attempt=at[0],
        step=at[1],
        trouble=result.trouble,
        changes=recorder.keep(result),
    )
    return result
