"""Plain assertions, which pytest explains, instead of unittest's methods."""

from collections.abc import Iterator

from validators.codemod import Edits, File, Node

SITES = (
    r"\bself\.assert(?:Equal|NotEqual|In|NotIn|Is|IsNot|IsNone|IsNotNone|True|False|IsInstance"
    r"|Less|LessEqual|Greater|GreaterEqual|Raises)\("
)
FILES = ("test/**/*.py",)
_PAIRS = {
    "assertEqual": "==",
    "assertNotEqual": "!=",
    "assertIn": "in",
    "assertNotIn": "not in",
    "assertIs": "is",
    "assertIsNot": "is not",
    "assertLess": "<",
    "assertLessEqual": "<=",
    "assertGreater": ">",
    "assertGreaterEqual": ">=",
}
_SINGLE = {
    "assertTrue": "assert $A",
    "assertFalse": "assert not $A",
    "assertIsNone": "assert $A is None",
    "assertIsNotNone": "assert $A is not None",
}
_WEAK = {
    "boolean_operator",
    "comparison_operator",
    "conditional_expression",
    "lambda",
    "not_operator",
}


def transform(file: File) -> Iterator[Edits]:
    """Rewrite each method by its table; a test that raises becomes a block."""
    for method, sign in _PAIRS.items():
        for call in file.find(f"self.{method}($A, $B)"):
            yield _plain(
                file, call, f"assert {_safe(call['A'], 'A')} {sign} {_safe(call['B'], 'B')}"
            )
        for call in file.find(f"self.{method}($A, $B, $M)"):
            fact = f"{_safe(call['A'], 'A')} {sign} {_safe(call['B'], 'B')}"
            text = f"assert {fact}, {_safe(call['M'], 'M')}"
            yield _plain(file, call, text)
    for method, text in _SINGLE.items():
        for call in file.find(f"self.{method}($A)"):
            alone = text == "assert $A" and "\n" not in call["A"].text
            yield _plain(file, call, text if alone else text.replace("$A", _safe(call["A"], "A")))
        for call in file.find(f"self.{method}($A, $M)"):
            yield _plain(
                file, call, f"{text.replace('$A', _safe(call['A'], 'A'))}, {_safe(call['M'], 'M')}"
            )
    for call in file.find("self.assertIsInstance($A, $B)"):
        yield _plain(file, call, "assert isinstance($A, $B)")
    yield _raises(file)


def _raises(file: File) -> Iterator[Edits]:
    """Yield what assertRaises() becomes, and its import."""
    blocks = file.find("self.assertRaises($E)")
    calls = file.find("self.assertRaises($E, $F, $$$ARGS)")
    for call in blocks:
        yield file.replace(call, "pytest.raises($E)")
    for call in calls:
        indent = " " * (call.column + 4)
        yield _plain(file, call, f"with pytest.raises($E):\n{indent}$F($$$ARGS)")
    if blocks or calls:
        yield file.insert_import("import pytest")


def _plain(file: File, call: Node, text: str) -> Edits:
    if call.parent is None or call.parent.kind != "expression_statement":
        return file.leave(call, "its result is used")
    return file.replace(call, text)


def _safe(node: Node, name: str) -> str:
    """Return a hole, in brackets where it would mean something else without."""
    is_long = "\n" in node.text and node.kind in {"concatenated_string", "binary_operator"}
    return f"(${name})" if node.kind in _WEAK or is_long else f"${name}"
