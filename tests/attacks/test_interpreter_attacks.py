"""Hostile snippets get nowhere in either interpreter, and somewhere where nothing holds them."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.adapters.cpython_interpreter import cpython_interpreter
from bot.adapters.monty_interpreter import monty_interpreter
from tests.attacks.control import jailed, why_no_control
from tests.attacks.interpreters import SECRET, Snippet, snippets
from tests.found_out import lend
from validators.sandbox import REQUIRED_BY_DEFAULT
from workflows.ports import InterpreterSession
from workflows.snippet import SnippetLimits

pytestmark = pytest.mark.sandbox

CASES = {case.id: case for case in snippets()}
STUBS = "def files() -> list[str]: ...\n"
LIMITS = SnippetLimits(1.0, 96 * 1024**2, output_bytes=4_000, host_calls=100, recursion=200)
MAKERS = {"monty": monty_interpreter, "cpython": cpython_interpreter}


class Sdk:
    secret = SECRET

    def files(self) -> list[str]:
        return []


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    secret = tmp_path_factory.mktemp("ours") / "secret.txt"
    secret.write_text(SECRET)
    keeper = subprocess.Popen(["sleep", "600"], env={**os.environ, "BOT_SECRET": SECRET})
    with socket.create_server(("127.0.0.1", 0)) as service:
        port = str(service.getsockname()[1])
        yield {"secret": str(secret), "port": port, "pid": str(keeper.pid)}
    keeper.kill()
    keeper.wait()
    assert secret.read_text() == SECRET


@pytest.fixture(scope="module", params=MAKERS)
def interpreter(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, InterpreterSession]]:
    place = tmp_path_factory.mktemp("interpreter")
    sandbox = BwrapSandbox(place, kept=lend(place / "state") / "probes" / "bwrap.json")
    probe = sandbox.probe()
    if not probe.usable:
        pytest.skip(f"{probe.why_not}. {probe.mend}")
    made = MAKERS[request.param](sandbox, place, frozenset(REQUIRED_BY_DEFAULT))
    session = made.open({"files": Sdk().files}, STUBS, LIMITS)
    yield request.param, session
    session.close()


@pytest.mark.sampled(9)
@pytest.mark.parametrize("case", CASES)
def test_a_hostile_snippet_gets_nowhere(
    interpreter: tuple[str, InterpreterSession],
    variables: dict[str, str],
    case: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, session = interpreter
    monkeypatch.setenv("BOT_SECRET", SECRET)
    attack: Snippet = CASES[case]

    done = session.run(attack.text(variables))

    assert "BREACH" not in done.printed
    assert done.outcome in {"monty": attack.monty, "cpython": attack.cpython}[name], done.message
    if attack.endless:
        assert "\n" not in done.message
        assert done.wall_s < 2 * LIMITS.timeout_s
    assert session.run("print('still here')").printed == "still here\n"


@pytest.mark.long
def test_by_exec_nearly_every_snippet_gets_through() -> None:
    reason = why_no_control()
    if reason:
        pytest.skip(reason)
    done = jailed(
        [str(Path(sys.prefix, "bin", "python")), "-m", "tests.attacks.interpreter_control"]
    )
    ends = json.loads(done)

    held = {case for case, end in ends.items() if end == "held" and not CASES[case].control}
    assert held == set()
    assert sum(not case.control for case in CASES.values()) >= 20
