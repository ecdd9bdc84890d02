"""Which rules a bundle was judged under that the base does not have here."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from validators.encoding import builtins, digest, encode
from validators.rules import Rules
from validators.verifying.difference import Difference, between


def rule_differences(claimed: str, theirs: Rules | None, ours: Rules) -> Iterator[Difference]:
    """Yield each rule that differs; ``claimed`` is the hash the evidence names its rules by.

    What is required of a sandbox is left out: it changes what may run, never how it ends. The kind
    of the change is the task's, and is taken from the bundle by whoever made ``ours``.
    """
    allowed = ((), ours.require, theirs.require if theirs else ())
    if claimed in {_named(replace(ours, require=required)) for required in allowed}:
        return
    whole = Difference("rules", bundle=f"sha256:{claimed}", here=f"sha256:{_named(ours)}")
    if theirs is None:
        yield whole
        return
    theirs = replace(theirs, kind=ours.kind)
    if claimed != _named(theirs):
        yield whole
    yield from between("rules", "", _flat(theirs), _flat(ours))


def _named(rules: Rules) -> str:
    return digest(encode(rules))


def _flat(rules: Rules) -> dict[str, str]:
    """Return each rule in JSON by its dotted name, gates by their own."""
    plain = builtins(replace(rules, require=()))
    plain["gates"] = {gate["name"]: gate for gate in plain["gates"]}
    return dict(_leaves("", plain))


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    if not isinstance(value, dict):
        yield name, json.dumps(value)
        return
    for key, below in value.items():
        yield from _leaves(f"{name}.{key}" if name else str(key), below)
