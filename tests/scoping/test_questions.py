"""Questions about a tree are answered within limits, and say when an answer was cut."""

from collections.abc import Iterator
from typing import Any

import pytest

from scoping.objects import open_objects
from scoping.questions import (
    MAX_HITS,
    MAX_LINES,
    MAX_PATHS,
    Codebase,
    Hit,
    Imports,
    Lines,
    Paths,
    QuestionRefusal,
)

MAKE = Any
FILES = {
    "src/a.py": "class Foo:\n    def bar(self):\n        return 1\n\nFoo().bar()\n",
    "src/b.py": "from a import Foo\nx = Foo().bar()  # barred\n",
    "docs/a.md": "Foo (a+)+$ here\r\n",
    "long.txt": "".join(f"line {n}\n" for n in range(1, 1_001)),
    "wide.txt": "wide " + "x" * 5_000 + "\n",
    "empty.py": "",
    "bin.dat": b"Foo\0",
    "hidden.key": "Foo secret\n",
}


@pytest.fixture
def codebase(make_repository: MAKE) -> Iterator[Codebase]:
    with open_objects(make_repository(FILES).git_dir) as reader:
        yield Codebase(reader, "HEAD", exclude=("*.key",))


def found(codebase: Codebase, text: str, glob: str = "**") -> list[tuple[str, int]]:
    return [(hit.path, hit.line) for hit in codebase.search(text, glob).hits]


def test_lines_are_read_with_both_ends(codebase: Codebase) -> None:
    assert codebase.read("src/a.py", 2, 3) == Lines(
        "src/a.py", 2, 3, "    def bar(self):\n        return 1\n", 5
    )
    assert codebase.read("src/a.py", -5, 99).text == FILES["src/a.py"]
    assert codebase.read("empty.py", 1, 10).text == ""


def test_no_more_lines_are_read_than_the_limit(codebase: Codebase) -> None:
    lines = codebase.read("long.txt", 11, 10_000)

    assert (lines.start_line, lines.end_line, lines.of_lines) == (11, 10 + MAX_LINES, 1_000)


