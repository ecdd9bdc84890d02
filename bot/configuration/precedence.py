"""Who wins when the operator and the target both speak about one key.

The operator speaks by the command line, the environment and the own file, in that order. What the
operator leaves open, the default bounds. The target may ask for less of everything, never for more.
"""

from collections.abc import Sequence
from typing import Any

from bot.configuration.key import POLICIES, Key
from bot.configuration.values import Given
from validators.rules import GateRule


def settle(key: Key, operator: Given | None, target: Given | None) -> tuple[Given, str]:
    """Return the value that counts, and a warning when the target asked for more, else ""."""
    default = Given(key.default, "default")
    if key.rule == "added":
        return _added(default, operator, target)
    bound = operator or default
    if target is None or (key.rule == "chosen" and not target.value):
        return bound, ""
    if key.rule == "first":
        return operator or target, ""
    if key.rule == "narrowed":
        return _narrowed(key, bound, target)
    if bound.value is None or _is_within(key, target.value, bound.value):
        return (target if target.value != bound.value else bound), ""
    asked, counts = (
        f"{v:.12g}" if isinstance(v, float) else v for v in (target.value, bound.value)
    )
    return bound, f"{target.origin} asks for {key.name} {asked}; {counts} counts ({bound.origin})"


def _is_within(key: Key, asked: Any, bound: Any) -> bool:  # noqa: ANN401 - of the key's kind
    if key.rule == "chosen":
        return True  # what goes beyond it is refused, and not cut
    if key.rule == "lowest":
        return bool(asked <= bound)
    return POLICIES.index(asked) >= POLICIES.index(bound)


def _after(entries: list[Any], entry: str) -> list[Any]:
    """Return what stands behind the last ``entry``."""
    return entries[len(entries) - entries[::-1].index(entry) :]


def _added(default: Given, operator: Given | None, target: Given | None) -> tuple[Given, str]:
    entries: list[Any] = []
    origins, dropped = [], []
    for given in (default, operator, target):
        if given is None or (given is default and not default.value):
            continue
        origins.append(given.origin)
        for entry in given.value:
            if isinstance(entry, GateRule):
                dropped += _add_gate(entries, entry, given.origin)
            elif entry not in entries or any(one.startswith("!") for one in _after(entries, entry)):
                entries.append(entry)  # said again after an exception, it counts again
    value = Given(tuple(entries), ", ".join(origins) or default.origin)
    return value, "; ".join(dropped)


def _add_gate(gates: list[GateRule], gate: GateRule, origin: str) -> list[str]:
    """Add ``gate`` unless its name is taken; return what is to be said of that."""
    taken = [one for one in gates if one.name == gate.name]
    if not taken:
        gates.append(gate)
    if not taken or taken == [gate]:
        return []
    return [f"{origin}: the gate {gate.name!r} is the operator's; that counts"]


def _narrowed(key: Key, bound: Given, target: Given) -> tuple[Given, str]:
    """Keep what the target asks for within ``bound``; both are lists of patterns, empty is all."""
    if not bound.value:
        return target, ""
    kept = [one for one in target.value if one.startswith("!") or _is_covered(one, bound.value)]
    if not any(not one.startswith("!") for one in kept):
        kept = [*bound.value, *kept]
    exceptions = [one for one in bound.value if one.startswith("!")]
    value = Given((*kept, *exceptions), f"{bound.origin}, {target.origin}")
    if dropped := [one for one in target.value if one not in kept]:
        warning = f"{target.origin} asks for {key.name} outside of {bound.origin}: {dropped}"
        return value, warning
    return value, ""


def _is_covered(asked: str, bounds: Sequence[str]) -> bool:
    """Whether ``asked`` is one of ``bounds`` or lies in a folder that one of them spells out."""
    inner = asked.strip("/")  # still has a slash where it lies in a folder, hence is anchored
    folders = (one.strip("/") + "/" for one in bounds if not set("*?[!\\") & set(one))
    return asked in bounds or any(inner.startswith(folder) for folder in folders)
