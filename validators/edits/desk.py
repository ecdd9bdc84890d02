"""The files of one patch while they are being edited.

An edit sees what the edits before it made. What may not be edited at all (a link, a submodule, a
binary file, a path no patch may name) is refused here, before its place is looked for.
"""

from collections.abc import Callable

from validators.clones.left_out import LFS_POINTER
from validators.clones.tree_path import normalised, path_trouble
from validators.edits.edit import Edit, LandedHow, RejectReason
from validators.edits.matching import NoPlace, Place, find_place, is_telling
from validators.edits.syntax import Syntax, Unmade
from validators.edits.text_file import TextFile, ended, new_text, read_text, splice
from validators.sandbox import FileChange

Read = Callable[[str], tuple[str, bytes] | None]

_FILE, _GONE = "100644", "000000"
_SYMLINK, _GITLINK, _FOLDER = "120000", "160000", "040000"
_MAX_FILE_BYTES = 1_000_000


class CannotMake(Exception):
    """One edit cannot be made: its no, on the way to `land`."""

    def __init__(self, reason: RejectReason, message: str) -> None:
        super().__init__(message)
        self.reason: RejectReason = reason


class Desk:
    """The files of one patch as they are being edited; what is not on it is as ``read`` gives."""

    def __init__(self, read: Read, syntax: Syntax, seen: Read | None = None) -> None:
        self._read = read
        self._syntax = syntax
        self._seen = seen or read
        self._before: dict[str, tuple[str, bytes] | None] = {}
        self._now: dict[str, tuple[str, bytes] | None] = {}
        self._origins: dict[str, str] = {}  # of renamed files, by their new path
        self._touched: set[str] = set()

    def make(self, edit: Edit) -> LandedHow:
        """Make one edit and tell how; raise CannotMake when it cannot be made."""
        path = self._checked(edit.path)
        if edit.kind == "create" or (edit.kind == "replace" and not edit.old):
            return self._create(path, edit)
        make = {
            "delete": self._delete,
            "rename": self._rename,
            "insert": self._insert,
            "append": self._append,
            "operate": self._operate,
        }.get(edit.kind, self._replace)
        return make(path, edit)

    def changes(self) -> tuple[FileChange, ...]:
        """Return the files that are now different, by path."""
        return tuple(
            FileChange(path, now[0], now[1]) if now else FileChange(path, _GONE)
            for path, now in sorted(self._now.items())
            if now != self._before[path]
        )

    def before(self, path: str) -> tuple[str, bytes] | None:
        """Return the path and content that ``path`` had before the patch, through a rename."""
        origin = self._origins.get(path, path)
        there = self._before[origin]
        return (origin, there[1]) if there else None

    def undo(self, path: str) -> set[str]:
        """Put ``path``, and what was renamed to it, back; return the paths that were undone."""
        undone = {path, self._origins.get(path, path)}
        for each in undone:
            self._now[each] = self._before[each]
        return undone

    def _create(self, path: str, edit: Edit) -> LandedHow:
        if edit.whole_lines:
            file = ended(new_text(edit.new), with_newline=edit.final_newline is not False)
            content = file.to_bytes() if edit.new else b""
        else:
            content = "\n".join(edit.new).encode()
        there = self._file(path)
        before = self._before[path]
        if there is None or (not there[1] and edit.kind == "replace"):
            mode = there[0] if there else before[0] if before else _FILE
            return self._put(path, (mode, content), "created")
        if there[1] == content:
            return "already-applied"
        message = f"{path} exists already. Change it by edits of its lines, not by a new file."
        if edit.kind == "replace":
            message = f"the old part is empty but {path} is not: give lines of it that stand there."
        raise CannotMake("exists", message)

    def _delete(self, path: str, edit: Edit) -> LandedHow:
        self._standing(path, edit)
        return self._put(path, None, "deleted")

    def _rename(self, path: str, edit: Edit) -> LandedHow:
        there = self._standing(path, edit)
        to = self._checked(edit.to)
        if self._file(to) is not None:
            raise CannotMake("exists", f"{path} cannot be renamed to {to}: that exists already.")
        self._origins[to] = self._origins.pop(path, path)
        self._put(to, there, "renamed")
        return self._put(path, None, "renamed")

    def _insert(self, path: str, edit: Edit) -> LandedHow:
        mode, file = self._text(path, edit)
        last = len(file.lines) - (file.lines[-1] == "")
        if edit.line > last:
            raise CannotMake("no-match", f"{path} has {last} lines; line {edit.line} is not in it.")
        if path in self._touched:
            message = "an earlier edit moved its lines: give the old lines instead of a number."
            raise CannotMake("ambiguous", f"line {edit.line} of {path} is unclear, {message}")
        _check_encoding(path, file, edit.new, ())
        made = splice(file, edit.line, edit.line, edit.new)
        return self._put(path, (mode, made.to_bytes()), "inserted")

    def _append(self, path: str, edit: Edit) -> LandedHow:
        mode, file = self._text(path, edit)
        end = len(file.lines) - (file.lines[-1] == "")
        if file.lines[:end][-len(edit.new) :] == edit.new and is_telling(edit.new):
            return "already-applied"
        _check_encoding(path, file, edit.new, ())
        made = splice(file, end, end, edit.new)
        if edit.final_newline is not None:
            made = ended(made, with_newline=edit.final_newline)
        return self._put(path, (mode, made.to_bytes()), "inserted")

    def _operate(self, path: str, edit: Edit) -> LandedHow:
        mode, file = self._text(path, edit)
        content = file.to_bytes()
        made = self._syntax.splices(path, content, edit.operation) if edit.operation else ()
        if isinstance(made, Unmade):
            if made.reason is None:
                return "already-applied"
            raise CannotMake(made.reason, f"{path}: {made.message}")
        _check_encoding(path, file, tuple(one.text for one in made), ())
        end = b"\r\n" if content.count(b"\r\n") * 2 > content.count(b"\n") else b"\n"
        for one in sorted(made, key=lambda one: one.start, reverse=True):
            new = one.text.encode().replace(b"\n", end)
            content = content[: one.start] + new + content[one.stop :]
        return self._put(path, (mode, content), "by-syntax")

    def _replace(self, path: str, edit: Edit) -> LandedHow:
        mode, file = self._text(path, edit)
        place = find_place(file, edit)
        if isinstance(place, NoPlace):
            if place.reason == "no-match" and (since := self._changed_since(path, edit)):
                nearest = place.message.partition("\n")[2]
                message = f"{path} changed since you read it: {since}. Its nearest lines now:"
                raise CannotMake("changed", f"{message}\n{nearest or '(none is like them)'}")
            raise CannotMake(place.reason, place.message)
        if place.how == "already-applied":
            return place.how
        standing = file.lines[place.start : place.stop]
        if place.new == standing:
            return "no-change"
        _check_encoding(path, file, place.new, standing)
        made = splice(file, place.start, place.stop, place.new)
        is_last = place.stop >= len(file.lines) - (file.lines[-1] == "")
        if is_last and edit.final_newline is not None:
            made = ended(made, with_newline=edit.final_newline)
        return self._put(path, (mode, made.to_bytes()), place.how)

    def _changed_since(self, path: str, edit: Edit) -> str:
        """Return since when the old lines no longer stand there; empty where they never did."""
        for there, since in (
            (self._before[path], "an earlier edit of this reply took the old lines away"),
            (self._seen(path), "the old lines stood there then"),
        ):
            file = read_text(there[1]) if there and there != self._now[path] else None
            place = find_place(file, edit) if file else None
            if isinstance(place, Place) and place.how != "already-applied":
                return since
        return ""

    def _text(self, path: str, edit: Edit) -> tuple[str, TextFile]:
        mode, content = self._standing(path, edit)
        if len(content) > _MAX_FILE_BYTES:
            limit = f"the limit for edits is {_MAX_FILE_BYTES}"
            raise CannotMake("too-large", f"{path} has {len(content)} bytes; {limit}.")
        if content.startswith(LFS_POINTER):
            message = f"{path} is a Git LFS pointer: its content is not here, so it stays as it is."
            raise CannotMake("binary", message)
        file = read_text(content)
        if file is None:
            raise CannotMake("binary", f"{path} is a binary file; it cannot be edited as text.")
        return mode, file

    def _standing(self, path: str, edit: Edit) -> tuple[str, bytes]:
        there = self._file(path)
        if there is None:
            hint = "check the path, or create it with an empty old part"
            hint = hint if edit.kind == "replace" else "check the path"
            raise CannotMake("no-such-file", f"there is no file {path}: {hint}.")
        return there

    def _checked(self, path: str) -> str:
        """Return ``path`` when a patch may name it and no folder on the way is a file or link."""
        path = normalised(path)
        if not path:
            message = "the edit does not say for which file it is: put the path alone on a line"
            raise CannotMake("no-path", f"{message} before it.")
        trouble = path_trouble(path)
        if trouble:
            raise CannotMake("bad-path", f"no patch may name {path[:200]!r}: {trouble}.")
        parts = path.split("/")
        for depth in range(1, len(parts)):
            above = self._file("/".join(parts[:depth]))
            if above is not None:
                raise CannotMake("not-a-folder", f"{'/'.join(parts[:depth])} is not a folder.")
        return path

    def _file(self, path: str) -> tuple[str, bytes] | None:
        """Return an ordinary file as it now is; raise CannotMake for a link or a submodule."""
        if path not in self._now:
            there = self._read(path)
            there = None if there and there[0] == _FOLDER else there
            self._before[path] = self._now[path] = there
        there = self._now[path]
        if there and there[0] == _SYMLINK:
            raise CannotMake("symlink", f"{path} is a symbolic link; no patch may go through one.")
        if there and there[0] == _GITLINK:
            raise CannotMake("submodule", f"{path} is a submodule; no patch may change one.")
        return there

    def _put(self, path: str, file: tuple[str, bytes] | None, how: LandedHow) -> LandedHow:
        self._now[path] = file
        self._touched.add(path)
        return how


def _check_encoding(
    path: str, file: TextFile, new: tuple[str, ...], standing: tuple[str, ...]
) -> None:
    """Refuse new characters in a file whose encoding is unknown: they would be written wrong."""
    if file.is_utf8:
        return
    known = set("".join(standing))
    strange = sorted(c for c in set("".join(new)) - known if not c.isascii())
    if strange:
        message = f"{path} is not UTF-8; new lines there may only use ASCII, not {strange[0]!r}."
        raise CannotMake("encoding", message)
