"""A file laid out anew: so many lines differ in white space alone that the real change is lost.

One block moved deeper or less deep as a whole is no such thing: that is what a new condition around
it does, and where indentation is syntax it cannot be done otherwise.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from validators.policies.changed_file import ChangedFile
from validators.policies.findings import found
from validators.rules import PolicyWord
from validators.verdict import Finding

_MIN_LINES = 40
_MAX_SHARE = 0.75
_ONE_BLOCK = 0.9
_WHITE = b" \t\r\n\f\v"


def reformatting_findings(files: Iterable[ChangedFile], word: PolicyWord) -> Iterator[Finding]:
    """Yield for files whose changed lines vanish mostly where white space does not count."""
    if word == "allow":
        return
    for file in files:
        if file.old is None or file.new is None:
            continue
        before, after = (Counter(text.split(b"\n")) for text in (file.old, file.new))
        changed, alike = _white_space_changes(before - after, after - before)
        if alike:
            message = (
                f"{file.path}: {alike} of its {changed} added and removed lines differ"
                " in white space alone"
            )
            fix = "Keep each line as it was that needs no change."
            yield from found(word, "reformatted-file", message, file.path, fix)


def _white_space_changes(removed: Counter[bytes], added: Counter[bytes]) -> tuple[int, int]:
    """Return how many lines changed, and how many in white space alone; none if these are few."""
    changed = removed.total() + added.total()
    if changed < _MIN_LINES:
        return changed, 0
    bare_removed, bare_added = _bare(removed), _bare(added)
    blank = bare_removed.pop(b"", 0) + bare_added.pop(b"", 0)
    pairs = (bare_removed & bare_added).total()
    alike = 2 * pairs + blank
    is_most = alike > changed * _MAX_SHARE
    return changed, alike if is_most and not _is_one_block(removed, added, pairs) else 0


def _bare(lines: Counter[bytes]) -> Counter[bytes]:
    """Return the lines without any white space."""
    bare: Counter[bytes] = Counter()
    for line, times in lines.items():
        bare[line.translate(None, _WHITE)] += times
    return bare


def _is_one_block(removed: Counter[bytes], added: Counter[bytes], pairs: int) -> bool:
    """Whether nearly all pairs of lines gained, or lost, one and the same indentation."""
    written: dict[bytes, list[bytes]] = defaultdict(list)
    for line in added.elements():
        written[line.translate(None, _WHITE)].append(line)
    shifts: Counter[tuple[bytes, bytes]] = Counter()
    for line in removed.elements():
        lines = written[line.translate(None, _WHITE)] if line.strip(_WHITE) else []
        if lines:
            shifts[_shift(line, lines.pop())] += 1
    largest = max((times for shift, times in shifts.items() if any(shift)), default=0)
    return pairs > 0 and largest >= pairs * _ONE_BLOCK


def _shift(old: bytes, new: bytes) -> tuple[bytes, bytes]:
    """Return the indentation a line gained and lost; two empty ones when it is no mere shift."""
    if old.strip(_WHITE) == new.strip(_WHITE):
        if new.endswith(old):
            return new.removesuffix(old), b""
        if old.endswith(new):
            return b"", old.removesuffix(new)
    return b"", b""
