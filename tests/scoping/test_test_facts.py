"""What files of tests hold, in three languages, and files made to stop the reader."""

from collections.abc import Iterator

import pytest

from scoping.facts import Skipped
from scoping.grammars import Parser, suite_in
from scoping.test_facts import Assertion, CaseTable, FunctionFacts, Mark, SuiteFacts

PYTHON = b'''\
import pytest

ROWS = [1, 2]
pytestmark = pytest.mark.flaky
collect_ignore = ["old.py"]


@pytest.fixture
def thing():
    assert made()  # noqa: S101


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.skipif(WIN, reason="no")
def test_one(row):
    """Says why."""
    assert f("a", row) == 1, "words"
    if row:
        assert g(row) in (1, 2)


class TestMore(Base):
    def test_two(self):
        with pytest.raises(KeyError, match="x"):
            f()
        self.assertAlmostEqual(f(), 1, places=3)

    def helper(self):
        pass
'''

TYPESCRIPT = b"""\
import { expect, it } from "vitest";
describe("sum", () => {
  it.skip("adds", () => {
    expect(sum(1 as number, 2)).toBe(3);
  });
  it.each([[1], [2]])("one %s", async (n) => {
    await expect(f(n)).resolves.not.toBe(n);
  });
  describe.only("more", () => {
    test("closes", () => { expect(f()).toBeCloseTo(1, 3); });
  });
});
function expectSum(a: number) { expect(a).toBe(1); }
export default { test: { retry: 2, exclude: ["a", "b"] } };
"""


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser(timeout_s=30.0) as made:
        yield made


def suite(parser: Parser, path: str, content: bytes) -> SuiteFacts:
    found = parser.suite(path, content, "tests")
    assert isinstance(found, SuiteFacts), found
    return found


def named(facts: SuiteFacts, name: str) -> FunctionFacts:
    return next(one for one in facts.functions if one.qualified_name == name)


def test_python_tests_are_told_from_what_stands_beside_them(parser: Parser) -> None:
    found = suite(parser, "tests/test_a.py", PYTHON)

    assert [(one.qualified_name, one.is_test, one.line) for one in found.functions] == [
        ("thing", False, 9),
        ("test_one", True, 15),
        ("TestMore::test_two", True, 23),
        ("TestMore::helper", False, 28),
    ]
    assert found.marks == (Mark("retry", "pytest . mark . flaky", line=4),)
    assert found.settings == (("collect_ignore", '" old.py "'),)
    assert found.comments == ((10, "# noqa: S101"),)


def test_python_assertions_are_read_with_how_strict_they_are(parser: Parser) -> None:
    found = suite(parser, "tests/test_a.py", PYTHON)

    one = named(found, "test_one")
    assert one.marks == (Mark("skip", "pytest.mark.skipif WIN", always=False, line=14),)
    assert one.tables == (CaseTable(("1", "2")),)
    assert one.assertions == (
        Assertion('f ( " a " , row ) == 1', 6, 'f ( " a " , row )', 17),
        Assertion("g ( row ) in ( 1 , 2 )", 4, "g ( row )", 19, guards=("if row",)),
    )
    raising, close = named(found, "TestMore::test_two").assertions
    assert (raising.raises, raising.match, raising.strength) == (("KeyError",), '" x "', 6)
    assert (close.strength, close.width) == (5, (0.001, 0.0))


def test_typescript_tests_are_read(parser: Parser) -> None:
    found = suite(parser, "a.test.ts", TYPESCRIPT)

    assert [(one.qualified_name, one.is_test, one.line) for one in found.functions] == [
        ("sum > adds", True, 3),
        ("sum > one %s", True, 6),
        ("sum > more > closes", True, 10),
        ("expectSum", False, 13),
    ]
    assert named(found, "sum > adds").marks == (Mark("skip", "skip", line=3),)
    assert named(found, "sum > one %s").tables == (CaseTable(("[ 1 ]", "[ 2 ]")),)
    assert [a.strength for a in named(found, "sum > one %s").assertions] == [4]
    assert named(found, "sum > more > closes").marks == (Mark("focus", "only", line=9),)
    assert [a.width for a in named(found, "sum > more > closes").assertions] == [(0.001,)]
    assert found.settings == (("test.retry", "2"), ("test.exclude", "a"), ("test.exclude", "b"))


@pytest.mark.parametrize(
    ("code", "strength"),
    [
        ("assert f() == 1", 6),
        ("assert f() is None", 6),
        ("assert f() == pytest.approx(1)", 5),
        ("assert f() != 1", 4),
        ("assert not f() != 1", 6),
        ("assert isinstance(f(), int)", 4),
        ("assert f()", 3),
        ("assert not f()", 3),
        ("assert f() is not None", 2),
        ("assert f() if a else b", 2),
        ("assert f() == 1 or f() == 2", 5),
        ("assert 1 == 1", 0),
        ("assert [1]", 0),
        ("assert f() or True", 0),
        ("assert a == a", 0),
        ("assert (x for x in y)", 0),
        ("assert all(f(x) == 1 for x in y)", 4),
        ("assert any(f(x) == 1 for x in y)", 3),
    ],
)
def test_every_condition_has_its_strength(code: str, strength: int) -> None:
    found = suite_in("python", f"def test_x():\n    {code}\n".encode(), "tests")

    assert [one.strength for one in found.functions[0].assertions] == [strength]


