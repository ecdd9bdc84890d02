"""Imports of Go: paths in one group, in the order that gofmt keeps them in."""

import re
from collections.abc import Iterator, Sequence

from validators.codemods.edit import Edit
from validators.codemods.tree import SourceTree
from validators.edits.syntax_node import SyntaxNode, written

_PATH = re.compile(r'(?:import\s+)?((?:[\w.]+\s+)?"([^"]+)")$')


def found(tree: SourceTree, module: str, name: str) -> list[SyntaxNode]:
    """Return the specs that import the path ``module``; Go imports no single names."""
    if name:
        raise ValueError("Go imports packages, not names of them")
    module = _plain(module)
    if module.encode() not in tree.content:
        return []
    return [node for node in statements(tree) if _path(node) == module]


def statements(tree: SourceTree) -> list[SyntaxNode]:
    """Return the specs that a file imports by."""
    return tree.of_kind("import_spec")


def inserted(tree: SourceTree, statement: str) -> Iterator[Edit]:
    """Yield the edits after which the file imports a path; none where it does."""
    asked = _PATH.match(statement)
    if asked is None:
        raise ValueError(f'{statement!r} is no import of Go; write "path", or name "path"')
    spec, path = asked[1], asked[2]
    specs = statements(tree)
    if any(_path(node) == path for node in specs):
        return
    grouped = [node for node in specs if node.parent and node.parent.type == "import_spec_list"]
    later = [node for node in grouped if _path(node) > path]
    if later and _is_akin(later[0], path):
        place = later[0].start_byte
        yield Edit(place, place, (f"{spec}\n\t",))
    elif grouped:
        akin = [node for node in grouped if _is_akin(node, path)]
        if not akin and "." not in path.split("/", maxsplit=1)[0]:  # Go's own come first
            place = grouped[0].start_byte
            yield Edit(place, place, (f"{spec}\n\n\t",))
            return
        gap = "" if akin else "\n"
        end = tree.content.find(b"\n", (akin or grouped)[-1].end_byte)  # behind its comment
        yield Edit(end, end, (f"\n{gap}\t{spec}",))
    else:
        last = [*tree.of_kind("package_clause"), *tree.of_kind("import_declaration")][-1]
        gap = "\n" if specs else "\n\n"
        yield Edit(last.end_byte, last.end_byte, (f"{gap}import {spec}",))


def removed(tree: SourceTree, module: str, names: Sequence[str]) -> Iterator[Edit]:
    """Yield the edits after which a path is not imported; an empty group goes."""
    for node in found(tree, module, "".join(names)):
        group = node.parent
        if group is None or len(group.named_children) == 1 or group.type == "import_declaration":
            while group is not None and group.type != "import_declaration":
                group = group.parent
            gone = group or node
            yield _lines(tree.content, gone.start_byte, gone.end_byte)
        else:
            yield _lines(tree.content, node.start_byte, node.end_byte)


def moved(tree: SourceTree, old: str, new: str) -> Iterator[Edit]:
    """Yield what imports the path ``new`` instead of ``old``, under the name it has."""
    there = bool(found(tree, new, ""))
    for node in found(tree, old, ""):
        if there and node.child_by_field_name("name") is None:
            yield from removed(tree, old, ())
            return
        path = node.child_by_field_name("path")
        if path is not None:
            yield Edit(path.start_byte + 1, path.end_byte - 1, (_plain(new),))


def _plain(module: str) -> str:
    """Return a path without quotes, and without the word before it."""
    return module.removeprefix("import").strip().strip('"`')


def _path(node: SyntaxNode) -> str:
    return written(node.child_by_field_name("path")).strip('"`')


def _is_akin(node: SyntaxNode, path: str) -> bool:
    """Whether both are of the standard library, or both are not."""
    return ("." in _path(node).split("/")[0]) == ("." in path.split("/", maxsplit=1)[0])


def _lines(content: bytes, start: int, stop: int) -> Edit:
    first = content.rfind(b"\n", 0, start) + 1
    end = content.find(b"\n", stop) + 1 or len(content)
    alone = not content[first:start].strip() and not content[stop:end].strip()
    return Edit(first, end, ()) if alone else Edit(start, stop, ())
