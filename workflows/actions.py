"""What the model may ask for while it works, answered from the tree as edited so far."""

import fnmatch
from collections.abc import Mapping
from typing import Any

from validators.checkout import Clone, list_files, read_blobs, read_file
from workflows.conversation import ActionCall, ActionResult

_MAX_LINES = 400
_MAX_MATCHES = 50
_MAX_LINE_LENGTH = 400
# No line a person wrote is as long; a minified file would use up the budget of the run.
_MAX_READ_LINE_LENGTH = 2_000
_MAX_FILE_BYTES = 1_000_000
_MAX_CALLS = 32
_MAX_TURN_CHARACTERS = 200_000
_MAX_WORD = 1_000
_REGULAR = frozenset({"100644", "100755"})


class Reader:
    """Answers `read` and `search` on one tree; what it cannot answer it says, it never raises.

    One reader answers one turn: so many calls, and so much text for all of them together.
    """

    def __init__(self, clone: Clone, tree: str) -> None:
        self._clone = clone
        self._tree = tree
        self._calls = 0
        self._characters = 0

    def answer(self, call: ActionCall) -> ActionResult:
        """Return the answer to one call, its arguments checked here and nowhere before."""
        self._calls += 1
        try:
            text = self._answer(call)
        except _Unanswerable as no:
            return ActionResult(call.id, str(no), failed=True)
        self._characters += len(text)
        return ActionResult(call.id, text)

    def _answer(self, call: ActionCall) -> str:
        if self._calls > _MAX_CALLS:
            raise _Unanswerable(f"one turn may hold {_MAX_CALLS} calls; ask again in the next")
        if self._characters > _MAX_TURN_CHARACTERS:
            raise _Unanswerable("this turn's answers are too long already; ask again in the next")
        if call.name == "read":
            return self._read(call.arguments)
        if call.name == "search":
            return self._search(call.arguments)
        raise _Unanswerable(f"there is no action called {call.name[:_MAX_WORD]!r}")

    def _read(self, arguments: Mapping[str, Any]) -> str:
        path = _word(arguments, "path")
        first, last = _number(arguments, "start_line"), _number(arguments, "end_line")
        lines = self._lines(path)
        first, last = max(1, first), min(len(lines), last, first + _MAX_LINES - 1)
        if first > last:
            raise _Unanswerable(f"{path} has {len(lines)} lines; none of them is asked for")
        shown = [f"{number:6} {_cut(lines[number - 1])}" for number in range(first, last + 1)]
        return f"{path}, lines {first}-{last} of {len(lines)}:\n" + "\n".join(shown)

    def _search(self, arguments: Mapping[str, Any]) -> str:
        text, glob = _word(arguments, "text"), _word(arguments, "glob")
        files = [
            file
            for file in list_files(self._clone, self._tree)
            if file.mode in _REGULAR and file.size <= _MAX_FILE_BYTES and _matches(file.path, glob)
        ]
        found: list[str] = []
        contents = read_blobs(self._clone, (file.sha for file in files))
        for file, content in zip(files, contents, strict=True):
            found += [
                f"{file.path}:{number}: {line.strip()[:_MAX_LINE_LENGTH]}"
                for number, line in enumerate(_lines_of(content), 1)
                if text in line
            ]
        if len(found) > _MAX_MATCHES:
            found[_MAX_MATCHES:] = [f"({len(found) - _MAX_MATCHES} more lines are left out)"]
        return "\n".join(found) or f"no line of a file matching {glob!r} contains {text!r}"

    def _lines(self, path: str) -> list[str]:
        found = read_file(self._clone, self._tree, path)
        if found is None or found[0] not in _REGULAR:
            raise _Unanswerable(f"there is no file {path!r}; search with a glob to find its name")
        return _lines_of(found[1])


class _Unanswerable(Exception):
    """A call that cannot be answered, with what the model should do instead."""


def _lines_of(content: bytes) -> list[str]:
    """Return the lines that edits and tests count by: only a line feed ends one."""
    lines = content.decode("utf-8", "replace").split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def _cut(line: str) -> str:
    left_out = len(line) - _MAX_READ_LINE_LENGTH
    if left_out <= 0:
        return line
    return f"{line[:_MAX_READ_LINE_LENGTH]} [{left_out} more characters are left out]"


def _matches(path: str, glob: str) -> bool:
    """Whether a glob names a path; ``**/`` stands for no folder, too, as everywhere else."""
    return fnmatch.fnmatchcase(path, glob) or fnmatch.fnmatchcase(path, glob.replace("**/", ""))


def _word(arguments: Mapping[str, Any], name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str) or not value:
        raise _Unanswerable(f"the argument {name!r} must be a text that is not empty")
    if len(value) > _MAX_WORD:
        raise _Unanswerable(f"the argument {name!r} may be {_MAX_WORD} characters long")
    return value


def _number(arguments: Mapping[str, Any], name: str) -> int:
    value = arguments.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Unanswerable(f"the argument {name!r} must be a whole number")
    return value
