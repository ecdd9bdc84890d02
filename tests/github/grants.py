"""Who holds a token, and what GitHub asks of one before it answers.

Stricter than GitHub in one thing: a public repository is treated as a private one, so that a job
that reads more than its `permissions:` say is found out here and not by the first private user.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Holder = Literal["actions", "app", "person"]
_ACTIONS = "github-actions[bot]"
_RANKS = {"": 0, "none": 0, "read": 1, "write": 2, "admin": 3}


@dataclass(frozen=True, slots=True)
class Grant:
    """What one token may do. A person's is classic: it may do whatever the person may."""

    login: str
    holder: Holder
    permissions: Mapping[str, str]

    def allows(self, name: str, level: str) -> bool:
        return self.holder == "person" or _RANKS[self.permissions.get(name, "")] >= _RANKS[level]


def job(permissions: Mapping[str, str]) -> Grant:
    """Return what a job's GITHUB_TOKEN is, by its `permissions:`, which have hyphens in YAML."""
    said = {name.replace("-", "_"): level for name, level in permissions.items()}
    return Grant(_ACTIONS, "actions", said)


def person(login: str) -> Grant:
    return Grant(login, "person", {})


# What of a repository needs which permission; reads need "read" of it, everything else "write".
# First match; "issues|pull_requests" is one of the two, by what the number stands for.
_NEEDED = tuple(
    (re.compile(shape), name)
    for shape, name in (
        (r"", "metadata"),
        (r"collaborators/[^/]+/permission", "metadata"),
        (r"(installation|languages|topics|contributors)", "metadata"),
        (r"commits/.+/(check-runs|check-suites)", "checks"),
        (r"check-(runs|suites).*", "checks"),
        (r"(statuses/.+|commits/.+/status(es)?)", "statuses"),
        (r"commits/.+/pulls", "pull_requests"),
        (r"branches/.+/protection.*", "administration"),
        (r"rules/.*", "metadata"),
        (
            r"(git|contents|branches|commits|compare|merges|dispatches|forks|readme)(/.*)?",
            "contents",
        ),
        (r"pulls(/.*)?", "pull_requests"),
        (r"(issues|labels|milestones|assignees)(/.*)?", "issues|pull_requests"),
        (r"actions/permissions.*", "administration"),
        (r"actions/.*", "actions"),
        (r"attestations(/.*)?", "attestations"),
        (r"(collaborators|hooks|rulesets)(/.*)?", "administration"),
    )
)


def needed(method: str, rest: str) -> tuple[tuple[str, ...], str]:
    """Return the permissions of which one is needed for ``rest`` of a repository, and its level."""
    level = "read" if method in {"GET", "HEAD"} else "write"
    for shape, name in _NEEDED:
        if shape.fullmatch(rest):
            if name == "metadata" and level == "write":
                break  # settings of the repository are another matter than knowing of it
            return tuple(name.split("|")), level
    return ("administration",), level
