"""Time that leaps: limits may have room for the slowest machine, and nobody waits for them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from validators.processes.layered_session import LayeredSession
from validators.sandbox import Limits, Phase, Probe, Sandbox, Session

# The file by which a command says that now nothing is left but to wait for its limit.
HANGS = "it-hangs-now"


def leaping(mark: Path, limit_s: float, last_s: float) -> Callable[[], float]:
    """Return a clock that leaps to the last seconds of a limit from now, once there is ``mark``."""
    began, leapt = time.monotonic(), list[float]()

    def clock() -> float:
        now = time.monotonic()
        if not leapt and mark.exists():
            leapt.append(max(0.0, began + limit_s - last_s - now))
        return now + sum(leapt)

    return clock


def hurry(session: Session, limit_s: float, last_s: float) -> None:
    """Let the next command of ``session`` have ``last_s`` of its limit left once it made HANGS."""
    assert isinstance(session, LayeredSession)
    session._clock = leaping(session.tree / HANGS, limit_s, last_s)


@dataclass(frozen=True)
class HurriedSandbox:
    """A sandbox in whose sessions ``last_s`` of every limit are left once a command made HANGS."""

    sandbox: Sandbox
    last_s: float

    @property
    def name(self) -> str:
        return self.sandbox.name

    def probe(self) -> Probe:
        return self.sandbox.probe()

    def open(self, tree: Path, phase: Phase, limits: Limits) -> Session:
        session = self.sandbox.open(tree, phase, limits)
        hurry(session, limits.timeout_s, self.last_s)
        return session
