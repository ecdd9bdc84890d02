"""One change over many targets."""

from dataclasses import dataclass
from typing import Literal

TargetState = Literal[
    "pending",
    "running",
    "changed",
    "unchanged",
    "failed",
    "gated",
    "published",
    "merged",
    "closed",
    "stale",
]


@dataclass(frozen=True, slots=True)
class Target:
    """One unit of a campaign: the files of one shard of one repository."""

    key: str
    repository: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Campaign:
    """A recipe (an argv run in the sandbox, the files appended) and the targets it is for."""

    key: str
    title: str
    rule: tuple[str, ...]
    on: tuple[str, ...]
    base: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class TargetResult:
    """What became of one target: its state, and the bundle or the cause."""

    target: str
    state: TargetState
    run: str = ""
    bundle: str = ""
    cause: str = ""
    files_changed: int = 0


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """Bounds of a campaign's execution; ``takeovers`` parks a target that keeps killing workers."""

    workers: int = 2
    lease_s: float = 30.0
    takeovers: int = 3
