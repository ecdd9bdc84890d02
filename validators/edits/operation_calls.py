"""Operations on definitions, as JSON calls like those of a text editor.

    {"command": "rename_symbol", "path": ..., "name": "Class.old", "new_name": "new"}
    {"command": "add_argument", "path": ..., "name": "Class.method", "argument": "depth: int = 0"}
    {"command": "add_import", "path": ..., "import": "from os import path"}
    {"command": "replace_definition", "path": ..., "name": "Class.method", "definition": ...}

``paths`` in place of ``path`` renames in several files, each by itself.
"""

from collections.abc import Mapping
from typing import Any, cast, get_args

from validators.edits.edit import Edit, Operation, OperationKind, RejectedEdit, unreadable

# The key that holds an operation's text.
_TEXTS = {
    "rename_symbol": "new_name",
    "add_argument": "argument",
    "add_import": "import",
    "replace_definition": "definition",
}
_MAX_PATHS = 50

COMMANDS: tuple[OperationKind, ...] = get_args(OperationKind)


def operation_edits(call: Mapping[str, Any]) -> tuple[Edit, ...] | RejectedEdit:
    """Return the edits of a call whose ``command`` is one of `COMMANDS`."""
    kind = cast("OperationKind", call["command"])
    path, paths = call.get("path"), call.get("paths")
    if isinstance(path, str):
        paths = [path]
    if kind != "rename_symbol" and isinstance(paths, list) and len(paths) > 1:
        return unreadable("", f"'{kind}' is for one file: give its 'path'.")
    is_list = isinstance(paths, list) and 0 < len(paths) <= _MAX_PATHS
    if not is_list or not all(isinstance(one, str) for one in cast("list[object]", paths)):
        return unreadable("", f"'{kind}' needs the 'path' of a file.")
    where = cast("list[str]", paths)
    name, text = call.get("name", ""), call.get(_TEXTS[kind])
    is_named = kind == "add_import" or (isinstance(name, str) and bool(name.strip()))
    if not is_named or not isinstance(text, str) or not text.strip():
        needed = f"'{_TEXTS[kind]}'" if kind == "add_import" else f"'name' and '{_TEXTS[kind]}'"
        return unreadable(where[0], f"'{kind}' needs {needed}, as text.")
    operation = Operation(kind, str(name).strip(), text)
    return tuple(Edit(one, "operate", operation=operation) for one in where)
