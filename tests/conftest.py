"""What every test may use: the checkout's folder, the generators' depth, an index where one is."""

import faulthandler
import functools
import os
import signal
import sqlite3
import subprocess
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import settings

from tests.found_out import share_in

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))
PROGRAM = SCRIPTS / "changewright"

_HEARD: dict[int, Callable[[int, FrameType | None], object] | signal.Handlers] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
    signal.SIGHUP: signal.SIG_DFL,
}

Outcome = Generator[None, object, object]

# A test has `timeout` of pyproject.toml, in `make proof` this many seconds. Then it is interrupted,
# and again while what it cleans up hangs too. What swallows that, or hears no signal within a
# library's call, ends with its worker, which is replaced.
_PROOF_LIMIT_S = 3600
_AGAIN_S = 60.0
_DEAF_AFTER = 5
_LIMITS = pytest.StashKey[Any]()
_STDERR = pytest.StashKey[int]()

# The same inputs on each run, and no deadline: a slow machine is no failure. `make proof` looks
# further, and elsewhere each time.
settings.register_profile("house", deadline=None, derandomize=True, max_examples=25)
settings.register_profile("proof", deadline=None, max_examples=2_000)
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """Hear what the starter of the tests does not: a background job or `nohup` ignores signals.

    What a process ignores its children ignore too, and here they are told to end.
    """
    for number, handler in _HEARD.items():
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, handler)
    config.stash[_STDERR] = os.dup(2)  # before it is captured


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave ``long`` tests, and all but each N-th case of a ``sampled`` table, to `make proof`."""
    if config.getoption("--hypothesis-profile") == "proof":
        for item in items:
            item.add_marker(pytest.mark.timeout(_PROOF_LIMIT_S))
        return
    seen: Counter[str] = Counter()
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        table = item.nodeid.partition("[")[0]
        mark = item.get_closest_marker("sampled")
        every = (mark.args or (mark.kwargs.get("n", 2),))[0] if mark else 1
        is_left = seen[table] % every or item.get_closest_marker("long")
        (left if is_left else kept).append(item)
        seen[table] += 1
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


@pytest.hookimpl(wrapper=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> Outcome:
    """Let a limit strike again: what an interrupted test cleans up may hang as it did."""
    made = yield
    item.stash[_LIMITS] = settings
    again_s = min(_AGAIN_S, settings.timeout)
    if signal.getitimer(signal.ITIMER_REAL)[0]:
        signal.setitimer(signal.ITIMER_REAL, settings.timeout, again_s)
    deaf_s, said = settings.timeout + _DEAF_AFTER * again_s, item.config.stash[_STDERR]
    faulthandler.dump_traceback_later(deaf_s, exit=True, file=said)
    return made


@pytest.hookimpl(wrapper=True)
def pytest_timeout_cancel_timer(item: pytest.Item) -> Outcome:
    faulthandler.cancel_dump_traceback_later()
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Limit what a test's fixtures clean up; a failure before it has put the timer out."""
    if limits := item.stash.get(_LIMITS, None):
        item.config.hook.pytest_timeout_set_timer(item=item, settings=limits)
    return (yield)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[None]:
    """Drop what a process measured that was killed while it wrote that down.

    Coverage writes without a journal, and of one half-written file among thousands it would end the
    session without a word about any test.
    """
    try:
        return (yield)
    finally:
        if "PYTEST_XDIST_WORKER" not in os.environ:
            for measured in session.config.rootpath.glob(".coverage.*"):
                if not _is_whole(measured):
                    measured.unlink()


def _is_whole(measured: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{measured.as_uri()}?mode=ro", uri=True)) as opened:
            sound = opened.execute("PRAGMA quick_check").fetchall() == [("ok",)]
            nameless = opened.execute("SELECT 1 FROM file WHERE path IS NULL").fetchone()
            return sound and nameless is None
    except sqlite3.DatabaseError:
        return False


@pytest.fixture(scope="session", autouse=True)
def _measured_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    base = tmp_path_factory.getbasetemp()
    share_in(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def program() -> Path:
    """The console script, as a person starts it."""
    return PROGRAM


@pytest.fixture
def environment() -> dict[str, str]:
    """What a person's shell holds, without what the test runner put into this process."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "COLUMNS": "80"}


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("registry") is not None:
        reason = why_no_index()
        if reason:
            pytest.skip(reason)


@functools.cache
def why_no_index() -> str:
    """Return why no package index can be used here, or nothing when one can.

    Asks for the metadata of one tiny package as the program would, with this machine's settings.
    """
    with tempfile.TemporaryDirectory() as folder:
        probe = [str(SCRIPTS / "uv"), "pip", "compile", "--quiet", "--no-cache", "--no-deps", "-"]
        environment = os.environ | {"UV_HTTP_TIMEOUT": "10", "UV_HTTP_RETRIES": "0"}
        try:
            done = subprocess.run(
                probe,
                input="iniconfig",
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=20,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "no package index answered within 20 s"
    return "no package index is reachable with this machine's settings" if done.returncode else ""
