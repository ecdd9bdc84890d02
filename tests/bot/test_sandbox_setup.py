"""What `sandbox setup` does on machines whose AppArmor keeps bubblewrap from working, and others.

No machine of ours is Ubuntu 24.04: the profile's loader is a program of this test that notes what
it was given, and whether bubblewrap works afterwards is the test's to say.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.none_sandbox import NoneSandbox
from bot.sandbox_setup import Machine, prepare
from validators.sandbox import Limits, Phase, Probe, Sandbox, Session


class Backend:
    def __init__(self, folder: Path, name: str, *, works: bool) -> None:
        self.name = name
        self._works = works
        self._inner = NoneSandbox(folder)

    def probe(self) -> Probe:
        if self._works:
            return Probe(self.name, usable=True, version="1")
        return Probe(self.name, usable=False, why_not="setting up uid map", mend="mend it")

    def open(self, tree: Path, phase: Phase, limits: Limits) -> Session:
        return self._inner.open(tree, phase, limits)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """An Ubuntu whose AppArmor restricts, with the profile and a loader that notes its words."""
    (tmp_path / "restriction").write_text("1\n")
    (tmp_path / "bwrap-userns-restrict").write_text("profile bwrap /usr/bin/bwrap {}\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    loader = programs / "apparmor_parser"
    loader.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/loaded\n')
    loader.chmod(0o755)
    return Machine(
        tmp_path / "restriction",
        (tmp_path / "absent", tmp_path / "bwrap-userns-restrict"),
        str(programs),
        is_root=True,
    )


@pytest.fixture
def backends(tmp_path: Path) -> Callable[[], tuple[Sandbox, ...]]:
    """Bubblewrap that works once the profile is loaded, and containers that work."""

    def make() -> tuple[Sandbox, ...]:
        loaded = (tmp_path / "loaded").exists()
        bwrap = Backend(tmp_path, "bwrap", works=loaded)
        return bwrap, Backend(tmp_path, "container", works=True)

    return make


Backends = Callable[[], tuple[Sandbox, ...]]


def test_the_profile_is_loaded_and_bubblewrap_is_measured_again(
    machine: Machine, backends: Backends, tmp_path: Path
) -> None:
    done = prepare(backends, frozenset(), machine)
    assert done.chosen == "bwrap"
    assert (tmp_path / "loaded").read_text() == f"--replace {machine.profiles[1]}\n"
    assert done.steps == (
        f"loaded AppArmor's profile {machine.profiles[1]} for bubblewrap",
        "using bwrap: 1",
    )


def test_where_bubblewrap_works_nothing_is_loaded(
    machine: Machine, backends: Backends, tmp_path: Path
) -> None:
    (tmp_path / "loaded").touch()
    assert prepare(backends, frozenset(), machine).steps == ("using bwrap: 1",)
    assert (tmp_path / "loaded").read_text() == ""


@pytest.mark.parametrize("missing", ["profile", "loader", "restriction", "rights"])
def test_where_it_cannot_be_loaded_containers_are_selected_and_it_is_said(
    machine: Machine, backends: Backends, tmp_path: Path, missing: str
) -> None:
    said = {
        "profile": "to mend it: apt-get install apparmor-profiles",
        "loader": "to mend it: apt-get install apparmor",
        "restriction": "AppArmor does not restrict user namespaces here",
        "rights": "only root may load a profile; to mend it, as root: ",
    }[missing]
    if missing == "profile":
        machine.profiles[1].unlink()
    elif missing == "loader":
        (tmp_path / "bin" / "apparmor_parser").unlink()
    elif missing == "restriction":
        machine.restriction.write_text("0\n")
    else:
        machine = Machine(machine.restriction, machine.profiles, machine.path, is_root=False)
    done = prepare(backends, frozenset(), machine)
    assert done.chosen == "container"
    assert said in done.steps[0]
    assert done.steps[-2].startswith("passed over bwrap: setting up uid map")
    assert done.steps[-1] == "using container: 1"


def test_an_ordinary_user_loads_it_by_sudo_without_a_password(
    machine: Machine, backends: Backends, tmp_path: Path
) -> None:
    sudo = tmp_path / "bin" / "sudo"
    sudo.write_text('#!/bin/sh\ntest "$1" = --non-interactive || exit 9\nshift\nexec "$@"\n')
    sudo.chmod(0o755)
    user = Machine(machine.restriction, machine.profiles, machine.path, is_root=False)
    assert prepare(backends, frozenset(), user).chosen == "bwrap"


def test_a_loader_that_fails_is_told_with_its_words(
    machine: Machine, backends: Backends, tmp_path: Path
) -> None:
    loader = tmp_path / "bin" / "apparmor_parser"
    loader.write_text("#!/bin/sh\necho 'syntax error in line 3' >&2\nexit 1\n")
    done = prepare(backends, frozenset(), machine)
    assert done.chosen == "container"
    assert "was not loaded: syntax error in line 3; to mend it, as root: " in done.steps[0]


def test_where_nothing_works_it_says_so_and_chooses_nothing(
    machine: Machine, tmp_path: Path
) -> None:
    def make() -> tuple[Sandbox, ...]:
        return (
            Backend(tmp_path, "bwrap", works=False),
            Backend(tmp_path, "container", works=False),
        )

    done = prepare(make, frozenset({"seccomp"}), machine)
    assert done.chosen == ""
    assert done.why_not == "bwrap: setting up uid map; container: setting up uid map"
    assert done.mend == "mend it"
