"""Words for what happened: no event is shown by its internal name."""

from typing import get_args

from bot.pages.run_steps import _LINES
from bot.pages.words_around import AROUND
from bot.progress import _TELLERS
from workflows.run import EventKind


def test_every_kind_of_event_has_words() -> None:
    assert {*_TELLERS, *_LINES, *AROUND} == {*get_args(EventKind)}
