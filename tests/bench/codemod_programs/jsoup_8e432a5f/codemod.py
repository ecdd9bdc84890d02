"""JUnit 5 instead of JUnit 4: imports, annotations, expected exceptions, order of messages."""

from collections.abc import Iterator

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


def transform(file: File) -> Iterator[Edits]:
    """Rewrite what has one new form; rules of JUnit 4 are left to a person."""
    for found in file.find(kind="import_declaration"):
        yield _import(file, found)
    for mark in file.find(kind="marker_annotation"):
        name = mark.field("name")
        if _NAMES.get(name.text, name.text) != name.text:
            yield file.replace(name, _NAMES[name.text])
    for mark in file.find(kind="annotation"):
        if mark.field("name").text == "Test":
            yield _expected(file, mark)
    for method in ("assertTrue", "assertFalse"):
        for call in file.find(f"{method}($MESSAGE, $FACT)"):
            if call["MESSAGE"].kind == "string_literal":
                yield file.follow(file.replace(call, f"{method}($FACT, $MESSAGE)"))


def _import(file: File, found: Node) -> Edits:
    named = found.children[0].text
    name = named.rpartition(".")[2]
    if named.startswith("org.junit.Assert"):
        return file.rewrite(found, r"org\.junit\.Assert\b", "org.junit.jupiter.api.Assertions")
    if named in {f"org.junit.{old}" for old in _NAMES}:
        return file.replace(found.children[0], f"org.junit.jupiter.api.{_NAMES[name]}")
    if named.startswith("org.junit.") and ".jupiter." not in named:
        return file.leave(found, f"JUnit 5 has no {name}")
    return None


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
