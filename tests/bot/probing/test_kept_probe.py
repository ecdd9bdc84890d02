"""A kept measurement is only as good as the file it is in: anything odd about it means none."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.probing.kept_probe import KeptProbe, circumstances
from validators.sandbox import Probe

PROBE = Probe(
    "bwrap",
    usable=True,
    guarantees=frozenset({"no-network", "memory-total"}),
    version="bubblewrap 0.8.0",
    kept_by={"memory-total": "the kernel"},
)


@pytest.fixture
def kept(tmp_path: Path) -> KeptProbe:
    probe = KeptProbe(tmp_path / "probes" / "bwrap.json")
    probe.write("key", PROBE)
    return probe


def test_what_was_kept_is_read_again_under_the_same_circumstances(kept: KeptProbe) -> None:
    assert kept.read("key") == PROBE
    assert kept.read("another key") is None
    assert kept.file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in kept.file.parent.iterdir()] == ["bwrap.json"]


def edit(**changes: object) -> Callable[[Path], None]:
    def act(file: Path) -> None:
        kept = json.loads(file.read_text()) | changes
        file.write_text(json.dumps({key: value for key, value in kept.items() if value is not ...}))

    return act


def linked(file: Path) -> None:
    shutil.copy(file, file.with_name("elsewhere"))
    file.with_name("elsewhere").chmod(0o600)
    file.unlink()
    file.symlink_to("elsewhere")


def hard_linked(file: Path) -> None:
    os.link(file, file.with_name("second"))


def in_its_place(make: Callable[[Path], None]) -> Callable[[Path], None]:
    def act(file: Path) -> None:
        file.unlink()
        make(file)

    return act


@pytest.mark.parametrize(
    "damage",
    [
        Path.unlink,
        lambda file: file.write_text(""),
        lambda file: file.write_text('"key"'),
        lambda file: file.write_bytes(b"\xff\xfe"),
        lambda file: file.write_text(file.read_text()[:-9]),
        lambda file: file.chmod(0o644),
        lambda file: file.chmod(0o660),
        linked,
        hard_linked,
        in_its_place(Path.mkdir),
        in_its_place(os.mkfifo),
        edit(usable=False),
        edit(usable=1),
        edit(guarantees=["no-network", "all-is-well"]),
        edit(guarantees=[["no-network"]]),
        edit(guarantees=7),
        edit(guarantees=...),
        edit(kept_by={"all": "is well"}),
        edit(kept_by={"memory-total": 3}),
        edit(version=None),
        edit(more="than we know"),
    ],
)
def test_a_file_that_is_not_as_we_wrote_it_is_none(
    kept: KeptProbe, damage: Callable[[Path], None]
) -> None:
    damage(kept.file)
    assert kept.read("key") is None
    if not kept.file.is_dir():
        kept.write("key", PROBE)
        assert kept.read("key") == PROBE
        assert not kept.file.is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")
def test_another_users_file_is_none(kept: KeptProbe) -> None:
    os.chown(kept.file, 60777, 60777)
    assert kept.read("key") is None


def test_what_can_no_longer_be_used_is_forgotten(kept: KeptProbe) -> None:
    kept.write("key", Probe("bwrap", usable=False, why_not="gone"))
    assert not kept.file.exists()
    kept.forget()
    assert kept.read("key") is None


def test_where_nothing_can_be_kept_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    kept = KeptProbe(tmp_path / "file" / "probe.json")
    kept.write("key", PROBE)
    assert kept.read("key") is None


def test_another_binary_another_fact_are_other_circumstances(tmp_path: Path) -> None:
    binary = tmp_path / "bwrap"
    binary.write_text("one")
    first = circumstances(binary, "memory", 1)
    assert circumstances(binary, "memory", 1) == first
    assert circumstances(binary, "memory", 2) != first
    replacement = tmp_path / "new"
    replacement.write_text("two")
    os.utime(replacement, ns=(binary.stat().st_atime_ns, binary.stat().st_mtime_ns))
    replacement.replace(binary)
    assert circumstances(binary, "memory", 1) != first
