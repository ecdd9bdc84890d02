"""Files of which only a part is read: notebooks without their outputs, components' scripts."""

import json
import re
from typing import Any

_OPENED = re.compile(rb"<script\b[^>]{0,400}>", re.IGNORECASE)
_CLOSED = re.compile(rb"</script", re.IGNORECASE)
_NO_BREAK = re.compile(rb"[^\n]")
_COMPONENTS = (".vue", ".svelte")
_NOTEBOOK = ".ipynb"


def shown(path: str, content: bytes) -> bytes:
    """Return what a reader is given of a file: of a notebook, its cells as they were written.

    What running it printed goes: pictures as text, and whatever a stranger's program said. Lines
    stay what they are where there is none of that.
    """
    if not path.endswith(_NOTEBOOK):
        return content
    try:
        notebook = json.loads(content)
    except (ValueError, RecursionError):
        return content
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or not any(map(_clear, cells)):
        return content
    return json.dumps(notebook, indent=1, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def parsed(path: str, content: bytes) -> bytes:
    """Return what of a file its grammar reads: of a component, its scripts, all else left blank.

    Every line and byte keeps its place.
    """
    if not path.endswith(_COMPONENTS):
        return content
    blank = bytearray(_NO_BREAK.sub(b" ", content))
    end = 0
    while opened := _OPENED.search(content, end):
        closed = _CLOSED.search(content, opened.end())
        if closed is None:
            break
        end = closed.start()
        blank[opened.end() : end] = content[opened.end() : end]
    return bytes(blank)


def _clear(cell: Any) -> bool:  # noqa: ANN401 - whatever stands in the file
    """Empty one cell's outputs; return whether there were any."""
    if not isinstance(cell, dict):
        return False
    had = bool(cell.get("outputs")) or bool(cell.get("attachments"))
    if "outputs" in cell:
        cell["outputs"] = []
    cell.pop("attachments", None)
    return had
