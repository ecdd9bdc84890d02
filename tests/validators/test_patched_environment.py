"""A patch that changes what is installed: its manifests alone are set up, for its side alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.indexes.door import supply
from bot.indexes.machine import machine_indexes
from tests.bot.indexes.conftest import wheel
from tests.validators.conftest import OUR_TOOLS
from validators.building.manifests_alone import (
    changed_manifests,
    manifests_alone,
    plan_for_manifests,
)
from validators.building.workspace import layered_tree
from validators.checkout import Clone, list_files, read_file, write_tree
from validators.clones.written_trees import TreePlace, written_tree
from validators.detect import SetupPlan
from validators.environment import Environment, EnvironmentOptions, prepare
from validators.gates import detect_in, run_gates
from validators.judging.renewal import Patched
from validators.patched_environment import SecondSetUp
from validators.processes.staging import owner
from validators.projects.interpreters import local_interpreters
from validators.projects.manifest_files import ProjectFiles
from validators.rules import GateRule, Rules
from validators.sandbox import FileChange, Limits, Phase, Probe, Sandbox, Session
from validators.verdict import Finding

Make = Callable[[Mapping[str, str]], Clone]

BACK_END = """
import zipfile


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{wheel_directory}/{name}", "w") as archive:
        archive.writestr("tiny.pth", "/workspace/src\\n")
        told = "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\n"
        archive.writestr("tiny-1.dist-info/METADATA", told)
        kind = "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        archive.writestr("tiny-1.dist-info/WHEEL", kind)
        archive.writestr("tiny-1.dist-info/RECORD", "")
    return name


build_wheel = build_editable
"""
PROJECT = """[build-system]
requires = ["back_end"]
build-backend = "back_end"
[project]
name = "tiny"
version = "1"
dependencies = [{needs}]
"""
GATE = GateRule("types", "build", ("python", "-c", "import tiny"), source="declared")
BASE = {
    "pyproject.toml": PROJECT.format(needs='"first"'),
    "setup.py": "open('/workspace/ran', 'w')\n",
    "src/tiny.py": "import first\n",
    "conftest.py": "",
}
MORE = {
    "pyproject.toml": PROJECT.format(needs='"first", "second"'),
    "src/tiny.py": "import first, second\n",
}


@dataclass
class Watched:
    """The real sandbox, and what each phase was opened on."""

    box: Sandbox
    opened: list[tuple[str, list[str], Phase]] = field(default_factory=list)
    name: str = "bwrap"

    def probe(self) -> Probe:
        return self.box.probe()

    def open(self, tree: Path, phase: Phase, limits: Limits) -> Session:
        files = [path for path in tree.rglob("*") if path.is_file()]
        names = sorted(str(path.relative_to(tree)) for path in files)
        self.opened.append((phase.name, names, phase))
        return self.box.open(tree, phase, limits)


def patched_tree(clone: Clone, files: Mapping[str, str]) -> str:
    changes = [FileChange(path, "100644", text.encode()) for path, text in files.items()]
    return write_tree(clone, clone.base_tree, changes)


@pytest.fixture
def wheels(tmp_path: Path) -> EnvironmentOptions:
    """A machine that installs from one folder of wheels."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in ("first", "second", "coverage", "editables"):
        wheel(folder, name)
    wheel(folder, "back_end", source=BACK_END)
    where = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "HOME": str(tmp_path / "home")}
    place = tmp_path / "door"
    place.mkdir()
    return EnvironmentOptions(
        OUR_TOOLS,
        local_interpreters(),
        supply=supply(machine_indexes(where, root=tmp_path), place),
        require=frozenset({"no-network"}),
    )


@dataclass
class Bench:
    clone: Clone
    sandbox: Watched
    options: EnvironmentOptions
    folder: Path
    rules: Rules

    def base(self) -> Environment:
        plan = detect_in(self.clone, self.rules).setup
        return prepare(self.clone, self.sandbox, plan, self.folder / "cache", self.options)

    def second(self) -> SecondSetUp:
        return SecondSetUp(
            self.clone,
            self.sandbox,
            self.rules,
            self.folder / "cache",
            self.options,
            self.folder / "scratch",
        )

    def again(self, tree: str) -> Patched:
        return self.second()(tree)

    def run(self, environment: Environment, tree: str, program: str) -> str:
        laid = layered_tree(self.clone, tree, environment.layer)
        (self.folder / "reports").mkdir(exist_ok=True)
        phase = environment.phase("test", self.folder / "reports")
        folder = written_tree(self.clone, laid, TreePlace(self.folder / "scratch", None, owner()))
        with self.sandbox.open(folder, phase, Limits(timeout_s=30)) as session:
            done = session.run(("python", "-c", program))
        return done.stdout.text.strip() or done.stderr.text.strip().splitlines()[-1]


