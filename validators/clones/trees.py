"""Trees of a clone: what they hold, and how a new one is made of file contents.

Contents go in and out byte for byte. No filter, line-end conversion or attribute of the tree takes
part, so that the same contents make the same tree on every machine.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from validators.clones.clone import (
    Clone,
    object_name,
    scratch_index,
    split_paths,
    unborrowed,
    undamaged,
    write_index,
)
from validators.clones.repository import CheckoutRefusal
from validators.clones.tree_names import refuse_names, why_unsafe
from validators.git import GitRefusal, git
from validators.sandbox import FileChange

DELETED = "000000"
PLAIN = "100644"
EXECUTABLE = "100755"
LINK = "120000"
SUBMODULE = "160000"


@dataclass(frozen=True, slots=True)
class TreeFile:
    """One entry of a tree. ``mode`` is git's; ``size`` in bytes, 0 for a submodule (160000)."""

    path: str
    mode: str
    sha: str
    size: int


def list_files(clone: Clone, tree: str) -> tuple[TreeFile, ...]:
    """Return every file, link and submodule of ``tree``, in git's order."""
    listed = git(clone.git_dir, "ls-tree", "-r", "-z", "-l", "--full-tree", object_name(tree))
    return tuple(_tree_file(line) for line in split_paths(listed))


def read_file(clone: Clone, tree: str, path: str) -> tuple[str, bytes] | None:
    """Return mode and content of ``path``, or None when it is no file there.

    A link's content is its target; a submodule has none.
    """
    if why_unsafe(path):
        return None
    listed = git(clone.git_dir, "ls-tree", "-z", "-l", "--full-tree", object_name(tree), "--", path)
    for line in split_paths(listed):
        found = _tree_file(line)
        if found.path == path and found.mode == SUBMODULE:
            return found.mode, b""
        if found.path == path and found.mode in {PLAIN, EXECUTABLE, LINK}:
            with undamaged(clone):
                return found.mode, git(clone.git_dir, "cat-file", "blob", found.sha)
    return None


def names_in(clone: Clone, tree: str, folder: str) -> tuple[str, ...]:
    """Return the paths of what lies in ``folder`` itself, folders too; none where it is not."""
    argv = ["ls-tree", "-z", "--name-only", "--full-tree", object_name(tree), "--", f"{folder}/"]
    return split_paths(git(clone.git_dir, *argv))


def read_blobs(clone: Clone, names: Iterable[str]) -> Iterator[bytes]:
    """Yield the content of each blob, in order, through one git; all are held at once."""
    asked = "".join(f"{object_name(name)}\n" for name in names)
    answer = git(clone.git_dir, "cat-file", "--batch", "--buffer", stdin=asked.encode())
    at = 0
    for name in asked.split():
        end = answer.index(b"\n", at)
        header = answer[at:end].split()
        if len(header) != 3 or header[1] != b"blob":  # noqa: PLR2004 - name, kind, size
            raise CheckoutRefusal(
                f"{clone.repository} lacks object {name}, or it is damaged; check it with: git fsck"
            )
        at = end + 1 + int(header[2])
        yield answer[end + 1 : at]
        at += 1


def empty_tree(clone: Clone) -> str:
    """Return the tree without a file, which the clone holds from now on."""
    return git(clone.git_dir, "mktree", terms=unborrowed(clone)).decode().strip()


def write_tree(clone: Clone, base_tree: str, changes: Iterable[FileChange]) -> str:
    """Lay ``changes`` over ``base_tree`` and return the new tree, written to the clone.

    A file may take the place of a folder, and the other way round. For a submodule (160000) the
    content is its commit's hash. CheckoutRefusal names a path or mode that may not be.
    """
    ordered = sorted(changes, key=lambda change: (change.mode != DELETED, change.path))
    _check(ordered)
    with scratch_index(clone, base_tree) as index:
        names = list(_hash_contents(clone, ordered, index.parent))
        pairs = list(zip(ordered, names, strict=True))
        lines = "".join(f"{change.mode} {name}\t{change.path}\0" for change, name in pairs)
        stdin = lines.encode("utf-8", "surrogateescape")
        git(clone.git_dir, "update-index", "-z", "--index-info", index=index, stdin=stdin)
        # Git leaves out a name it does not like, and calls that success.
        taken = set(split_paths(git(clone.git_dir, "ls-files", "-s", "-z", index=index)))
        for change, name in pairs:
            if change.mode != DELETED and f"{change.mode} {name} 0\t{change.path}" not in taken:
                raise CheckoutRefusal(f"git does not take {change.path!r} into a tree")
        return write_index(clone, index)


def apply_diff(clone: Clone, base_tree: str, diff: bytes) -> str:
    """Return the tree after a unified ``diff``; CheckoutRefusal says where it does not apply."""
    if not diff.strip():
        raise CheckoutRefusal("it is empty; write a change into it, as git diff prints one")
    if not any(mark in diff for mark in (b"\n@@ ", b"diff --git ")):
        raise CheckoutRefusal("it is no unified diff; make one with: git diff BASE")
    with scratch_index(clone, base_tree) as index:
        try:
            git(
                clone.git_dir,
                *("apply", "--cached", "--whitespace=nowarn", "-"),
                index=index,
                stdin=diff,
            )
        except GitRefusal as error:
            raise CheckoutRefusal(
                f"it does not apply to the base: {_where(error.said)}; make it anew on that base"
            ) from error
        return write_index(clone, index)


def _where(said: str) -> str:
    """Return the first thing git minded about a diff, without its words for its own files."""
    first = said.partition("\n")[0] or "git gave no reason"
    return first.removeprefix("patch failed: ").replace(" in index", " in the base")


def _tree_file(line: str) -> TreeFile:
    facts, _, path = line.partition("\t")
    mode, _, sha, size = facts.split()
    return TreeFile(path, mode, sha, int(size) if size.isdigit() else 0)


def _check(changes: list[FileChange]) -> None:
    if len({change.path for change in changes}) != len(changes):
        raise CheckoutRefusal("the change names the same path twice; say once what becomes of it")
    refuse_names(change.path for change in changes if change.mode != DELETED)
    for change in changes:
        why = why_unsafe(change.path)
        if change.mode not in {DELETED, PLAIN, EXECUTABLE, LINK, SUBMODULE}:
            why = f"git has no file mode {change.mode!r}"
        elif (change.content is None) != (change.mode == DELETED):
            why = "a deleted file has no content, and any other has one"
        if why:
            raise CheckoutRefusal(f"the change of {change.path!r} is refused: {why}")


def _hash_contents(clone: Clone, changes: list[FileChange], folder: Path) -> Iterator[str]:
    """Yield the object name of each change; contents reach one git by files named by number."""
    zeros = "0" * len(clone.base_tree)
    numbers = []
    for number, change in enumerate(changes):
        if change.content is not None and change.mode != SUBMODULE:
            (folder / str(number)).write_bytes(change.content)
            numbers.append(f"{folder.name}/{number}\n")
    hashed = git(
        clone.git_dir,
        *("hash-object", "-w", "--no-filters", "--stdin-paths"),
        stdin="".join(numbers).encode(),
        terms=unborrowed(clone),
    )
    names = iter(hashed.decode().split())
    for change in changes:
        if change.content is None:
            yield zeros
        elif change.mode == SUBMODULE:
            yield object_name(change.content.decode("ascii", "replace"))
        else:
            yield next(names)
