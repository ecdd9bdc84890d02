"""Signals speak on one scale, and past commits speak for the files they touched."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from scoping.bodies import Body
from scoping.facts import Symbol
from scoping.graph import build_graph
from scoping.index import index_of
from scoping.issue import read_issue
from scoping.listing import Listing
from scoping.objects import PastCommit, open_objects
from scoping.rank import rank
from scoping.signals.case import Case, Column, make_case, scaled, telling
from scoping.signals.history import history as said_of_history
from scoping.signals.imports import handed_on, imported
from scoping.signals.of_functions import function_columns
from scoping.signals.table import file_columns
from scoping.signals.weighing import reasons_for, weighed_scores
from scoping.weights import learnt_weights
from scoping.words import tokens

MAKE = Callable[..., Any]
FILES = {
    "shop/cart.py": "from shop.money import rounded\ndef total(x):\n    return rounded(x)\n",
    "shop/money.py": "def rounded(amount):\n    return int(amount)\n",
    "shop/mail.py": "def send(order):\n    return order\n",
    "tests/test_cart.py": "def test_total(): assert total([])\n",
    "docs/cart.md": "The cart and its total.\n",
    "setup.cfg": "[metadata]\nname = shop\n",
}


def case_of(git_dir: Path, title: str, body: str) -> tuple[Case, dict[str, Column], Any]:
    with open_objects(git_dir) as reader:
        listing = Listing(reader, "HEAD")
        index = index_of(listing, "HEAD")
        past = reader.past("HEAD", 100)
        case = make_case(index, build_graph(index), read_issue(title, body), past)
        columns, bodies, bags = file_columns(case, listing.read)
        return case, {column.name: column for column in columns}, (index, listing, (bodies, bags))


def history(make_repository: MAKE) -> Any:
    repository = make_repository(FILES)
    for message, path in (
        ("Currency of parcels is converted before it is shown", "shop/money.py"),
        ("Letters are sent twice", "shop/mail.py"),
    ):
        (repository.folder / path).write_text(FILES[path] + f"# {message}\n")
        repository.git("commit", "-qam", message)
    return repository


def test_past_commits_speak_for_the_files_they_touched(make_repository: MAKE) -> None:
    git_dir = history(make_repository).git_dir

    case, columns, _ = case_of(git_dir, "Wrong currency shown for parcels", "")

    assert columns["past_title"].values["shop/money.py"] == 1.0
    assert columns["past_title"].values.get("shop/mail.py", 0.0) == 0.0
    told = columns["past_document"].tell("shop/money.py")
    assert re.fullmatch("commits that changed it speak of `currency`, `parcels`.*", told)
    assert columns["often_changed"].values["shop/money.py"] == 1.0
    assert case.pool == {path for path in FILES if path.startswith("shop/")}


def test_a_tree_without_history_is_ranked_by_what_is_there(make_repository: MAKE) -> None:
    with open_objects(make_repository(FILES).git_dir) as reader:
        listing = Listing(reader, "HEAD")
        found = rank(index_of(listing, "HEAD"), listing.read, read_issue("Mails are not sent", ""))

    assert found.files[0].path == "shop/mail.py"


def test_every_weight_belongs_to_a_signal_that_there_is(make_repository: MAKE) -> None:
    git_dir = history(make_repository).git_dir
    issue = (
        "cart: total fails when Basket is empty",
        'see shop/cart.py and shop.mail.send: `total(x)`\nFile "shop/money.py", line 1, in rounded',
    )
    case, columns, (_, _, read) = case_of(git_dir, *issue)
    of_functions = {column.name for column in function_columns(case, *read)}
    # A score that nothing reaches in so small a tree has no column there.
    source = "\n".join(path.read_text() for path in Path("scoping/signals").glob("*.py"))

    weights = learnt_weights()

    for known, names in (
        (columns.keys(), weights.files),
        (of_functions, {**weights.functions, **weights.alone}),
    ):
        unknown = {name.removesuffix("_rank") for name in names} - set(known)
        assert {name for name in unknown if f'"{name}"' not in source} <= {"file_gap", "file"}
    assert weights.files["is_test"] < weights.files["is_docs"] < 0


def test_late_commits_speak_louder_for_their_files(make_repository: MAKE) -> None:
    case, _, _ = case_of(make_repository(FILES).git_dir, "Currency of parcels", "")
    years = ((50, "shop/money.py"), (31, "shop/mail.py"))
    past = tuple(PastCommit(y * 31_536_000, "Currency of parcels", (path,)) for y, path in years)

    columns = {column.name: column for column in said_of_history(replace(case, past=past))}

    worth = columns["past_title"].values
    assert worth["shop/money.py"] == 1.0
    assert 0.1 < worth["shop/mail.py"] < 0.2


def test_a_name_that_many_files_write_points_at_none(make_repository: MAKE) -> None:
    repository = make_repository(FILES)

    case, _, _ = case_of(repository.git_dir, "", "")

    assert telling(case, "send") == 1.0
    assert 0.0 < telling(case, "total") < telling(case, "rounded") < 1.0
    assert telling(case, "nowhere") == 1.0


def test_names_and_places_of_functions_are_read_as_one_text(make_repository: MAKE) -> None:
    others = "".join(f"def {name}(): ...\n" for name in ("letter", "parcel", "stamp", "weight"))
    repository = make_repository(FILES | {"shop/post.py": others})

    case, _, (_, _, read) = case_of(repository.git_dir, "Totals of the cart in a shop", "")
    columns = {column.name: column for column in function_columns(case, *read)}

    name = columns["name_title"]
    best = max(name.values, key=lambda key: name.values[key])
    assert best.startswith("shop/cart.py::total")
    assert name.tell(best) == "its path and name say `cart`, `Totals`, as the title does"
    assert name.values["shop/post.py::letter:1"]
    assert not name.tell("shop/post.py::letter:1")  # all of them bear the folder's name


def test_the_words_of_a_docstring_are_no_code() -> None:
    symbol = Symbol("a.py", "f", "function", 1, 3)
    text = "def f():\n    '''Parcels.'''\n    return \"\"\"letters\"\"\"\n"

    body = Body(symbol, tokens(text), text)

    assert "Parcels" in body.tokens
    assert body.writes({"Parcels", "def", "f", "letters", "other"}) == {"def", "f", "letters"}
    assert body.writes({"other"}) == set()
    assert Body(symbol, tokens("x"), "x").writes({"x", "y"}) == {"x"}


def test_what_both_docstring_and_code_write_is_code_and_a_part_of_a_name_is_not() -> None:
    symbol = Symbol("a.py", "f", "function", 1, 4)
    text = 'def f(cart):\n    """The total of a cart."""\n    # cart\n    return totals\n'

    assert Body(symbol, tokens(text), text).writes({"cart", "total", "totals"}) == {
        "cart",
        "totals",
    }


def test_likely_files_speak_for_what_they_import(make_repository: MAKE) -> None:
    case, _, _ = case_of(make_repository(FILES).git_dir, "the total of a cart", "")

    column = imported(case, ["shop/cart.py", "shop/mail.py"], {"shop/cart.py": 9.0})

    assert column.values.keys() == {"shop/money.py"}
    assert column.values["shop/money.py"] > 0.99
    assert column.tell("shop/money.py") == "`shop/cart.py` imports it"


def test_what_many_files_import_is_handed_less_by_each() -> None:
    imports = {"a": ("own", "hub"), "b": ("hub",), "c": ("hub",), "d": ("hub",)}

    handed = handed_on(imports, dict.fromkeys(imports, 2.0))

    assert handed == {"own": 0.25, "hub": 0.5}
    assert handed_on({}, {}) == {}


def test_a_score_is_told_beside_the_best_and_by_its_rank() -> None:
    share, rank_of = scaled({"a", "b"}, "words", {"a": 4.0, "b": 2.0, "test": 8.0, "no": 0.0})

    assert share.values == {"a": 1.0, "b": 0.5, "test": 1.0}
    assert rank_of.name == "words_rank"
    assert rank_of.values == {"a": 1.0, "b": 8 / 9, "test": 1.0}
    assert not list(scaled({"a"}, "words", {"a": 0.0}))


def test_the_strongest_reason_is_told_first_and_equal_words_once() -> None:
    columns = (
        Column("words", {"a": 1.0}, lambda _: "shares words"),
        Column("words_rank", {"a": 1.0}),
        Column("title", {"a": 1.0}, lambda _: "shares words"),
        Column("named", {"a": 1.0}, lambda _: "is named"),
        Column("against", {"a": 1.0}, lambda _: "is old"),
    )
    weights = {"words": 1.0, "words_rank": 0.5, "title": 1.0, "named": 2.0, "against": -1.0}

    assert weighed_scores(columns, weights) == {"a": 3.5}
    assert reasons_for("a", columns, weights) == ("shares words", "is named")
    assert reasons_for("b", columns, weights) == ()
