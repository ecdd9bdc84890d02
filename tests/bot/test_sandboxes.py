"""Which backend commands run in: the first in order that was measured to be enough, or none."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.adapters.none_sandbox import NoneSandbox
from bot.sandboxes import SelectedSandbox, backends_of, select
from tests.ending import LIMIT_S
from validators.sandbox import Guarantee, Limits, Phase, Probe, SandboxRefusal, Session


class Backend:
    """A backend that was measured somewhere else; what runs in it runs without walls."""

    def __init__(self, folder: Path, probe: Probe) -> None:
        self.name = probe.backend
        self.asked = 0
        self._probe = probe
        self._inner = NoneSandbox(folder)

    def probe(self) -> Probe:
        self.asked += 1
        return self._probe

    def open(self, tree: Path, phase: Phase, limits: Limits) -> Session:
        return self._inner.open(tree, Phase(phase.name), limits)


def usable(name: str, *guarantees: Guarantee) -> Probe:
    return Probe(name, usable=True, guarantees=frozenset(guarantees), version=f"{name} 1")


def unusable(name: str, why_not: str, mend: str) -> Probe:
    return Probe(name, usable=False, why_not=why_not, mend=mend)


REQUIRED: frozenset[Guarantee] = frozenset({"no-network", "seccomp"})


def test_the_first_that_is_enough_is_chosen_and_no_other_is_measured(tmp_path: Path) -> None:
    first = Backend(tmp_path, usable("first", "no-network", "seccomp", "pids-limit"))
    second = Backend(tmp_path, usable("second", "no-network", "seccomp"))
    selection = select((first, second), REQUIRED)
    assert selection.sandbox is first
    assert selection.passed_over == ()
    assert (first.asked, second.asked) == (1, 0)


def test_one_that_guarantees_too_little_is_passed_over_and_told(tmp_path: Path) -> None:
    told: list[str] = []
    first = Backend(tmp_path, usable("first", "no-network"))
    second = Backend(tmp_path, usable("second", "no-network", "seccomp"))
    sandbox = SelectedSandbox((first, second), REQUIRED, told.append)
    assert sandbox.name == "second"
    tree = tmp_path / "tree"
    tree.mkdir()
    with sandbox.open(tree, Phase("test"), Limits(timeout_s=10)) as session:
        assert session.run(["true"]).outcome == "ok"
    (line,) = told
    assert line.startswith("sandbox: passed over first: does not guarantee seccomp on this machine")
    assert "leave them out of sandbox.require in the operator's file" in line
    assert line.endswith("; using second")


def test_where_none_is_enough_nothing_runs_and_each_says_why(tmp_path: Path) -> None:
    told: list[str] = []
    first = Backend(tmp_path, unusable("first", "it is not installed", "install first"))
    second = Backend(tmp_path, usable("second", "no-network"))
    sandbox = SelectedSandbox((first, second), REQUIRED, told.append)
    probe = sandbox.probe()
    assert not probe.usable
    assert probe.why_not == (
        "first: it is not installed; second: does not guarantee seccomp on this machine"
    )
    with pytest.raises(SandboxRefusal, match=r"first: it is not installed.*install first; or"):
        sandbox.open(tmp_path, Phase("test"), Limits())
    assert told == []


def test_a_phase_that_requires_more_than_was_selected_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxRefusal, match="without a sandbox nothing guarantees seccomp"):
        NoneSandbox(tmp_path).open(
            tmp_path, Phase("test", require=frozenset({"seccomp"})), Limits()
        )


def test_an_empty_list_chooses_nothing(tmp_path: Path) -> None:
    sandbox = SelectedSandbox(backends_of((), tmp_path, None, None), frozenset(), lambda _: None)
    assert sandbox.probe().why_not == "none is named"
    with pytest.raises(SandboxRefusal, match="name bwrap or container in"):
        sandbox.open(tmp_path, Phase("test"), Limits())


def test_a_backend_that_is_named_twice_is_one(tmp_path: Path) -> None:
    backends = backends_of(("container", "bwrap", "container"), tmp_path, "runc", None)
    assert [sandbox.name for sandbox in backends] == ["container", "bwrap"]


def test_a_backend_that_nobody_comes_to_is_not_loaded(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from bot.sandboxes import backends_of;"
        "first = next(iter(backends_of(('bwrap', 'container'), Path(sys.argv[1]), None, None)));"
        "print(first.name, any('container' in name for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, str(tmp_path)],
        stdout=subprocess.PIPE,
        check=True,
        timeout=LIMIT_S,
    )
    assert done.stdout.split() == [b"bwrap", b"False"]
