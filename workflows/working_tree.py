"""A tree as the edits of one conversation have made it so far.

Edits are laid over the tree in memory, so that a question after each of two hundred of them costs
no git; `written` makes a tree of it when gates, a diff or the journal need one.
"""

from collections.abc import Callable, Mapping

from scoping.refusal import Refusal
from validators.checkout import Clone, read_file, write_tree
from validators.clones.tree_path import normalised
from validators.disk import DiskRefusal, disk_trouble
from validators.patch import Edit, Landing, Patch, RejectedEdit, SourceSyntax, land
from validators.sandbox import FileChange

_Content = tuple[str, bytes] | None


class WorkingTree:
    """Edits over ``tree``. Of a file that ``is_hidden`` from the model no edit finds a line.

    ``stale`` holds the files that changed since the model last saw them, as it saw them: numbers of
    their lines mean nothing any more. Close it: a parser may run.
    """

    def __init__(
        self, clone: Clone, tree: str, is_hidden: Callable[[str], bool] = lambda _: False
    ) -> None:
        self.stale: dict[str, _Content] = {}
        self.edits = 0
        self._clone = clone
        self._tree = tree
        self._is_hidden = is_hidden
        self._changes: dict[str, FileChange] = {}
        self._below: dict[str, _Content] = {}
        self._syntax = SourceSyntax()

    @property
    def below(self) -> str:
        """The tree that the edits of `overlay` are laid over."""
        return self._tree

    @property
    def overlay(self) -> Mapping[str, bytes | None]:
        """The content of each file that differs from `below`, None for a deleted one."""
        return {path: change.content for path, change in self._changes.items()}

    def read(self, path: str) -> _Content:
        """Return mode and content of a file as it now is, or None when there is none."""
        change = self._changes.get(path)
        if change is None:
            # Asked for three times while one edit lands, and each time costs two processes.
            if path not in self._below:
                self._below[path] = read_file(self._clone, self._tree, path)
            return self._below[path]
        return None if change.content is None else (change.mode, change.content)

    def land(self, patch: Patch) -> Landing:
        """Make all edits of ``patch`` or none; nothing lands by guess."""
        hidden = tuple(_refused(edit) for edit in patch.edits if self._hides(edit))
        if hidden:
            return Landing(rejected=(*patch.malformed, *hidden))
        landing = land(patch, self.read, self._syntax, seen=self._seen)
        for change in landing.files:
            self.stale.setdefault(change.path, self.read(change.path))
            self._changes[change.path] = change
        self.edits += bool(landing.files)
        return landing

    def written(self) -> str:
        """Return the name of the tree as it now is; the clone holds it from now on.

        DiskRefusal where it cannot be written: that says nothing about the edits.
        """
        if self._changes:
            try:
                self._tree = write_tree(self._clone, self._tree, self._changes.values())
            except (OSError, Refusal) as error:
                trouble = disk_trouble(error)
                if not trouble:
                    raise
                raise DiskRefusal(
                    f"the edits of a reply could not be written: {trouble}; free space on the disk"
                    " of the state directory, then go on with `changewright resume`"
                ) from error
            self._changes.clear()
            self._below.clear()
        return self._tree

    def close(self) -> None:
        """End the process that parses."""
        self._syntax.close()

    def _seen(self, path: str) -> _Content:
        return self.stale[path] if path in self.stale else self.read(path)

    def _hides(self, edit: Edit) -> bool:
        """Whether what becomes of an edit could tell what stands in a file that is hidden."""
        is_new = edit.kind == "create" or (
            edit.kind == "replace" and not edit.old and not edit.at_end
        )
        return not is_new and self._is_hidden(normalised(edit.path))


def _refused(edit: Edit) -> RejectedEdit:
    path = normalised(edit.path)
    message = f"the settings do not show {path} to you, so no edit of yours may change it."
    return RejectedEdit(path, "hidden", message)
