"""Where lines stood before a change: hunks as git prints them, lines counted from 0."""

import pytest

from scoping.line_ranges import Range, before, hunk_of, union


@pytest.mark.parametrize(
    ("hunks", "stood", "is_touched"),
    [
        ([], ((4, 5),), False),
        ([(1, 0, 2, 3)], ((1, 2),), False),  # three lines were added before it
        ([(1, 2, 0, 0)], ((6, 7),), False),  # two lines were deleted before it
        ([(6, 1, 6, 2)], ((4, 5),), False),  # behind it
        ([(5, 1, 5, 1)], ((4, 5),), True),
        ([(4, 3, 4, 2)], ((3, 6),), True),  # it came out of three
        ([(4, 0, 5, 1)], (), True),  # it was added
        ([(5, 1, 4, 0)], ((5, 6),), False),  # the line before it was deleted
        ([(5, 1, 5, 0)], ((4, 5),), False),  # the line behind it was deleted
        ([(0, 0, 1, 9)], (), True),  # the file is new
    ],
)
def test_a_line_is_found_where_it_stood(
    hunks: list[tuple[int, int, int, int]], stood: tuple[Range, ...], *, is_touched: bool
) -> None:
    found = before(((4, 5),), [hunk_of(*hunk) for hunk in hunks])

    assert found == (stood, is_touched)


def test_lines_deleted_between_others_are_of_interest_again() -> None:
    assert before(((2, 6),), [hunk_of(5, 2, 4, 0)]) == (((2, 8),), True)


def test_several_ranges_keep_apart_and_are_joined() -> None:
    assert union([(5, 6), (1, 3), (2, 4), (9, 9), (6, 8)]) == ((1, 4), (5, 8))
    assert before(((1, 2), (8, 9)), [hunk_of(2, 1, 2, 1), hunk_of(5, 0, 6, 2)]) == (
        ((1, 2), (6, 7)),
        True,
    )
