"""A program somebody just wrote, tried: on its own examples, and on files that it must change.

What is wrong is told in words that help to mend it; nothing here raises for what a program does.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from validators.codemods.audit import Auditor
from validators.codemods.crew import Source, Worker
from validators.codemods.draft import Files
from validators.codemods.examples import read_examples, run_examples
from validators.codemods.outcome import LeftPlace, Outcome
from validators.codemods.program import CodemodRefusal, Program, read_program, sites_of
from validators.codemods.run import run_program
from validators.codemods.tree_walk import language_of

# Line numbers by path: first and last, both included.
Shown = Mapping[str, Sequence[tuple[int, int]]]
_MOST_TOLD = 12
_COUNTED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it; ``outcome`` None where it could not be run.

    ``idle`` says so where it did nothing to any of the files, which is no fault of every sample.
    ``counted`` are the sites within the lines that its author was shown, as ``PATH:LINE``.
    """

    objections: tuple[str, ...]
    idle: str = ""
    outcome: Outcome | None = None
    counted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrialRoom:
    """An empty folder of this machine, and what opens a sandboxed worker for a program."""

    place: Path
    open_worker: Callable[[Program], Worker]


def tried(
    draft: Files, samples: Mapping[str, Files], shown: Shown | None, room: TrialRoom
) -> Trial:
    """Run a program on its examples and on files; count what stands in the lines ``shown``.

    Where ``shown`` is None only on the files. ``samples`` are by repository: a file is called
    LABEL/PATH, or PATH where the label is empty.
    """
    folder = room.place / "program"
    _write(folder, draft)
    try:
        program = read_program(folder)
        open_worker = partial(room.open_worker, program)
        wrong = _wrong_examples(program, folder, open_worker) if shown is not None else ()
        outcome = _together(
            [_run(program, one, (room.place, open_worker)) for one in samples.items()]
        )
        sample = {
            _name(label, path): one
            for label, files in samples.items()
            for path, one in files.items()
        }
        counted = _counted(program, sample, shown or {})
    except CodemodRefusal as refusal:
        return Trial((str(refusal).replace(f"{room.place}/program/", ""),))
    return Trial((*wrong, *_odd(outcome, sample)), _idle(outcome, sample), outcome, counted)


def sites_in(expression: str, files: Files) -> Mapping[str, int]:
    """Return how often an expression matches in each of the files, as SITES is counted.

    CodemodRefusal where it is none, would match everywhere, or takes too long.
    """
    sites = sites_of(Path("the pattern"), expression)
    sources = [Source(path, language_of(path), content) for path, content in files.items()]
    found: dict[str, int] = {}
    with Auditor(sites) as auditor:
        for at in range(0, len(sources), _COUNTED_AT_ONCE):  # for each of which there is a time
            some = sources[at : at + _COUNTED_AT_ONCE]
            looks = zip(some, auditor.count(some), strict=True)
            found |= {source.path: len(look.sites) for source, look in looks if look.sites}
    return found


def _wrong_examples(
    program: Program, folder: Path, open_worker: Callable[[], Worker]
) -> tuple[str, ...]:
    verdicts = run_examples(program, read_examples(folder), open_worker)
    return tuple(f"{one.path}: {one.wrong}" for one in verdicts if one.wrong)


def _run(
    program: Program, sample: tuple[str, Files], room: tuple[Path, Callable[[], Worker]]
) -> Outcome:
    """Return what a program makes of one repository's files, called as its author knows them."""
    (label, files), (place, open_worker) = sample, room
    tree = place / "sample" / (label or "files")
    _write(tree, files)
    outcome = run_program(program, tree, (), open_worker, 1)

    def renamed(left: tuple[LeftPlace, ...]) -> tuple[LeftPlace, ...]:
        return tuple(replace(one, path=_name(label, one.path)) for one in left)

    named = tuple(
        replace(one, path=_name(label, one.path), left=renamed(one.left)) for one in outcome.files
    )
    return replace(outcome, files=named, left=renamed(outcome.left))


def _together(outcomes: Sequence[Outcome]) -> Outcome:
    return Outcome(
        outcomes[0].digest,
        sum(one.read for one in outcomes),
        tuple(file for one in outcomes for file in one.files),
        tuple(place for one in outcomes for place in one.left),
    )


def _name(label: str, path: str) -> str:
    return f"{label}/{path}" if label else path


def _write(folder: Path, files: Files) -> None:
    folder.mkdir(parents=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def _idle(outcome: Outcome, sample: Files) -> str:
    if not outcome.expected:
        return f"SITES or FILES matches nothing in the {len(sample)} files of the sample"
    if not outcome.rewritten:
        return f"the program rewrote none of {outcome.expected} expected sites of the sample"
    return ""


def _odd(outcome: Outcome, sample: Files) -> Iterator[str]:
    """Yield what is against a program's work on real files."""
    lines = sum(content.count(b"\n") + 1 for content in sample.values())
    if outcome.expected > lines:
        yield f"SITES counts {outcome.expected} sites in {lines} lines: it means nearly everything"
    yield from _some(
        [f"{one.path}:{one.line}: {one.reason}" for one in outcome.all_left if one.is_open]
    )
    yield from _some(
        [
            f"{one.path}:{line}: rewritten, and not counted by SITES"
            for one in outcome.files
            for line in one.uncounted
        ]
    )


def _some(found: Sequence[str]) -> Iterator[str]:
    yield from found[:_MOST_TOLD]
    if len(found) > _MOST_TOLD:
        yield f"and {len(found) - _MOST_TOLD} more of that kind"


def _counted(program: Program, sample: Files, shown: Shown) -> tuple[str, ...]:
    """Return the sites in the lines that somebody saw, by the count alone."""
    if not shown:
        return ()
    sources = [Source(path, language_of(path), sample[path]) for path in shown if path in sample]
    with Auditor(program.sites) as auditor:
        looks = auditor.count(sources)
    found = []
    for source, look in zip(sources, looks, strict=True):
        for site in look.sites:
            line = source.content.count(b"\n", 0, site.start) + 1
            if any(first <= line <= last for first, last in shown[source.path]):
                found.append(f"{source.path}:{line}")
    return tuple(found)
