"""What a campaign's targets are worked on in: one bench for each repository, opened when needed."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.campaigns.bench import migration_bench
from bot.gate_room import detected, judging
from bot.wiring import Bench, open_bench
from validators.rules import GateRule
from workflows.campaign import Campaign, Target, TargetResult
from workflows.campaign_plan import CampaignRefusal
from workflows.migrate import run_target
from workflows.run import Fence
from workflows.target_attempt import Workbench
from workflows.workshop import Watch


@dataclass(frozen=True, slots=True)
class Ground:
    """How repositories are opened: with which options, and whether without isolation.

    ``instead`` is where the only repository of a campaign stands now.
    """

    given: Mapping[str, object]
    unsafe: bool
    instead: Path | None = None


class Yard:
    """Opens benches on a ``ground`` and closes them all at its end."""

    def __init__(self, ground: Ground, watch: Watch | None = None, lease_s: float = 60.0) -> None:
        self._ground = ground
        self._watch = watch or Watch()
        self._lease_s = lease_s
        self._stack = ExitStack()
        self._benches: dict[tuple[str, str], Bench] = {}
        self._workbenches: dict[tuple[str, str], Workbench] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def benches(self) -> tuple[Bench, ...]:
        """Those that are open."""
        return tuple(self._benches.values())

    def bench(self, repository: str, base: str, gates: tuple[GateRule, ...] = ()) -> Bench:
        """Return the bench of one repository at a commit, with ``gates`` beside its own."""
        key = (repository, base)
        if key not in self._benches:
            place = self._ground.instead or Path(repository)
            opened = self._stack.enter_context(
                open_bench(place, base, self._ground.given, unsafe=self._ground.unsafe)
            )
            self._benches[key] = with_gates(judging(opened, "refactor"), gates)
        return self._benches[key]

    def run(self, campaign: Campaign, target: Target, fence: Fence) -> TargetResult:
        """Work on one target of a campaign under its fence."""
        key = (target.repository, target.base)
        bench = self.bench(*key, campaign.gates)
        if key not in self._workbenches:
            self._workbenches[key] = migration_bench(bench, campaign, self._watch, self._lease_s)
        return run_target(campaign, target, fence, self._workbenches[key], bench.new_run)


def with_gates(bench: Bench, gates: tuple[GateRule, ...]) -> Bench:
    """Return ``bench`` with a campaign's gates; CampaignRefusal where one would replace its own."""
    if not gates:
        return bench
    own = detected(bench).gates
    if taken := {gate.name for gate in own} & {gate.name for gate in gates}:
        raise CampaignRefusal(
            f"{bench.clone.repository} has a gate named {min(taken)!r} of its own, which a campaign"
            " adds to and does not replace; give the campaign's another name"
        )
    rules = replace(bench.settings.rules, gates=(*own, *gates))
    return replace(bench, settings=replace(bench.settings, rules=rules))
