"""The tests of a Python file, and what weakens each of them."""

import ast
from collections.abc import Iterator

from tests.bench.spoiling.edits import Edit, TestCase

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_RAISES = ("pytest.raises", "raises", "self.assertRaises", "self.assertRaisesRegex")
_SKIP = b'@pytest.mark.skip(reason="unreliable")\n'


def cases_in(source: bytes) -> list[TestCase]:
    """Return the test functions of a module, methods as ``Class.name``."""
    return list(_Module(source).cases())


class _Module:
    def __init__(self, source: bytes) -> None:
        self._source = source
        self._starts = [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._tree = ast.parse(source)

    def cases(self) -> Iterator[TestCase]:
        yield from self._cases_in(self._tree.body, "")

    def _cases_in(self, body: list[ast.stmt], prefix: str) -> Iterator[TestCase]:
        for node in body:
            if isinstance(node, ast.ClassDef):
                yield from self._cases_in(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, _Function) and node.name.startswith("test"):
                yield self._case(node, f"{prefix}{node.name}", is_only=len(body) == 1)

    def _case(self, node: _Function, name: str, *, is_only: bool) -> TestCase:
        first = min((node.lineno, *(one.lineno for one in node.decorator_list)))
        start, end = self._starts[first - 1], self._starts[node.end_lineno or first]
        indent = b" " * node.col_offset
        text = self._source[start:end]
        # A definition begins at its first decorator's sign, one before the decorator's name.
        begin = node.body[0]
        marks = [self._place(one) - 1 for one in getattr(begin, "decorator_list", [])]
        body = Edit(min([self._place(begin), *marks]), self._end(node.body[-1]), b"pass")
        return TestCase(
            name,
            text,
            {
                "removed": (Edit(start, end, indent + b"pass\n" if is_only else b""),),
                "skipped": (*self._imports(), Edit(start, start, indent + _SKIP)),
                "emptied": (body,),
                "loosened": tuple(self._loosened(node)),
                "tautology": tuple(self._always_true(node)),
            },
            is_plain=not node.decorator_list,
        )

    def _loosened(self, function: _Function) -> Iterator[Edit]:
        for node in ast.walk(function):
            if isinstance(node, ast.Assert):
                yield self._instead(node, b"assert True")
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                if ast.unparse(node.value.func).startswith("self.assert"):
                    yield self._instead(node, b"self.assertTrue(True)")
            elif isinstance(node, ast.withitem) and _expects_exception(node.context_expr):
                nothing = b"__import__('contextlib').suppress(BaseException)"
                yield self._instead(node.context_expr, nothing)

    def _always_true(self, function: _Function) -> Iterator[Edit]:
        for node in ast.walk(function):
            if isinstance(node, ast.Assert):
                start, end = self._place(node.test), self._end(node.test)
                yield Edit(start, end, b"(%s) or True" % self._source[start:end])

    def _imports(self) -> tuple[Edit, ...]:
        """Return what makes the name ``pytest`` known, before the first definition."""
        if b"\nimport pytest\n" in b"\n" + self._source:
            return ()
        definitions = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        first = next(node for node in self._tree.body if isinstance(node, definitions))
        line = min((first.lineno, *(one.lineno for one in first.decorator_list)))
        place = self._starts[line - 1]
        return (Edit(place, place, b"import pytest\n\n\n"),)

    def _instead(self, node: ast.stmt | ast.expr, text: bytes) -> Edit:
        return Edit(self._place(node), self._end(node), text)

    def _place(self, node: ast.stmt | ast.expr) -> int:
        return self._starts[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.stmt | ast.expr) -> int:
        line, column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self._starts[line - 1] + column


def _expects_exception(context: ast.expr) -> bool:
    return isinstance(context, ast.Call) and ast.unparse(context.func) in _RAISES
