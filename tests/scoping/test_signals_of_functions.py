"""What is known of a function before its file: what it is, what its code says, whom it helps."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from scoping.bodies import Body
from scoping.facts import Symbol, SymbolKind
from scoping.graph import build_graph
from scoping.index import index_of
from scoping.issue import read_issue
from scoping.listing import Listing
from scoping.objects import open_objects
from scoping.signals.case import Column, make_case
from scoping.signals.nature_of_functions import nature_of_functions
from scoping.signals.of_functions import function_columns
from scoping.signals.standing import standing, standings
from scoping.signals.table import file_columns
from scoping.words import tokens

MAKE = Callable[..., Any]


def body(name: str, text: str, path: str = "a.py") -> Body:
    kind: SymbolKind = "method" if "." in name else "function"
    return Body(Symbol(path, name, kind, 1, text.count("\n") + 1), tokens(text), text)


def told_of_nature(*bodies: Body) -> dict[str, Column]:
    return {column.name: column for column in nature_of_functions(bodies)}


def columns_of(git_dir: Path, title: str, said: str) -> dict[str, Column]:
    with open_objects(git_dir) as reader:
        listing = Listing(reader, "HEAD")
        index = index_of(listing, "HEAD")
        case = make_case(index, build_graph(index), read_issue(title, said), ())
        _, bodies, bags = file_columns(case, listing.read)
        return {column.name: column for column in function_columns(case, bodies, bags)}


def test_the_places_of_a_file_are_its_own_however_long_another_is() -> None:
    paths = ["long.py", "long.py", "long.py", "short.py", "short.py"]

    places = standings(paths, [9.0, 7.0, 8.0, 1.0, 2.0])

    assert places == [1.0, 16 / 18, 16 / 17, 16 / 17, 1.0]
    assert standings([], []) == []


def test_a_function_that_no_signal_speaks_of_stands_behind_the_others() -> None:
    named, other = body("named", "def named(): ...\n"), body("other", "def other(): ...\n")

    column = standing((other, named), {named.key: 0.5})

    assert column.values == {named.key: 1.0, other.key: 16 / 17}
    assert not column.tell(named.key)


def test_decisions_are_counted_in_the_code_and_not_in_what_documents_it() -> None:
    plain = body("plain", 'def plain(x):\n    """Return x if it is there, for whoever asks."""\n')
    deciding = body("deciding", "def deciding(x):\n    if x:\n        return 1\n    return 2\n")
    more = body("more", "def more(xs):\n    for x in xs:\n        if x:\n            return x\n")

    worth = told_of_nature(plain, deciding, more)["branches"].values

    assert worth[plain.key] == 0.0 < worth[deciding.key] < worth[more.key]


def test_a_property_is_told_by_its_decorator() -> None:
    bodies = [
        body("Cart.total", "    @property\n    def total(self): ...\n"),
        body("Cart.items", "    @functools.cached_property\n    def items(self): ...\n"),
        body("Cart.property", "    def property(self): ...\n"),
    ]

    assert told_of_nature(*bodies)["is_property"].values.keys() == {b.key for b in bodies[:2]}


def test_what_is_deprecated_says_so_and_does_not_only_speak_of_it() -> None:
    bodies = [
        body("old", '@deprecated("3.1", alternative="new")\ndef old(): ...\n'),
        body("older", 'def older():\n    """Sum.\n\n    .. deprecated:: 1.2\n    """\n'),
        body("Cart.old", "@Deprecated\npublic void old() {}\n", "Cart.java"),
        body("warn_deprecated", "def warn_deprecated(name): ...\n"),
        body("new", "@cached\ndef new():\n    return deprecated()\n"),
    ]

    assert told_of_nature(*bodies)["is_deprecated"].values.keys() == {b.key for b in bodies[:3]}


HELPERS = """\
def total(items):
    return _sum(items)

def _sum(items):
    return sum(items)

def _checked(items):
    return total(items)

def shown(items):
    return total(items)
"""


def test_a_private_function_that_uses_what_is_named_is_a_helper(make_repository: MAKE) -> None:
    git_dir = make_repository(
        {"shop/cart.py": HELPERS, "shop/mail.py": "def send(): ...\n"}
    ).git_dir

    columns = columns_of(git_dir, "Wrong sum", "`total([])` is wrong")

    helps = columns["helps_named"]
    assert helps.values == {"shop/cart.py::_checked:7": 0.5}
    assert helps.tell("shop/cart.py::_checked:7") == (
        "it is private and mentions `total`, which the issue names"
    )
    assert columns["calls_named"].values.keys() == {
        "shop/cart.py::_checked:7",
        "shop/cart.py::shown:10",
    }


SAID = '''\
def parcels(order):
    return order.parcels

def documented(order):
    """Queries for parcels, for whoever asks."""
    return order

def both(order):
    """Count parcels."""
    return order.parcels.query()

def neither(order):
    """Return the order."""
    return order
'''


def test_only_the_code_of_a_function_answers_the_title(make_repository: MAKE) -> None:
    git_dir = make_repository({"shop/post.py": SAID}).git_dir

    column = columns_of(git_dir, "Query of parcels fails", "")["title_covered"]

    values = {key.partition("::")[2]: round(worth, 6) for key, worth in column.values.items()}
    assert values.keys() == {"parcels:1", "both:8"}
    assert values["both:8"] == 1.0 > values["parcels:1"] > 0.0
    told = column.tell("shop/post.py::both:8")
    assert told == "its code says `Query`, `parcels`, as the title does"


def test_a_title_that_no_code_answers_covers_nothing(make_repository: MAKE) -> None:
    git_dir = make_repository({"shop/post.py": SAID}).git_dir

    assert not columns_of(git_dir, "Zebras", "")["title_covered"].values
    assert not columns_of(git_dir, "", "")["title_covered"].values
