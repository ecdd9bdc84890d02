"""Callers and tests of what is shown are found by the names they write."""

from dataclasses import replace

from scoping.facts import FileFacts, Structure, Symbol, counts_of
from scoping.uses import (
    Call,
    calls_of,
    exercising,
    likely_tests,
    passage,
    telling_names,
    written_in,
)
from scoping.words import tokens

CODE = """\
def near(x):
    return x

def ignite():
    return near(1)

def ignites():
    # ignite
    return [near, ignite()]
"""


def file(path: str, text: str, *symbols: Symbol, names: tuple[str, ...] = ()) -> FileFacts:
    counts = counts_of(tokens(text))
    structure = Structure(symbols)
    return FileFacts(path, "", "python", 0, counts, names, structure=lambda _: structure)


def function(name: str, start: int, end: int) -> Symbol:
    return Symbol("a.py", name, "function", start, end)


SYMBOLS = (function("near", 1, 2), function("ignite", 4, 5), function("ignites", 7, 9))
FILE = file("a.py", CODE, *SYMBOLS, names=("near", "ignite", "ignites"))


def test_the_first_line_that_calls_a_name_is_found_with_the_function_around_it() -> None:
    calls = list(calls_of(FILE, CODE.splitlines(keepends=True), ("near", "ignite")))

    assert calls == [Call(5, "near", SYMBOLS[1]), Call(9, "ignite", SYMBOLS[2])]


def test_a_call_outside_of_any_function_has_no_caller() -> None:
    calls = calls_of(file("b.py", "near(2)\n"), ["near(2)\n"], ("near",))

    assert list(calls) == [Call(1, "near", None)]


def test_comments_and_members_of_an_interface_are_no_calls() -> None:
    text = "type Routes interface {\n\tStatic(a string)\n}\n\n// by Static(a)\nvar x = Static(b)\n"
    routes = Symbol("a.go", "Routes", "class", 1, 3)
    facts = replace(file("a.go", text, routes), language="go")

    assert list(calls_of(facts, text.splitlines(keepends=True), ("Static",))) == [
        Call(6, "Static", None)
    ]


def test_short_names_tell_nothing() -> None:
    assert telling_names(("New", "ignite")) == ["ignite"]


def test_a_passage_is_what_stands_between_blank_lines_around_the_first_mention() -> None:
    page = ["ignited\n", "\n", "It can\n", "`ignite`, too.\n", "\n", "ignite\n"]

    assert passage(page, "ignite") == (3, 4)
    assert passage(page, "sparks") is None
    assert passage(["x\n"] * 50 + ["ignite\n"] + ["x\n"] * 50, "ignite") == (39, 63)


def test_what_a_file_does_not_write_is_not_looked_for() -> None:
    assert written_in(FILE, ("near", "far", "ignite?")) == ["near", "ignite?"]


def test_tests_of_rare_and_worthy_names_come_first_and_others_not_at_all() -> None:
    tests = [
        file("tests/test_other.py", "nothing"),
        file("tests/test_all.py", "common"),
        file("tests/test_rare.py", "common rare"),
        file("tests/test_big_engine.py", "nothing"),
    ]
    shown = ["pkg/big_engine.py", "pkg/__init__.py"]

    found = likely_tests(tests, {"rare": 0.5, "common": 0.4}, shown)

    assert [facts.path for facts in found] == [
        "tests/test_big_engine.py",
        "tests/test_rare.py",
        "tests/test_all.py",
    ]


def test_the_test_that_writes_what_is_worth_most_and_is_shortest_comes_first() -> None:
    lines = [
        "def a(): near()\n",
        "def b():\n",
        "    near()\n",
        "def c(): near(far())\n",
        "def d(): linear()\n",
    ]
    symbols = (function("b", 2, 3), function("a", 1, 1), function("c", 4, 4), function("d", 5, 5))

    found = exercising(file("t.py", "", *symbols), lines, {"far": 1.0, "near": 0.5})

    assert [(one.name, name) for one, name in found] == [("c", "far"), ("a", "near"), ("b", "near")]
