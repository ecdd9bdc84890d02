"""Edits onto files: all of a reply's edits or none, in order, each at the one place it has.

Reads through a function it is given and writes nothing: the result says how the files would be.
Modes, line ends and bytes that an edit does not name stay as they are.
"""

from collections.abc import Callable

from validators.clones.tree_path import normalised
from validators.edits.desk import CannotMake, Desk, Read
from validators.edits.edit import LandedEdit, Landing, Patch, RejectedEdit

CountErrors = Callable[[str, bytes], int | None]

# A reply with more rejected edits than this is about other files than these.
_MAX_REJECTED = 25


def land(patch: Patch, read: Read, count_errors: CountErrors, *, partial: bool = False) -> Landing:
    """Return what ``patch`` makes of the files that ``read`` gives as (mode, content) or None.

    ``count_errors`` returns how many syntax errors a file's content holds, None where it cannot
    tell. Unless ``partial``, one rejected edit keeps all others from being made.
    """
    desk = Desk(read)
    landed: list[LandedEdit] = []
    rejected = list(patch.malformed)
    for edit in patch.edits:
        path = normalised(edit.path)
        if len(rejected) >= _MAX_REJECTED:
            message = f"not tried: {_MAX_REJECTED} edits before it were rejected."
            rejected.append(RejectedEdit(path, "too-large", message))
            break
        try:
            landed.append(LandedEdit(path, desk.make(edit)))
        except CannotMake as no:
            rejected.append(RejectedEdit(path, no.reason, str(no)))
    for broken in _broken(desk, count_errors):
        rejected.append(broken)
        undone = desk.undo(broken.path)
        landed = [edit for edit in landed if edit.path not in undone]
    files = desk.changes() if partial or not rejected else ()
    return Landing(files, tuple(landed), tuple(rejected))


def landing_report(landing: Landing) -> dict[str, list[dict[str, str]]]:
    """Return what became of each edit as the JSON a command prints."""
    return {
        "landed": [{"path": edit.path, "how": edit.how} for edit in landing.landed],
        "rejected": [
            {"path": edit.path, "reason": edit.reason, "message": edit.message}
            for edit in landing.rejected
        ],
    }


def _broken(desk: Desk, count_errors: CountErrors) -> list[RejectedEdit]:
    """Return a rejection for each changed file that has more syntax errors than before."""
    found: list[RejectedEdit] = []
    for change in desk.changes():
        if change.content is None:
            continue
        before = desk.before(change.path)
        errors = count_errors(change.path, change.content)
        known = count_errors(*before) if before else 0
        if errors is not None and known is not None and errors > known:
            message = (
                f"with these edits {change.path} no longer parses: {errors} syntax errors,"
                f" {known} before. Check indentation, brackets and quotes of the new lines."
            )
            found.append(RejectedEdit(change.path, "breaks-syntax", message))
    return found
