"""Whoever reads the outlines may put the first files in another order, and that is told."""

from typing import Any

import pytest

from scoping.objects import open_objects
from scoping.reordering import MOST_FILES, Order, Outline
from scoping.scope import Scope, ScopeOptions, select

MAKE = Any
FILES = {
    "pay/front.py": "from pay.rates import rate\n\n\ndef refund(order):\n"
    "    '''Take an order back'''\n    return order * rate()\n",
    "pay/rates.py": "SCALE = 3\n\n\nclass Rates:\n    def refunded(self):\n        return 1\n\n\n"
    "def rate():\n    return SCALE\n",
    "docs/refund.md": "How a refund is paid.\n",
    "other.py": "def nothing():\n    return 0\n",
}


def ordered(make_repository: MAKE, order: Order | None) -> tuple[Scope, tuple[Outline, ...]]:
    seen: list[Outline] = []

    def reorder(outlines: tuple[Outline, ...]) -> Order | None:
        seen.extend(outlines)
        return order

    with open_objects(make_repository(FILES).git_dir) as reader:
        options = ScopeOptions(reorder=reorder)
        return select(reader, "HEAD", "refund of an order is wrong", "", options), tuple(seen)


def test_the_outlines_of_likely_files_are_shown_once(make_repository: MAKE) -> None:
    scope, outlines = ordered(make_repository, None)

    assert [one.path for one in outlines] == [file.path for file in scope.files if file.reasons]
    front = next(one for one in outlines if one.path == "pay/front.py")
    assert front.rows == ("4: def refund(order):  # Take an order back",)
    assert front.names == {"refund"}
    assert len(outlines) <= MOST_FILES


def test_what_is_named_stands_first_with_the_scores_of_its_place(make_repository: MAKE) -> None:
    before, _ = ordered(make_repository, None)
    order = Order(("pay/rates.py",), ("pay/rates.py::Rates.refunded",))
    after, _ = ordered(lambda files: make_repository(files, "again"), order)

    assert before.files[0].path == "pay/front.py"
    assert [file.path for file in after.files][:2] == ["pay/rates.py", "pay/front.py"]
    assert [file.score for file in after.files] == [file.score for file in before.files]
    assert after.files[0].reasons[0] == "moved by the model, from place 2"
    assert after.functions[0].id == "pay/rates.py::Rates.refunded"
    assert after.functions[0].reasons[0].startswith("moved by the model")
    assert "moved" not in " ".join(after.files[1].reasons)
    assert after.excerpts[0].path == "pay/rates.py"


def test_what_keeps_its_place_is_not_said_to_have_moved(make_repository: MAKE) -> None:
    scope, _ = ordered(make_repository, Order(("pay/front.py",)))

    assert not any("moved" in reason for file in scope.files for reason in file.reasons)


def test_a_likely_definition_that_was_not_ranked_is_ranked_when_it_is_named(
    make_repository: MAKE,
) -> None:
    scope, _ = ordered(make_repository, Order(("pay/rates.py",), ("pay/rates.py::Rates",)))

    assert (scope.functions[0].id, scope.functions[0].start_line) == ("pay/rates.py::Rates", 4)
    assert scope.functions[0].score == max(one.score for one in scope.functions)


@pytest.mark.parametrize("rows", [39, 40, 41, 300])
def test_a_long_outline_keeps_the_likeliest_definitions_and_counts_the_rest(
    make_repository: MAKE, rows: int
) -> None:
    text = "".join(f"def step_{n}():\n    return {n}\n" for n in range(rows - 1))
    seen: list[Outline] = []

    def reorder(outlines: tuple[Outline, ...]) -> None:
        seen.extend(outlines)

    files = {"a.py": text + "def ignite():\n    return 'spark'\n"}
    with open_objects(make_repository(files).git_dir) as reader:
        select(reader, "HEAD", "ignite has no spark", "", ScopeOptions(reorder=reorder))

    assert len(seen[0].rows) == min(rows, 40)
    assert seen[0].rows[-1].endswith("def ignite():")
    assert (seen[0].left_out, len(seen[0].names)) == (max(0, rows - 40), rows)


def test_nothing_is_asked_where_no_word_points_anywhere(make_repository: MAKE) -> None:
    def never(_: object) -> None:
        pytest.fail("it was asked")

    with open_objects(make_repository({"a.py": "x = 1\n"}).git_dir) as reader:
        scope = select(reader, "HEAD", "zzz", "", ScopeOptions(reorder=never))

    assert [file.path for file in scope.files] == ["a.py"]
