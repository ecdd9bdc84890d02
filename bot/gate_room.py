"""Where the trees of one bench are judged, for a run, a campaign or a command of its own."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any

from bot.scratch import private
from bot.wiring import Bench, ask_ahead, supply_of, tools

if TYPE_CHECKING:
    from validators.detect import Detected
    from validators.environment import Environment, EnvironmentOptions
    from validators.evidence import Evidence
    from validators.gates import GateBench
    from validators.rules import ChangeKind, GateKind
    from validators.sandbox import Guarantee, Sandbox
    from validators.verdict import Verdict
    from workflows.recorder import Recorder

Observe = Callable[[str, Mapping[str, Any]], None]
# Where the commands of a sandbox look for programs of the machine.
_INSIDE = "/usr/local/bin:/usr/bin:/bin"


class GateRoom:
    """Where trees of one bench are judged: its environment, built once, and the base's outcomes."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._environment: Environment | None = None
        self._found: Detected | None = None
        ask_ahead(bench.settings)

    def environment(self) -> "Environment":
        """Return the target's environment, built on the first call."""
        from validators.environment import prepare  # noqa: PLC0415

        if self._environment is None:
            plan = self._detected().setup
            clone, sandbox = self._bench.clone, self._bench.sandbox
            self._environment = prepare(clone, sandbox, plan, self._cache(), self._options())
        return self._environment

    def _detected(self) -> "Detected":
        if self._found is None:
            self._found = detected(self._bench)
        return self._found

    def _cache(self) -> Path:
        return private(self._bench.settings.state / "environments")

    def _options(self) -> "EnvironmentOptions":
        from validators.environment import EnvironmentOptions  # noqa: PLC0415
        from validators.projects.interpreters import local_interpreters  # noqa: PLC0415

        return EnvironmentOptions(
            tools=tools(),
            interpreters=local_interpreters(),
            supply=supply_of(self._bench.settings, self._bench.scratch),
            require=required(self._bench),
        )

    def prepare(self, recorder: "Recorder") -> str:
        """Build the environment and write down how that went; return why there is none, or ""."""
        started = time.monotonic()
        # Before any model is asked: what could not be judged must not be paid for.
        require_sandbox(self._bench.sandbox)
        built = self.environment()
        how = (built.trouble and "failed") or ("from cache" if built.was_cached else "built")
        recorder.record(
            "environment.ready",
            key=built.key,
            how=how,
            interpreter=built.interpreter,
            trouble=built.trouble,
            note=built.note,
            refused=list(built.refused),
            seconds=time.monotonic() - started,
        )
        return built.trouble

    def judge(
        self, tree: str, observe: Observe, suspects: frozenset[str] = frozenset()
    ) -> "tuple[Verdict, Evidence]":
        """Run policy and every gate on ``tree`` against the base; ``suspects`` failed before."""
        from validators.gates import run_gates  # noqa: PLC0415
        from validators.patched_environment import SecondSetUp  # noqa: PLC0415

        bench = self._bench
        gate_bench = self._gate_bench(observe, suspects)
        renew = SecondSetUp(
            bench.clone,
            bench.sandbox,
            bench.settings.rules,
            self._cache(),
            self._options(),
            gate_bench.scratch,
        )
        return run_gates(gate_bench, tree, bench.base_sides, renew)

    def ask(self, kind: "GateKind", tree: str, observe: Observe) -> "Verdict":
        """Run the gates of one kind alone on ``tree``, for an author who asks meanwhile."""
        from validators.asked_gates import ask_gates  # noqa: PLC0415 - keeps --help fast

        return ask_gates(self._gate_bench(observe), kind, tree, self._bench.base_sides)

    def _gate_bench(self, observe: Observe, suspects: frozenset[str] = frozenset()) -> "GateBench":
        from validators.gates import GateBench  # noqa: PLC0415
        from validators.sandbox import Limits  # noqa: PLC0415

        bench = self._bench
        return GateBench(
            clone=bench.clone,
            sandbox=bench.sandbox,
            environment=self.environment(),
            rules=bench.settings.rules,
            scratch=bench.scratch / "gates",
            limits=Limits(),
            observe=observe,
            nonce=lambda: secrets.token_hex(4),
            suspects=suspects,
            trees=private(bench.settings.state / "trees"),
            gates=self._detected().gates,
        )


def judge_alone(bench: Bench, tree: str, note: Callable[[str], None]) -> "tuple[Verdict, Evidence]":
    """Run the gates without a run around them, telling ``note`` each one as it ends."""
    from bot.progress import gate_line  # noqa: PLC0415 - keeps --help fast

    def observe(kind: str, data: Mapping[str, Any]) -> None:
        if kind == "gate.finished":
            note(gate_line(data))

    return GateRoom(bench).judge(tree, observe)


def judging(bench: Bench, kind: "ChangeKind") -> Bench:
    """Return ``bench`` with gates that take a change for one of ``kind``."""
    rules = replace(bench.settings.rules, kind=kind)
    return replace(bench, settings=replace(bench.settings, rules=rules))


def require_sandbox(sandbox: "Sandbox") -> None:
    """Raise SandboxRefusal when no command of a target could run here."""
    from validators.sandbox import SandboxRefusal  # noqa: PLC0415 - keeps --help fast

    probe = sandbox.probe()
    if not probe.usable:
        raise SandboxRefusal(f"there is no sandbox here: {probe.why_not}; to mend it: {probe.mend}")


def detected(bench: Bench) -> "Detected":
    """Return the gates and the set-up of the base: declared, or else detected."""
    from validators.gates import detect_in  # noqa: PLC0415 - keeps --help fast

    rules = bench.settings.rules
    return detect_in(bench.clone, rules, lambda tool: bool(which(tool, path=_INSIDE)))


def required(bench: Bench) -> "frozenset[Guarantee]":
    """Return what the rules require of a sandbox, as its own words."""
    from typing import cast  # noqa: PLC0415

    return frozenset(cast("tuple[Guarantee, ...]", bench.settings.rules.require))
