"""``kill -9`` in each phase of a run: the next start finds nothing of it but the journal.

Where commands of the target run, the program is killed as soon as one is seen to run; where our own
code is at work, it kills itself there.
"""

import functools
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

import pytest

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.adapters.container_sandbox.engine import installed_engines
from bot.adapters.container_sandbox.sandbox import ContainerSandbox
from tests.e2e.following import started
from tests.e2e.hostile import abandoned, abandoned_cgroups, locked, mounts
from tests.e2e.repositories import save, write
from tests.e2e.stage import Stage, leftovers, processes_of
from tests.found_out import for_all_workers
from validators.sandbox import Sandbox, SandboxRefusal

pytestmark = pytest.mark.sandbox

DYING = (sys.executable, str(Path(__file__).with_name("dying.py")))
PROPOSE = ("propose", "--task", "Say two in a.txt")
MIGRATE = ("migrate", "--rule", "sed -i s/one/two/", "--on", "a.txt")
PHASES = ("setup", "lint", "build", "test")
_LIMIT_S = 600.0
_POLL_S = 0.005


@dataclass(frozen=True)
class Moment:
    """When it is killed: while a command with ``word`` runs, or in the function ``dies_in``."""

    name: str
    word: str = ""
    dies_in: str = ""
    words: tuple[str, ...] = PROPOSE


MOMENTS = (
    *(Moment(phase, word=f"phase={phase}") for phase in PHASES),
    Moment("opening", dies_in="validators.processes.layered_session:LayeredSession"),
    Moment("reading what a copy became", dies_in="validators.clones.snapshot:read"),
    Moment("reading a layer", dies_in="validators.clones.snapshot:read", words=MIGRATE),
    Moment("closing", dies_in="validators.processes.layer:remove"),
    Moment("probe", word="/opt/changewright/checks.py"),
    Moment("probe, between its checks", dies_in="validators.processes.measuring:_has_stopped"),
)


@dataclass(frozen=True)
class Backend:
    """A backend that was measured, as the operator's file names it; ``kept`` holds the result."""

    settings: Mapping[str, object]
    kept: Path


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Backend]:
    """Measures a backend once for all tests, and skips where there is none."""
    scratch = tmp_path_factory.mktemp("measured")

    @functools.cache
    def backend(name: str) -> Backend:
        with for_all_workers("killed") as shared:
            return looked_at(name, (shared or scratch) / f"killed-in-{name}")

    def looked_at(name: str, kept: Path) -> Backend:
        tried: dict[str, Sandbox] = {"": BwrapSandbox(scratch, kept=kept / "bwrap.json")}
        if name == "container":
            tried = {
                runtime: ContainerSandbox(scratch, runtime, kept=kept)
                for runtime in ("runc", "crun")
                if shutil.which(runtime)
            }
        for runtime, sandbox in tried.items():
            if sandbox.probe().usable:
                more = {"runtime": runtime} if runtime else {}
                return Backend({"backends": [name], **more}, kept)
        pytest.skip(f"{name} cannot be used here")

    return backend


def laid_out(folder: Path, backend: Backend, moment: Moment) -> Stage:
    """Return a stage with a set-up and three gates; the one of the moment takes a while."""
    stage = Stage(folder, program=DYING)
    pauses = {kind: 2 if moment.word == f"phase={kind}" else 0 for kind in PHASES}
    gates = [
        {
            "name": kind,
            "kind": kind,
            "run": ["sh", "-c", f"sleep {pauses[kind]}; : phase={kind}; test -s a.txt"],
        }
        for kind in PHASES[1:]
    ]
    made = f"echo made > made.txt; sleep {pauses['setup']}; : phase=setup"
    setup = {"run": [["sh", "-c", made]]}
    config = json.dumps({"setup": setup, "gates": gates})
    write(stage.repo, {".github/changewright.yml": config})
    save(stage.repo)
    stage.script("replies", ("one", "two"))
    operator = json.dumps({"sandbox": backend.settings})
    write(stage.play, {"home/.config/changewright/config.yml": operator})
    return stage


def killed(stage: Stage, moment: Moment) -> int:
    """Start the program, kill it at its moment, and return its process id."""
    argv = stage.argv(*moment.words, *model(stage, moment))
    environment = {**stage.environment(), "DIE_IN": moment.dies_in}
    with started(argv, environment, stage.folder) as run:
        until = time.monotonic() + _LIMIT_S
        while run.process.poll() is None and not (moment.word and runs(stage, moment.word)):
            assert time.monotonic() < until, run.err
            time.sleep(_POLL_S)
        # It alone: what it started is left to end by itself, or to be found by the next.
        run.signalled(SIGKILL, whole_group=False)
        assert run.ended() == -SIGKILL, run.out + run.err
        return run.process.pid


def model(stage: Stage, moment: Moment) -> tuple[str, ...]:
    return ("--model", f"scripted:{stage.play}/replies.yml") if moment.words is PROPOSE else ()


def runs(stage: Stage, word: str) -> bool:
    """Whether a sandboxed command of this stage runs whose words hold ``word``."""
    place = os.fsencode("/".join(stage.folder.parts[-3:]))
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_inside = (process / "ns/pid").readlink() != Path("/proc/self/ns/pid").readlink()
            said = (process / "cmdline").read_bytes()
            if is_inside and word.encode() in said:
                return place in (process / "mountinfo").read_bytes()
    return False


def containers_of(process: int) -> list[str]:
    """Return the containers that were started by a process."""
    names: list[str] = []
    for engine in installed_engines():
        with suppress(SandboxRefusal):  # one without a daemon that runs has none
            names += engine.ask("ps", "--all", "--format", "{{.Names}}").split()
    return [name for name in names if f"-{process}-" in name]


def finished(stage: Stage, moment: Moment) -> None:
    """Take the run up, or begin again where none was begun; it comes to its end."""
    begun = [run for run, event in stage.events() if event["kind"] == "run.started"]
    words = ("resume", begun[0]) if begun else (*moment.words, *model(stage, moment))
    done = stage.run(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    ends = [event["data"] for _, event in stage.events() if event["kind"] == "run.finished"]
    assert ends[-1]["state"] in {"proposed", "gated"}, ends


@pytest.mark.sampled(len(MOMENTS) * 2)
@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.name)
@pytest.mark.parametrize("backend", ["bwrap", "container"])
def test_a_run_that_is_killed_leaves_nothing_and_goes_on(
    tmp_path: Path, measured: Callable[[str], Backend], backend: str, moment: Moment
) -> None:
    stage = laid_out(tmp_path, measured(backend), moment)
    if moment.name.startswith("probe"):
        stage.state.mkdir(mode=0o700)  # as one that no measurement is lent to
    else:
        shutil.copytree(measured(backend).kept, stage.state / "probes")
    original, mounted = stage.original(), mounts()

    process = killed(stage, moment)

    baits = abandoned(Path("/tmp"), "changewright-probe-*")  # noqa: S108 - looked at
    if backend == "bwrap":  # by itself, before anybody comes
        until = time.monotonic() + 60
        while processes_of(stage.folder) and time.monotonic() < until:
            time.sleep(_POLL_S)
        assert processes_of(stage.folder) == []
    finished(stage, moment)
    assert leftovers(stage.folder, stage.repo, stage.state) == []
    assert containers_of(process) == []
    assert abandoned_cgroups() == []
    assert list(locked(stage.state, stage.repo)) == []
    assert {place for place in mounts() - mounted if str(stage.folder) in place} == set()
    assert [bait for bait in baits if bait.exists()] == []
    assert stage.original() == original
