"""Calls of a text editor, as JSON: one object or a list of them, bare or in a fence.

    call   = {"command": name, "path": text, ...}
    name   = "str_replace"  old_str new_str
           | "insert"       insert_line (insert_text | new_str)
           | "create"       file_text
           | "delete"
           | an operation on a definition (validators/edits/operation_calls.py)

``view`` and ``undo_edit`` are refused: nobody answers in the middle of a reply. A call may be
wrapped (``input`` or ``arguments`` of a tool call), ``command`` may be left out where the other
keys tell, and some vendors' names for the keys are known. Newlines inside strings may stand as they
are.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from validators.edits.edit import Block, Edit, RejectedEdit, unreadable
from validators.edits.operation_calls import COMMANDS, operation_edits
from validators.edits.reply_lines import is_unicode

_COMMAND = re.compile(
    r'"command"\s*:\s*"(?:str_replace|insert|create|delete|view|undo_edit'
    r'|rename_symbol|add_argument|add_import|replace_definition)"'
    r'|"name"\s*:\s*"(?:rename_symbol|add_argument|add_import|replace_definition)"'
)
# Inside a tool call the arguments may be JSON in a string, their quotes escaped.
_TELLING = re.compile(r'"(?:old_str(?:ing)?|insert_line|file_text)\\?"\s*:')
_REFUSED = {
    "view": "Read files with the actions you were given, before you edit.",
    "undo_edit": "A reply with a rejected edit changes nothing: there is nothing to undo.",
}
_DECODER = json.JSONDecoder(strict=False)
# How far from its brace a call must say what it is.
_NEAR_LINES = 30
_MAX_CALL_CHARACTERS = 400_000

Call = Mapping[str, Any]


def opens_call(lines: Sequence[str], start: int) -> bool:
    """Whether JSON that looks like an editor's call begins at ``start``."""
    if not lines[start].startswith(("{", "[")):
        return False
    near = "\n".join(lines[start : start + _NEAR_LINES])[:20_000]
    return bool(_COMMAND.search(near) or _TELLING.search(near))


def call_block(lines: Sequence[str], start: int) -> Block | None:
    """Return the calls in the JSON that begins at ``start``, or None when there are none."""
    if not opens_call(lines, start):
        return None
    text = _bounded(lines, start)
    try:
        value, stop = _DECODER.raw_decode(text)
    except (ValueError, RecursionError) as error:
        message = f"the call at line {start + 1} of the reply is not valid JSON: {error}."
        end = start + text.count("\n") + 1
        return Block(end, malformed=(unreadable("", message),))
    end = start + text.count("\n", 0, stop) + 1
    calls = value if isinstance(value, list) else [value]
    read = [_edits(_unwrapped(call)) for call in calls]
    return Block(
        end,
        tuple(edit for edits in read if isinstance(edits, tuple) for edit in edits),
        tuple(edits for edits in read if isinstance(edits, RejectedEdit)),
    )


def _bounded(lines: Sequence[str], start: int) -> str:
    """Return the text from ``start``, up to a closing fence or a length no call needs."""
    taken: list[str] = []
    length = 0
    for line in lines[start:]:
        length += len(line) + 1
        if length > _MAX_CALL_CHARACTERS:
            break
        taken.append(line)
    return "\n".join(taken) or lines[start][:_MAX_CALL_CHARACTERS]


def _unwrapped(call: object) -> Call:
    """Return the arguments of a call, out of the tool call around them."""
    if not isinstance(call, dict):
        return {}
    for key in ("input", "arguments", "parameters"):
        inner = call.get(key)
        if isinstance(inner, str):
            try:
                inner = _DECODER.decode(inner)
            except (ValueError, RecursionError):
                return {}
        if isinstance(inner, dict):
            return {"command": call.get("name"), **inner}
    return call


def _edits(call: Call) -> tuple[Edit, ...] | RejectedEdit:
    """Return the edits one call asks for; its keys tell which where its command does not."""
    if not is_unicode(json.dumps(call, ensure_ascii=False)):
        return unreadable("", "a call holds half a character (a lone surrogate) in a string.")
    if call.get("command") in COMMANDS:
        return operation_edits(call)
    edit = _edit(_text(call, "path", "file_path") or "", call.get("command"), call)
    return (edit,) if isinstance(edit, Edit) else edit


def _edit(path: str, command: object, call: Call) -> Edit | RejectedEdit:
    if command in _REFUSED:
        message = f"'{command}' changes nothing and is not answered here. {_REFUSED[str(command)]}"
        return unreadable(path, message)
    if command == "delete":
        return Edit(path, "delete")
    if _text(call, "old_str", "old_string") is not None:
        return _replacement(path, call)
    if command == "insert" or "insert_line" in call:
        return _insertion(path, call)
    content = _text(call, "file_text", "content")
    if content is not None:
        return Edit(path, "create", new=_lines(content), whole_lines=False)
    message = "a call is 'str_replace' with 'path', 'old_str' and 'new_str', or 'insert' with"
    more = "'insert_line' and 'insert_text', or 'create' with 'file_text'."
    return unreadable(path, f"{message} {more}")


def _replacement(path: str, call: Call) -> Edit:
    old = _text(call, "old_str", "old_string")
    new = _lines(_text(call, "new_str", "new_string") or "")
    return Edit(path, old=_lines(old) if old else (), new=new, whole_lines=False)


def _insertion(path: str, call: Call) -> Edit | RejectedEdit:
    line, text = call.get("insert_line"), _text(call, "insert_text", "new_str", "new_string")
    if text is None or not isinstance(line, int) or isinstance(line, bool) or line < 0:
        return unreadable(path, "an 'insert' call needs 'insert_line' and 'insert_text'.")
    return Edit(path, "insert", new=_lines(text.removesuffix("\n")), line=line)


def _text(call: Call, *names: str) -> str | None:
    """Return the first of the keys ``names`` that holds text."""
    return next((call[name] for name in names if isinstance(call.get(name), str)), None)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.replace("\r\n", "\n").split("\n"))
