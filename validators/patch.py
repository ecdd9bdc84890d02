"""A model's reply to a patch, and a patch to files: start here.

`parse` only reads; `land` (validators/edits/landing.py) finds each edit's place in the files as
they are. The grammar of each format stands at the head of its parser. Nothing here raises for what
a reply says: a block that cannot be read is a rejected edit with words the model can act on.
"""

from validators.edits.apply_patch import envelope_block, opens_envelope
from validators.edits.edit import (
    Block,
    Edit,
    LandedEdit,
    Landing,
    Patch,
    RejectedEdit,
    unreadable,
)
from validators.edits.editor_calls import call_block, opens_call
from validators.edits.landing import land, landing_report
from validators.edits.reply_lines import is_dressing, is_unicode, path_in
from validators.edits.search_replace import opens_search, search_block
from validators.edits.syntax import SourceSyntax, Syntax
from validators.edits.unified_diff import diff_block, opens_diff
from validators.edits.whole_file import file_block

__all__ = [
    "Edit",
    "LandedEdit",
    "Landing",
    "Patch",
    "RejectedEdit",
    "SourceSyntax",
    "Syntax",
    "land",
    "landing_report",
    "parse",
]

_MAX_REPLY_CHARACTERS = 2_000_000
_MAX_EDITS = 400


def parse(reply: str) -> Patch:
    """Return what ``reply`` would change, in any of the known formats, mixed as it likes."""
    if len(reply) > _MAX_REPLY_CHARACTERS:
        message = f"the reply has {len(reply)} characters; the limit is {_MAX_REPLY_CHARACTERS}."
        return Patch(malformed=(RejectedEdit("", "too-large", message),))
    if not is_unicode(reply):
        message = "the reply is not Unicode text (it holds half a character)."
        return Patch(malformed=(RejectedEdit("", "encoding", message),))
    reading = _Reading(reply.replace("\r\n", "\n").split("\n"))
    while reading.position < len(reading.lines):
        if len(reading.edits) + len(reading.malformed) > _MAX_EDITS:
            reading.malformed.append(unreadable("", f"more than {_MAX_EDITS} edits in one reply."))
            break
        reading.step()
    prose = "\n".join(reading.prose).strip()
    return Patch(tuple(reading.edits), prose, tuple(reading.malformed))


class _Reading:
    """One pass over a reply; each line is looked at a bounded number of times."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.position = 0
        self.edits: list[Edit] = []
        self.malformed: list[RejectedEdit] = []
        self.prose: list[str] = []
        self._floor = 0  # lines before it belong to an earlier block
        self._path = ""  # of the last block
        self._edit_opens_at = 0  # no fence before it holds a whole file

    def step(self) -> None:
        """Read the block that begins here, or one line of prose."""
        block = self._block()
        if block is None:
            self.prose.append(self.lines[self.position])
            self.position += 1
            return
        while self.prose and (is_dressing(self.prose[-1]) or path_in(self.prose[-1])):
            self.prose.pop()
        self.edits += block.edits
        self.malformed += block.malformed
        named = [edit.path for edit in block.edits] + [edit.path for edit in block.malformed]
        named = [path for path in named if path]
        self._path = named[-1] if named else self._path
        self.position = self._floor = block.end

    def _block(self) -> Block | None:
        start = self.position
        block = (
            search_block(self.lines, start, self._floor, self._path)
            or envelope_block(self.lines, start)
            or diff_block(self.lines, start)
            or call_block(self.lines, start)
        )
        if block or start < self._edit_opens_at:
            return block
        found = file_block(self.lines, start, self._floor, self._opens_edit)
        if isinstance(found, int):
            self._edit_opens_at = found
            return None
        return found

    def _opens_edit(self, position: int) -> bool:
        line = self.lines[position]
        return (
            opens_search(line)
            or opens_envelope(line)
            or opens_diff(self.lines, position)
            or opens_call(self.lines, position)
        )
