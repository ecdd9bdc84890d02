"""What is told of readers: who is there, since when, and nothing any more once they have gone."""

from dataclasses import dataclass, field, replace

import pytest

from bot.server.presence import IN_HAND_S, LOOKING_S, Presence, Reader
from bot.server.session import Session

ADA, GRACE, EVE = (Session(name, f"secret of {name}") for name in ("ada", "grace", "eve"))


@dataclass
class Place:
    """Readers, and a clock that a test turns."""

    now_s: float = 0.0
    readers: Presence = field(init=False)

    def __post_init__(self) -> None:
        self.readers = Presence(lambda: self.now_s)


@pytest.fixture
def place() -> Place:
    return Place()


def test_two_who_look_see_each_other_and_not_themselves(place: Place) -> None:
    place.readers.look(1, ADA, "t1")
    place.readers.look(1, GRACE, "t2")
    place.readers.look(2, EVE, "t3")

    assert place.readers.others(1, ADA) == (Reader("grace", "t2"),)
    assert place.readers.others(1, GRACE) == (Reader("ada", "t1"),)
    assert place.readers.others(3, ADA) == ()


def test_who_looks_on_is_there_since_the_beginning_and_by_the_newest_name(place: Place) -> None:
    for at in ("t1", "t2", "t3"):
        place.readers.look(1, replace(ADA, reviewer=f"ada {at}"), at)
        place.now_s += LOOKING_S - 1

    assert place.readers.others(1, GRACE) == (Reader("ada t3", "t1"),)


def test_who_is_not_heard_of_any_more_has_gone_and_comes_anew(place: Place) -> None:
    place.readers.look(1, ADA, "t1")
    place.now_s += LOOKING_S

    assert place.readers.others(1, GRACE) == ()
    place.readers.look(1, ADA, "t2")
    assert place.readers.others(1, GRACE) == (Reader("ada", "t2"),)


def test_what_is_taken_in_hand_stays_so_while_the_page_is_closed(place: Place) -> None:
    place.readers.look(1, ADA, "t1")
    place.readers.take(1, ADA, "t2")
    place.readers.take(1, ADA, "t3")
    place.now_s += IN_HAND_S - 1
    place.readers.look(1, GRACE, "t0")

    assert place.readers.own(1, ADA) == Reader("ada", "t2", has_it=True)
    assert place.readers.others(1, EVE) == (Reader("ada", "t2", has_it=True), Reader("grace", "t0"))
    place.now_s += 1
    assert place.readers.own(1, ADA) is None
    assert place.readers.others(1, EVE) == (Reader("grace", "t0"),)


def test_what_is_given_back_is_told_no_more(place: Place) -> None:
    place.readers.take(1, ADA, "t1")
    place.readers.take(2, ADA, "t1")

    place.readers.leave(1, ADA)
    place.readers.leave(1, GRACE)

    assert place.readers.others(1, GRACE) == ()
    assert place.readers.others(2, GRACE) == (Reader("ada", "t1", has_it=True),)


def test_who_has_gone_is_not_kept(place: Place) -> None:
    for number in range(100):
        place.readers.look(number, ADA, "t")
    place.now_s += LOOKING_S
    place.readers.look(1, ADA, "t")

    assert len(place.readers._readers) == 1
