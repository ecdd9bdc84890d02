"""Which names may stand in a tree, and which may stand beside each other.

Wider than what a patch may name (`tree_path`): a stranger's tree holds names with line breaks and
bytes that are no text, and they must survive. Refused is only what leaves the tree, what git could
take for its own directory, and what cannot be written out as one folder.
"""

from collections.abc import Iterable, Iterator

from validators.clones.repository import CheckoutRefusal
from validators.clones.tree_path import is_like_git


def why_unsafe(path: str) -> str:
    """Return why ``path`` may not stand in a tree, or an empty string when it may."""
    if not path or "\0" in path:
        return "it is not the name of a file"
    if path.startswith("/"):
        return "it is absolute"
    names = path.split("/")
    if any(name in {"", ".", ".."} for name in names):
        return "it has an empty, '.' or '..' component"
    if any(is_git_like(name) for name in names):
        return "a component is, or looks like, git's own directory"
    return ""


def is_git_like(name: str) -> bool:
    """Whether some file system may open git's own directory under this one name."""
    if name.isascii() and "git" not in name.lower():
        return False  # nearly every name, and a tree has many
    return any(is_like_git(part) for part in name.split("\\"))  # to NTFS that is a separator


def refuse_names(paths: Iterable[str]) -> None:
    """Raise CheckoutRefusal unless these files can be written beside each other in one folder."""
    files = list(paths)
    known = set(files)
    if len(known) != len(files):
        raise CheckoutRefusal("the tree names the same path twice; check it with: git fsck")
    for path in files:
        why = why_unsafe(path)
        if not known.isdisjoint(parents(path)):
            why = "it lies in a folder that is a file, too"
        if why:
            raise CheckoutRefusal(f"the path {path!r} is refused: {why}")


def parents(path: str) -> Iterator[str]:
    """Yield the folders above ``path``, outermost first."""
    at = path.find("/")
    while at > 0:
        yield path[:at]
        at = path.find("/", at + 1)
