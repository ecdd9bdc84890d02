"""Each run's trace as a file of OTLP JSON lines in the state folder, kept as the run goes on.

It is written when a run ends or stops: whoever wrote the run gives its right to write it back then.
A mark stands there from when that right was taken, so that of a process that died the next command
finds the runs. Nothing here ever fails, slows or stops a run: what cannot be written is a line in
the log, and `changewright trace` makes the same trace at any time.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from bot import logs
from bot.scratch import private
from bot.telemetry.campaign_spans import campaign_spans, stream_of
from bot.telemetry.content import Content
from bot.telemetry.otlp import Encoded, encoded, lines_of
from bot.telemetry.run_spans import run_spans
from bot.telemetry.sending import CLOSING_S, Batch, Sender
from validators.encoding import digest, encode
from workflows.ports import Journal
from workflows.run_record import require_run

# Of what dead processes left: the rest is the next command's.
_MOST_LEFT_BEHIND = 50
# Events of campaigns, which are told by `Traces.campaign`.
_NO_RUNS = ("campaign-", "target-", "author-")
# Where the marks are: a folder of few files, which each command may look through.
_BEGUN = "begun"


@dataclass(frozen=True, slots=True)
class Keeping:
    """How traces are kept: in which folder, with content or not, and who sends them."""

    folder: Path
    with_content: bool = False
    sender: Sender | None = None


class Traces:
    """The traces of one process's runs; none of its methods raises."""

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping

    def begun(self, run: str) -> None:
        """Remember that somebody writes ``run`` from now on."""
        if _is_run(run):
            with _unhindered(run):
                private(private(self._keeping.folder) / _BEGUN)
                self._mark(run).touch(mode=0o600)

    def ended(self, run: str, journal: Journal) -> None:
        """Write the trace of a run that nobody writes any more, and have it sent."""
        if _is_run(run):
            with _unhindered(run):
                if not journal.holder(run):
                    self._keep(run, spans_of(run, journal, with_content=self._with_content))
                    self._mark(run).unlink(missing_ok=True)

    @contextmanager
    def campaign(self, key: str, journal: Journal) -> Iterator[None]:
        """Write the trace of a campaign as it stands afterwards, and have it sent."""
        try:
            yield
        finally:
            with _unhindered(stream_of(key)):
                self._keep(stream_of(key), encoded(stream_of(key), campaign_spans(key, journal)))

    def catch_up(self, journal: Journal) -> None:
        """Write the traces of runs whose processes died over them."""
        with _unhindered(""):
            marks = sorted(path.name for path in (self._keeping.folder / _BEGUN).glob("*"))
            dead = (run for run in marks if not journal.holder(run))
            for run in islice(dead, _MOST_LEFT_BEHIND):
                self.ended(run, journal)

    def close(self, within_s: float = CLOSING_S) -> None:
        """Wait a little for what is still to be sent."""
        if self._keeping.sender is not None:
            with _unhindered(""):
                self._keeping.sender.close(within_s)

    @property
    def _with_content(self) -> bool:
        return self._keeping.with_content

    def _mark(self, run: str) -> Path:
        return self._keeping.folder / _BEGUN / require_run(run)

    def _keep(self, name: str, spans: Sequence[Encoded]) -> None:
        if not spans:
            return
        folder = private(self._keeping.folder)
        file = folder / f"{require_run(name)}.jsonl"
        _write(file, document_of(spans))
        if self._keeping.sender is not None:
            self._keeping.sender.offer(_batch(file.with_suffix(".sent"), spans))


def spans_of(name: str, journal: Journal, *, with_content: bool = False) -> list[Encoded]:
    """Return the trace of a run, or of a campaign by its key; empty where there is none."""
    content = Content(journal.get_blob if with_content else None)
    if spans := run_spans(name, journal.read(name), content):
        return encoded(name, spans)
    key = name.removeprefix(stream_of(""))
    return encoded(stream_of(key), campaign_spans(key, journal))


def document_of(spans: Sequence[Encoded]) -> bytes:
    """Return the file that holds encoded spans."""
    return b"".join(lines_of(spans, _version()))


def _is_run(name: str) -> bool:
    return not name.startswith(_NO_RUNS)


def _batch(record: Path, spans: Sequence[Encoded]) -> Batch:
    """Return what no receiver has yet; ``record`` names what was sent, by hashes."""
    known = frozenset(record.read_text().split()) if record.is_file() else frozenset()
    names = {digest(encode(one))[:16]: one for one in spans}
    fresh = [one for name, one in names.items() if name not in known]

    def sent() -> None:
        _write(record, "".join(f"{name}\n" for name in names).encode())

    return Batch(fresh, _version(), sent)


@contextmanager
def _unhindered(run: str) -> Iterator[None]:
    """Let the work go on whatever happens within: a trace is made again from the journal."""
    try:
        yield
    except Exception as fault:  # noqa: BLE001 - see above
        logs.current().event("trace.not_kept", "warning", run=run, fault=type(fault).__name__)


def _write(place: Path, content: bytes) -> None:
    """Put a file there whole, or leave the one that is there."""
    descriptor, name = tempfile.mkstemp(".unfinished", f".{place.stem}-", place.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).replace(place)
    finally:
        Path(name).unlink(missing_ok=True)


@cache
def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - 20 ms that --help does not need

    return version("changewright")