def test_layout_does_not_change_the_text(parser: Parser) -> None:
    wide = b"def test_x():\n    assert f('a', [1, 2], b={'c': 1}) == (1)\n"
    tall = (
        b'def test_x():\n    assert (\n        f(\n            "a",  # why\n'
        b'            [1, 2,],\n            b={"c": 1,},\n        )\n        == (1)\n    )\n'
    )

    first, second = (suite(parser, "test_a.py", text).functions[0] for text in (wide, tall))
    assert first.body == second.body
    assert first.assertions[0].text == second.assertions[0].text


def test_comments_alone_can_be_asked_for(parser: Parser) -> None:
    found = parser.suite("a.py", b"x = 1  # one\n# two\ndef test_x(): assert 1\n", "comments")

    assert found == SuiteFacts("python", comments=((1, "# one"), (2, "# two")))


def test_a_file_without_a_grammar_holds_nothing(parser: Parser) -> None:
    assert parser.suite("a.rb", b"def test_x; end", "tests") == SuiteFacts()


@pytest.mark.parametrize(
    "content",
    [
        b"def test_x():\n" + b"".join(b" " * n + b" if a:\n" for n in range(3, 900)),
        b"x = " + b"[" * 9_000 + b"]" * 9_000,
        b"def test_x():\n    assert " + b" and ".join([b"a\\\n"] * 2_500) + b"\n",
        b"def test_x():\n    assert " + b"not " * 4_000 + b"a\n",
        b"class A:\n" + b"".join(b" " * n + b"class B(A):\n" for n in range(1, 300)),
        b"def test_x(:\n    assert ((((\n",
        b"@\n@pytest.mark.\ndef test_x\n",
        b"\xff\xfe\x00assert",
    ],
)
def test_what_is_made_to_stop_the_reader_does_not(parser: Parser, content: bytes) -> None:
    assert isinstance(parser.suite("test_a.py", content, "tests"), SuiteFacts | Skipped)
    assert named(suite(parser, "test_b.py", b"def test_x():\n    assert a\n"), "test_x").is_test


@pytest.mark.parametrize(
    "content",
    [
        b"it(",
        b"it('x', () => { expect( });",
        b"describe(" * 600,
        b"expect(a)" + b".not" * 1_500 + b".toBe(1);",
        b"it.each`a|b`('x')",
        b"it('x', {skip: }, function",
    ],
)
def test_broken_javascript_does_no_harm(parser: Parser, content: bytes) -> None:
    assert isinstance(parser.suite("a.test.js", content, "tests"), SuiteFacts | Skipped)
    assert suite(parser, "b.test.js", b"it('x', () => { expect(a).toBe(1) })").functions


@pytest.mark.parametrize(("grammar", "content"), [("python", PYTHON), ("typescript", TYPESCRIPT)])
def test_a_file_cut_off_anywhere_is_read_as_far_as_it_goes(grammar: str, content: bytes) -> None:
    for end in range(0, len(content), 3):
        assert suite_in(grammar, content[:end], "tests").language == grammar
        assert suite_in(grammar, content[end:], "tests").language == grammar


@pytest.mark.parametrize(
    "source",
    [
        'import {skip as test} from "node:test";\ntest("x", () => { f(); });',
        'import {skip} from "node:test";\nskip("x", () => { f(); });',
        'const {skip: test} = require("node:test");\ntest("x", () => { f(); });',
        'const {todo} = require("node:test");\ntodo("x", () => { f(); });',
        'const test = require("node:test").skip;\ntest("x", () => { f(); });',
        'const it = xit;\nit("x", () => { f(); });',
        'import {test as check} from "node:test";\ncheck.skip("x", () => { f(); });',
        'test("x", {expectFailure: true}, () => { f(); });',
        'Deno.test("x", {ignore: true}, () => { f(); });',
        'test("x", () => { test.fail(); f(); });',
    ],
)
def test_a_test_that_goes_by_another_name_is_still_seen_to_be_skipped(
    parser: Parser, source: str
) -> None:
    (found,) = (one for one in suite(parser, "x.test.js", source.encode()).functions if one.is_test)

    assert found.qualified_name == "x"
    assert [mark.kind for mark in found.marks] == ["skip"]


def test_an_import_that_renames_nothing_leaves_the_tests_as_they_are(parser: Parser) -> None:
    source = (
        b'import test, {it as check} from "node:test";\ncheck("x", {ignore: false}, () => f());'
    )

    (found,) = suite(parser, "x.test.js", source).functions
    assert (found.qualified_name, found.marks) == ("x", ())
