"""Examples beside a migration program: a file before and after, and files that must stay.

    examples/call.before.py  call.after.py      what it must make of a file, to the byte
    examples/other.keep.py                      what it must not touch
    examples/star.leave.py                      what it must leave, with a reason

A program without an example that changes something, and one that must not be touched, proves
nothing, so it does not pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from validators.codemods.outcome import FileOutcome
from validators.codemods.program import CodemodRefusal, Program
from validators.codemods.run import OpenWorker, run_program

EXAMPLES = "examples"
_KINDS = ("before", "keep", "leave")
_MAX_LINES = 40


@dataclass(frozen=True, slots=True)
class Example:
    """One file and what must become of it; ``after`` None where it must stay as it is."""

    path: str
    kind: str
    after: bytes | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one example; ``wrong`` is empty when it is as it must be."""

    path: str
    kind: str
    wrong: str = ""


def read_examples(folder: Path) -> tuple[Example, ...]:
    """Return the examples beside a program; CodemodRefusal says what is missing of them."""
    place = folder / EXAMPLES
    names = sorted(path.name for path in place.iterdir()) if place.is_dir() else []
    examples = []
    for name in names:
        stem, kind = _parted(name)
        if kind == "after":
            if name.replace(".after.", ".before.") not in names:
                raise CodemodRefusal(f"{place / name}: there is no {stem}.before file beside it")
            continue
        if kind not in _KINDS:
            raise CodemodRefusal(f"{place / name}: name it {stem}.before, .after, .keep or .leave")
        after = place / name.replace(".before.", ".after.")
        if kind == "before" and not after.is_file():
            raise CodemodRefusal(f"{place / name}: there is no {after.name} beside it")
        examples.append(Example(name, kind, after.read_bytes() if kind == "before" else None))
    kinds = {example.kind for example in examples}
    if "before" not in kinds or not kinds & {"keep", "leave"}:
        raise CodemodRefusal(
            f"{place}: at least one example must be changed (NAME.before.py, NAME.after.py) and one"
            " must stay (NAME.keep.py); without both a program proves nothing"
        )
    return tuple(examples)


def run_examples(
    program: Program, examples: Sequence[Example], open_worker: OpenWorker
) -> tuple[Verdict, ...]:
    """Return what came of each example, run as any file is: counted, twice, and parsed."""
    named = [f"/{example.path}" for example in examples]
    everywhere = Program(program.path, program.sites, (), program.source, program.rule)
    outcome = run_program(everywhere, program.path.parent / EXAMPLES, named, open_worker, 1)
    found = {file.path: file for file in outcome.files}
    nothing = FileOutcome("", 0)
    return tuple(
        Verdict(example.path, example.kind, _wrong(example, found.get(example.path, nothing)))
        for example in examples
    )


def _parted(name: str) -> tuple[str, str]:
    """Return a name's stem and what the word before its ending says."""
    parts = name.split(".")
    return (parts[0], parts[-2]) if len(parts) > 2 else (parts[0], "")  # noqa: PLR2004 - a.b.c


def _wrong(example: Example, file: FileOutcome) -> str:
    reasons = "; ".join(f"line {one.line}: {one.reason}" for one in file.left)
    if example.kind == "leave":
        if file.content is not None:
            return "it was changed, and must be left"
        decided = [one for one in file.left if not one.is_open]
        return "" if decided else f"it was not left with a reason{reasons and f' ({reasons})'}"
    if example.kind == "keep":
        return "" if file.content is None else _difference(file.before, file.content)
    if file.content is None:
        return f"nothing was changed{reasons and f': {reasons}'}"
    if file.content != example.after:
        return _difference(example.after or b"", file.content)
    overlooked = "; ".join(f"line {one.line}: {one.reason}" for one in file.left if one.is_open)
    extra = ", ".join(map(str, file.uncounted))
    return overlooked or (extra and f"SITES does not know what was rewritten at line {extra}")


def _difference(wanted: bytes, made: bytes) -> str:
    lines = unified_diff(
        wanted.decode("utf-8", "backslashreplace").splitlines(),
        made.decode("utf-8", "backslashreplace").splitlines(),
        "wanted",
        "made",
        lineterm="",
    )
    return "\n".join(list(lines)[:_MAX_LINES]) or "it differs in line ends or its last line"
