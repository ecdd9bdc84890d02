"""What a run works with, what it may use, and how it ended: the nouns around `propose`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scoping.reordering import Reorder
from scoping.scope import Scope
from validators.checkout import Clone
from validators.evidence import Evidence
from validators.rules import GateKind, Rules
from validators.verdict import Verdict
from workflows.branching import BRANCH_TEMPLATE
from workflows.budget import Budget, Caps
from workflows.conversation import ReplyLimits
from workflows.explore import CodeMode
from workflows.ledger import Followed
from workflows.ports import Journal, Model
from workflows.proposal import Attempt, Proposal
from workflows.purse import SharedBound
from workflows.recorder import Recorder
from workflows.run import Entry, RunState
from workflows.task import Task
from workflows.threads import Thread


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks on: each journal entry as it is written, and the model's words as they come."""

    entry: Callable[[Entry], None] = lambda _: None
    words: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a run works with, already opened for one target at one base commit.

    ``select`` chooses what the model reads, in an order that the first model is asked for where it
    ``reranks``; ``prepare`` builds the target's environment (before any
    model text exists) and ``judge`` gates a tree in it; ``gate`` runs the gates of one kind alone,
    for a model that asks; ``render`` writes title and body of the pull request; ``write_bundle``
    stores a sealed bundle under a file name and says where, ``find_bundle`` where the bundle of a
    run is, or "" when there is none. ``include`` and ``exclude`` say which files a model may see.
    ``adjudicator`` is the model that gives a run's second opinions, as far on as the run has asked
    it, or None. ``branch_template`` is how the proposal's branch is called. ``spent_elsewhere`` is
    what runs on other machines have cost, which counts against the caps over several runs;
    ``bound`` is one more that the run shares with others, such as a campaign's.
    ``code`` is what runs a model's snippets, None where it calls an action for each thing.
    """

    clone: Clone
    rules: Rules
    journal: Journal
    select: Callable[[Task, Reorder | None], Scope]
    prepare: Callable[[Recorder], str]
    judge: Callable[[str, Recorder], tuple[Verdict, Evidence]]
    gate: Callable[[GateKind, str, Recorder], Verdict]
    render: Callable[[Proposal, Evidence], tuple[str, str]]
    write_bundle: Callable[[str, bytes], str]
    find_bundle: Callable[[str], str]
    now: Callable[[], float]
    now_iso: Callable[[], str]
    adjudicator: Callable[[str], Model | None] = lambda _: None
    watch: Watch = field(default_factory=Watch)
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    branch_template: str = BRANCH_TEMPLATE
    spent_elsewhere: Followed | None = None
    reranks: bool = False
    code: CodeMode | None = None
    bound: SharedBound | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """A pull request to continue: its tree, what it changed, the reviewer's words.

    ``run`` is the one that proposed what stands there, ``threads`` wait for a change or an answer.
    ``head`` is the commit that people saw, where the forge keeps one. Of a check that failed there
    are its name and the end of its ``log``.
    """

    number: int
    tree: str
    diff: str
    words: str
    run: str
    threads: tuple[Thread, ...] = ()
    head: str = ""
    check: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How much one run may use, and what it continues.

    A step of the task is tried ``max_attempts`` times; of its first try there are ``candidates``.
    ``told`` is what the command was told (``--model`` and the like), kept for who takes the run up.
    """

    budget: Budget
    max_attempts: int = 3
    candidates: int = 1
    reply: ReplyLimits = field(default_factory=ReplyLimits)
    revision: Revision | None = None
    caps: Caps = field(default_factory=Caps)
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended; ``bundle`` is the path of the sealed file when there is one.

    It is a proposal's, or holds unfinished work when the run was stopped with something landed.
    """

    run: str
    state: RunState
    verdict: Verdict
    why: str
    attempts: tuple[Attempt, ...] = ()
    bundle: str = ""
