"""A program that a model is writing: the files of its folder, and what its replies make of them.

A reply is edits in any form that edits may have, so that one line of a program can be mended; a
file that is there already may be sent anew as a whole.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from validators.clones.tree_path import normalised
from validators.codemods.examples import EXAMPLES
from validators.codemods.program import PROGRAM
from validators.edits.edit import Operation
from validators.edits.syntax import Unmade
from validators.patch import Edit, Landing, Patch, RejectedEdit, land

_NAME = re.compile(
    rf"{EXAMPLES}/[A-Za-z0-9_-]{{1,60}}\.(?:before|after|keep|leave)\.[a-z0-9]{{1,10}}"
)
_MOST_FILES, _MOST_BYTES = 40, 64 * 1024
# A person reads all of it in the pull request.
_LONGEST_PROGRAM = 10_000
_MODE = "100644"

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class DraftLanding:
    """The files after a reply, as they were where any edit was rejected; and what became of it."""

    files: Files
    landing: Landing


class _NothingKnown:
    """Syntax of which nothing is known: an example may name what it likes, or be no code at all.

    Whether the program can be read is found out when it is tried.
    """

    def error_lines(self, _: str, __: bytes) -> None:
        """Return that this cannot be told."""

    def undefined_names(self, _: str, __: bytes) -> None:
        """Return that this cannot be told."""

    def splices(self, _: str, __: bytes, ___: Operation) -> Unmade:
        """Return that a program is changed by its text."""
        return Unmade("malformed", "change the files of a program by blocks of SEARCH and REPLACE.")


def landed_on(files: Files, patch: Patch) -> DraftLanding:
    """Return what ``patch`` makes of a program's folder: all of it, or nothing."""
    strays = tuple(_stray(edit) for edit in patch.edits if not _may_be(normalised(edit.path)))
    if strays:
        return DraftLanding(files, Landing(rejected=(*patch.malformed, *strays)))
    anew = {normalised(edit.path) for edit in patch.edits if _is_whole(edit)}

    def read(path: str) -> tuple[str, bytes] | None:
        return None if path in anew or path not in files else (_MODE, files[path])

    landing = land(patch, read, _NothingKnown())
    made = dict(files)
    for change in landing.files:
        if change.content is None:
            made.pop(change.path, None)
        else:
            made[change.path] = change.content
    if why := too_large(made):
        return DraftLanding(files, Landing(rejected=(why,)))
    return DraftLanding(made, landing)


def handed_over(files: Mapping[str, str]) -> tuple[RejectedEdit, ...]:
    """Return what keeps whole ``files``, handed over at once, from being those of a program."""
    strays = tuple(_no_file(path) for path in files if not _may_be(path))
    why = too_large({path: text.encode("utf-8", "replace") for path, text in files.items()})
    return strays or ((why,) if why else ())


def too_large(files: Files) -> RejectedEdit | None:
    """Return what is too much about a program's files, or None."""
    if len(files.get(PROGRAM, b"")) > _LONGEST_PROGRAM:
        message = f"a program has at most {_LONGEST_PROGRAM} bytes, because a person reads it all."
        return RejectedEdit(PROGRAM, "too-large", message)
    too_much = [path for path, content in files.items() if len(content) > _MOST_BYTES]
    if too_much or len(files) > _MOST_FILES:
        message = f"a program has at most {_MOST_FILES} files, each of {_MOST_BYTES} bytes."
        return RejectedEdit(too_much[0] if too_much else PROGRAM, "too-large", message)
    return None


def _may_be(path: str) -> bool:
    return path == PROGRAM or _NAME.fullmatch(path) is not None


def _is_whole(edit: Edit) -> bool:
    is_empty = edit.kind == "replace" and not edit.old and not edit.at_end
    return edit.kind == "create" or is_empty


def _stray(edit: Edit) -> RejectedEdit:
    return _no_file(normalised(edit.path))


def _no_file(path: str) -> RejectedEdit:
    message = (
        f"{path} is no file of a program: those are {PROGRAM} and {EXAMPLES}/NAME.before.EXT,"
        " NAME.after.EXT, NAME.keep.EXT and NAME.leave.EXT."
    )
    return RejectedEdit(path, "bad-path", message)
