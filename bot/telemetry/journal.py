"""The journal of this machine, telling its traces when the right to write a run comes and goes."""

from collections.abc import Callable
from pathlib import Path

from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.telemetry.traces import Traces
from workflows.run import Fence


class TracedJournal(SqliteJournal):
    """A journal beside which the traces of its runs are kept."""

    def __init__(
        self, path: Path, now_iso: Callable[[], str], now: Callable[[], float], traces: Traces
    ) -> None:
        super().__init__(path, now_iso, now)
        self.traces = traces

    def lease(self, run: str, owner: str, ttl_s: float = 60.0) -> Fence:
        """Take the right to write ``run``, as in the journal itself."""
        fence = super().lease(run, owner, ttl_s)
        self.traces.begun(run)
        return fence

    def release(self, fence: Fence) -> None:
        """Give it back; what the run came to by now becomes its trace."""
        super().release(fence)
        self.traces.ended(fence.run, self)

    def close(self) -> None:
        """Keep the traces of what dead processes left, and end this process's connections."""
        self.traces.catch_up(self)
        super().close()
        self.traces.close()
