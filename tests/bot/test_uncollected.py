"""What looks for circles of objects is as it was, however the block ends."""

import gc

import pytest

from bot.uncollected import uncollected


def test_no_circles_are_looked_for_within_the_block_alone() -> None:
    seen = [gc.isenabled()]

    def fail() -> None:
        seen.append(gc.isenabled())
        raise ValueError("any")

    with pytest.raises(ValueError, match="any"), uncollected():
        fail()

    assert [*seen, gc.isenabled()] == [True, False, True]


def test_who_looked_for_none_before_looks_for_none_behind() -> None:
    with uncollected():
        with uncollected():
            pass
        assert not gc.isenabled()
