"""The five things the story needs from the world.

Nothing under `workflows` knows which vendor, forge, database or interpreter stands behind a port;
`bot/wiring.py` chooses. The nouns that cross stand in `conversation`, `pull_request`, `run`,
`snippet` and `campaign`. The sixth port, Sandbox, is `validators.sandbox`, because gates need it.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, Protocol

from scoping.refusal import Refusal
from workflows.campaign import ANYBODY, Campaign, EngineLimits, Speaker, Target, TargetResult
from workflows.conversation import Conversation, Reply, ReplyLimits, Usage
from workflows.picture import Picture
from workflows.pull_request import Commit, PullRequest, PullRequestDraft, PullRequestState
from workflows.review import Review
from workflows.run import Entry, Event, Fence
from workflows.snippet import Functions, SnippetLimits, SnippetResult
from workflows.threads import Thread

# --- Model: asks a vendor, or a file, for the next reply ---------------------------------------

ModelTrouble = Literal[
    "no-key",  # cannot start: nothing was sent
    "rejected",  # our request is wrong: repeating it will not help
    "too-large",  # the vendor reads no request of this size: a smaller one may help
    "overloaded",  # the vendor is busy or limits us: later may help
    "broken-stream",  # the reply stopped half-way: it may have been paid
    "spend-limit",  # the account's own cap is reached
    "exhausted",  # a scripted or recorded model has no further reply
    "mismatch",  # a recorded model was asked something else than was recorded
]


class ModelRefusal(Refusal):
    """The model gave no usable reply: what happened, whether later may help, what it cost."""

    def __init__(self, trouble: ModelTrouble, message: str, usage: Usage | None = None) -> None:
        super().__init__(message)
        self.trouble = trouble
        self.usage = usage


class Model(Protocol):
    """A source of replies. Keeps no conversation: each request carries all of it."""

    name: str

    def estimate_tokens(self, text: str) -> int:
        """Return about how many tokens ``text`` is, never much too few; costs nothing."""
        ...

    def picture_tokens(self, picture: Picture) -> int:
        """Return about how many tokens ``picture`` is; 0 where this model is shown none."""
        ...

    def price_usd(self, input_tokens: int, output_tokens: int) -> float | None:
        """Return the most such a request can cost, or None where the price is not known."""
        ...

    def reply(
        self,
        conversation: Conversation,
        limits: ReplyLimits,
        observe: Callable[[str], None] = lambda _: None,
    ) -> Reply:
        """Return the next turn, its text also handed to ``observe`` as it comes."""
        ...


# --- Forge: where issues are read and pull requests are opened ---------------------------------


class ForgeRefusal(Refusal):
    """The forge did not do what was asked: what, why, and what a person can do."""


class Forge(Protocol):
    """Writes are idempotent by branch and key: look up first, then create. No write is retried."""

    name: str

    def base_branch(self, revision: str) -> str:
        """Return the branch a change based on ``revision`` is to be merged into."""
        ...

    def branch_head(self, branch: str) -> str | None:
        """Return the commit ``branch`` points at, or None."""
        ...

    def fetch_branch(self, branch: str, into_git_dir: Path) -> str | None:
        """Copy what ``branch`` holds into a git directory of ours; return its head, or None."""
        ...

    def push(self, branch: str, commit: Commit, expected: str | None) -> None:
        """Point ``branch`` at ``commit`` if it is at ``expected`` (None: does not exist)."""
        ...

    def find_pull_request(self, branch: str) -> PullRequest | None:
        """Return the newest pull request whose head is ``branch``, in whatever state, or None.

        Who asks wants to know what stands there: its reviews may be left out.
        """
        ...

    def open_pull_request(self, draft: PullRequestDraft, head: str) -> PullRequest:
        """Open a draft and return it as the forge now knows it."""
        ...

    def update_pull_request(self, number: int, draft: PullRequestDraft, head: str) -> PullRequest:
        """Replace text and head of an open pull request."""
        ...

    def close_pull_request(self, number: int, why: str) -> PullRequest:
        """Close one unmerged, saying ``why`` there; one that is not open stays as it is."""
        ...

    def pull_request(self, number: int) -> PullRequest:
        """Return one pull request; ForgeRefusal when there is none of that number."""
        ...

    def pull_requests(
        self, state: PullRequestState | None = None, *, reviewed: bool = True
    ) -> Sequence[PullRequest]:
        """Return all of them, newest first; without ``reviewed`` what was decided may be left out.

        That takes requests for each of them where a forge is far away.
        """
        ...

    def record_review(self, review: Review) -> PullRequest:
        """Keep a person's decision; rejected ends the pull request, accepted leaves it to merge."""
        ...

    def comment(self, number: int, body: str, key: str) -> None:
        """Say something once: a second call with the same ``key`` replaces the first."""
        ...

    def threads(self, number: int) -> Sequence[Thread]:
        """Return what people said at lines of a pull request, resolved or not, oldest first."""
        ...

    def answer_thread(self, number: int, thread: str, body: str, key: str) -> None:
        """Say something in a thread once, by ``key``, which the turn bears; twice says no more."""
        ...

    def resolve_thread(self, number: int, thread: str) -> None:
        """Mark a thread as dealt with; one that is resolved stays so."""
        ...

    def fetch_pull_request(self, number: int, into_git_dir: Path) -> str | None:
        """Copy what a pull request's head holds, even without its branch; None where it is gone."""
        ...

    def merge(self, number: int) -> str:
        """Merge an open pull request and return the merge commit; only where a person may do so."""
        ...


