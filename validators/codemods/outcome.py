"""What came of a migration program on a tree: every expected site rewritten, or left and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_MANY_FILES, _NEARLY_ALL = 20, 0.9


@dataclass(frozen=True, slots=True)
class LeftPlace:
    """A place that stays as it was. ``line`` 0 means the whole path.

    ``is_open`` where nobody decided so: the program overlooked it, or its work was thrown away.
    """

    path: str
    line: int
    reason: str
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """One file about which there is something to say. ``content`` is its new one, None if none.

    ``rewritten`` counts expected sites; ``uncounted`` are lines rewritten where none was expected;
    ``error_lines`` is where the file did not parse before anything was done.
    """

    path: str
    expected: int
    rewritten: int = 0
    left: tuple[LeftPlace, ...] = ()
    uncounted: tuple[int, ...] = ()
    error_lines: tuple[int, ...] = ()
    before: bytes = b""
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A whole run. ``read`` counts the files; ``left`` holds what is no file's, such as folders."""

    digest: str
    read: int
    files: tuple[FileOutcome, ...] = ()
    left: tuple[LeftPlace, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def expected(self) -> int:
        """How many sites the independent count found."""
        return sum(file.expected for file in self.files)

    @property
    def rewritten(self) -> int:
        """How many of those were rewritten."""
        return sum(file.rewritten for file in self.files)

    @property
    def all_left(self) -> tuple[LeftPlace, ...]:
        """Every place that stays as it was."""
        return (*self.left, *(place for file in self.files for place in file.left))

    @property
    def changed(self) -> tuple[FileOutcome, ...]:
        """The files that have a new content."""
        return tuple(file for file in self.files if file.content is not None)

    @property
    def is_whole(self) -> bool:
        """Whether count and program agree on every site, and there was one."""
        is_open = any(place.is_open for place in self.all_left)
        return bool(self.expected) and not is_open and not any(f.uncounted for f in self.files)

    def document(self) -> Mapping[str, object]:
        """Return it as ``--json`` prints it."""
        return {
            "program": self.digest,
            "read": self.read,
            "expected": self.expected,
            "rewritten": self.rewritten,
            "left": [
                {"path": one.path, "line": one.line, "reason": one.reason, "open": one.is_open}
                for one in self.all_left
            ],
            "uncounted": [
                {"path": file.path, "line": line} for file in self.files for line in file.uncounted
            ],
            "files": [
                {
                    "path": file.path,
                    "expected": file.expected,
                    "rewritten": file.rewritten,
                    "left": len(file.left),
                    "changed": file.content is not None,
                    "error_lines": list(file.error_lines),
                }
                for file in self.files
            ],
            "notes": list(self.notes),
        }


def notes_of(outcome: Outcome) -> Iterator[str]:
    """Yield what is odd about a run as a whole."""
    if not outcome.expected:
        yield f"SITES matches nothing in the {outcome.read} files that were read"
    elif not outcome.rewritten:
        yield f"the program rewrote none of {outcome.expected} expected sites"
    changed = len(outcome.changed)
    if outcome.read >= _MANY_FILES and changed > _NEARLY_ALL * outcome.read:
        yield f"nearly everything was rewritten: {changed} of {outcome.read} files"
