"""What repeated reasons and corrections suggest as rules, each with the pull requests behind it.

Counted, not guessed, and without a model: the same outcomes suggest the same rules. No word of
anybody goes into a rule; numbers, our own sentences and names of files do.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from validators.learned_rules import is_gate_name, is_pattern
from validators.path_kinds import matcher
from validators.rules import Rules
from workflows.metrics import Change

LessonKind = Literal["protected-path", "size-cap", "gate", "instruction"]
# A rule needs this many pull requests behind it, and this share of those that it would be about.
LEAST = 3
MOSTLY = 0.5
_UNWANTED = frozenset({"wrong", "not-wanted"})
_ABOUT_GATES = frozenset({"wrong", "incomplete", "style"})
_SENTENCES: Mapping[str, str] = {
    "style": "In `{}`, write as the code beside does; do not bring another style.",
    "incomplete": "In `{}`, cover every part of the task, and say of each where it is done.",
    "duplicate": "Before adding to `{}`, look for what is there already, and use it.",
}
_CORRECTED = "Before changing `{}`, read how the code beside it does the same, and keep to that."
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Lesson:
    """One suggested rule; ``rule`` is a pattern, a figure, a gate's name or a sentence.

    ``evidence`` are the numbers of the pull requests that led to it, ``why`` says it in words.
    """

    kind: LessonKind
    rule: str
    why: str
    evidence: tuple[int, ...]


def lessons_of(changes: Iterable[Change], rules: Rules) -> tuple[Lesson, ...]:
    """Return what ``changes`` suggest beyond the ``rules`` that hold, in a fixed order."""
    decided = [one for one in changes if one.outcome.state in {"accepted", "rejected"}]
    return (
        *_protected(decided, rules),
        *_size_cap(decided, rules),
        *_gates(decided, rules),
        *_instructions(decided),
        *_corrections(decided),
    )


def _protected(decided: Sequence[Change], rules: Rules) -> Iterator[Lesson]:
    def is_unwanted(one: Change) -> bool:
        after = one.outcome.aftermath
        return one.outcome.reason in _UNWANTED or bool(after and after.reverted)

    is_known = matcher(rules.protected.paths, ignore_case=True)
    for place, some, of in _places(decided, is_unwanted):
        if not is_known(f"{place}x" if place.endswith("/") else place):
            why = f"{_of(some, of)} that touched {place} were wrong, not wanted or reverted"
            yield Lesson("protected-path", f"/{place}", f"{why}: {_listed(some)}", _numbers(some))


def _size_cap(decided: Sequence[Change], rules: Rules) -> Iterator[Lesson]:
    too_large = [one for one in decided if one.outcome.reason == "too-large" and one.outcome.lines]
    if len(too_large) < LEAST:
        return
    smallest = min(one.outcome.lines for one in too_large)
    fine = [one.outcome.lines for one in decided if one.outcome.state == "accepted"]
    cap = max((lines for lines in fine if lines < smallest), default=smallest - 1)
    above = [one for one in decided if one.outcome.lines > cap]
    if 0 < cap < rules.limits.max_patch_lines and len(too_large) >= MOSTLY * len(above):
        why = f"{_of(too_large, above)} of more than {cap} lines were too large"
        numbers = _numbers(too_large)
        yield Lesson("size-cap", str(cap), f"{why}: {_listed(too_large)}", numbers)


def _gates(decided: Sequence[Change], rules: Rules) -> Iterator[Lesson]:
    for gate in rules.gates:
        if gate.required or not is_gate_name(gate.name):
            continue
        failed = [one for one in decided if _failed(one, gate.name)]
        some = [one for one in failed if one.outcome.reason in _ABOUT_GATES]
        if len(some) >= LEAST and len(some) >= MOSTLY * len(failed):
            why = f"{_of(some, failed)} that gate {gate.name} did not pass were rejected for it"
            yield Lesson("gate", gate.name, f"{why}: {_listed(some)}", _numbers(some))


def _failed(change: Change, gate: str) -> bool:
    """Whether a gate did not pass what was proposed in the end."""
    words = [word for _, name, word in change.last.gates if name == gate]
    return bool(words) and words[-1] != "pass"


def _instructions(decided: Sequence[Change]) -> Iterator[Lesson]:
    for reason, sentence in _SENTENCES.items():
        for place, some, of in _places(decided, partial(_was_rejected_as, reason)):
            why = f"{_of(some, of)} that touched {place} were rejected as {reason}"
            rule = sentence.format(place)
            yield Lesson("instruction", rule, f"{why}: {_listed(some)}", _numbers(some))


def _was_rejected_as(reason: str, change: Change) -> bool:
    return change.outcome.reason == reason


def _corrections(decided: Sequence[Change]) -> Iterator[Lesson]:
    corrected: dict[str, list[Change]] = {}
    for one in decided:
        after = one.outcome.aftermath
        for path in after.edited_paths if after else ():
            corrected.setdefault(path, []).append(one)
    for path, some in sorted(corrected.items()):
        of = [one for one in decided if path in one.outcome.paths and one.outcome.aftermath]
        if len(some) >= LEAST and len(some) >= MOSTLY * len(of) and is_pattern(path):
            why = f"people corrected {_of(some, of)} that touched {path}"
            rule = _CORRECTED.format(path)
            yield Lesson("instruction", rule, f"{why}: {_listed(some)}", _numbers(some))


def _places(
    decided: Sequence[Change], is_counted: Callable[[Change], bool]
) -> Iterator[tuple[str, list[Change], list[Change]]]:
    """Yield the places in which most of what was decided counts: folders, or single files.

    Of folders within each other the outermost is named that holds for; where the same pull requests
    stand behind several, the innermost.
    """
    about: dict[str, list[Change]] = {}
    for one in decided:
        for place in {place for path in one.outcome.paths for place in _around(path)}:
            about.setdefault(place, []).append(one)
    found = {}
    for place, of in about.items():
        some = [one for one in of if is_counted(one)]
        if len(some) >= LEAST and len(some) >= MOSTLY * len(of) and is_pattern(place):
            found[place] = (some, of)
    kept: dict[str, tuple[list[Change], list[Change]]] = {}
    for place in sorted(found, key=lambda one: (one.count("/"), one)):
        outer = next((one for one in kept if one.endswith("/") and place.startswith(one)), None)
        if outer is not None and kept[outer][0] == found[place][0]:
            del kept[outer]  # the same evidence, told more exactly
        elif outer is not None:
            continue
        kept[place] = found[place]
    for place in sorted(kept):
        yield place, *kept[place]


def _around(path: str) -> Iterator[str]:
    yield path
    for at, letter in enumerate(path):
        if letter == "/":
            yield path[: at + 1]


def _numbers(changes: Iterable[Change]) -> tuple[int, ...]:
    return tuple(sorted({one.outcome.number for one in changes}))


def _of(some: Sequence[Change], of: Sequence[Change]) -> str:
    return f"{len(some)} of {len(of)} proposals"


def _listed(changes: Iterable[Change]) -> str:
    numbers = _numbers(changes)
    shown = ", ".join(f"#{number}" for number in numbers[:_SHOWN])
    return f"{shown} and {len(numbers) - _SHOWN} more" if len(numbers) > _SHOWN else shown
