"""What is laid out for a measurement is gone afterwards, also when that was killed."""

import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.probing.bait import lay_bait
from tests.ending import LIMIT_S, ended

LAYING = """
import sys, time
from contextlib import ExitStack
from pathlib import Path
from bot.probing.bait import lay_bait
with ExitStack() as stack:
    print(lay_bait(Path(sys.argv[1]), stack).unix[0], flush=True)
    time.sleep(60)
"""


def test_bait_answers_until_it_is_taken_away(tmp_path: Path) -> None:
    with ExitStack() as stack:
        bait = lay_bait(tmp_path, stack)
        for name in bait.unix:
            with socket.socket(socket.AF_UNIX) as caller:
                caller.connect(name)
        socket.create_connection(bait.tcp).close()
    assert not Path(bait.unix[0]).parent.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_killed", [True, False])
def test_the_bait_of_a_killed_process_is_removed_by_the_next_and_a_living_ones_is_left(
    tmp_path: Path, root: Path, *, is_killed: bool
) -> None:
    argv = [sys.executable, "-c", LAYING, str(tmp_path / "other")]
    laying = subprocess.Popen(argv, cwd=root, stdout=subprocess.PIPE, text=True)
    with ended(laying) as other:
        assert other.stdout is not None
        place = Path(other.stdout.readline().strip())
        assert place.is_socket()
        if is_killed:
            other.send_signal(signal.SIGKILL)
            other.wait(LIMIT_S)
            assert place.is_socket()

        with ExitStack() as stack:
            lay_bait(tmp_path / "own", stack)
            assert place.parent.exists() != is_killed
    with ExitStack() as stack:
        lay_bait(tmp_path / "own", stack)
    assert not place.parent.exists()
