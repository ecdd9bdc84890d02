"""The child that knows no migration program: counts sites, and says where files do not parse.

What a program says of its own work proves nothing, so this is asked in a process the program never
ran in. The regular expression is the program's author's, who may have written one that never ends.
"""

import gc
import re
import warnings
from collections.abc import Mapping
from typing import Any

from scoping.child import answer_all
from scoping.languages import BY_NAME
from validators.codemods.frames import packed, unpacked
from validators.codemods.sites import compiled, spans_in
from validators.codemods.tree import SourceTree, TooDeep, is_comment, is_text
from validators.edits.syntax_node import SyntaxNode, ancestors, error_lines

_MEMORY_BYTES = 1024**3
_CPU_S = 600


def serve() -> None:
    """Answer until the parent hangs up."""
    gc.disable()  # what is made here holds no cycles
    warnings.simplefilter("ignore")  # what an author of the file should hear
    answer_all(_answer, _MEMORY_BYTES, _CPU_S)


def _answer(header: bytes, content: bytes) -> bytes:
    asked, contents = unpacked(content)
    pairs = zip(asked["languages"], contents, strict=True)
    if header == b"parse":
        return packed({"files": [_parsed(*pair) for pair in pairs]})
    sites = compiled(asked["sites"])
    look = _placed if header == b"place" else _counted
    return packed({"files": [look(sites, *pair) for pair in pairs]})


def _counted(sites: re.Pattern[str], _: str, content: bytes) -> Mapping[str, Any]:
    """Return the sites of a file, without a look at its syntax."""
    return {"sites": [(*span, "text") for span in spans_in(content, sites)], "errors": []}


def _placed(sites: re.Pattern[str], language: str, content: bytes) -> Mapping[str, Any]:
    """Return the sites with what they stand in, and the lines that do not parse."""
    spans = list(spans_in(content, sites))
    if not language:
        return {"sites": [(*span, "text") for span in spans], "errors": []}
    try:
        root = SourceTree(BY_NAME[language], content).root
    except TooDeep:
        return {"sites": [(*span, "text") for span in spans], "errors": [(1, 1)]}
    found = [(*span, _where(root.descendant_for_byte_range(*span))) for span in spans]
    return {"sites": found, "errors": error_lines(root) if root.has_error else []}


def _parsed(language: str, content: bytes) -> Mapping[str, Any]:
    """Return whether a file parses, and the lines where it does not.

    For Python its own parser decides: our grammar takes a positional argument behind a named one.
    """
    if language == "python" and _is_python(content):
        return {"sound": True, "errors": []}
    try:
        root = SourceTree(BY_NAME[language], content).root
    except TooDeep:
        return {"sound": False, "errors": [(1, 1)]}
    errors = error_lines(root) if root.has_error else []
    return {"sound": not errors and language != "python", "errors": errors}


def _where(node: SyntaxNode | None) -> str:
    """Return what a site stands in: ``error``, ``comment``, ``string`` or ``code``."""
    if node is None:
        return "code"
    around = [node, *ancestors(node)]
    if any(one.is_error for one in around):
        return "error"
    for one in around:
        if is_comment(one):
            return "comment"
        if one.type in {"interpolation", "template_substitution"}:
            return "code"
        if is_text(one):
            return "string"
    return "code"


def _is_python(content: bytes) -> bool:
    try:
        # Nothing of it is run. It takes a fifth of the time of a tree that nobody reads.
        compile(content, "", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
