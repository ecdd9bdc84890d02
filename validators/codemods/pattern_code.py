"""A pattern's text as syntax: what it is by itself, and within what else a file may have it.

The same words are several forms: ``a.b`` is an expression here and a type there, and TypeScript's
grammar has another node for each. A pattern means all of them.
"""

from collections.abc import Iterator, Mapping

from scoping.grammars import tree_of
from scoping.languages import Grammar
from validators.edits.syntax_node import SyntaxNode

# What a part of a file must stand in to be code.
_AROUND: Mapping[str, tuple[str, ...]] = {
    "python": ("{}", "x: {}"),
    "java": (
        "class A {{ void f() {{ {}; }} }}",
        "class A {{ void f() {{ {} }} }}",
        "class A {{ {} }}",
        "class A {{ {} x; }}",
        "{}",
    ),
    "go": (
        "package p\nfunc f() {{\n{}\n}}\n",
        "package p\nvar v {}\n",
        "package p\n{}\n",
        "{}",
    ),
    "rust": ("fn f() {{ {}; }}", "fn f() {{ {} }}", "type A = {};", "{}"),
    "c": ("void f() {{ {}; }}", "void f() {{ {} }}", "{} x;", "{}"),
    "cpp": ("void f() {{ {}; }}", "void f() {{ {} }}", "{} x;", "{}"),
    "c_sharp": (
        "class A {{ void F() {{ {}; }} }}",
        "class A {{ {} }}",
        "class A {{ {} x; }}",
        "{}",
    ),
    "php": ("<?php {};", "<?php {}"),
    "typescript": ("{}", "type A = {};"),
    "tsx": ("{}", "type A = {};"),
    "dart": ("void f() {{ {}; }}", "{}"),
    "kotlin": ("{}", "val x: {} = 1"),
}

# The same of a decorator or an annotation, which is no code without what it stands at.
_DECORATED: Mapping[str, tuple[str, ...]] = {
    "python": ("{}\ndef f():\n    pass\n",),
    "java": ("class A {{ {} void f() {{ }} }}",),
    "kotlin": ("{} fun f() {{ }}",),
    "javascript": ("{} class A {{ }}",),
    "typescript": ("{} class A {{ }}",),
    "tsx": ("{} class A {{ }}",),
}


def parsed(grammar: Grammar, code: str) -> Iterator[SyntaxNode]:
    """Yield the node that ``code`` is in each place where it may stand; none for no code."""
    for around in (*_decorated(grammar, code), *_AROUND.get(grammar.name, ("{}",))):
        whole = around.format(code)
        start = len(around.partition("{}")[0].replace("{{", "{").encode())
        tree = tree_of(grammar, whole.encode())
        if tree is None or tree.root_node.has_error:
            continue
        node = tree.root_node.descendant_for_byte_range(start, start + len(code.encode()))
        if node is not None and (node.text or b"").strip(b"\n ;") == code.encode().strip(b"\n ;"):
            yield _innermost(node)


def _decorated(grammar: Grammar, code: str) -> tuple[str, ...]:
    return _DECORATED.get(grammar.name, ()) if code.startswith("@") else ()


def _innermost(node: SyntaxNode) -> SyntaxNode:
    """Return the deepest node with the same text: a statement that is one expression is that."""
    while len(node.children) == 1 and node.children[0].text == node.text:
        node = node.children[0]
    return node
