"""What no patch may touch or exceed, judged on the tree it made, before anything of it runs.

The text of a patch is never judged: programs disagree on what it means. Two trees leave no room
for that. The rules come from the base, so a patch cannot loosen what judges it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from validators.checkout import Clone, LineCount, RawChange, line_counts, list_files, raw_changes
from validators.clones.tree_path import is_like_git, path_trouble
from validators.path_kinds import (
    OWN_CONFIG,
    explains,
    is_agent_file,
    is_lock_file,
    is_manifest,
    matcher,
)
from validators.rules import Rules
from validators.verdict import Finding, Severity

_GATE = "policy"
_GONE, _FILE, _EXECUTABLE, _SYMLINK, _GITLINK = "000000", "100644", "100755", "120000", "160000"
_ORDINARY = frozenset({_GONE, _FILE, _EXECUTABLE})
_MAX_FINDINGS = 200
_MAX_MATCHED = 512
_GRAVITY: Mapping[Severity, int] = {"block": 0, "ask": 1, "warn": 2, "note": 3}


@dataclass(frozen=True, slots=True)
class Change:
    """A patch as policy sees it: what differs, and what the tree holds afterwards.

    ``sizes`` has the bytes of every file of the applied tree, by path; changed or not.
    """

    entries: tuple[RawChange, ...]
    counts: tuple[LineCount, ...]
    sizes: Mapping[str, int]


def judge_tree(
    clone: Clone, base_tree: str, applied_tree: str, rules: Rules
) -> tuple[Finding, ...]:
    """Return what is wrong with ``applied_tree`` as a change of ``base_tree``; empty when nothing.

    Raises PolicyRefusal when a pattern of ``rules`` cannot be used.
    """
    sizes = {file.path: file.size for file in list_files(clone, applied_tree)}
    entries = raw_changes(clone, base_tree, applied_tree)
    return judge_change(Change(entries, line_counts(clone, base_tree, applied_tree), sizes), rules)


def judge_change(change: Change, rules: Rules) -> tuple[Finding, ...]:
    """Return the findings on ``change``, the blocking ones first, at most 200 of them."""
    if not change.entries:
        return (_finding("no-change", "block", "the patch changes nothing"),)
    found = [
        *_touched(change, rules),
        *_shapes(change),
        *_embedded_repositories(change),
        *_sizes(change, rules),
        *_dependencies(change),
    ]
    found.sort(key=lambda finding: _GRAVITY[finding.severity])
    left_out = len(found) - _MAX_FINDINGS
    if left_out > 0:
        more = _finding("more-findings", "note", f"{left_out} more findings are left out")
        found = [*found[:_MAX_FINDINGS], more]
    return tuple(found)


def _touched(change: Change, rules: Rules) -> Iterator[Finding]:
    """Yield where the patch names a path it may not name."""
    is_protected = matcher(rules.protected.paths, ignore_case=True)
    is_allowed = matcher(rules.allowed_paths, ignore_case=False)
    for entry in change.entries:
        for path in dict.fromkeys((entry.old_path, entry.path)):
            trouble = path_trouble(path) if path == entry.path and entry.status != "D" else ""
            if trouble or len(path) > _MAX_MATCHED:
                yield _bad_path(path, trouble or "the path is too long")
                continue
            yield from _special(path, rules)
            if is_protected(path) and rules.protected.policy != "allow":
                message = f"{path} is protected: it decides what is checked, by whom or with what"
                fix = "Leave it out; a person may change it, or the rules on the base."
                yield _finding("protected-path", rules.protected.policy, message, path, fix)
            if rules.allowed_paths and not is_allowed(path):
                message = f"{path} is none of the paths the rules allow this bot to change"
                fix = "Change only files under the allowed paths."
                yield _finding("outside-allowed-paths", "block", message, path, fix)


def _bad_path(path: str, trouble: str) -> Finding:
    code = "git-directory" if any(is_like_git(part) for part in path.split("/")) else "bad-path"
    return _finding(code, "block", f"{trouble}: {path[:300]!r}", path, "Use a plain file name.")


def _special(path: str, rules: Rules) -> Iterator[Finding]:
    """Yield for files with a meaning that no setting makes harmless."""
    folded = path.casefold()
    if folded in OWN_CONFIG:
        message = f"{path} holds the rules this very change is judged by"
        yield _finding("own-config", "block", message, path, "Leave it to a person.")
    elif folded.rsplit("/", 1)[-1] == ".gitmodules":
        message = f"{path} names repositories that git fetches from"
        yield _finding("gitmodules", "block", message, path, "Leave it to a person.")
    elif is_agent_file(path):
        word: Severity = "ask" if rules.protected.policy != "block" else "block"
        message = f"{path} tells agents what to do; a change of it steers later runs"
        yield _finding("agent-instructions", word, message, path, "Leave it to a person.")


def _shapes(change: Change) -> Iterator[Finding]:
    """Yield where an entry is, or becomes, something else than an ordinary file."""
    for entry in change.entries:
        path, modes = entry.path, {entry.old_mode, entry.new_mode}
        if _GITLINK in modes:
            message = f"{path} is a submodule, or was one"
            yield _finding("submodule", "block", message, path, "Change files only.")
        elif _SYMLINK in modes and entry.new_mode != _GONE:
            message = f"{path} is a symbolic link, or was one; a link may lead anywhere"
            yield _finding("symlink", "block", message, path, "Write an ordinary file.")
        elif entry.new_mode not in _ORDINARY:
            message = f"{path} has file mode {entry.new_mode} (before: {entry.old_mode})"
            yield _finding("file-mode", "block", message, path, "Write an ordinary file.")
        elif entry.new_mode == _EXECUTABLE and entry.old_mode == _GONE:
            message = f"{path} is new and executable"
            yield _finding("new-executable", "block", message, path, "Add it without that right.")
        elif entry.new_mode == _EXECUTABLE and entry.old_mode == _FILE:
            message = f"{path} becomes executable"
            yield _finding("made-executable", "ask", message, path, "Leave its mode as it was.")
        elif entry.new_mode == _FILE and entry.old_mode == _EXECUTABLE:
            message = f"{path} is no longer executable"
            yield _finding("file-mode", "block", message, path, "Leave its mode as it was.")


def _embedded_repositories(change: Change) -> Iterator[Finding]:
    """Yield for folders git would take for a repository: its settings there start programs."""
    names = [path.casefold() for path in change.sizes]
    known = {*names}
    for name in names:
        # The folders above it, deepest first: above a known one, all are known.
        at = name.rfind("/")
        while at > 0 and name[: at + 1] not in known:
            known.add(name[: at + 1])
            at = name.rfind("/", 0, at)
    reported: set[str] = set()
    for entry in change.entries:
        folders = _folders_of(entry.path.casefold()) if entry.status != "D" else ()
        for folder in folders:
            has_store = {f"{folder}objects/", f"{folder}refs/"} <= known
            if f"{folder}head" not in known or folder in reported:
                continue
            if has_store or f"{folder}commondir" in known:
                reported.add(folder)
                message = f"{folder or 'the top folder'} is laid out as a bare git repository"
                fix = "Do not add files named HEAD, objects and refs beside each other."
                yield _finding("embedded-repository", "block", message, entry.path, fix)


def _folders_of(path: str) -> tuple[str, ...]:
    """Return the folders above ``path``, each with a slash at its end; the top one is empty."""
    parts = path.split("/")[:-1]
    return tuple("".join(f"{part}/" for part in parts[:depth]) for depth in range(len(parts) + 1))


def _sizes(change: Change, rules: Rules) -> Iterator[Finding]:
    """Yield what is more than a person is asked to read."""
    limits = rules.limits
    fix = "Make the change smaller, or split the task."
    files = len(change.entries)
    if files > limits.max_patch_files:
        message = f"{files} files are changed; the limit is {limits.max_patch_files}"
        yield _finding("too-many-files", "block", message, fix=fix)
    lines = sum(count.added + count.removed for count in change.counts)
    if lines > limits.max_patch_lines:
        message = f"{lines} lines are added or removed; the limit is {limits.max_patch_lines}"
        yield _finding("too-many-lines", "block", message, fix=fix)
    for entry in change.entries:
        size = change.sizes.get(entry.path, 0) if entry.new_mode != _GONE else 0
        if size > limits.max_file_bytes:
            message = f"{entry.path} has {size} bytes; the limit is {limits.max_file_bytes}"
            yield _finding("file-too-large", "block", message, entry.path, fix)
    for count in change.counts:
        if count.binary:
            message = f"{count.path} is binary: what changed in it cannot be read"
            yield _finding("binary-file", "ask", message, count.path, "Leave it out if you can.")


def _dependencies(change: Change) -> Iterator[Finding]:
    """Yield where the patch changes what the project depends on."""
    paths = [path for e in change.entries for path in dict.fromkeys((e.old_path, e.path))]
    manifests = [path for path in paths if is_manifest(path)]
    for path in manifests:
        message = f"{path} declares dependencies: a person should look at what is new in it"
        yield _finding("dependency-manifest", "ask", message, path, "Keep it out if not needed.")
    for path in paths:
        if is_lock_file(path) and not any(explains(path, manifest) for manifest in manifests):
            message = f"{path} is changed without the manifest it is made from"
            fix = "Leave the lock file as it was."
            yield _finding("lock-without-manifest", "block", message, path, fix)


def _finding(code: str, severity: Severity, message: str, path: str = "", fix: str = "") -> Finding:
    finding = Finding(_GATE, code, severity, message, path, 0, fix)
    return replace(finding, message=_shown(message), path=_shown(path))


def _shown(text: str) -> str:
    """Write bytes of a name that are no text as escapes, so that a finding can be stored."""
    return text.encode("utf-8", "backslashreplace").decode()
