"""Small repositories, a sandbox, and a workbench for gates, for the tests of this folder."""

import os
import secrets
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.indexes.door import supply
from bot.indexes.machine import machine_indexes
from validators.building.supply import Supply
from validators.checkout import Clone, open_clone, write_tree
from validators.environment import Environment, EnvironmentOptions
from validators.evidence import Evidence
from validators.gates import GateBench, run_gates
from validators.judging.base_runs import Known
from validators.projects.interpreters import Interpreter, local_interpreters
from validators.rules import Rules
from validators.sandbox import (
    ENVIRONMENT,
    REPORTS,
    TOOLS,
    Changes,
    Channel,
    Completed,
    FileChange,
    Limits,
    Mount,
    Pending,
    Phase,
    Probe,
    Sandbox,
)
from validators.verdict import Verdict

Files = Mapping[str, str | bytes | None]
SCRIPTS = Path(sysconfig.get_path("scripts"))
OUR_TOOLS = tuple(Mount(SCRIPTS / name, f"{TOOLS}/{name}") for name in ("uv", "ruff"))


def git(folder: Path, *words: str) -> None:
    who = {
        f"GIT_{role}_{k}": "x@localhost"
        for role in ("AUTHOR", "COMMITTER")
        for k in ("NAME", "EMAIL")
    }
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        **who,
    }
    subprocess.run(["git", *words], cwd=folder, env=environment, check=True, capture_output=True)


def changes(files: Files) -> list[FileChange]:
    return [
        FileChange(path, "000000")
        if content is None
        else FileChange(path, "100644", content.encode() if isinstance(content, str) else content)
        for path, content in files.items()
    ]


@pytest.fixture
def clone_of(tmp_path: Path) -> Callable[[Files], Clone]:
    """A clone of a new repository with one commit of these files."""

    def make(files: Files) -> Clone:
        folder = tmp_path / "repository"
        for path, content in files.items():
            assert content is not None
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)
        git(folder, "init", "--quiet", "--initial-branch=main")
        git(folder, "add", "--all", "--force")
        git(folder, "commit", "--quiet", "--allow-empty", "--message=base")
        return open_clone(folder, "HEAD", tmp_path / "clone")

    return make


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    box = BwrapSandbox(tmp_path_factory.mktemp("sandbox"))
    probe = box.probe()
    if not probe.usable:
        pytest.skip(f"no sandbox here: {probe.why_not}")
    return box


@pytest.fixture
def options() -> EnvironmentOptions:
    return EnvironmentOptions(OUR_TOOLS, local_interpreters())


@pytest.fixture
def our_environment() -> Environment:
    """An environment that nobody had to build: ours, seen where a target's would be."""
    prefix = Path(sys.base_prefix).resolve()
    return Environment(
        key="ours",
        mounts=(
            *OUR_TOOLS,
            Mount(prefix, str(prefix)),
            Mount(Path(sys.prefix), f"{ENVIRONMENT}/venv"),
        ),
        path=(f"{ENVIRONMENT}/venv/bin",),
        variables={"PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        node_reports=True,
    )


@dataclass
class Bench:
    """Judges changes of one base; remembers what the observer was told."""

    clone: Clone
    bench: GateBench
    told: list[dict[str, Any]] = field(default_factory=list)
    sides: dict[str, Known] = field(default_factory=dict)

    def judge(self, files: Files) -> tuple[Verdict, Evidence]:
        tree = write_tree(self.clone, self.clone.base_tree, changes(files))
        return run_gates(self.bench, tree, self.sides)

    @property
    def ran(self) -> list[str]:
        """What was run, in order, but for the floor under every change."""
        told = [data for data in self.told if data["gate"] != "floor"]
        return [f"{data['gate']}/{data['side']}" for data in told]


@pytest.fixture
def bench_of(
    clone_of: Callable[[Files], Clone], our_environment: Environment, tmp_path: Path
) -> Callable[..., Bench]:
    def make(
        files: Files,
        sandbox: Sandbox,
        rules: Rules | None = None,
        environment: Environment | None = None,
    ) -> Bench:
        told: list[dict[str, Any]] = []
        gate_bench = GateBench(
            clone_of(files),
            sandbox,
            environment or our_environment,
            rules or Rules(kind="refactor"),
            tmp_path / "gates",
            Limits(timeout_s=60.0, memory_bytes=1024**3),
            lambda kind, data: told.append({"kind": kind, **data}),
            lambda: secrets.token_hex(4),
        )
        return Bench(gate_bench.clone, gate_bench, told)

    return make


Play = Callable[[Sequence[str], Path, Path], Completed]


@dataclass
class PlayedChannel:
    """A command that was done before anybody waited for it, and says nothing."""

    completed: Completed

    def send(self, message: bytes) -> None:
        raise AssertionError(f"no gate talks to its command, and {message!r} would")

    def receive(self, timeout_s: float) -> bytes | None:
        return None

    def wait(self) -> Completed:
        return self.completed

    def close(self) -> Completed:
        return self.completed


@dataclass
class PlayedSession:
    """A session whose commands are a function of argv, tree and the folder for reports."""

    play: Play
    tree: Path
    reports: Path

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        cwd: str = "",
        environment: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> Completed:
        return self.play(argv, self.tree, self.reports)

    def start(self, argv: Sequence[str], *, cwd: str = "") -> Channel:
        return PlayedChannel(self.play(argv, self.tree, self.reports))

    def begin(self, argv: Sequence[str]) -> Pending:
        return PlayedChannel(self.play(argv, self.tree, self.reports))

    def changes(self) -> Changes:
        return Changes()

    def close(self) -> None:
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass
class PlayedSandbox:
    """A sandbox for troubles that no real one has at will: a full disk, a fault of its own."""

    play: Play
    phases: list[Phase] = field(default_factory=list)
    limits: list[Limits] = field(default_factory=list)
    argvs: list[tuple[str, ...]] = field(default_factory=list)
    name: str = "played"
    version: str = ""

    def probe(self) -> Probe:
        return Probe(self.name, usable=True, version=self.version)

    def open(self, tree: Path, phase: Phase, limits: Limits) -> PlayedSession:
        self.phases.append(phase)
        self.limits.append(limits)
        reports = next((m.source for m in phase.mounts if m.inside == REPORTS), tree)

        def play(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
            self.argvs.append(tuple(argv))
            return self.play(argv, tree, reports)

        return PlayedSession(play, tree, reports)


@pytest.fixture
def played() -> Callable[[Play], PlayedSandbox]:
    return PlayedSandbox


@pytest.fixture
def other_python() -> Interpreter:
    return Interpreter("/opt/python3.6/bin/python3", "3.6.15")


@pytest.fixture
def indexes(tmp_path: Path) -> Supply:
    """The package indexes that this machine is configured with."""
    return supply(machine_indexes(os.environ), tmp_path)
