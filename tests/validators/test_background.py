"""A command in the background is ended wherever the thread that asked for it is interrupted."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ending import LIMIT_S
from tests.interruptions import places
from validators.processes.background import end_all
from validators.processes.layer import Layer
from validators.processes.layered_session import Ground, LayeredSession, Request
from validators.processes.supervise import Launch
from validators.sandbox import Limits, Phase


@contextmanager
def without_walls(request: Request, _: Limits) -> Iterator[Launch]:
    yield Launch(
        request.argv, request.environment, Path("/"), b"", (), handed_over=request.handed_over
    )


def session(tree: Path) -> LayeredSession:
    """Return a session over a folder that is left as it is."""
    layer = Layer(tree, tree, tree, tree)
    return LayeredSession(
        layer, Phase("test"), Limits(timeout_s=600), Ground("none", without_walls), time.monotonic
    )


def supervising() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "sandboxed-command"]


def nothing_is_left() -> bool:
    """Whether all commands end with the process, and those who watch them."""
    end_all()
    until = time.monotonic() + LIMIT_S
    while supervising() and time.monotonic() < until:
        time.sleep(0.001)
    return not supervising()


def waited_for(tree: Path) -> None:
    with session(tree) as opened:
        assert opened.begin(["/bin/true"]).wait().outcome == "ok"


def dropped(tree: Path) -> None:
    with session(tree) as opened:
        opened.begin(["/bin/sleep", "600"])


def talking(tree: Path) -> None:
    with session(tree) as opened:
        assert opened.start(["/bin/true"]).receive(LIMIT_S) is None


@pytest.mark.parametrize("story", [waited_for, dropped, talking])
def test_a_command_ends_wherever_its_session_is_interrupted(
    tmp_path: Path, story: Callable[[Path], None]
) -> None:
    seen = []
    for place in places(lambda: story(tmp_path)):
        assert nothing_is_left(), place
        seen.append(place)

    assert len(seen) > 100
    assert any("validators/processes/background.py" in place for place in seen)


def test_what_nobody_ended_ends_with_the_process(tmp_path: Path) -> None:
    command = session(tmp_path).begin(["/bin/sleep", "600"])

    end_all()

    assert nothing_is_left()
    assert command.wait().outcome == "killed"
