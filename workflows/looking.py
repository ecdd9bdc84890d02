"""Calls that only look: lines of a file, what a folder holds, where a text or a name stands."""

from collections.abc import Mapping
from typing import Any

from scoping.questions import MAX_LINES, QuestionRefusal
from validators.clones.tree_path import normalised
from workflows import answers
from workflows.sdk import Sdk

_TOPS = frozenset({".", "./", "/"})

Arguments = Mapping[str, Any]
LOOKS = ("read", "search", "symbols", "references")


def look(sdk: Sdk, name: str, given: Arguments) -> str:
    """Answer the call ``name``, one of LOOKS, whose arguments were checked."""
    if name == "read":
        return _lines(sdk, given["path"], given)
    if name == "search":
        found = sdk.search(given["text"], given.get("glob", "**"))
        return answers.hits_found(found, given["text"])
    if name == "symbols":
        return answers.symbols_found(sdk.symbols(given["name"]), given["name"])
    return answers.hits_found(sdk.references(given["name"]), given["name"])


def view(sdk: Sdk, path: str, given: Arguments) -> str:
    """Show lines of a file, or what there is in a folder."""
    folder = "" if path in _TOPS else normalised(path).rstrip("/")
    first, last = given.get("view_range", (1, -1))
    if not folder:
        return answers.folder_listed(sdk.files(), folder)
    try:
        to = {"end_line": last} if last >= 0 else {}
        return _lines(sdk, folder, {"start_line": first, **to})
    except QuestionRefusal:
        below = sdk.files(f"{folder}/**")
        if not below.paths or below.paths[0] == folder:  # a file that cannot be shown
            raise
        return answers.folder_listed(below, folder)


def _lines(sdk: Sdk, path: str, given: Arguments) -> str:
    first = given.get("start_line", 1)
    lines = sdk.read(path, first, given.get("end_line", max(first, 1) + MAX_LINES - 1))
    return answers.lines_read(lines)