# --- Journal: everything that happened, and the only memory ------------------------------------


class JournalRefusal(Refusal):
    """The journal cannot be read or written: which file, why, and what to do."""


class StaleFence(JournalRefusal):
    """Another process has taken this run over; whoever holds the old fence must stop."""


class Withheld(JournalRefusal):
    """An event was not written, for a reason that the writer itself gave under the write lock."""


class Held(JournalRefusal):
    """Another process holds the lease of this run, and lives: which, and for how long at least."""


class Journal(Protocol):
    """Append-only events of many runs, and blobs by hash. Safe for many processes at once."""

    def lease(self, run: str, owner: str, ttl_s: float = 60.0) -> Fence:
        """Take the right to write ``run``; Held while another owner's lease is alive.

        The lease of a living process stays alive without its doing. That of one that is known to be
        dead is taken over at once.
        """
        ...

    def holder(self, run: str) -> str:
        """Return who would make `lease` refuse ``run`` now, or "" when nobody would."""
        ...

    def renew(self, fence: Fence, ttl_s: float = 60.0) -> None:
        """Keep a lease alive; StaleFence when it was taken over."""
        ...

    def release(self, fence: Fence) -> None:
        """Give the lease back; a stale one is none to give back."""
        ...

    def append(self, fence: Fence, event: Event, unless: Callable[[], str] | None = None) -> Entry:
        """Write one event durably before returning; StaleFence when the lease was taken over.

        ``unless`` is asked while nobody else can write, and may read this journal: the event is
        written, or Withheld says why not, before any other process can add to what it saw.
        """
        ...

    def read(self, run: str) -> Sequence[Entry]:
        """Return all events of one run, oldest first; empty when there is no such run."""
        ...

    def follow(self, after: int = 0, *, wait_s: float = 0.0) -> Iterator[Entry]:
        """Yield events of all runs past a position; then wait for more, up to ``wait_s`` idle."""
        ...

    def runs(self, limit: int = 0) -> Sequence[str]:
        """Return the names of runs, newest first; all of them when ``limit`` is 0."""
        ...

    def put_blob(self, content: bytes) -> str:
        """Keep ``content`` and return its SHA-256; keeping it twice is keeping it once."""
        ...

    def get_blob(self, sha256: str) -> bytes:
        """Return a blob; JournalRefusal when it is missing or no longer matches its hash."""
        ...


# --- Interpreter: runs a model's snippet against the typed SDK (code mode) ---------------------


class InterpreterSession(Protocol):
    """The snippets of one conversation, which share their names."""

    def run(self, snippet: str) -> SnippetResult:
        """Check and run one; never raises for what it did, InterpreterRefusal where none can run.

        One that raised leaves no new name; after one that was stopped, names are as before it.
        """

    def restore(self, snapshot: bytes) -> None:
        """Continue from what an earlier result kept, in whatever process."""

    def close(self) -> None:
        """End the interpreter."""


class Interpreter(Protocol):
    """Holds a snippet: no file, no network, no environment, only the functions it is given."""

    name: str

    def open(self, functions: Functions, stubs: str, limits: SnippetLimits) -> InterpreterSession:
        """Return a session; ``stubs`` (.pyi text) types the functions where types are checked."""
        ...


# --- Engine: decides when and where the targets of a campaign run ------------------------------


RunTarget = Callable[[Campaign, Target, Fence], TargetResult]


class Engine(Protocol):
    """Only when and where: what happened to a target is in the journal alone.

    A worker is whoever calls `execute`, in as many processes as there are; they share nothing but
    the journal. Its contract: a target is worked on under a lease, by one worker at a time; one
    whose worker died or stands still is taken over within ``lease_s``, and what the other still
    writes is refused; a target that ends its workers is parked; a pause, a cancel, a brake and
    ``limits`` hold from the entry on that says so, and a takeover is no way around them.
    """

    name: str

    def execute(
        self, campaign: Campaign, run_target: RunTarget, limits: EngineLimits
    ) -> Iterator[TargetResult]:
        """Be one worker, and yield the results of the targets that it worked on, as they come.

        Ends when nothing is left to begin or to wait for, or may be begun at all; a pause by a
        person is waited out. One target's failure never ends the rest, nor does a bug in one: it is
        recorded as a fault and raised at the end.
        """
        ...

    def pause(self, campaign: str, why: str = "", by: Speaker = ANYBODY) -> None:
        """Start no further target until `resume`; those running finish."""
        ...

    def resume(self, campaign: str, by: Speaker = ANYBODY) -> None:
        """Undo `pause`, a brake too; never a cancel."""
        ...

    def cancel(self, campaign: str) -> None:
        """Start no further target, ever; those running finish and are recorded."""
        ...
