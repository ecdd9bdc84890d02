"""An invitation lets one browser in, also when many come with it at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

from bot.server.session import Sessions


def test_of_many_who_come_with_one_invitation_one_is_let_in() -> None:
    told: list[str] = []
    sessions = Sessions("ada", told.append)
    link, start = sessions.invite(), threading.Barrier(8)

    def come(_number: int) -> str:
        start.wait(60)
        return sessions.admit(link)

    with ThreadPoolExecutor(8) as pool:
        secrets = [secret for secret in pool.map(come, range(8)) if secret]

    assert len(secrets) == len(told) == 1
    assert told != [link]
    assert sessions.admit(told[0])


def test_the_oldest_session_gives_way_when_there_are_very_many() -> None:
    sessions = Sessions("ada", lambda _: None)
    first = sessions.admit(sessions.invite())
    for _ in range(500):
        assert sessions.of(first) is not None
        last = sessions.admit(sessions.invite())

    assert sessions.of(first) is None
    assert sessions.of(last) is not None


def test_a_session_is_shown_to_nobody_by_accident() -> None:
    sessions = Sessions("ada", lambda _: None)
    session = sessions.of(sessions.admit(sessions.invite()))

    assert session is not None
    assert session.csrf not in repr(session)
