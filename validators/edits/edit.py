"""The nouns of a patch: what a reply would change, and what became of each change.

An edit comes from a stranger (a model that read strangers' text): it says what *would* change and
touches nothing. Every format a reply may use ends in this one form.
"""

from dataclasses import dataclass
from typing import Literal

from validators.sandbox import FileChange

EditKind = Literal["replace", "create", "delete", "rename", "insert", "append", "operate"]

LandedHow = Literal[
    "exact",  # the old text stands in the file exactly once
    "whole-lines",  # it stands there several times, but only once as whole lines
    "whitespace",  # only whitespace differed; the new lines were indented like the old ones
    "created",
    "deleted",
    "renamed",
    "inserted",
    "by-syntax",  # by what a definition is called, not by its text
    "already-applied",  # the file already holds the new text: nothing was changed
    "no-change",  # old and new text are the same: nothing was changed
]

OperationKind = Literal["rename_symbol", "add_argument", "add_import", "replace_definition"]

RejectReason = Literal[
    "malformed",  # the block cannot be read
    "no-path",  # the block does not say which file it is for
    "bad-path",  # a path no patch may name
    "hidden",  # the settings do not show it to the author
    "no-such-file",
    "exists",
    "symlink",
    "submodule",
    "not-a-folder",
    "binary",
    "encoding",
    "too-large",
    "no-match",
    "ambiguous",
    "indentation",
    "breaks-syntax",
    "undefined-name",  # a name is used that nothing in the file defines any more, or yet
    "changed",  # the old text stood there when the author read the file, and does not now
]


@dataclass(frozen=True, slots=True)
class Operation:
    """A change named by a definition: what is done, to which ``name`` (``Class.method``).

    ``text`` is the new name, the argument, the import or the definition, as the language writes it.
    """

    kind: OperationKind
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    r"""One change of one file: the ``old`` lines give way to the ``new`` ones, without line ends.

    ``whole_lines`` is false where the format replaces raw text: then ``"\n".join(old)`` may begin
    and end inside a line. ``anchors`` are lines that stand before the place, outermost first;
    ``at_end`` binds it to the end of the file; ``to`` is the new path of a rename; ``line`` is the
    line after which an insert goes (0: the top). ``final_newline`` says how the file ends if the
    new lines become its last ones; None leaves that as it is. ``operation`` names what is changed
    by the file's syntax.
    """

    path: str
    kind: EditKind = "replace"
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    whole_lines: bool = True
    anchors: tuple[str, ...] = ()
    at_end: bool = False
    to: str = ""
    line: int = 0
    final_newline: bool | None = None
    operation: Operation | None = None


@dataclass(frozen=True, slots=True)
class RejectedEdit:
    """An edit that was not made: a stable ``reason``, and a ``message`` a model can act on."""

    path: str
    reason: RejectReason
    message: str


@dataclass(frozen=True, slots=True)
class LandedEdit:
    """An edit that found its place, and how it was found."""

    path: str
    how: LandedHow


@dataclass(frozen=True, slots=True)
class Patch:
    """What a reply would change. ``malformed`` are blocks that could not be read as edits.

    ``prose`` is the rest of the reply: the author's own account, text from a model.
    """

    edits: tuple[Edit, ...] = ()
    prose: str = ""
    malformed: tuple[RejectedEdit, ...] = ()


@dataclass(frozen=True, slots=True)
class Landing:
    """A patch on a tree. ``files`` is empty when an edit was rejected, unless partial was asked."""

    files: tuple[FileChange, ...] = ()
    landed: tuple[LandedEdit, ...] = ()
    rejected: tuple[RejectedEdit, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """What one format recognised in a reply, up to (not including) line ``end``."""

    end: int
    edits: tuple[Edit, ...] = ()
    malformed: tuple[RejectedEdit, ...] = ()


def unreadable(path: str, message: str) -> RejectedEdit:
    """Return the rejection of a block that breaks its format's grammar."""
    return RejectedEdit(path, "malformed", message)
