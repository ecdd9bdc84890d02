"""A test that hangs fails with its name, wherever it hangs, and those after it run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ending import LIMIT_S

HANGING = """
import subprocess, threading, time
import pytest

@pytest.fixture
def hanging():
    yield
    threading.Event().wait()

def test_waits_for_a_process_and_again_at_the_end_of_its_block():
    with subprocess.Popen(["sleep", "60"]) as process:
        process.wait()

def test_waits_for_a_thread():
    thread = threading.Thread(target=time.sleep, args=(1000,), daemon=True)
    thread.start()
    thread.join()

def test_cleans_up_for_ever(hanging):
    pass

def test_fails_and_cleans_up_for_ever(hanging):
    raise ValueError

def test_swallows_every_interruption():
    while True:
        try:
            time.sleep(1000)
        except BaseException:
            pass

def test_comes_last():
    pass
"""
ENDED = {
    "FAILED test_hanging.py::test_waits_for_a_process_and_again_at_the_end_of_its_block",
    "FAILED test_hanging.py::test_waits_for_a_thread",
    "ERROR test_hanging.py::test_cleans_up_for_ever",
    "FAILED test_hanging.py::test_fails_and_cleans_up_for_ever",
    "ERROR test_hanging.py::test_fails_and_cleans_up_for_ever",
    "FAILED test_hanging.py::test_swallows_every_interruption",
}


@pytest.mark.long
def test_a_test_that_hangs_fails_wherever_it_does_and_the_rest_goes_on(
    root: Path, tmp_path: Path
) -> None:
    (tmp_path / "test_hanging.py").write_text(HANGING)
    (tmp_path / "pytest.ini").write_text("[pytest]\ntimeout = 5\ntimeout_method = signal\n")
    # One worker: what comes last comes after the others, on the one that replaces the swallower's.
    argv = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-n1"]
    environment = os.environ | {"PYTHONPATH": str(root)}
    done = subprocess.run(
        argv,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * LIMIT_S,
    )
    summary = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    assert {line.partition(" - ")[0] for line in summary} == ENDED
    assert done.stdout.splitlines()[-1].strip("= ").startswith("4 failed, 2 passed, 2 errors in ")
