"""The lines of a file that are most like a text it does not hold: "did you mean".

Only shown, never landed on: below whitespace, a resemblance is a guess. Cheap by caps, because the
file and the text are both a stranger's.
"""

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

_MAX_COMPARED = 3_000
_MAX_LINE = 200
_MAX_COMPARED_LENGTH = 120
_MAX_RATIOS = 60
_MAX_SHOWN = 24
_AROUND = 2
_ALIKE = 0.6


def did_you_mean(lines: Sequence[str], old: Sequence[str]) -> str:
    """Return the most similar lines of a file, numbered from 1; empty when none is similar."""
    wanted = [" ".join(line.split()) for line in old if line.strip()]
    if not wanted or not any(line.strip() for line in lines):
        return ""
    keys = [" ".join(line.split()) for line in lines]
    start = _most_shared(keys, wanted, len(old))
    if start is None:
        start = _most_alike(keys, wanted)
    if start is None:
        return ""
    first = max(0, start - _AROUND)
    stop = min(len(lines), start + len(old) + _AROUND, first + _MAX_SHOWN)
    shown = (f"{number + 1} | {lines[number][:_MAX_LINE]}" for number in range(first, stop))
    return "Did you mean these lines (the numbers are not part of them)?\n" + "\n".join(shown)


def _most_shared(keys: Sequence[str], wanted: Sequence[str], size: int) -> int | None:
    """Return where the window of ``size`` lines begins that shares most lines with ``wanted``."""
    target = Counter(wanted)
    seen: Counter[str] = Counter()
    shared = best = 0
    best_start: int | None = None
    for position, key in enumerate(keys):
        if key in target:
            seen[key] += 1
            shared += seen[key] <= target[key]
        leaving = position - size
        if leaving >= 0 and keys[leaving] in target:
            shared -= seen[keys[leaving]] <= target[keys[leaving]]
            seen[keys[leaving]] -= 1
        if shared > best:
            best, best_start = shared, max(0, position - size + 1)
    return best_start


def _most_alike(keys: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Return where the line stands that most resembles the longest of ``wanted``."""
    longest = max(wanted, key=len)[:_MAX_COMPARED_LENGTH]
    matcher = SequenceMatcher(None, autojunk=False)
    matcher.set_seq2(longest)
    best, best_at, ratios = _ALIKE, None, 0
    for position, key in enumerate(keys[:_MAX_COMPARED]):
        matcher.set_seq1(key[:_MAX_COMPARED_LENGTH])
        if matcher.real_quick_ratio() <= best or matcher.quick_ratio() <= best:
            continue
        ratios += 1
        if ratios > _MAX_RATIOS:
            break
        ratio = matcher.ratio()
        if ratio > best:
            best, best_at = ratio, position
    return best_at
