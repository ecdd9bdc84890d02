"""Entries of a tree that are, or become, something else than an ordinary file.

A link that leads out of the tree is refused whatever the rules say, as a path outside of the tree
is; so is a new right to be executed for a file that says no interpreter's name.
"""

from collections.abc import Iterator, Mapping

from validators.checkout import RawChange
from validators.clones.tree_names import is_git_like, parents
from validators.policies.change import EXECUTABLE, FILE, GONE, LINK, SUBMODULE, Change
from validators.policies.findings import found
from validators.rules import Policies
from validators.verdict import Finding

_ORDINARY = frozenset({GONE, FILE, EXECUTABLE})
_LEAVE_LINK = "Leave the link alone."
_LEAVE_MODE = "Leave its mode as it was."


def shape_findings(change: Change, policies: Policies) -> Iterator[Finding]:
    """Yield for links, submodules and file modes the change brings, alters or takes away."""
    replaced = {entry.old_path for entry in change.entries if entry.old_mode == LINK}
    scripts = {file.path for file in change.files if (file.new or b"").startswith(b"#!")}
    for entry in change.entries:
        path, modes = entry.path, {entry.old_mode, entry.new_mode}
        through = "" if entry.new_mode == GONE else _link_above(path, replaced)
        if through:
            message = f"{path} is written where {through} was a symbolic link"
            yield from found(policies.symlinks, "symlink", message, path, _LEAVE_LINK)
        if SUBMODULE in modes:
            message = f"{path} is a submodule, or was one"
            yield from found(policies.submodules, "submodule", message, path, "Change files only.")
        elif entry.new_mode == LINK:
            yield from _link(path, change.links, policies)
        else:
            if entry.old_mode == LINK and entry.new_mode != GONE:
                message = f"{path} was a symbolic link and is none any more"
                yield from found(policies.symlinks, "symlink", message, path, _LEAVE_LINK)
            yield from _mode(entry, policies, is_script=path in scripts)


def repository_findings(change: Change, policies: Policies) -> Iterator[Finding]:
    """Yield for folders git would take for a repository: its settings there start programs."""
    known = _names_and_folders(change.sizes)
    reported: set[str] = set()
    for entry in change.entries:
        folders = _folders_of(entry.path.casefold()) if entry.new_mode != GONE else ()
        for folder in folders:
            has_store = {f"{folder}objects/", f"{folder}refs/"} <= known
            if f"{folder}head" not in known or folder in reported:
                continue
            if has_store or f"{folder}commondir" in known:
                reported.add(folder)
                message = f"{folder or 'the top folder'} is laid out as a bare git repository"
                fix = "Do not add files named HEAD, objects and refs beside each other."
                word = policies.embedded_repositories
                yield from found(word, "embedded-repository", message, entry.path, fix)


def _link(path: str, links: Mapping[str, str], policies: Policies) -> Iterator[Finding]:
    target = links.get(path)
    fix = "Write an ordinary file."
    if target is not None and not _stays_inside(path, target, links):
        message = (
            f"{path} is a symbolic link to {target[:200]!r}, which may lie outside of the tree"
        )
        yield from found("block", "symlink", message, path, fix)
        return
    to = f" to {target}" if target else ""
    message = f"{path} is a symbolic link{to}: who writes to one changes the other"
    yield from found(policies.symlinks, "symlink", message, path, fix)


def _stays_inside(path: str, target: str, links: Mapping[str, str]) -> bool:
    """Whether a link leads to a place in the tree, told without following any other link."""
    if not target or target.startswith("/") or "\\" in target or ":" in target:
        return False
    place = path.split("/")[:-1]
    for part in target.split("/"):
        if part == ".." and not place:
            return False
        if part == "..":
            place.pop()
        elif part not in {"", "."}:
            place.append(part)
        if is_git_like(part) or "/".join(place) in links:
            return False
    return True


def _link_above(path: str, links: set[str]) -> str:
    return next((folder for folder in parents(path) if folder in links), "")


def _mode(entry: RawChange, policies: Policies, *, is_script: bool) -> Iterator[Finding]:
    path, old, new = entry.path, entry.old_mode, entry.new_mode
    word = policies.modes if is_script else "block"
    if new not in _ORDINARY:
        message = f"{path} has file mode {new} (before: {old})"
        yield from found("block", "file-mode", message, path, "Write an ordinary file.")
    elif new == EXECUTABLE and old == GONE:
        message = f"{path} is new and executable"
        yield from found(word, "new-executable", message, path, "Add it without that right.")
    elif new == EXECUTABLE and old != EXECUTABLE:
        message = f"{path} becomes executable"
        yield from found(word, "made-executable", message, path, _LEAVE_MODE)
    elif new == FILE and old == EXECUTABLE:
        message = f"{path} is no longer executable"
        yield from found(policies.modes, "file-mode", message, path, _LEAVE_MODE)


def _names_and_folders(paths: Mapping[str, int]) -> set[str]:
    """Return all files and folders (with a slash at the end), case-insensitively."""
    names = [path.casefold() for path in paths]
    known = {*names}
    for name in names:
        # The folders above it, deepest first: above a known one, all are known.
        at = name.rfind("/")
        while at > 0 and name[: at + 1] not in known:
            known.add(name[: at + 1])
            at = name.rfind("/", 0, at)
    return known


def _folders_of(path: str) -> tuple[str, ...]:
    """Return the folders above ``path``, each with a slash at its end; the top one is empty."""
    parts = path.split("/")[:-1]
    return tuple("".join(f"{part}/" for part in parts[:depth]) for depth in range(len(parts) + 1))
