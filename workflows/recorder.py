"""The pen of one run: every step goes through here into the journal, and to whoever watches."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from scoping.refusal import Refusal
from validators.encoding import builtins, encode
from workflows.ports import Journal
from workflows.run import Effect, Entry, Event, EventKind, Fence, effects

# Longer than any run may take: a run that died is taken over by its own name, not by patience.
_LEASE_S = 3600.0


class Recorder:
    """Writes the events of one run under its fence; ``observe`` sees each after it is durable."""

    def __init__(
        self, journal: Journal, fence: Fence, observe: Callable[[Entry], None] = lambda _: None
    ) -> None:
        self._journal = journal
        self._fence = fence
        self._observe = observe

    @property
    def run(self) -> str:
        """The run this pen belongs to."""
        return self._fence.run

    def record(self, kind: EventKind, /, **data: Any) -> Entry:  # noqa: ANN401 - what JSON knows
        """Write one event; ``data`` may hold nouns, which are stored as plain JSON."""
        entry = self._journal.append(self._fence, Event(kind, builtins(data)))
        self._observe(entry)
        return entry

    def keep(self, noun: object) -> str:
        """Store a large noun as a blob and return the hash to record in an event."""
        return self._journal.put_blob(encode(noun))

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
        outcome = act()
        self.record("effect.settled", key=effect.key, outcome=outcome)
        return outcome


@contextmanager
def recording(
    journal: Journal,
    run: str,
    start: Mapping[str, Any],
    observe: Callable[[Entry], None] = lambda _: None,
) -> Iterator[Recorder]:
    """Open ``run`` in the journal; close it with the truth when it does not come to its own end."""
    fence = journal.lease(run, owner=run, ttl_s=_LEASE_S)
    recorder = Recorder(journal, fence, observe)

    def finish(state: str, verdict: str, why: str) -> None:
        recorder.record("run.finished", state=state, verdict=verdict, why=why)

    try:
        recorder.record("run.started", **start)
        yield recorder
    except KeyboardInterrupt:
        finish("cancelled", "cancelled", "interrupted by a person")
        raise
    except Refusal as refusal:
        finish("failed", "infrastructure", str(refusal))
        raise
    except Exception as bug:
        finish("failed", "infrastructure", f"a fault of changewright: {type(bug).__name__}: {bug}")
        raise
    finally:
        journal.release(fence)
