"""Which sandbox commands of a target run in: the first in order that guarantees what is required.

Nothing is taken on trust and nothing falls through: a backend counts for what was measured on this
machine, and where none is enough, nothing runs. Why one was passed over is always told.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from validators.sandbox import (
    Guarantee,
    Limits,
    Phase,
    Probe,
    Sandbox,
    SandboxRefusal,
    Session,
)


class MeasuredSandbox(Sandbox, Protocol):
    """A sandbox whose measurement is remembered, and can be asked for anew."""

    def measure(self) -> Probe:
        """Measure everything, whatever was measured before, and keep it."""
        ...


_LEAVE_OUT = "leave them out of sandbox.require in the operator's file, or name another backend"
_NAME_ONE = "name bwrap or container in sandbox.backends of the operator's file"


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A backend that was not chosen: why, and the command that mends it."""

    backend: str
    why: str
    mend: str

    def __str__(self) -> str:
        return f"{self.backend}: {self.why} (to mend it: {self.mend})"


@dataclass(frozen=True, slots=True)
class Selection:
    """What came of walking the list: the sandbox, None where none is enough, and its probe."""

    sandbox: Sandbox | None
    probe: Probe
    passed_over: tuple[PassedOver, ...] = ()


def select(backends: Iterable[Sandbox], required: frozenset[Guarantee]) -> Selection:
    """Return the first of ``backends`` that was measured to guarantee what is ``required``."""
    passed_over: list[PassedOver] = []
    for sandbox in backends:
        probe = sandbox.probe()
        missing = sorted(required - probe.guarantees)
        if probe.usable and not missing:
            return Selection(sandbox, probe, tuple(passed_over))
        if probe.usable:
            why = f"does not guarantee {', '.join(missing)} on this machine"
            passed_over.append(PassedOver(sandbox.name, why, _LEAVE_OUT))
        else:
            passed_over.append(PassedOver(sandbox.name, probe.why_not, probe.mend))
    names = ", ".join(one.backend for one in passed_over)
    why_not = "; ".join(f"{one.backend}: {one.why}" for one in passed_over) or "none is named"
    mend = "; or ".join(dict.fromkeys(one.mend for one in passed_over)) or _NAME_ONE
    refused = Probe(names or "no sandbox", usable=False, why_not=why_not, mend=mend)
    return Selection(None, refused, tuple(passed_over))


@dataclass(frozen=True, slots=True)
class _Made:
    makers: Sequence[Callable[[], MeasuredSandbox]]

    def __iter__(self) -> Iterator[MeasuredSandbox]:
        return (make() for make in self.makers)


class SelectedSandbox:
    """The Sandbox that `select` chooses, once, when it is first asked for anything.

    ``tell`` is given one sentence for each backend that was passed over for another.
    """

    def __init__(
        self,
        backends: Iterable[Sandbox],
        required: frozenset[Guarantee],
        tell: Callable[[str], None],
    ) -> None:
        self._backends = backends
        self._required = required
        self._tell = tell
        self._selection: Selection | None = None

    @property
    def name(self) -> str:
        """The chosen backend's name, or what was tried in vain."""
        return self.probe().backend

    def probe(self) -> Probe:
        """Return what the chosen backend guarantees, or why each of them cannot be used."""
        return self._selected().probe

    def open(self, tree: Path, phase: Phase, limits: Limits) -> Session:
        """Open a private layer over ``tree``; raise SandboxRefusal when ``phase`` requires more."""
        chosen = self._selected()
        if chosen.sandbox is None:
            raise SandboxRefusal(
                f"there is no sandbox here: {chosen.probe.why_not}; to mend it: {chosen.probe.mend}"
            )
        return chosen.sandbox.open(tree, phase, limits)

    def _selected(self) -> Selection:
        if self._selection is None:
            self._selection = select(self._backends, self._required)
            if self._selection.sandbox is not None:
                for one in self._selection.passed_over:
                    self._tell(f"sandbox: passed over {one}; using {self._selection.probe.backend}")
        return self._selection


def backends_of(
    names: Sequence[str],
    scratch: Path,
    runtime: str | None,
    image: str | None,
    kept: Path | None = None,
) -> Iterable[MeasuredSandbox]:
    """Return the backends in the order of their ``names``; private layers are in ``scratch``.

    Measurements are remembered in the folder ``kept``; without one everything is measured.
    Each is made when somebody comes to it: where the first is enough, no other is loaded.
    """
    from bot.adapters.bwrap_sandbox import BwrapSandbox  # noqa: PLC0415 - keeps --help fast

    def container() -> MeasuredSandbox:
        from bot.adapters.container_sandbox.sandbox import ContainerSandbox  # noqa: PLC0415 - rare

        return ContainerSandbox(scratch, runtime or "", image or "", kept=kept)

    makers: Mapping[str, Callable[[], MeasuredSandbox]] = {
        "bwrap": lambda: BwrapSandbox(scratch, kept=kept and kept / "bwrap.json"),
        "container": container,
    }
    return _Made(tuple(makers[name] for name in dict.fromkeys(names)))
