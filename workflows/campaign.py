"""One change over many targets: what is to be done, to which files, and when it has to stop."""

from dataclasses import dataclass, field
from typing import Literal

from validators.rules import GateRule

TargetState = Literal[
    "pending",  # nobody has begun it, or it is to be tried again
    "running",  # a worker took it
    "changed",  # its steps changed something, which no gate has judged yet
    "unchanged",  # its steps found nothing to change
    "failed",  # see the reason
    "gated",  # it passed its gates and waits to be published
    "published",  # its pull request waits for a person
    "merged",
    "closed",  # a person closed its pull request
    "stale",  # its files moved under it before it was published
]

FailureReason = Literal[
    "",  # it did not fail
    "environment",  # the target's environment could not be built
    "step",  # a step failed, or was stopped at a limit
    "stray",  # a step changed what is not the target's
    "gates",  # what was made did not pass
    "infrastructure",  # the machine failed, not the change
    "model",  # the model gave nothing that could be used
    "budget",  # what one target may cost is spent
    "spent",  # what the campaign may cost is spent, so nothing more of it begins
    "refused",  # something said no, in words for a person
    "poison",  # it ended too many of the workers that took it
    "fault",  # a fault of ours
]


# Places of one target that are listed; a person who meets more of them wants another program.
MOST_LEFT = 200


@dataclass(frozen=True, slots=True)
class Recipe:
    """One step as the campaign names it: which kind, and the words that kind understands."""

    kind: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """One unit of a campaign: the files of one shard of one repository, at one commit.

    ``key`` is made of all that decides a result, so that a result is known by it. ``name`` is what
    the shard is called: a folder, a package, an owner; empty for the whole.
    """

    key: str
    repository: str
    paths: tuple[str, ...]
    base: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class PauseAt:
    """When a campaign stops by itself; None never. Rates are of what ended since it last went on.

    ``rejected`` counts pull requests that people refused, ``usd`` what was spent.
    """

    failure_rate: float | None = None
    veto_rate: float | None = None
    rejected: int | None = None
    usd: float | None = None


@dataclass(frozen=True, slots=True)
class Rollout:
    """In which portions a campaign goes on.

    The first ``first`` targets come to their end before any other begins. ``max_open`` bounds pull
    requests that wait for a person at the same time.
    """

    first: int = 0
    max_open: int | None = None
    pause_at: PauseAt = field(default_factory=PauseAt)


@dataclass(frozen=True, slots=True)
class CampaignBudget:
    """What all targets may cost together, and one alone; None is no bound."""

    usd: float | None = None
    tokens: int | None = None
    target_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """The words of its pull requests; ``{shard}`` in the title is a target's name."""

    title: str
    body: str = ""
    labels: tuple[str, ...] = ()


PublishedAs = Literal["no", "draft", "ready"]


@dataclass(frozen=True, slots=True)
class Campaign:
    """Steps, and the targets they are for.

    A target is tried ``attempts`` times, each time told what the last try came to. ``published``
    are pairs of a pattern for names of targets and how those are published; the last match counts,
    and what none matches is not. ``gates`` judge beside those that a repository has. ``branch`` is
    what its pull requests are for where somebody named one, else that which holds the commit.
    """

    key: str
    name: str
    steps: tuple[Recipe, ...]
    template: Template
    targets: tuple[Target, ...]
    attempts: int = 1
    published: tuple[tuple[str, PublishedAs], ...] = ()
    rollout: Rollout = field(default_factory=Rollout)
    budget: CampaignBudget = field(default_factory=CampaignBudget)
    gates: tuple[GateRule, ...] = ()
    branch: str = ""


@dataclass(frozen=True, slots=True)
class TargetResult:
    """What became of one target: its state, and the bundle or the cause.

    A ``gated`` one with a ``cause`` is what was left after steps that did not pass were undone.
    ``tries`` is how often its steps were run. ``left`` are places that no step dealt with, each
    with its reason, for a person: the first `MOST_LEFT` of ``left_count``.
    """

    target: str
    state: TargetState
    run: str = ""
    bundle: str = ""
    cause: str = ""
    files_changed: int = 0
    reason: FailureReason = ""
    tries: int = 1
    left: tuple[str, ...] = ()
    left_count: int = 0


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """Bounds of a campaign's execution, which hold over all its workers together.

    ``workers`` targets are worked on at once. A worker that is not heard of for ``lease_s`` loses
    its target to another. ``takeovers`` parks a target that keeps ending its workers.
    """

    workers: int = 2
    lease_s: float = 30.0
    takeovers: int = 3


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says something of a whole campaign; the ``name`` is only what they claim.

    ``seen`` is the position of the newest entry about the campaign itself that they knew. Where
    there is another one, what they say is Withheld: nobody undoes what they have not seen.
    """

    name: str = ""
    seen: int | None = None


ANYBODY = Speaker()