@pytest.fixture
def bench(
    clone_of: Make, sandbox: Sandbox, wheels: EnvironmentOptions, tmp_path: Path
) -> Callable[..., Bench]:
    def make(files: Mapping[str, str] = BASE, **rules: Any) -> Bench:
        rules = {"gates": (GATE,), "kind": "dependency", **rules}
        return Bench(clone_of(files), Watched(sandbox), wheels, tmp_path, Rules(**rules))

    return make


IMPORTS = "import tiny, second, sys; print(tiny.__file__, sys.prefix)"


@pytest.mark.sandbox
def test_manifests_alone_are_set_up_and_the_project_is_built_without_a_door(
    bench: Callable[..., Bench],
) -> None:
    room = bench()
    base = room.base()
    assert base.trouble == ""
    tree = patched_tree(room.clone, {**MORE, "setup.py": "raise SystemExit('ran')\n"})

    patched = room.again(tree)

    assert patched.findings == ()
    assert patched.environment is not None
    assert (
        room.run(patched.environment, tree, IMPORTS) == "/workspace/src/tiny.py /environment/venv"
    )
    assert "No module named 'second'" in room.run(base, tree, IMPORTS)
    (_, files, setup), (phase, everything, build) = room.sandbox.opened[1:3]
    assert files == ["pyproject.toml"]
    assert "SSL_CERT_FILE" in setup.environment
    assert (phase, "src/tiny.py" in everything) == ("build", True)
    assert "SSL_CERT_FILE" not in build.environment
    assert not any(mount.inside.endswith("gateway") for mount in build.mounts)
    assert not any(mount.writable for mount in patched.environment.mounts)


@pytest.mark.sandbox
def test_what_cannot_be_installed_is_the_patch_s_fault_if_the_base_s_can(
    bench: Callable[..., Bench],
) -> None:
    room = bench()
    tree = patched_tree(room.clone, {"pyproject.toml": PROJECT.format(needs='"nobody-made-this"')})

    patched = room.again(tree)

    assert patched.environment is None
    (found,) = patched.findings
    assert (found.code, found.severity, found.path) == ("set-up-broken", "block", "pyproject.toml")
    assert "nobody-made-this" in found.message


@pytest.mark.sandbox
def test_where_the_base_cannot_either_a_person_is_asked(
    bench: Callable[..., Bench],
) -> None:
    room = bench({**BASE, "pyproject.toml": PROJECT.format(needs='"gone-long-ago"')})
    tree = patched_tree(room.clone, {"pyproject.toml": PROJECT.format(needs='"gone", "second"')})

    patched = room.again(tree)

    (found,) = patched.findings
    assert (patched.environment, found.code, found.severity) == (None, "set-up-not-repeated", "ask")
    assert "nor can it for the base" in found.message


@pytest.mark.sandbox
def test_a_build_that_needs_a_network_is_not_blamed_and_a_person_is_asked(
    bench: Callable[..., Bench],
) -> None:
    room = bench()
    broken = MORE["pyproject.toml"].replace('build-backend = "back_end"', 'build-backend = "other"')
    tree = patched_tree(room.clone, {"pyproject.toml": broken})

    (found,) = room.again(tree).findings

    assert (found.code, found.severity) == ("set-up-not-repeated", "ask")
    assert "it cannot be built without a network" in found.message
    assert list((room.folder / "scratch").glob("environment-*")) == []


def test_a_declared_set_up_is_never_run_on_a_patch(bench: Callable[..., Bench]) -> None:
    room = bench(setup=(("sh", "-c", "./configure"),))
    tree = patched_tree(room.clone, MORE)

    (found,) = room.again(tree).findings

    assert (found.code, found.severity) == ("set-up-not-repeated", "ask")
    assert room.sandbox.opened == []


def test_a_change_that_asks_for_nothing_else_is_not_set_up_again(
    bench: Callable[..., Bench],
) -> None:
    room = bench()
    settings = BASE["pyproject.toml"] + "[tool.ruff]\nline-length = 99\n"
    files = {"src/tiny.py": "x = 1\n", "pyproject.toml": settings}

    assert room.again(patched_tree(room.clone, files)) == Patched()
    assert room.sandbox.opened == []


# --- what is laid out, and how it is installed ---------------------------------------------------


