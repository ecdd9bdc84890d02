"""What reading a project comes to: its gates, what they need, and what was seen and not used."""

from dataclasses import dataclass, field, replace

from validators.projects.needs import Needs
from validators.rules import GateRule


@dataclass(frozen=True, slots=True)
class FoundGates:
    """The gates of one ecosystem; no two of them have the same name."""

    gates: tuple[GateRule, ...] = ()
    needs: Needs = field(default_factory=Needs)
    notes: tuple[str, ...] = ()

    @property
    def tests(self) -> bool:
        """Whether one of the gates runs tests."""
        return any(gate.kind == "test" for gate in self.gates)


def numbered(gates: list[GateRule]) -> tuple[GateRule, ...]:
    """Return ``gates`` without those that run the same, each under a name of its own."""
    taken: dict[str, int] = {}
    runs = set()
    kept = []
    for gate in gates:
        if gate.run in runs:
            continue
        runs.add(gate.run)
        taken[gate.name] = count = taken.get(gate.name, 0) + 1
        kept.append(gate if count == 1 else replace(gate, name=f"{gate.name}-{count}"))
    return tuple(kept)
