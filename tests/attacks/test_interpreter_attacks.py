"""Hostile snippets get nowhere in any interpreter, and somewhere where nothing holds them."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from bot.adapters.bwrap_sandbox import BwrapSandbox
from tests.attacks.control import jailed, why_no_control
from tests.attacks.interpreters import SECRET, Snippet, snippets
from tests.ending import ended
from tests.found_out import lend
from tests.interpreter_makers import ALL, SLOW, made
from validators.sandbox import REQUIRED_BY_DEFAULT
from workflows.ports import InterpreterSession
from workflows.snippet import SnippetLimits

pytestmark = pytest.mark.sandbox

CASES = {case.id: case for case in snippets()}
STUBS = "def files() -> list[str]: ...\n"
LIMITS = SnippetLimits(1.0, 96 * 1024**2, output_bytes=4_000, host_calls=100, recursion=200)
# Each reaches for something else, and none of them has to be waited for.
BRIEF = (
    "interpreter-file",
    "interpreter-other-process",
    "jupyter-shell",
    "pyodide-js",
    "pyodide-leftover",
    "pyodide-import-again",
)


class Sdk:
    secret = SECRET

    def files(self) -> list[str]:
        return []


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    secret = tmp_path_factory.mktemp("ours") / "secret.txt"
    secret.write_text(SECRET)
    keeper = subprocess.Popen(["sleep", "600"], env={**os.environ, "BOT_SECRET": SECRET})
    with ended(keeper, limit_s=None), socket.create_server(("127.0.0.1", 0)) as service:
        port = str(service.getsockname()[1])
        yield {"secret": str(secret), "port": port, "pid": str(keeper.pid)}
    assert secret.read_text() == SECRET


@pytest.fixture
def _held(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process hold what a careless one hands on."""
    monkeypatch.setenv("BOT_SECRET", SECRET)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(Path(variables["secret"]).parent))


def opened(name: str, place: Path, limits: SnippetLimits = LIMITS) -> InterpreterSession:
    """Return a session of the interpreter called ``name``, as a run would open it."""
    sandbox = BwrapSandbox(place, kept=lend(place / "state") / "probes" / "bwrap.json")
    probe = sandbox.probe()
    if not probe.usable:
        pytest.skip(f"{probe.why_not}. {probe.mend}")
    interpreter = made(name, sandbox, place, frozenset(REQUIRED_BY_DEFAULT))
    return interpreter.open({"files": Sdk().files}, STUBS, limits)


@pytest.fixture(scope="module", params=ALL)
def session(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, InterpreterSession]]:
    session = opened(request.param, tmp_path_factory.mktemp("interpreter"))
    yield request.param, session
    session.close()


@pytest.fixture
def slack(request: pytest.FixtureRequest) -> int:
    """How many times its limit a snippet may take: the suite runs beside six others of its kind."""
    return 2 if request.config.getoption("--hypothesis-profile") == "proof" else 4


@pytest.mark.sampled(9)
@pytest.mark.usefixtures("_held")
@pytest.mark.parametrize("case", CASES)
def test_a_hostile_snippet_gets_nowhere(
    session: tuple[str, InterpreterSession], variables: dict[str, str], slack: int, case: str
) -> None:
    attacked(*session, CASES[case], variables, slack)


@pytest.mark.usefixtures("_held")
@pytest.mark.parametrize("name", SLOW)
def test_what_is_slow_to_start_holds_some_of_them(
    name: str, tmp_path: Path, variables: dict[str, str], slack: int
) -> None:
    roomy = replace(LIMITS, timeout_s=30.0)
    with closing(opened(name, tmp_path, roomy)) as session:
        for case in BRIEF:
            attacked(name, session, CASES[case], variables, slack)


def attacked(
    name: str, session: InterpreterSession, attack: Snippet, variables: dict[str, str], slack: int
) -> None:
    """Run one attack, and see it end as its case says, by ``slack`` times its limit."""
    done = session.run(attack.text(variables))

    assert "BREACH" not in done.printed
    assert done.outcome in attack.ends[name], done.message
    assert "\n" not in done.message or done.outcome == "type-error"
    if attack.endless and done.outcome != "type-error":
        assert done.wall_s < slack * LIMITS.timeout_s
    assert session.run("print('still here')").printed == "still here\n"


@pytest.mark.long
def test_without_walls_nearly_every_snippet_gets_through() -> None:
    ends = control()

    held = {case for case, end in ends.items() if end == "held" and not CASES[case].control}
    assert held == set()
    assert sum(not case.control for case in CASES.values()) >= 30


@pytest.mark.long
def test_restricted_python_holds_neither_time_nor_memory() -> None:
    if find_spec("RestrictedPython") is None:
        pytest.skip("RestrictedPython is not installed: uv pip install RestrictedPython")
    ends = control("restricted")

    endless = {case for case, end in ends.items() if end == "endless"}
    assert endless >= {"interpreter-power", "interpreter-deaf", "interpreter-hoard"}
    assert {case for case, end in ends.items() if end == "breached"} == set()


def control(*words: str) -> dict[str, str]:
    """Return what became of each case in the jail, where nothing else holds it."""
    reason = why_no_control()
    if reason:
        pytest.skip(reason)
    python = str(Path(sys.prefix, "bin", "python"))
    done = jailed([python, "-m", "tests.attacks.interpreter_control", *words])
    return dict(json.loads(done))
