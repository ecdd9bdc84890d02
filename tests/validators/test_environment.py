import errno
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.none_sandbox import NoneSandbox
from tests.ending import beside
from validators.building.supply import NO_SUPPLY, Door, Supply
from validators.building.workspace import keep_layer, layered_tree
from validators.checkout import Clone, write_tree
from validators.clones.written_trees import TreePlace, written_tree
from validators.detect import SetupPlan
from validators.environment import Environment, EnvironmentOptions, EnvironmentRefusal, prepare
from validators.gates import detect_in
from validators.processes.layered_session import LayeredSession
from validators.processes.staging import owner
from validators.projects.interpreters import Interpreter, InterpreterRefusal, local_interpreters
from validators.projects.manifest_files import ProjectFiles
from validators.projects.setup_plan import manifests_of
from validators.rules import Rules
from validators.sandbox import (
    ENVIRONMENT,
    TOOLS,
    Completed,
    FileChange,
    Guarantee,
    Limits,
    Mount,
    Phase,
    Sandbox,
    SandboxRefusal,
)

Make = Callable[[Mapping[str, str]], Clone]
PLAN = SetupPlan("python", declared=True, manifests=("setup.py",))


def none(path: str) -> None:
    """Read nothing: which files there are is all that counts."""


def ok(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
    return Completed("ok", 0)


def run(environment: Environment, sandbox: Sandbox, clone: Clone, scratch: Path, *argv: str) -> str:
    """Run a command as a gate would, and return what it printed."""
    tree = layered_tree(clone, clone.base_tree, environment.layer)
    reports = scratch / "reports"
    reports.mkdir(exist_ok=True)
    phase = environment.phase("test", reports)
    place = TreePlace(scratch, owner=owner())
    with sandbox.open(written_tree(clone, tree, place), phase, Limits(timeout_s=30)) as session:
        completed = session.run(argv)
    assert completed.outcome == "ok", completed
    return completed.stdout.text.strip()


@pytest.mark.sandbox
def test_a_python_environment_is_built_offline_and_read_only_later(
    clone_of: Make, sandbox: Sandbox, options: EnvironmentOptions, tmp_path: Path
) -> None:
    clone = clone_of({"a.py": "", "setup.py": ""})
    writes = "echo 'version = 7' > _version.py; echo no > a.py; mkdir node_modules"
    plan = SetupPlan(
        "python", commands=(("sh", "-ec", writes), ("python", "-c", "import sys; sys.prefix"))
    )

    built = prepare(clone, sandbox, plan, tmp_path / "cache", options)

    assert (built.trouble, built.was_cached) == ("", False)
    assert [change.path for change in built.layer] == ["_version.py"]
    where = run(built, sandbox, clone, tmp_path, "python", "-c", "import sys; print(sys.prefix)")
    assert where == f"{ENVIRONMENT}/venv"
    program = "import _version, os; print(_version.version, os.path.getsize('a.py'))"
    assert run(built, sandbox, clone, tmp_path, "python", "-c", program) == "7 0"
    writing = f"echo x > {ENVIRONMENT}/venv/x || echo refused"
    assert run(built, sandbox, clone, tmp_path, "sh", "-c", writing).endswith("refused")
    assert not list((tmp_path / "cache").glob("*/*/inside/.cache"))


@pytest.mark.sandbox
def test_our_own_python_is_mounted_where_the_system_s_will_not_do(
    clone_of: Make, sandbox: Sandbox, options: EnvironmentOptions, tmp_path: Path
) -> None:
    prefix = Path(sys.base_prefix).resolve()
    version = ".".join(map(str, sys.version_info[:3]))
    ours = Interpreter(str(Path(sys.executable).resolve()), version, (Mount(prefix, str(prefix)),))
    clone = clone_of({"setup.py": ""})
    only_ours = replace(options, interpreters=(ours,))

    built = prepare(clone, sandbox, PLAN, tmp_path / "cache", only_ours)

    assert built.trouble == ""
    assert built.interpreter == version
    program = "import platform; print(platform.python_version())"
    assert run(built, sandbox, clone, tmp_path, "python", "-c", program) == version


@pytest.mark.sandbox
def test_packages_of_node_are_seen_in_the_tree_and_cannot_be_written(
    clone_of: Make, sandbox: Sandbox, options: EnvironmentOptions, tmp_path: Path
) -> None:
    clone = clone_of({"package.json": "{}", "a.js": ""})
    install = "mkdir -p node_modules/left; echo 'module.exports = 5' > node_modules/left/index.js"
    plan = SetupPlan("node", (("sh", "-ec", install),), node_reports=True)

    built = prepare(clone, sandbox, plan, tmp_path / "cache", options)

    assert (built.trouble, built.layer, built.node_reports) == ("", (), True)
    asked = run(built, sandbox, clone, tmp_path, "node", "-p", "require('left')")
    assert asked == "5"
    writing = "echo x > node_modules/left/index.js || echo refused"
    assert run(built, sandbox, clone, tmp_path, "sh", "-c", writing).endswith("refused")


LEAVING = """
cd "$VIRTUAL_ENV/.."; mkdir -p shut/in; echo x > shut/in/file; cp /bin/true shut/in/own
chmod 6755 shut/in/own; chmod 0 shut/in/file shut/in shut
mkdir -p .cache/shut/in; chmod 0 .cache/shut; chmod 500 . || true
"""


@pytest.mark.sandbox
def test_what_a_set_up_closed_is_open_later_and_nothing_of_it_is_setuid(
    clone_of: Make, sandbox: Sandbox, options: EnvironmentOptions, tmp_path: Path
) -> None:
    clone = clone_of({"setup.py": ""})
    plan = SetupPlan("python", commands=(("sh", "-c", LEAVING),))

    built = prepare(clone, sandbox, plan, tmp_path / "cache", options)

    assert built.trouble == ""
    (inside,) = (tmp_path / "cache").glob("*/*/inside")
    assert sorted(path.name for path in inside.iterdir()) == ["shut", "venv"]
    modes = {path.name: path.lstat().st_mode & 0o7777 for path in (inside / "shut/in").iterdir()}
    assert modes == {"file": 0o400, "own": 0o755}
    later = run(built, sandbox, clone, tmp_path, "cat", f"{ENVIRONMENT}/shut/in/file")
    assert later == "x"


@pytest.mark.sandbox
def test_a_set_up_that_failed_leaves_nothing_however_closed_or_deep(
    clone_of: Make, sandbox: Sandbox, options: EnvironmentOptions, tmp_path: Path
) -> None:
    clone = clone_of({"setup.py": ""})
    deep = "for n in $(seq 1500); do mkdir d; cd -P d; done"
    closing = f'cd "$VIRTUAL_ENV/.."; mkdir -p shut/in; chmod 0 shut; ({deep}); exit 3'
    plan = SetupPlan("python", commands=(("sh", "-c", closing),))

    assert prepare(clone, sandbox, plan, tmp_path / "cache", options).trouble

    assert [path.suffix for path in (tmp_path / "cache").glob("*/*")] == [".lock"]


@pytest.mark.sandbox
def test_a_link_in_place_of_the_packages_is_not_mounted(
    clone_of: Make, sandbox: Sandbox, options: EnvironmentOptions, tmp_path: Path
) -> None:
    clone = clone_of({"package.json": "{}"})
    plan = SetupPlan("node", (("ln", "-s", "/etc", f"{ENVIRONMENT}/node_modules"),))

    built = prepare(clone, sandbox, plan, tmp_path / "cache", options)

    assert built.trouble == ""
    assert not any(mount.inside.endswith("node_modules") for mount in built.mounts)


@pytest.mark.sandbox
def test_packages_the_repository_tracks_stay_where_they_are(
    clone_of: Make, sandbox: Sandbox, options: EnvironmentOptions, tmp_path: Path
) -> None:
    clone = clone_of({"package.json": "{}", "node_modules/own/index.js": "module.exports = 6"})

    built = prepare(clone, sandbox, SetupPlan("node", (("true",),)), tmp_path / "cache", options)

    assert run(built, sandbox, clone, tmp_path, "node", "-p", "require('own')") == "6"


@pytest.mark.sandbox
def test_a_failed_set_up_tells_why_and_is_tried_again(
    clone_of: Make, sandbox: Sandbox, options: EnvironmentOptions, tmp_path: Path
) -> None:
    clone = clone_of({"setup.py": ""})
    plan = SetupPlan("node", (("sh", "-c", "echo no such package; exit 3"),))

    for _ in range(2):
        built = prepare(clone, sandbox, plan, tmp_path / "cache", options)
        assert built.trouble.startswith(
            "set-up: sh -c echo no such package; exit 3 ended with exit"
        )
        assert built.trouble.endswith("exit code 3\nno such package")
        assert not built.was_cached


@pytest.mark.sandbox
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_set_up_without_room_is_trouble_and_leaves_nothing(
    clone_of: Make,
    played: Callable[..., Any],
    options: EnvironmentOptions,
    tmp_path: Path,
    number: int,
) -> None:
    clone = clone_of({"setup.py": ""})

    def full(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
        raise OSError(number, os.strerror(number), str(tree))

    built = prepare(clone, played(full), PLAN, tmp_path / "cache", options)

    assert built.trouble.startswith("set-up: the disk ")
    assert "free space" in built.trouble
    assert [path.suffix for path in (tmp_path / "cache").glob("*/*")] == [".lock"]
    assert prepare(clone, played(ok), PLAN, tmp_path / "cache", options).trouble == ""


def test_what_the_fallback_leaves_out_is_noted(
    clone_of: Make, sandbox: Sandbox, options: EnvironmentOptions, tmp_path: Path
) -> None:
    clone = clone_of({"setup.py": ""})
    plan = SetupPlan("node", (("false",),), fallback=(("true",),))
    hopeless = replace(plan, fallback=(("false",), ("true",)))

    built = prepare(clone, sandbox, plan, tmp_path / "cache", options)
    nothing = prepare(clone, sandbox, hopeless, tmp_path / "cache", options)

    assert (built.trouble, built.note) == ("", "set-up: false ended with exit code 1")
    assert nothing.trouble.count("ended with exit code 1") == 2


def test_an_environment_is_built_once_for_one_set_of_manifests(
    clone_of: Make,
    played: Callable[..., Any],
    options: EnvironmentOptions,
    tmp_path: Path,
) -> None:
    clone = clone_of({"setup.py": "", "a.py": ""})
    detected = replace(PLAN, declared=False)
    sandbox = played(ok)

    def key(plan: SetupPlan, **more: Any) -> str:
        return prepare(clone, sandbox, plan, tmp_path / "cache", replace(options, **more)).key

    first = prepare(clone, sandbox, detected, tmp_path / "cache", options)
    second = prepare(clone, sandbox, detected, tmp_path / "cache", options)

    assert (first.was_cached, second.was_cached) == (False, True)
    assert replace(first, was_cached=True) == second
    assert len(sandbox.phases) == 1
    other = (Interpreter("/usr/bin/python3", "3.12.1"),)
    keys = {
        first.key,
        key(PLAN),
        key(replace(detected, manifests=())),
        key(replace(detected, commands=(("true",),))),
        key(detected, interpreters=other),
        key(detected, supply=opens(Door(), ("https://index.test/",))),
    }
    assert len(keys) == 6


def test_an_environment_is_that_of_one_backend_and_one_image(
    clone_of: Make, played: Callable[..., Any], options: EnvironmentOptions, tmp_path: Path
) -> None:
    clone = clone_of({"setup.py": ""})
    detected = replace(PLAN, declared=False)

    def key(backend: str, version: str) -> str:
        sandbox = played(ok)
        sandbox.name, sandbox.version = backend, version
        return prepare(clone, sandbox, detected, tmp_path / "cache", options).key

    images = ("an engine, an image (sha256:1)", "an engine, an image (sha256:2)")
    keys = {key(backend, image) for backend in ("container", "bwrap") for image in images}

    assert len(keys) == 4
    assert key("bwrap", images[0]) in keys


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "path",
    [
        *("pyproject.toml", "uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock"),
        *("requirements.txt", "requirements/dev.in", "package.json", "package-lock.json"),
        *("npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "deno.lock"),
        *("Cargo.lock", "go.sum", "gradle.lockfile", "Gemfile", "Gemfile.lock", "composer.lock"),
        *("conda-lock.yml", "environment.yml", "packages/inner/package.json", "mix.lock"),
    ],
)
def test_the_contents_of_every_manifest_and_lock_file_are_a_part_of_the_key(
    clone_of: Make,
    played: Callable[..., Any],
    options: EnvironmentOptions,
    tmp_path: Path,
    path: str,
) -> None:
    clone = clone_of({path: "{}", "setup.py": "", "a.py": "x = 1\n"})
    plan = SetupPlan("python", manifests=manifests_of(ProjectFiles.of([path, "a.py"], none)))

    def key(changed: str) -> str:
        tree = write_tree(clone, clone.base_tree, [FileChange(changed, "100644", b"{} ")])
        other = replace(clone, base_tree=tree)
        return prepare(other, played(ok), plan, tmp_path / "cache", options).key

    first = prepare(clone, played(ok), plan, tmp_path / "cache", options).key
    assert key(path) != first
    assert key("a.py") == first


def test_what_one_target_s_build_left_is_never_another_s(
    clone_of: Make, played: Callable[..., Any], options: EnvironmentOptions, tmp_path: Path
) -> None:
    clone = clone_of({"setup.py": ""})
    other = replace(clone, original_git_dir=tmp_path / "other" / ".git")
    sandbox = played(ok)

    built = [prepare(c, sandbox, PLAN, tmp_path / "cache", options) for c in (clone, other)]

    assert built[0].key == built[1].key
    assert not built[1].was_cached


def test_an_unfinished_build_is_built_anew(
    clone_of: Make, played: Callable[..., Any], options: EnvironmentOptions, tmp_path: Path
) -> None:
    clone = clone_of({"setup.py": ""})
    sandbox = played(ok)
    built = prepare(clone, sandbox, PLAN, tmp_path / "cache", options)
    home = next((tmp_path / "cache").glob(f"*/{built.key}"))
    (home / "environment.json").unlink()
    (home / "inside" / "half").write_text("")

    again = prepare(clone, sandbox, PLAN, tmp_path / "cache", options)

    assert not again.was_cached
    assert not (home / "inside" / "half").exists()


def test_of_two_runs_at_once_one_builds_and_the_other_waits(
    clone_of: Make, played: Callable[..., Any], options: EnvironmentOptions, tmp_path: Path
) -> None:
    clone = clone_of({"setup.py": ""})
    building = threading.Event()
    finish = threading.Event()

    def slow(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
        building.set()
        assert finish.wait(120)
        return Completed("ok", 0)

    sandbox = played(slow)
    done: list[bool] = []

    def work() -> None:
        done.append(prepare(clone, sandbox, PLAN, tmp_path / "cache", options).was_cached)

    with beside(work, work):
        assert building.wait(120)
        finish.set()

    assert sorted(done) == [False, True]
    assert len(sandbox.phases) == 1


def opens(door: Door, facts: tuple[str, ...] = ()) -> Supply:
    """Indexes behind ``door``, which need not lead anywhere."""

    @contextmanager
    def opened() -> Iterator[Door]:
        yield door

    return Supply(opened, facts)


def test_only_the_set_up_phase_has_a_door_to_the_indexes_and_none_has_a_network(
    clone_of: Make, played: Callable[..., Any], options: EnvironmentOptions, tmp_path: Path
) -> None:
    sandbox = played(ok)
    door = Door(
        mounts=(Mount(tmp_path, "/wheels"),),
        environment={"UV_INDEX_URL": "https://mirror.test/simple", "CI": "no"},
        prefix=("relay", "--"),
    )
    require: frozenset[Guarantee] = frozenset({"no-network", "home-hidden"})
    told = replace(options, supply=opens(door), require=require)
    clone = clone_of({"setup.py": ""})
    plan = replace(PLAN, commands=(("true",),))

    built = prepare(clone, sandbox, plan, tmp_path / "cache", told)

    setup = sandbox.phases[0]
    assert (setup.name, setup.require) == ("setup", require | {"proxy-only-network"})
    assert ("relay", "--", "true") in sandbox.argvs
    assert (sandbox.limits[0].disk_bytes, sandbox.limits[0].timeout_s) == (16 * 1024**3, 1_800)
    assert setup.environment["UV_INDEX_URL"] == "https://mirror.test/simple"
    assert setup.environment["CI"] == "true"
    assert Mount(tmp_path, "/wheels") in setup.mounts
    reports = tmp_path / "reports"
    later = built.phase("test", reports, frozenset({"no-network"}))
    assert later.require == {"no-network"}
    assert "UV_INDEX_URL" not in later.environment
    assert not any(mount.writable for mount in later.mounts)
    assert TOOLS not in later.path
    assert built.phase("lint", reports).path[0] == TOOLS


def test_where_the_gateway_is_not_known_to_be_the_only_way_nothing_is_set_up(
    clone_of: Make, options: EnvironmentOptions, tmp_path: Path
) -> None:
    ran: list[str] = []

    class Lesser(NoneSandbox):
        """Walls of which everything is known but that."""

        def open(self, tree: Path, phase: Phase, limits: Limits) -> LayeredSession:
            missing = phase.require - {"no-network"}
            if missing:
                raise SandboxRefusal(f"does not guarantee {', '.join(missing)}")
            ran.append(phase.name)
            return super().open(tree, replace(phase, require=frozenset()), limits)

    clone = clone_of({"package.json": "{}"})
    sandbox = Lesser(tmp_path / "scratch")
    door = opens(Door(prefix=("env",)))
    asking = replace(options, supply=door, require=frozenset({"no-network"}))
    plan = SetupPlan("node", (("true",),))

    with pytest.raises(SandboxRefusal, match="does not guarantee proxy-only-network"):
        prepare(clone, sandbox, plan, tmp_path / "cache", asking)
    assert ran == []
    # With no door there is no way at all; without walls nobody asks for any.
    for fewer in (replace(asking, supply=NO_SUPPLY), replace(asking, require=frozenset())):
        assert prepare(clone, sandbox, plan, tmp_path / "cache", fewer).trouble == ""
        shutil.rmtree(tmp_path / "cache")
    assert ran == ["setup", "setup"]


def test_nothing_to_install_needs_no_network(
    clone_of: Make, played: Callable[..., Any], options: EnvironmentOptions, tmp_path: Path
) -> None:
    sandbox = played(ok)
    clone = clone_of({"setup.py": ""})
    strict = replace(options, require=frozenset({"no-network"}))

    prepare(clone, sandbox, SetupPlan("node", node_reports=True), tmp_path / "cache", strict)
    nothing = prepare(clone, sandbox, SetupPlan(), tmp_path / "cache", strict)

    assert [phase.require for phase in sandbox.phases] == [{"no-network"}]
    assert (nothing.trouble, nothing.mounts) == ("", options.tools)


@pytest.mark.parametrize(
    "address",
    ["https://user:word@mirror.test/simple", "https://token@mirror.test", "x https://a:b@c/ y"],
)
def test_an_address_with_a_password_is_refused_and_not_repeated(
    clone_of: Make,
    played: Callable[..., Any],
    options: EnvironmentOptions,
    tmp_path: Path,
    address: str,
) -> None:
    clone = clone_of({"setup.py": ""})
    secret = replace(options, supply=opens(Door(environment={"PIP_EXTRA_INDEX_URL": address})))
    plan = replace(PLAN, commands=(("true",),))

    with pytest.raises(EnvironmentRefusal, match="PIP_EXTRA_INDEX_URL") as refusal:
        prepare(clone, played(ok), plan, tmp_path / "cache", secret)

    assert "mirror.test" not in str(refusal.value)


def test_a_python_that_no_one_here_has_is_refused(
    clone_of: Make,
    played: Callable[..., Any],
    options: EnvironmentOptions,
    other_python: Interpreter,
    tmp_path: Path,
) -> None:
    clone = clone_of({"setup.py": ""})
    plan = replace(PLAN, requires_python=">=3.9")

    with pytest.raises(InterpreterRefusal, match=r"this machine offers 3\.6\.15"):
        prepare(clone, played(ok), plan, tmp_path, replace(options, interpreters=(other_python,)))


def test_where_pip_cannot_be_had_an_environment_without_it_is_made(
    clone_of: Make, played: Callable[..., Any], options: EnvironmentOptions, tmp_path: Path
) -> None:
    asked: list[tuple[str, ...]] = []

    def no_index(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
        asked.append(tuple(argv))
        return Completed("failed", 1) if "--seed" in argv else Completed("ok", 0)

    plan = replace(PLAN, commands=(("pip", "--version"),))
    built = prepare(clone_of({"setup.py": ""}), played(no_index), plan, tmp_path / "cache", options)

    assert built.trouble == ""
    assert "--seed" in asked[0]
    assert "--seed" not in asked[1]


def test_an_environment_that_cannot_even_begin_is_trouble(
    clone_of: Make, played: Callable[..., Any], options: EnvironmentOptions, tmp_path: Path
) -> None:
    def broken(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
        return Completed("sandbox-error", None, detail="no namespaces")

    plan = replace(PLAN, declared=False)
    built = prepare(clone_of({"setup.py": ""}), played(broken), plan, tmp_path / "cache", options)

    assert "ended with sandbox-error no namespaces" in built.trouble


def test_the_machine_s_pythons_are_known_by_their_own_word() -> None:
    found = local_interpreters()

    assert found
    for interpreter in found:
        assert Path(interpreter.path).exists()
        assert interpreter.version.count(".") == 2


def test_only_new_plain_files_of_set_up_are_kept() -> None:
    files = [
        FileChange("src/ext.so", "100755", b"x"),
        FileChange("tracked.py", "100644", b"x"),
        FileChange("gone.py", "000000"),
        FileChange("link", "120000", b"/etc"),
        FileChange("a/__pycache__/b.pyc", "100644", b"x"),
        FileChange("node_modules/x/y", "100644", b"x"),
        FileChange("package-lock.json", "100644", b"x"),
        FileChange("\udcff.txt", "100644", b"x"),
        FileChange(".git/config", "100644", b"x"),
    ]

    assert [c.path for c in keep_layer(files, ["tracked.py", "gone.py"])] == ["src/ext.so"]


def test_a_file_of_the_tree_wins_over_what_set_up_left(clone_of: Make, tmp_path: Path) -> None:
    clone = clone_of({"a/b": "own", "c": "own"})
    layer = tuple(
        FileChange(path, "100644", b"layer") for path in ("a", "a/b", "c", "c/d", "a/e", "f/g")
    )

    tree = layered_tree(clone, clone.base_tree, layer)

    folder = written_tree(clone, tree, TreePlace(tmp_path / "scratch"))
    found = {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}
    assert found == {"a/b": "own", "a/e": "layer", "c": "own", "f/g": "layer"}
    assert written_tree(clone, tree, TreePlace(tmp_path / "scratch")) == folder
    assert layered_tree(clone, clone.base_tree, ()) == clone.base_tree


def test_what_a_set_up_was_not_let_through_to_is_told_and_kept(
    clone_of: Make, played: Callable[..., Any], options: EnvironmentOptions, tmp_path: Path
) -> None:
    door = Door(refused=lambda: ("evil.test: it is no index of this machine",))
    told = replace(options, supply=opens(door))
    clone = clone_of({"package.json": "{}"})
    plan = SetupPlan("node", (("install",),))
    fails = played(lambda *_: Completed("failed", 1))

    built = prepare(clone, fails, plan, tmp_path / "cache", told)
    again = [prepare(clone, played(ok), plan, tmp_path / "cache", told) for _ in range(2)]

    assert built.trouble.endswith(
        "not let through to:\n- evil.test: it is no index of this machine"
    )
    assert [one.was_cached for one in again] == [False, True]
    assert {one.refused for one in (built, *again)} == {door.refused()}
    assert again[0].note == ""


@pytest.mark.sandbox
@pytest.mark.registry
def test_a_small_project_is_really_installed(
    clone_of: Make,
    sandbox: Sandbox,
    options: EnvironmentOptions,
    indexes: Supply,
    tmp_path: Path,
) -> None:
    clone = clone_of(
        {
            "pyproject.toml": '[build-system]\nrequires = ["flit_core"]\n'
            'build-backend = "flit_core.buildapi"\n[project]\nname = "tiny"\nversion = "1"\n'
            'description = "x"\n[project.optional-dependencies]\ntest = ["iniconfig"]\n',
            "src/tiny/__init__.py": "size = 1\n",
            "tests/test_tiny.py": "import tiny\n\n\ndef test_size():\n    assert tiny.size == 1\n",
        }
    )
    plan = detect_in(clone, Rules()).setup

    built = prepare(clone, sandbox, plan, tmp_path / "cache", replace(options, supply=indexes))

    assert (built.trouble, built.note) == ("", "")
    program = "import tiny, iniconfig, pytest; print(tiny.__file__)"
    asked = run(built, sandbox, clone, tmp_path, "python", "-c", program)
    assert asked == "/workspace/src/tiny/__init__.py"
