"""pytest.raises() instead of what unittest has for it."""

from collections.abc import Iterator

from validators.codemod import Edits, File, Node

SITES = r"\bself\.assertRaises(?:Regex)?\("
FILES = ("*.py",)


def transform(file: File) -> Iterator[Edits]:
    """Rewrite both forms: around a block, and with what is to be called."""
    blocks = file.find("self.assertRaises($ERROR)")
    matching = file.find("self.assertRaisesRegex($ERROR, $MATCH)")
    for call in blocks:
        yield file.replace(call, "pytest.raises($ERROR)")
    for call in matching:
        yield file.replace(call, "pytest.raises($ERROR, match=$MATCH)")
    calls = file.find("self.assertRaises($ERROR, $CALL, $$$ARGS)")
    for call in calls:
        yield _block(file, call, "$ERROR")
    more = file.find("self.assertRaisesRegex($ERROR, $MATCH, $CALL, $$$ARGS)")
    for call in more:
        yield _block(file, call, "$ERROR, match=$MATCH")
    for call in [*blocks, *matching]:
        yield _renamed(file, call)
    if blocks or matching or calls or more:
        yield file.insert_import("import pytest")


def _block(file: File, call: Node, raised: str) -> Edits:
    """Return the block that a call with something to be called is."""
    if call.parent is None or call.parent.kind != "expression_statement":
        return file.leave(call, "its result is used")
    if call["CALL"].kind == "lambda":
        return file.leave(call, "what it calls is written in place")
    indent = " " * (call.column + 4)
    return file.replace(call, f"with pytest.raises({raised}):\n{indent}$CALL($$$ARGS)")


def _renamed(file: File, call: Node) -> Iterator[Edits]:
    """Yield what was called the exception, and is the value now, of a block's name."""
    block = call.within("with_statement")
    item = call.within("as_pattern")
    if block is None or item is None:
        return
    name = item.children[-1].text
    scope = call.within("function_definition") or file.root
    for use in file.find(f"{name}.exception", inside=scope):
        yield file.follow(file.replace(use, f"{name}.value"))
