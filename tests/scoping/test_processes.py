"""A program ends with its block, and no interruption lets it go on."""

import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from scoping.processes import Running, end_all
from tests.ending import LIMIT_S
from tests.interruptions import places


def children() -> set[str]:
    """Return the processes that this thread started and that nobody has reaped."""
    return set(Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split())


def test_what_runs_is_killed_with_the_group_that_it_leads() -> None:
    script = "sleep 600 & echo $!; wait"
    argv, told = ["/bin/sh", "-c", script], subprocess.PIPE
    with Running(argv, stdout=told, start_new_session=True) as process:
        assert process.stdout is not None
        below = int(process.stdout.readline())

    assert process.returncode == -signal.SIGKILL
    assert process.stdout.closed
    until_gone(below)


def until_gone(pid: int) -> None:
    """Wait until whoever inherits a killed process has reaped it, or it is only not reaped yet."""
    state = Path(f"/proc/{pid}/stat")
    for _ in range(int(LIMIT_S * 100)):
        try:
            if state.read_text().rpartition(")")[2].split()[0] == "Z":
                return
        except (FileNotFoundError, ProcessLookupError):
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"process {pid} is still there")


def test_what_has_ended_keeps_its_code() -> None:
    with Running(["/bin/sh", "-c", "exit 7"]) as process:
        assert process.wait(LIMIT_S) == 7

    assert process.returncode == 7


def test_what_cannot_be_started_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), Running([str(tmp_path / "nothing")]):
        pass


# The library's own finalizer swallows one that strikes it.
@pytest.mark.filterwarnings("ignore:.*Popen.__del__:pytest.PytestUnraisableExceptionWarning")
def test_wherever_its_block_is_interrupted_nothing_goes_on() -> None:
    before = children()

    def story() -> None:
        with Running(["/bin/sleep", "600"], stdin=subprocess.PIPE) as process:
            os.kill(process.pid, 0)

    seen = []
    for place in places(story):
        end_all()  # as the end of the process does
        assert children() == before, place
        seen.append(place)

    assert any("subprocess.py" in place for place in seen)