@pytest.mark.parametrize(
    ("path", "start", "end", "words"),
    [
        ("a.py", 1, 2, r"there is no file a.py; did you mean src/a.py\?"),
        ("../../etc/passwd", 1, 2, "there is no file"),
        ("/etc/passwd", 1, 2, "there is no file"),
        ("hidden.key", 1, 2, "there is no file hidden.key$"),
        ("bin.dat", 1, 2, "bin.dat cannot be read: binary"),
        ("src/a.py", 6, 9, "src/a.py has 5 lines; there is none from 6 to 9"),
        ("src/a.py", 3, 2, "there is none from 3 to 2"),
        ("src/a.py", 1, -2, "there is none from 1 to -2"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_hint(
    codebase: Codebase, path: str, start: int, end: int, words: str
) -> None:
    with pytest.raises(QuestionRefusal, match=words):
        codebase.read(path, start, end)


def test_text_is_sought_literally(codebase: Codebase) -> None:
    assert codebase.search("(a+)+$").hits == (Hit("docs/a.md", 1, "Foo (a+)+$ here"),)
    assert found(codebase, "F.o") == []


def test_a_glob_chooses_the_files(codebase: Codebase) -> None:
    assert found(codebase, "Foo", "src/*.py") == [
        ("src/a.py", 1),
        ("src/a.py", 5),
        ("src/b.py", 1),
        ("src/b.py", 2),
    ]
    assert found(codebase, "Foo", "*.md") == [("docs/a.md", 1)]


def test_what_is_hidden_or_binary_is_not_searched(codebase: Codebase) -> None:
    assert found(codebase, "secret") == []
    assert "bin.dat" not in {path for path, _ in found(codebase, "Foo")}


def test_hits_are_cut_and_say_so(codebase: Codebase) -> None:
    many = codebase.search("line ")
    wide = codebase.search("wide")

    assert (len(many.hits), many.is_cut) == (MAX_HITS, True)
    assert (len(wide.hits[0].text), wide.is_cut) == (400, False)


@pytest.mark.parametrize(
    ("text", "glob"), [("", "**"), ("a\nb", "**"), ("x" * 501, "**"), ("x", "*" * 201)]
)
def test_a_senseless_search_is_refused(codebase: Codebase, text: str, glob: str) -> None:
    with pytest.raises(QuestionRefusal, match=r"one line of text|a glob may have"):
        codebase.search(text, glob)


def test_definitions_are_found_by_part_plain_and_qualified_name(codebase: Codebase) -> None:
    assert [symbol.id for symbol in codebase.symbols("foo").symbols] == [
        "src/a.py::Foo",
        "src/a.py::Foo.bar",
    ]
    assert [symbol.start_line for symbol in codebase.definition("bar").symbols] == [2]
    assert codebase.definition("Foo.bar") == codebase.definition("bar")
    assert codebase.definition("ba").symbols == ()


def test_references_are_whole_names_in_code(codebase: Codebase) -> None:
    hits = codebase.references("bar").hits

    assert [(hit.path, hit.line) for hit in hits] == [
        ("src/a.py", 2),
        ("src/a.py", 5),
        ("src/b.py", 2),
    ]


@pytest.mark.parametrize("name", ["Foo.bar", "Foo::bar", "Foo#bar", "(*Foo).bar", "foo.Foo.bar()"])
def test_of_a_qualified_name_the_last_part_is_what_code_writes(
    codebase: Codebase, name: str
) -> None:
    assert codebase.references(name) == codebase.references("bar")
    assert codebase.callers(name) == codebase.callers("bar")
    assert codebase.uncalled(name) == codebase.uncalled("bar")


def test_many_definitions_are_cut(make_repository: MAKE) -> None:
    files = {"a.py": "".join(f"def f{n}(): pass\n" for n in range(150))}
    with open_objects(make_repository(files).git_dir) as reader:
        answer = Codebase(reader, "HEAD").symbols("f")

    assert (len(answer.symbols), answer.is_cut) == (100, True)


def test_an_overlay_is_what_is_answered_from(make_repository: MAKE) -> None:
    repository = make_repository(FILES)
    overlay = {"src/a.py": b"def new(): pass\n", "src/b.py": None}
    with open_objects(repository.git_dir) as reader:
        tree = repository.git("rev-parse", "HEAD^{tree}")
        codebase = Codebase(reader, tree, overlay=overlay)

        assert codebase.read("src/a.py", 1, 9).text == "def new(): pass\n"
        assert [symbol.name for symbol in codebase.symbols("").symbols] == ["new"]
        with pytest.raises(QuestionRefusal, match="there is no file src/b"):
            codebase.read("src/b.py", 1, 1)


def test_files_are_listed_by_glob_and_cut(make_repository: MAKE) -> None:
    many = {f"many/f{n:03}.txt": "" for n in range(MAX_PATHS + 1)}
    with open_objects(make_repository({**FILES, **many}).git_dir) as reader:
        codebase = Codebase(reader, "HEAD", exclude=("*.key",))

        assert codebase.files("src/*.py") == Paths(("src/a.py", "src/b.py"))
        assert codebase.files("hidden.key").paths == ()
        assert (len(codebase.files().paths), codebase.files().is_cut) == (MAX_PATHS, True)
        with pytest.raises(QuestionRefusal, match="a glob may have 200 characters"):
            codebase.files("*" * 201)


def test_imports_are_told_in_both_directions(codebase: Codebase) -> None:
    assert codebase.imports("src/b.py") == Imports("src/b.py", ("src/a.py",))
    assert codebase.imports("src/a.py") == Imports("src/a.py", (), ("src/b.py",))
    with pytest.raises(QuestionRefusal, match=r"there is no file gone\.py"):
        codebase.imports("gone.py")


RELATED = {
    "base.py": "class Shape:\n    def area(self):\n        return self.side() ** 2\n",
    "square.py": "from base import Shape\n\nclass Square(Shape):\n    def side(self):\n"
    "        return measured()\n\ndef measured():\n    return 2\n",
    "shapes.ts": "export class Round extends Shape {}\nfunction draw() { measured(); }\n",
    "side.go": "package side\n\ntype Side struct{}\n\ntype Of func(*Side)\n",
    "use.py": "def report(shape):\n    return shape.area()\n",
}


def test_callers_callees_and_subclasses_are_found_by_name(make_repository: MAKE) -> None:
    with open_objects(make_repository(RELATED).git_dir) as reader:
        codebase = Codebase(reader, "HEAD")

        def ids(found: Any) -> list[str]:
            return [symbol.id for symbol in found.symbols]

        assert ids(codebase.callers("measured")) == ["shapes.ts::draw", "square.py::Square.side"]
        assert ids(codebase.callers("area")) == ["use.py::report"]
        assert ids(codebase.callees("Square.side")) == ["square.py::measured"]
        assert ids(codebase.callees("area")) == ["square.py::Square.side"]
        assert ids(codebase.subclasses("Shape")) == ["shapes.ts::Round", "square.py::Square"]
        assert ids(codebase.subclasses("measured")) == []
        assert ids(codebase.subclasses("Side")) == []
        assert ids(codebase.callers("nobody")) == ids(codebase.callees("nobody")) == []


SHOP = """
class Cart
  def empty?
    lines.none? { |line| price_of line }
  end

  def price_of(line)
    line.price
  end

  def checkout
    return if empty?
    pay! self
  end
end
"""


def test_ruby_is_asked_by_its_names_as_they_are(make_repository: MAKE) -> None:
    files = {
        "cart.rb": SHOP,
        "use.rb": "def pay!(cart)\n  cart.price_of(1) unless cart.empty?\nend\n",
    }
    with open_objects(make_repository(files).git_dir) as reader:
        codebase = Codebase(reader, "HEAD")

        def ids(found: Any) -> list[str]:
            return [symbol.id for symbol in found.symbols]

        assert ids(codebase.definition("empty?")) == ["cart.rb::Cart.empty?"]
        assert ids(codebase.callers("empty?")) == ["cart.rb::Cart.checkout", "use.rb::pay!"]
        assert ids(codebase.callers("price_of")) == ["cart.rb::Cart.empty?", "use.rb::pay!"]
        assert ids(codebase.callees("checkout")) == ["cart.rb::Cart.empty?", "use.rb::pay!"]
        assert [hit.line for hit in codebase.references("pay!").hits] == [13, 1]


def test_a_name_that_is_none_is_answered_all_the_same(codebase: Codebase) -> None:
    asked = (codebase.callers, codebase.callees, codebase.subclasses, codebase.definition)
    for about in ("", "(", "a\tb", "Foo.", ".", "x" * 3_000, "\u5408", "\udcff", "a\0b"):
        for question in asked:
            assert question(about).symbols == ()
        assert codebase.references(about).hits == ()


def test_names_are_understood_as_each_language_writes_them(make_repository: MAKE) -> None:
    files = {
        "cart.py": "class Cart:\n    def total(self): ...\n    def get(self): ...\n",
        "cart.rb": "module Shop::Cart\n  def self.total\n    1\n  end\nend\n",
        "main.go": "package main\nfunc (c *Basket) Total() { price() }\nfunc price() {}\n",
        "shop/price.go": "package shop\nfunc price() {}\n",
        "a.cc": "struct A { bool operator->(A o) { return 1; } void operator()(int a) {} };\n",
    }
    asked = {
        "total": ["cart.py::Cart.total", "cart.rb::Shop.Cart.total"],
        "Cart.total": ["cart.py::Cart.total", "cart.rb::Shop.Cart.total"],
        "Shop::Cart#total()": ["cart.rb::Shop.Cart.total"],
        "models.Cart.get": ["cart.py::Cart.get"],
        "\\models\\Cart": ["cart.py::Cart"],
        "Till.total": [],
        "(*Basket).Total": ["main.go::Basket.Total"],
        "Basket<T>::Total(a, b)": ["main.go::Basket.Total"],
        "main.price": ["main.go::price"],
        "parser.price": ["main.go::price", "shop/price.go::price"],
        "shop.price": ["shop/price.go::price"],
        "Basket:Total": ["main.go::Basket.Total"],
        "A::operator->": ["a.cc::A.operator->"],
        "operator()": ["a.cc::A.operator()"],
    }
    with open_objects(make_repository(files).git_dir) as reader:
        codebase = Codebase(reader, "HEAD")

        found = {name: [it.id for it in codebase.definition(name).symbols] for name in asked}
        assert found == asked
        assert [it.id for it in codebase.callers("main.price()").symbols] == [
            "main.go::Basket.Total"
        ]
        called = codebase.callees("(*Basket).Total").symbols
        assert [it.id for it in called] == ["main.go::price", "shop/price.go::price"]


def test_a_class_whose_name_is_not_written_has_no_bases(make_repository: MAKE) -> None:
    files = {"a.h": "struct Mask {\n  enum : unsigned { wide = 1 };\n};\nstruct Few : Mask {};\n"}
    with open_objects(make_repository(files).git_dir) as reader:
        assert [it.id for it in Codebase(reader, "HEAD").subclasses("Mask").symbols] == ["a.h::Few"]


def test_where_nothing_is_called_the_language_is_told(make_repository: MAKE) -> None:
    files = {"main.tf": 'resource "disk" "big" {\n  size = 1\n}\n', "a.py": "big = 1\n"}
    with open_objects(make_repository(files).git_dir) as reader:
        codebase = Codebase(reader, "HEAD")

        assert codebase.callers("big").symbols == ()
        assert codebase.uncalled("big") == ("hcl",)
        assert codebase.uncalled("size_of") == ()


def test_a_changed_file_has_no_history_here(make_repository: MAKE) -> None:
    with open_objects(make_repository(FILES).git_dir) as reader:
        codebase = Codebase(reader, "HEAD", overlay={"src/a.py": b"new = 1\n"})

        assert len(codebase.history("src/b.py", 1)) == 1
        with pytest.raises(QuestionRefusal, match=r"not as it was committed.*ask for a commit"):
            codebase.history("src/a.py", 1)


def test_a_line_has_the_commits_that_changed_it(make_repository: MAKE) -> None:
    repository = make_repository({"odd:na me.py": "one = 1\ntwo = 2\n"})
    repository.commit({"odd:na me.py": "one = 1\ntwo = 3\n"})
    with open_objects(repository.git_dir) as reader:
        codebase = Codebase(reader, "HEAD")

        assert len(codebase.history("odd:na me.py", 1)) == 1
        assert len(codebase.history("odd:na me.py", 2)) == 2
        tree = repository.git("rev-parse", "HEAD^{tree}")
        with pytest.raises(QuestionRefusal, match="commit"):
            Codebase(reader, tree).history("odd:na me.py", 1)
        with pytest.raises(QuestionRefusal, match="has 2 lines"):
            codebase.history("odd:na me.py", 9)
