"""Where issues are read and their people are answered: the Tracker port, with its nouns.

A forge that has pull requests and no issues (the local one) has no tracker. Like the other ports it
refuses with `workflows.ports.ForgeRefusal`; reads may be repeated by the adapter, writes never are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

# What GitHub calls `role_name`: a custom role is given as the standard role it is based on where
# the forge says so, else as "none".
Role = Literal["admin", "maintain", "write", "triage", "read", "none"]
CheckConclusion = Literal["success", "failure", "neutral", "action_required", "cancelled"]
AnnotationLevel = Literal["notice", "warning", "failure"]


@dataclass(frozen=True, slots=True)
class IssueComment:
    """Something said on an issue or a pull request; times are UTC ISO 8601."""

    id: int
    author: str
    body: str
    created: str
    edited: str
    url: str = ""
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as it stands now, its text untrusted."""

    number: int
    title: str
    body: str
    author: str
    state: Literal["open", "closed"]
    labels: tuple[str, ...]
    url: str
    is_pull_request: bool = False


@dataclass(frozen=True, slots=True)
class Annotation:
    """Words at lines of a file of the proposal; ``first_line`` counts from 1."""

    path: str
    first_line: int
    last_line: int
    level: AnnotationLevel
    message: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class CheckRun:
    """What a forge shows beside a commit. One name and head: one check run, replaced whole."""

    name: str
    conclusion: CheckConclusion
    title: str
    summary: str
    annotations: tuple[Annotation, ...] = ()
    details_url: str = ""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How a check of somebody else's ended beside a commit; of two, the newer has the larger id.

    ``conclusion`` is the forge's word, ``summary`` the check's own words, untrusted. ``workflow``
    is the file of the workflow whose job it is, or "".
    """

    id: int
    name: str
    conclusion: str
    summary: str = ""
    workflow: str = ""


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a workflow run left under a name; ``size`` is in bytes, as it is kept.

    ``branch`` is the one whose workflow ran, and it ``is_foreign`` where that is another
    repository's.
    """

    name: str
    size: int
    branch: str
    is_foreign: bool


class Tracker(Protocol):
    """One repository's issues, its people's roles, and what is said to them."""

    @property
    def repository(self) -> str:
        """Return owner/name, as the forge spells it now: it may have been renamed."""
        ...

    def role(self, login: str) -> Role:
        """Return what ``login`` may do here at this moment; "none" for whoever is not known.

        ForgeRefusal where the forge does not say: nobody has a right that was not seen.
        """
        ...

    def issue(self, number: int) -> Issue:
        """Return an issue or a pull request as it stands now."""
        ...

    def comments(self, number: int) -> Sequence[IssueComment]:
        """Return everything said there, oldest first."""
        ...

    def remove_label(self, number: int, label: str) -> None:
        """Take a label off; one that is not there is no error."""
        ...

    def say(self, number: int, body: str, key: str) -> IssueComment:
        """Say something once: a comment of ours with the same ``key`` is replaced, not repeated."""
        ...

    def check(self, head: str, run: CheckRun) -> str:
        """Show ``run`` beside commit ``head`` and return where a person finds it."""
        ...

    def check_results(self, commit: str) -> Sequence[CheckResult]:
        """Return how every check but ours ended beside a commit, each time that it was run."""
        ...

    def check_log(self, check: CheckResult) -> str:
        """Return the end of what a check printed, untrusted; "" where it is not kept."""
        ...

    def artifact(self, workflow_run: str, name: str) -> Artifact | None:
        """Return what a workflow run left under ``name``, or None where none is kept any more."""
        ...

    def read_file(self, path: str, commit: str) -> bytes | None:
        """Return a file as it stands in ``commit``, without a checkout, or None where none is."""
        ...

    def dispatch(self, workflow: str, revision: str, inputs: Mapping[str, str]) -> None:
        """Start ``workflow`` (a file name below ``.github/workflows``) anew."""
        ...

    def is_under_way(self, workflow_run: str) -> bool:
        """Whether that run of a workflow has not ended; one that nobody knows of any more has."""
        ...
