"""Whether a set-up reaches the gateway alone is measured: with worse gateways it does not hold."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.adapters.none_sandbox import NoneSandbox
from bot.indexes.address import index_at
from bot.indexes.door import GATEWAY, supply
from bot.indexes.machine import MachineIndexes
from bot.probing.bait import lay_bait
from tests.attacks.credulous_proxy import credulous
from validators.processes.measuring import Bait, held_in_set_up
from validators.sandbox import Mount

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> BwrapSandbox:
    box = BwrapSandbox(tmp_path_factory.mktemp("sandbox"))
    probe = box.probe()
    if not probe.usable:
        pytest.skip(f"no sandbox here: {probe.why_not}")
    return box


@pytest.fixture
def bait(tmp_path: Path) -> Iterator[Bait]:
    with ExitStack() as stack:
        laid = lay_bait(tmp_path / "bait", stack)
        (laid.folder / "tree").mkdir()
        yield laid


def at(bait: Bait, place: Path) -> Bait:
    """Put what is at ``place`` where a set-up finds its gateway."""
    others = [mount for mount in bait.set_up.mounts if mount.inside != GATEWAY]
    return replace(bait, set_up=replace(bait.set_up, mounts=(*others, Mount(place, GATEWAY))))


def test_a_gateway_that_leads_nowhere_is_all_that_is_reached(
    sandbox: BwrapSandbox, bait: Bait
) -> None:
    assert held_in_set_up(sandbox.open, bait) == {"proxy-only-network"}


def test_a_gateway_that_believes_what_it_is_told_does_not_hold(
    sandbox: BwrapSandbox, bait: Bait, tmp_path: Path
) -> None:
    with credulous(tmp_path / "proxy"):
        (tmp_path / "proxy").chmod(0o666)
        assert held_in_set_up(sandbox.open, at(bait, tmp_path / "proxy")) == set()


def test_a_gateway_that_leads_to_the_host_does_not_hold(
    sandbox: BwrapSandbox, bait: Bait, tmp_path: Path
) -> None:
    index = index_at(f"http://{bait.tcp[0]}:{bait.tcp[1]}/")

    with supply(MachineIndexes(indexes=(index,)), tmp_path).open() as door:
        place = next(mount.source for mount in door.mounts if mount.inside == GATEWAY)
        assert held_in_set_up(sandbox.open, at(bait, place)) == set()


def test_a_gateway_that_nobody_serves_does_not_hold(
    sandbox: BwrapSandbox, bait: Bait, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "proxy"))
    (tmp_path / "file").write_bytes(b"")

    assert held_in_set_up(sandbox.open, at(bait, tmp_path / "proxy")) == set()
    assert held_in_set_up(sandbox.open, at(bait, tmp_path / "file")) == set()
    assert held_in_set_up(sandbox.open, at(bait, tmp_path / "gone")) == set()


def test_a_good_gateway_with_a_way_beside_it_does_not_hold(bait: Bait, tmp_path: Path) -> None:
    assert held_in_set_up(NoneSandbox(tmp_path / "none").open, bait) == set()
