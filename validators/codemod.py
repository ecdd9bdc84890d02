"""What a migration program is written against; `docs/codemods.md` has all of it with examples.

A program is ``transform(file) -> Edits`` and the literals ``SITES`` and ``FILES``. It is data until
a sandbox runs it: it sees one file at a time and does no input or output.
"""

from validators.codemods.edit import Edit, Leave
from validators.codemods.facade import Edits, File
from validators.codemods.node import Argument, Node

__all__ = ["Argument", "Edit", "Edits", "File", "Leave", "Node"]
