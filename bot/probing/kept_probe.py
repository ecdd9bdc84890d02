"""A measurement kept until something changes that it depends on, so that not every start measures.

A file that is not ours alone is as good as none: then everything is measured again.
"""

import hashlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast, get_args

from bot.private_file import read_private, write_private
from validators.processes import measuring
from validators.sandbox import Guarantee, Probe

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def circumstances(binary: Path, *facts: object) -> str:
    """Return a digest of what decides whether walls hold: machine, binary, user, our own code.

    ``facts`` are what a backend adds. The code is that of the flags, of the measurement and of all
    that runs a command: whoever changes it measures again.
    """
    status = binary.stat()
    machine = (_BOOT.read_text("ascii"), os.uname().release, os.uname().machine, os.getuid())
    program = (str(binary), status.st_size, status.st_mtime_ns, status.st_ino, sys.executable)
    digest = hashlib.sha256(repr((machine, program, facts)).encode())
    for source in _sources():
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _sources() -> Sequence[Path]:
    ours = Path(__file__).parent
    beside = (ours.parent / name for name in ("adapters", "indexes"))
    folders = (ours, *beside, Path(measuring.__file__).parent)
    return sorted(path for folder in folders for path in folder.glob("*.py"))


@dataclass(frozen=True, slots=True)
class KeptProbe:
    """The last measurement of one backend, in ``file``."""

    file: Path

    def read(self, key: str) -> Probe | None:
        """Return what was measured under the circumstances ``key``; None for anything else."""
        kept = read_private(self.file)
        if kept is None or kept.pop("key", "") != key:
            return None
        try:
            return _probe(kept)
        except (ValueError, TypeError, KeyError):
            return None

    def write(self, key: str, probe: Probe) -> None:
        """Keep ``probe``, or forget what was kept where it cannot be used.

        Where that cannot be done, the next start measures again.
        """
        if not probe.usable:
            self.forget()
            return
        told = asdict(probe) | {"key": key, "guarantees": sorted(probe.guarantees)}
        write_private(self.file, told)

    def forget(self) -> None:
        """Let the next start measure again."""
        with suppress(OSError):
            self.file.unlink(missing_ok=True)


def _probe(kept: dict[str, Any]) -> Probe:
    """Return the probe that was written; KeyError or TypeError when it is none."""
    names = frozenset(get_args(Guarantee))
    guarantees = frozenset(kept.pop("guarantees"))
    kept_by = dict(kept.pop("kept_by"))
    texts = {name: kept.pop(name) for name in ("backend", "why_not", "mend", "version")}
    usable = kept.pop("usable")
    if kept or usable is not True or not (guarantees | set(kept_by)) <= names:
        raise KeyError("no probe of ours")
    if not all(isinstance(text, str) for text in (*texts.values(), *kept_by.values())):
        raise TypeError("no probe of ours")
    held = cast("frozenset[Guarantee]", guarantees)
    return Probe(usable=True, guarantees=held, kept_by=kept_by, **texts)
