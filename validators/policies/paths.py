"""Which paths a change may name.

A path that leaves the tree, that git or a file system may take for git's own directory, or that no
tree may hold, is always refused, and so are our own configuration and paths outside of
``allowed_paths``: no policy can allow these. The rest obeys the words of the rules.
"""

import re
import unicodedata
from collections.abc import Iterator

from validators.clones.tree_path import is_like_git, path_trouble
from validators.learned_rules import only_tightens
from validators.path_kinds import (
    OWN_CONFIG,
    explains,
    is_agent_file,
    is_contributor_guide,
    is_lock_file,
    matcher,
)
from validators.policies.change import GONE, Change
from validators.policies.findings import found
from validators.rules import Rules
from validators.verdict import Finding

_MAX_MATCHED = 512
_ODD = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_SHORT_NAME = re.compile(r"[^./]{1,7}~\d{1,2}(\.[^./]{0,3})?")
_LEAVE_IT = "Leave it to a person."


def path_findings(change: Change, rules: Rules) -> Iterator[Finding]:
    """Yield where the change names a path it may not name, under the old name or the new one."""
    is_learnt = _only_learns(change)
    is_protected = matcher(rules.protected.paths, ignore_case=True)
    is_allowed = matcher(rules.allowed_paths, ignore_case=False)
    for entry in change.entries:
        for path in dict.fromkeys((entry.old_path, entry.path)):
            is_written = path == entry.path and entry.new_mode != GONE
            is_new = entry.old_mode == GONE or entry.old_path != path
            trouble = _trouble(path, is_new=is_new) if is_written else ""
            if trouble or len(path) > _MAX_MATCHED:
                yield from _bad_path(path, trouble or "the path is too long")
                continue
            yield from _special(path, rules, is_learnt=is_learnt)
            if is_protected(path) and path.casefold() not in OWN_CONFIG:
                message = f"{path} is protected: it decides what is checked, by whom or with what"
                fix = "Leave it out; a person may change it, or the rules on the base."
                yield from found(rules.protected.policy, "protected-path", message, path, fix)
            if rules.allowed_paths and not is_allowed(path):
                message = f"{path} is none of the paths the rules allow this bot to change"
                fix = "Change only files under the allowed paths."
                yield from found("block", "outside-allowed-paths", message, path, fix)


def collision_findings(change: Change) -> Iterator[Finding]:
    """Yield for new names that some file system takes for another file or link of the tree."""
    new = [e.path for e in change.entries if e.new_mode != GONE and e.old_mode == GONE]
    new += [e.path for e in change.entries if e.new_mode != GONE and e.old_path != e.path]
    if not new:
        return
    spelled: dict[str, list[str]] = {}
    for path in change.sizes:
        spelled.setdefault(_folded(path), []).append(path)
    for path in new:
        names = [path[: found_at.start()] for found_at in re.finditer("/", path)] + [path]
        others = [o for name in names for o in spelled.get(_folded(name), ()) if o != name]
        if others:
            message = f"{path} and {others[0]} are one file where case or accents do not count"
            fix = f"Change {others[0]}, or choose a name that differs in its letters."
            yield from found("block", "name-collision", message, path, fix)


def lock_findings(change: Change, rules: Rules) -> Iterator[Finding]:
    """Yield for lock files that change although no manifest they are made from does."""
    paths = [path for e in change.entries for path in dict.fromkeys((e.old_path, e.path))]
    for path in paths:
        if is_lock_file(path) and not any(explains(path, manifest) for manifest in paths):
            message = f"{path} is changed without the manifest it is made from"
            fix = "Leave the lock file as it was."
            yield from found(rules.policies.lock_files, "lock-without-manifest", message, path, fix)


def _trouble(path: str, *, is_new: bool) -> str:
    """Return why ``path`` may not be written; a new name must also be one on Windows."""
    trouble = path_trouble(path)
    if trouble or not is_new:
        return trouble
    for part in path.split("/"):
        if _ODD.search(part) or part != part.strip(" ") or part.endswith("."):
            return "the path holds a name that some file systems cannot hold or read as another"
        if _DEVICE.fullmatch(part):
            return "the path holds the name of a device"
        if _SHORT_NAME.fullmatch(part):
            return "the path holds a short name, which may stand for another file"
    return "the path looks like an option of a program" if path.startswith("-") else ""


def _bad_path(path: str, trouble: str) -> Iterator[Finding]:
    code = "git-directory" if any(is_like_git(part) for part in path.split("/")) else "bad-path"
    message = f"{trouble}: {path[:300]!r}"
    yield from found("block", code, message, path, "Use a plain file name.")


def _only_learns(change: Change) -> bool:
    """Whether the change adds rules that reviews suggest, and does nothing else.

    The guide for contributors may say them, too.
    """
    entries, files = change.entries, {file.path: file for file in change.files}
    own = [one for one in entries if one.path.casefold() in OWN_CONFIG]
    is_alone = all(one in own or is_contributor_guide(one.path) for one in entries)
    return is_alone and all(
        one.new_mode == "100644"
        and one.old_path == one.path
        and one.path in files
        and (one.old_mode == GONE or files[one.path].old is not None)
        and only_tightens(files[one.path].old, files[one.path].new)
        for one in own
    )


def _special(path: str, rules: Rules, *, is_learnt: bool) -> Iterator[Finding]:
    """Yield for files whose name gives them a meaning of their own."""
    folded, words = path.casefold(), rules.policies
    if folded in OWN_CONFIG and is_learnt:
        message = f"{path} gets rules that reviews suggest, each stricter than what is there"
        yield from found("ask", "learnt-rules", message, path, "Decide on each by its evidence.")
    elif folded in OWN_CONFIG:
        message = f"{path} holds the rules this very change is judged by"
        yield from found("block", "own-config", message, path, _LEAVE_IT)
    elif folded.rsplit("/", 1)[-1] == ".gitmodules":
        message = f"{path} names repositories that git fetches from"
        yield from found(words.submodules, "gitmodules", message, path, _LEAVE_IT)
    elif is_agent_file(path):
        message = f"{path} tells agents what to do; a change of it steers later runs"
        word = words.agent_instructions
        yield from found(word, "agent-instructions", message, path, _LEAVE_IT)
    elif is_contributor_guide(path):
        message = f"{path} tells people how to work here, and later runs of a model as well"
        yield from found(words.contributor_guide, "contributor-guide", message, path, _LEAVE_IT)


def _folded(path: str) -> str:
    return path.casefold() if path.isascii() else unicodedata.normalize("NFC", path).casefold()