def test_of_a_patch_only_what_cannot_run_is_laid_out_and_settings_are_the_base_s(
    clone_of: Make,
) -> None:
    clone = clone_of({".npmrc": "base\n", "package.json": "{}", "a.js": "", "sub/setup.py": ""})
    patch = {
        ".npmrc": "registry=https://evil.test/\n",
        ".yarnrc.yml": "yarnPath: evil.cjs\n",
        ".pnpmfile.cjs": "evil",
        "package.json": '{"dependencies": {"left": "1"}}',
        "sub/package.json": "{}",
        "noxfile.py": "evil",
        "requirements.txt": "first\n",
    }
    tree = patched_tree(clone, patch)

    alone = manifests_alone(clone, tree)

    found = {one.path: read_file(clone, alone, one.path) for one in list_files(clone, alone)}
    assert sorted(found) == [".npmrc", "package.json", "requirements.txt", "sub/package.json"]
    assert found[".npmrc"] == ("100644", b"base\n")
    assert changed_manifests(clone, tree) == (
        "package.json",
        "requirements.txt",
        "sub/package.json",
    )


def test_a_lock_file_and_a_file_nobody_can_read_count_by_their_bytes(clone_of: Make) -> None:
    clone = clone_of({"uv.lock": "a", "pyproject.toml": "[", "go.mod": "module x\n"})
    tree = patched_tree(clone, {"uv.lock": "b", "pyproject.toml": "[[", "go.mod": "module x\n\n"})

    assert changed_manifests(clone, tree) == ("pyproject.toml", "uv.lock")


FILES = ProjectFiles.of(
    ("pyproject.toml",), lambda _: b'[build-system]\nrequires = ["hatchling>=1"]\n'
)


@pytest.mark.parametrize(
    ("plan", "commands"),
    [
        (SetupPlan("python", declared=True, commands=(("make",),)), None),
        (SetupPlan("none", commands=(("cargo", "fetch"),)), None),
        (SetupPlan("python"), None),
        (
            SetupPlan("python", (("uv", "pip", "install", "-r", "requirements.txt"),)),
            (
                (
                    "uv",
                    "pip",
                    "install",
                    "--no-build",
                    "--no-build-isolation",
                    "-r",
                    "requirements.txt",
                ),
            ),
        ),
        (
            SetupPlan(
                "python",
                (
                    ("uv", "export"),
                    ("uv", "pip", "install", "-e", ".[x]", "pytest", "coverage", "-c", "l.txt"),
                ),
                (("uv", "pip", "install", "-r", "pyproject.toml", "--extra", "x", "pytest"),),
            ),
            (
                ("uv", "export"),
                (
                    *("uv", "pip", "install", "--no-build", "--no-build-isolation"),
                    *("-r", "pyproject.toml", "--extra", "x", "pytest", "coverage", "-c", "l.txt"),
                    *("hatchling>=1", "editables"),
                ),
            ),
        ),
        (
            SetupPlan("node", (("npm", "ci", "--ignore-scripts"),), (("npm", "install"),)),
            (
                (
                    *("env", "YARN_IGNORE_PATH=1", "npm_config_ignore_pnpmfile=true"),
                    *("npm", "ci", "--ignore-scripts"),
                ),
            ),
        ),
    ],
)
def test_a_plan_is_carried_out_with_wheels_alone_or_not_at_all(
    plan: SetupPlan, commands: Sequence[tuple[str, ...]] | None
) -> None:
    alone = plan_for_manifests(plan, FILES)

    assert (alone and alone.commands) == commands
    assert alone is None or alone.fallback == ()


# --- the judge -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Played:
    """A second set-up that was always needed, and ended like this."""

    patched: Patched

    def asked(self, tree: str) -> bool:
        return True

    def __call__(self, tree: str) -> Patched:
        return self.patched


@pytest.mark.sandbox
def test_the_patch_s_side_is_judged_with_what_it_asks_for_and_the_base_s_is_not(
    bench_of: Callable[..., Any], sandbox: Sandbox, wheels: EnvironmentOptions, tmp_path: Path
) -> None:
    rules = Rules(gates=(GATE,), kind="dependency")
    judge = bench_of(BASE, sandbox, rules)
    room = Bench(judge.clone, Watched(sandbox), wheels, tmp_path, rules)
    gate_bench = replace(judge.bench, environment=room.base())
    tree = patched_tree(judge.clone, MORE)

    with_it, _ = run_gates(gate_bench, tree, {}, room.second())
    without, _ = run_gates(gate_bench, tree, {})

    assert (with_it.word, without.word) == ("pass", "fail")
    assert "dependency-added" in {found.code for found in with_it.findings}


def test_nothing_is_run_for_a_change_that_cannot_be_set_up(
    bench_of: Callable[..., Any], played: Any
) -> None:
    found = Finding("setup", "set-up-broken", "block", "no")
    judge = bench_of({"a.txt": ""}, played(lambda *_: 1 / 0), Rules(gates=(GATE,)))
    tree = patched_tree(judge.clone, {"a.txt": "b"})

    verdict, _ = run_gates(judge.bench, tree, {}, Played(Patched(findings=(found,))))

    assert verdict.word == "fail"
    assert found in verdict.findings
