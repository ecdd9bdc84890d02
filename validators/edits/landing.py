"""Edits onto files: all of a reply's edits or none, in order, each at the one place it has.

Reads through a function it is given and writes nothing: the result says how the files would be.
Modes, line ends and bytes that an edit does not name stay as they are.
"""

from validators.clones.tree_path import normalised
from validators.edits.desk import CannotMake, Desk, Read
from validators.edits.edit import LandedEdit, Landing, Patch, RejectedEdit
from validators.edits.soundness import unsound
from validators.edits.syntax import Syntax

# A reply with more rejected edits than this is about other files than these.
_MAX_REJECTED = 25


def land(
    patch: Patch, read: Read, syntax: Syntax, *, seen: Read | None = None, partial: bool = False
) -> Landing:
    """Return what ``patch`` makes of the files that ``read`` gives as (mode, content) or None.

    ``seen`` gives them as the author of the patch last read them, where that may differ. Unless
    ``partial``, one rejected edit keeps all others from being made.
    """
    desk = Desk(read, syntax, seen)
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
    for broken in [*unsound(desk, syntax)]:
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
