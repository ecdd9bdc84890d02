"""What many keys say together, as the nouns that the program works with."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from bot.configuration.network import telemetry_environment
from bot.configuration.sections import (
    ForgeSettings,
    PullRequestSettings,
    RetentionSettings,
    ScopeSettings,
    TelemetrySettings,
    TriggerSettings,
)
from validators.rules import GateRule, PatchLimits, Policies, Protected, Rules
from workflows.budget import Budget, Caps

Section = TypeVar(
    "Section",
    ScopeSettings,
    PullRequestSettings,
    TriggerSettings,
    ForgeSettings,
    RetentionSettings,
    Protected,
    Policies,
    Caps,
)


def section(noun: type[Section], section: str, values: Mapping[str, Any]) -> Section:
    """Return ``noun`` filled from the keys of its section, which are named like its fields."""
    return noun(**{one.name: values[f"{section}.{one.name}"] for one in fields(noun)})


def budget_of(values: Mapping[str, Any]) -> Budget:
    """Return what one run may use."""
    return Budget(
        usd=values["budget.run_usd"],
        tokens=values["budget.max_tokens"],
        turns=values["budget.max_turns"],
        minutes=values["budget.wall_minutes"],
        requests=values["budget.max_requests"],
    )


def rules_of(values: Mapping[str, Any]) -> Rules:
    """Return what a change is judged by; what was learnt can only tighten it."""
    protected = section(Protected, "protected", values)
    named = frozenset(values["learned.required_gates"])
    gates = values["gates"]
    return Rules(
        allowed_paths=values["allowed_files"],
        protected=replace(protected, paths=(*protected.paths, *values["learned.protected_paths"])),
        policies=section(Policies, "policies", values),
        kind=values["kind"],
        limits=PatchLimits(
            _lower(values["limits.max_patch_files"], values["learned.max_patch_files"]),
            _lower(values["limits.max_patch_lines"], values["learned.max_patch_lines"]),
        ),
        gates=tuple(replace(one, required=one.required or one.name in named) for one in gates),
        setup=values["setup.run"],
        require=values["sandbox.require"],
    )


def bounded(gates: Sequence[GateRule], longest_s: float) -> tuple[GateRule, ...]:
    """Return ``gates``, none of which may take longer than ``longest_s`` seconds."""
    return tuple(replace(gate, timeout_s=min(gate.timeout_s, longest_s)) for gate in gates)


def _lower(bound: int, learned: int | None) -> int:
    return bound if learned is None else min(bound, learned)


def telemetry_of(values: Mapping[str, Any], environment: Mapping[str, str]) -> TelemetrySettings:
    """Return where traces go, with what OpenTelemetry's own variables say of it."""
    told = values["telemetry.endpoint"], values["telemetry.content"]
    return TelemetrySettings(*told, telemetry_environment(environment))
