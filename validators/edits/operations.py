"""Operations on definitions, for the child: what to splice into a file's bytes, or why not.

    rename_symbol       a definition and all that surely means it, in one file
    add_argument        one more parameter of a function
    add_import          one import statement, unless it is there
    replace_definition  a function, class or assignment given anew

Nothing here guesses: a name that has two definitions, or may mean something else somewhere, is
refused with the lines. The caller has checked that the file follows its grammar.
"""

import re
import textwrap

from validators.edits.definitions import Definition, definitions
from validators.edits.edit import Operation
from validators.edits.imports import imported
from validators.edits.renaming import renamed
from validators.edits.syntax import Splice, Unmade
from validators.edits.syntax_node import SyntaxNode, line, walked, written

Made = list[Splice] | Unmade

_ARGUMENT = re.compile(r"(?:\*{1,2}|\.{3})?\s*([A-Za-z_$][\w$]*)")
_STARRED = frozenset(("list_splat_pattern", "keyword_separator"))
_REST = frozenset(("dictionary_splat_pattern", "rest_pattern"))
_MAX_LISTED = 20


def operated(grammar: str, root: SyntaxNode, content: bytes, operation: Operation) -> Made:
    """Return what ``operation`` changes in the file of ``root``; byte offsets, line feeds."""
    if operation.kind == "add_import":
        return imported(grammar, root, content, operation.text)
    found = [one for one in definitions(grammar, root) if one.name == operation.name]
    if operation.kind == "rename_symbol":
        return renamed(grammar, root, content, (operation.name, operation.text), found)
    if not found:
        known = ", ".join(one.name for one in definitions(grammar, root)[:_MAX_LISTED])
        message = f"nothing here is called {operation.name!r}. Defined are: {known or 'none'}."
        return Unmade("no-match", message)
    if len(found) > 1:
        return _unclear(operation.name, found)
    if operation.kind == "add_argument":
        return _with_argument(grammar, found[0], content, operation.text.strip())
    return _replaced(grammar, found[0], content, operation)


def _unclear(name: str, found: list[Definition]) -> Unmade:
    lines = ", ".join(str(line(one.node)) for one in found)
    message = f"{name} is defined {len(found)} times, at lines {lines}; edit its lines instead."
    return Unmade("ambiguous", message)


def _replaced(grammar: str, found: Definition, content: bytes, operation: Operation) -> Made:
    """Give a definition anew; decorators and ``export`` stay unless the new text brings its own."""
    text = textwrap.dedent(operation.text.replace("\r\n", "\n")).strip("\n").rstrip()
    brings_own = text.startswith(("@", "export"))
    node = found.whole if brings_own else found.node
    head = content[content.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte]
    margin = head.decode("utf-8", "replace")
    if margin.strip():
        margin = margin[: len(margin) - len(margin.lstrip())]
    new = textwrap.indent(text, margin).lstrip()
    if new == written(node).replace("\r\n", "\n"):
        return Unmade(None)
    if not _defines(grammar, text, operation.name.rsplit(".", 1)[-1]):
        message = f"the new text must define {operation.name} alone, with its head and its body."
        return Unmade("malformed", message)
    return [Splice(node.start_byte, node.end_byte, new)]


def _defines(grammar: str, text: str, name: str) -> bool:
    """Whether ``text`` is one definition of ``name``; a method stands in a class to be read."""
    from scoping.grammars import tree_of  # noqa: PLC0415 - the child's alone
    from scoping.languages import BY_NAME  # noqa: PLC0415 - the same

    sources = [(text, name)]
    if grammar != "python":
        sources.append((f"class _ {{\n{text}\n}}", f"_.{name}"))
    for source, qualified in sources:
        tree = tree_of(BY_NAME[grammar], source.encode())
        if tree is None or tree.root_node.has_error:
            continue
        body: SyntaxNode | None = tree.root_node
        if qualified != name:
            body = tree.root_node.named_children[0].child_by_field_name("body")
        stands = [node for node in body.named_children if node.type != "comment"] if body else []
        defined = [one.name for one in definitions(grammar, tree.root_node)]
        if len(stands) == 1 and defined.count(qualified) == 1:
            return True
    return False


def _with_argument(grammar: str, found: Definition, content: bytes, text: str) -> Made:
    named = _ARGUMENT.match(text)
    if found.parameters is None:
        message = f"{found.name} takes no arguments; name a function or a method."
        return Unmade("malformed", message)
    if named is None or "\n" in text:
        return Unmade("malformed", f"{text!r} is not one argument on one line.")
    return _inserted(grammar, found, found.parameters, content, (named[1], text))


def _inserted(
    grammar: str, found: Definition, parameters: SyntaxNode, content: bytes, new: tuple[str, str]
) -> Made:
    name, text = new
    is_bare = parameters.type == "identifier"  # a => ...
    listed = [parameters] if is_bare else parameters.named_children
    there = [one for one in listed if one.type != "comment"]
    same = [one for one in there if _name_of(one) == name]
    if same:
        message = f"{found.name} has an argument {name} already: {written(same[0])}."
        return Unmade(None if written(same[0]) == text else "exists", message)
    trouble = _out_of_order(there, text) if grammar == "python" else ""
    rest = next((one for one in there if _is(one, _REST)), None)
    if rest is not None and text.startswith(("**", "...")):
        trouble = f"it has {written(rest)} already, which stays the last."
    if trouble:
        return Unmade("malformed", f"{found.name}: {trouble}")
    if is_bare:
        only = there[0]
        return [Splice(only.start_byte, only.end_byte, f"({written(only)}, {text})")]
    if rest is not None:
        return [Splice(rest.start_byte, rest.start_byte, f"{text}, ")]
    return [_at_the_end(parameters, there, content, text)]


def _at_the_end(
    parameters: SyntaxNode, there: list[SyntaxNode], content: bytes, text: str
) -> Splice:
    if not there:
        return Splice(parameters.start_byte + 1, parameters.start_byte + 1, text)
    last = there[-1]
    comma = next(
        (
            one
            for one in parameters.children
            if one.type == "," and one.start_byte > last.start_byte
        ),
        None,
    )
    at = comma.end_byte if comma is not None else last.end_byte
    gap = " "
    if last.start_point[0] > parameters.start_point[0]:
        head = content[content.rfind(b"\n", 0, last.start_byte) + 1 : last.start_byte]
        if not head.strip():  # one argument a line
            gap = "\n" + head.decode("utf-8", "replace")
    return Splice(at, at, f"{gap}{text}," if comma is not None else f",{gap}{text}")


def _out_of_order(there: list[SyntaxNode], text: str) -> str:
    """Return why Python would not take the argument last; empty when it would."""
    is_keyword_only = any(_is(one, _STARRED) for one in there)
    has_default = any(one.type in {"default_parameter", "typed_default_parameter"} for one in there)
    if text.startswith("*") and not text.startswith("**") and is_keyword_only:
        return "it has a starred argument already."
    if has_default and not is_keyword_only and "=" not in text and not text.startswith("*"):
        return "after arguments with a default, give the new one a default, too."
    return ""


def _is(node: SyntaxNode, types: frozenset[str]) -> bool:
    """Whether a parameter is of one of ``types``, under its type annotation if it has one."""
    inner = node.named_children[0] if node.named_children else node
    return node.type in types or (node.type.endswith("_parameter") and inner.type in types)


def _name_of(parameter: SyntaxNode) -> str:
    names = (node for node in walked(parameter) if node.type == "identifier")
    return written(next(names, None))
