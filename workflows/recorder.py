"""The pen of one run: every step goes through here into the journal, and to whoever watches.

A run that was begun before is written on: its `history` says what is done already, and the workflow
takes that from there instead of doing it, and paying for it, again.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from scoping.refusal import Refusal
from validators.encoding import builtins, encode
from workflows.history import History, history_of
from workflows.ports import Journal, JournalRefusal, StaleFence
from workflows.run import Effect, Entry, Event, EventKind, Fence, effects

# The journal keeps the lease of a living process alive; that of a dead one ends with this.
LEASE_S = 60.0
# What a run is: when one of these differs, going on would finish another run under its name.
_SAME = {
    "task_key": "task",
    "base_commit": "base commit",
    "rules_sha256": "rules that judge a change (gates, limits, protected paths, sandbox)",
    "target": "target",
    "action": "way to work (model.action, model.interpreter)",
}


class ResumeRefusal(Refusal):
    """A run cannot be gone on with: which run, what has changed since, and what to do."""


class Recorder:
    """Writes the events of one run under its fence; ``observe`` sees each after it is durable.

    ``history`` is what the journal held when the fence was taken.
    """

    def __init__(
        self, journal: Journal, fence: Fence, observe: Callable[[Entry], None] = lambda _: None
    ) -> None:
        self._journal = journal
        self._fence = fence
        self._observe = observe
        self.history: History = history_of(journal.read(fence.run))

    @property
    def run(self) -> str:
        """The run this pen belongs to."""
        return self._fence.run

    def record(self, kind: EventKind, /, **data: Any) -> Entry:  # noqa: ANN401 - what JSON knows
        """Write one event; ``data`` may hold nouns, which are stored as plain JSON."""
        entry = self._journal.append(self._fence, Event(kind, builtins(data)))
        self._observe(entry)
        return entry

    def record_unless(self, unless: Callable[[], str], kind: EventKind, /, **data: Any) -> Entry:  # noqa: ANN401 - as above
        """Write one event, or raise Withheld for what ``unless`` says while nobody can write."""
        entry = self._journal.append(self._fence, Event(kind, builtins(data)), unless)
        self._observe(entry)
        return entry

    def keep(self, noun: object) -> str:
        """Store a large noun as a blob and return the hash to record in an event."""
        return self._journal.put_blob(encode(noun))

    def kept(self, sha256: str) -> bytes:
        """Return what was stored under a hash; JournalRefusal when it is not there any more."""
        return self._journal.get_blob(sha256)

    def entries(self) -> list[Entry]:
        """Return what the journal holds of this run."""
        return list(self._journal.read(self.run))

    def perform(self, effect: Effect, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Do something outside, written down before and after; done before is not done again.

        ``act`` must look the effect up outside first: a process may have died between doing and
        settling, and then the journal knows only the intention.
        """
        known = effects(self.entries()).get(effect.key)
        if known is not None and known.outcome is not None:
            return dict(known.outcome)
        if known is None:
            self.record("effect.intended", key=effect.key, kind=effect.kind, request=effect.request)
        else:
            self._journal.renew(self._fence, LEASE_S)  # still ours to do?
        outcome = act()
        self.record("effect.settled", key=effect.key, outcome=outcome)
        return outcome


def changed_since(begun: Mapping[str, Any], start: Mapping[str, Any]) -> str:
    """Return what keeps a run that began with ``begun`` from going on with ``start``, or ""."""
    return next((words for key, words in _SAME.items() if begun.get(key) != start.get(key)), "")


@contextmanager
def leased(journal: Journal, run: str, owner: str, lease_s: float = LEASE_S) -> Iterator[Fence]:
    """Hold the right to write ``run``; JournalRefusal while another process holds it."""
    fence = journal.lease(run, owner, lease_s)
    try:
        yield fence
    finally:
        # Of a journal that cannot be written the lease runs out by itself, and its first complaint
        # is the one to be told.
        with suppress(JournalRefusal):
            journal.release(fence)


@contextmanager
def recording(
    journal: Journal,
    run: str,
    start: Mapping[str, Any],
    observe: Callable[[Entry], None] = lambda _: None,
    lease_s: float = LEASE_S,
) -> Iterator[Recorder]:
    """Open ``run`` in the journal; close it with the truth when it does not come to its own end.

    A run that is there already is taken up again; ResumeRefusal when ``start`` is about another.
    ``lease_s`` is when it may be taken up although its process lives, and stands still.
    """
    with leased(journal, run, f"run {run}", lease_s) as fence:
        recorder = Recorder(journal, fence, observe)
        _begin(recorder, start)
        try:
            yield recorder
        except StaleFence:
            # Somebody else writes this run now, its end too.
            raise
        except KeyboardInterrupt:
            _finish(recorder, "cancelled", "cancelled", "interrupted by a person")
            raise
        except Refusal as refusal:
            _finish(recorder, "failed", "infrastructure", str(refusal))
            raise
        except Exception as bug:
            why = f"a fault of changewright: {type(bug).__name__}: {bug}"
            _finish(recorder, "failed", "infrastructure", why)
            raise


def _begin(recorder: Recorder, start: Mapping[str, Any]) -> None:
    before = recorder.history
    if before.started is None:
        recorder.record("run.started", **start)
        recorder.history = history_of(recorder.entries())
        return
    if meaning := changed_since(before.started, start):
        raise ResumeRefusal(
            f"run {recorder.run} cannot go on: its {meaning} is no longer what it was when it"
            " began. Put that back as it was, or start anew with `changewright propose`"
        )
    recorder.record("run.resumed", replies=before.replies, attempts=len(before.attempts))


def _finish(recorder: Recorder, state: str, verdict: str, why: str) -> None:
    # On a full disk the run stays open, which is true too: it can be taken up again.
    with suppress(JournalRefusal):
        recorder.record("run.finished", state=state, verdict=verdict, why=why)
