"""JUnit 5 instead of JUnit 4: imports, annotations, expected exceptions, order of messages.

The people's commit went through an editor that puts imports in order: unused ones go, from five
names of a package or three static ones of a class on it is all of them. So does this.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from validators.codemod import Edits, File, Node

SITES = r"\borg\.junit\.(?!jupiter)\w+|@Test\s*\(|@(?:Before|After|BeforeClass|AfterClass|Ignore)\b"
FILES = ("src/test/**/*.java",)
_NAMES = {
    "Test": "Test",
    "Before": "BeforeEach",
    "After": "AfterEach",
    "BeforeClass": "BeforeAll",
    "AfterClass": "AfterAll",
    "Ignore": "Disabled",
}
_OLD, _NEW, _API = "org.junit.Assert", "org.junit.jupiter.api.Assertions", "org.junit.jupiter.api"
_ASSERTIONS = {
    *("assertArrayEquals", "assertEquals", "assertFalse", "assertNotEquals", "assertNotNull"),
    *("assertNotSame", "assertNull", "assertSame", "assertThrows", "assertTrue", "fail"),
}
_MANY, _MANY_STATIC = 5, 3


def transform(file: File) -> Iterator[Edits]:
    """Rewrite what has one new form; rules of JUnit 4 are left to a person."""
    for mark in file.find(kind="marker_annotation"):
        name = mark.field("name")
        if _NAMES.get(name.text, name.text) != name.text:
            yield file.replace(name, _NAMES[name.text])
    expecting = [mark for mark in file.find(kind="annotation") if mark.field("name").text == "Test"]
    for mark in expecting:
        yield _expected(file, mark)
    for call in file.find(f"{_OLD}.fail($$$ARGS)"):
        yield file.replace(call, "fail($$$ARGS)")
    yield file.follow(_messages(file))
    yield _imports(file, is_throwing=bool(expecting))


def _messages(file: File) -> Iterator[Edits]:
    """Yield the assertions whose message came first, and comes last now."""
    for method, pattern in (
        ("assertTrue", "$FACT"),
        ("assertFalse", "$FACT"),
        ("assertEquals", "$WANTED, $FOUND"),
    ):
        for call in file.find(f"{method}($MESSAGE, {pattern})"):
            if call["MESSAGE"].kind == "string_literal":
                yield file.replace(call, f"{method}({pattern}, $MESSAGE)")


def _imports(file: File, *, is_throwing: bool) -> Iterator[Edits]:
    """Yield the imports as they are to be: one block in the place of the first."""
    there = file.find(kind="import_declaration")
    rules = [one for one in there if _is_rule(one)]
    for one in rules:
        yield file.leave(one, f"JUnit 5 has no {_named(one).rpartition('.')[2]}")
    used = {
        name.text
        for kind in ("identifier", "type_identifier")
        for name in file.find(kind=kind)
        if name.within("import_declaration") is None
    }
    used |= {_NAMES[name] for name in used if name in _NAMES}
    used |= {"assertThrows"} if is_throwing else set()
    package = "".join(one.children[0].text for one in file.find(kind="package_declaration"))
    wanted = list(dict.fromkeys(_wanted(there, used, package)))
    if wanted == [one.text for one in there] or not there:
        return
    if set(wanted) == {one.text for one in there}:
        return  # another order is no reason to touch them
    for at, one in enumerate(there):
        edit = file.remove(one) if at or not wanted else file.replace(one, "\n".join(wanted))
        yield edit if "org.junit." in one.text else file.follow(edit)


def _wanted(there: Iterable[Node], used: set[str], package: str) -> Iterator[str]:
    """Yield the statements that a file needs, those of one package together."""
    plain: dict[str, list[str]] = defaultdict(list)
    static: dict[str, list[str]] = defaultdict(list)
    for one in there:
        named = _moved(_named(one))
        home, _, name = named.rpartition(".")
        is_static = one.tokens[1].kind == "static"
        if home.startswith(_NEW) and is_static:
            static[_NEW] = sorted(_ASSERTIONS & used)
        elif name == "*" or _is_rule(one) or (name in used and (is_static or home != package)):
            (static if is_static else plain)[home] += [name]
    if "assertThrows" in used or ("fail" in used and static):
        static[_NEW] = sorted(_ASSERTIONS & used)
    for home, names in plain.items():
        yield from (f"import {home}.{name};" for name in _many(names, _MANY))
    for home, names in static.items():
        yield from (f"import static {home}.{name};" for name in _many(names, _MANY_STATIC))


def _many(names: list[str], most: int) -> list[str]:
    return ["*"] if "*" in names or len(set(names)) >= most else names


def _named(found: Node) -> str:
    """Return what an import names, with its star."""
    return found.text.removeprefix("import").removesuffix(";").replace("static ", "").strip()


def _moved(named: str) -> str:
    """Return what JUnit 5 calls a name of JUnit 4."""
    if named == _OLD or named.startswith(f"{_OLD}."):
        return _NEW + named.removeprefix(_OLD)
    home, _, name = named.rpartition(".")
    return f"{_API}.{_NAMES[name]}" if home == "org.junit" and name in _NAMES else named


def _is_rule(found: Node) -> bool:
    """Whether an import is of something that JUnit 5 does in another way."""
    named = _moved(_named(found))
    return named.startswith("org.junit.") and not named.startswith(_API)


def _expected(file: File, mark: Node) -> Iterator[Edits]:
    """Yield the assertion that a method of one statement makes of its expected exception."""
    method = mark.within("method_declaration")
    pairs = file.find(kind="element_value_pair", inside=mark)
    if method is None or len(pairs) != 1 or pairs[0].field("key").text != "expected":
        yield file.leave(mark, "what it expects cannot be told")
        return
    error, block = pairs[0].field("value").text, method.field("body")
    yield file.replace(mark, "@Test")
    inner = _only_expression(block)
    if inner is not None:
        statement = block.children[0]
        made = file.compose(statement, f"assertThrows({error}, () -> ", inner, ");")
    else:
        made = file.compose(block, f"{{\n        assertThrows({error}, () -> ", block, ");\n    }")
    yield file.follow(made)


def _only_expression(block: Node) -> Node | None:
    """Return the expression that a block consists of, if it is one."""
    if len(block.children) != 1:
        return None
    statement = block.children[0]
    if statement.kind == "expression_statement":
        return statement.children[0]
    if statement.kind == "local_variable_declaration":
        return statement.children[-1].field("value")
    return None
