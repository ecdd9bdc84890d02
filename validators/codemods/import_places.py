"""Where an import goes where it is one statement of its own: behind what a file begins with."""

from validators.codemods.edit import Edit
from validators.codemods.tree import SourceTree, is_comment
from validators.edits.syntax_node import SyntaxNode, written

_HEADS = frozenset(
    (
        *("package_declaration", "package_header", "package_clause", "file_annotation"),
        *("namespace_definition", "php_tag", "declare_statement", "library_name", "header"),
        *("inner_attribute_item", "file_scoped_namespace_declaration"),
    )
)
_WHOLE_FILE = frozenset(
    ("namespace_declaration", "namespace_definition", "declaration_list", "compound_statement")
) | {"imports"}


def first_import(tree: SourceTree, statement: str) -> Edit:
    """Return the edit that puts an import into a file that has none."""
    place = _after_head(tree)
    if not place:
        return Edit(0, 0, (f"{statement}\n\n",))
    behind = tree.content[place:].lstrip(b" \t")
    gap = "" if not behind or behind.startswith((b"\n", b"\r\n", b"}")) else "\n"
    return Edit(place, place, (f"\n\n{statement}{gap}",))


def is_inner(node: SyntaxNode) -> bool:
    """Whether an import is for a part of the file: of a function, of a module in it, of one case.

    What surrounds a whole file is none of these: a namespace, the guard of a header.
    """
    above = node.parent
    while above is not None and (above.type in _WHOLE_FILE or _guard(above) is not None):
        above = above.parent
    return above is not None and above.parent is not None


def _after_head(tree: SourceTree) -> int:
    """Return the place behind all that comes first; a comment does when a blank line follows it."""
    place = 0
    for node in tree.root.children:
        end = len(tree.content[: node.end_byte].rstrip())  # some nodes end with their line
        text, guard = written(node), _guard(node)
        if is_comment(node):
            is_apart = tree.content[end:].replace(b"\r", b"").startswith(b"\n\n")
            place = end if is_apart or text.startswith(("//!", "/*!")) else place
        elif guard is not None:
            return len(tree.content[: guard.end_byte].rstrip())
        elif node.type in _HEADS or text.startswith("#pragma once"):
            body = node.child_by_field_name("body")
            if body is not None:
                return body.start_byte + 1
            place = end
        else:
            break
    return place


def _guard(node: SyntaxNode) -> SyntaxNode | None:
    """Return the definition by which a header of C keeps from being read twice, or None."""
    if node.type != "preproc_ifdef" or not written(node).startswith("#ifndef"):
        return None
    inner = [one for one in node.named_children if not is_comment(one)][:2]
    if len(inner) < 2 or inner[1].type != "preproc_def":  # noqa: PLR2004 - its name, its definition
        return None
    name = inner[1].child_by_field_name("name")
    return inner[1] if written(name) == written(inner[0]) else None
