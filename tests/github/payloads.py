"""Octokit's examples of what GitHub sends, and the same event told of a repository of a test's."""

import copy
import functools
import json
from typing import Any

from tests.github import rig

Payload = dict[str, Any]


@functools.cache
def _examples() -> dict[str, list[Payload]]:
    events = json.loads(rig.payload_index().read_text())
    return {event["name"]: event["examples"] for event in events}


def names() -> list[str]:
    """Return the events of which there are examples."""
    return sorted(_examples())


def examples(event: str, action: str = "") -> list[Payload]:
    """Return the examples of an event, those of one ``action`` where it is given."""
    found = copy.deepcopy(_examples()[event])
    return [each for each in found if not action or each.get("action") == action]


def told_of(payload: Payload, **said: Any) -> Payload:
    """Return ``payload`` with what is ``said`` laid over it, field by field.

    ``told_of(labelled, label={"name": "bot"})`` leaves everything else of the label as it was.
    """
    return _laid_over(copy.deepcopy(payload), said)


def _laid_over(below: Payload, above: Payload) -> Payload:
    for name, value in above.items():
        under = below.get(name)
        if isinstance(value, dict) and isinstance(under, dict):
            _laid_over(under, value)
        else:
            below[name] = value
    return below
