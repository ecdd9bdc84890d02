"""Whoever has something short to write waits for their turn, and writes it once."""

import pytest

from bot.turns import in_turn
from workflows.ports import Held, JournalRefusal


def test_what_is_held_is_tried_until_it_is_free_and_done_once() -> None:
    written: list[str] = []

    def write() -> str:
        written.append("tried")
        if len(written) < 3:
            raise Held("somebody else writes it")
        return "written"

    assert in_turn(write) == "written"
    assert len(written) == 3


def test_any_other_refusal_is_told_at_once() -> None:
    def write() -> str:
        raise JournalRefusal("the disk is full")

    with pytest.raises(JournalRefusal, match="disk is full"):
        in_turn(write)
