"""The report of a fault of ours: where it happened, and nothing of what was worked on.

Messages of exceptions, values of variables, arguments and paths of the target stay out, because
any of them may hold its code or a secret. A person who wants them in says so with the setting
`report.content`; they then pass the redactor.
"""

import os
import platform
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bot import logs
from bot.console import printable, redacted

_OUR_CODE = Path(__file__).resolve().parent.parent
_OURS = ("bot", "workflows", "validators", "scoping")
_ASKED_S = 2.0
_FRAMES = 30  # shown of each end: without end a recursion would be all there is


@dataclass(frozen=True, slots=True)
class Report:
    """Where a report is, and whether it quotes what was worked on."""

    path: Path
    has_content: bool


def write_report(error: BaseException, arguments: Sequence[str]) -> Report:
    """Write what is known of a fault where the state is kept, or in a folder of its own.

    ``arguments`` are what the program was started with; they are told only when content is wanted.
    """
    from datetime import UTC, datetime  # noqa: PLC0415 - a bug's own cost

    state, wants_content = _settings()
    lines = [*_head(), *_faults(error), *_events()]
    lines += _content(error, arguments) if wants_content else ()
    name = f"{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}-{os.getpid()}.txt"
    # Redacted whole, though nothing of it should need it.
    text = redacted("\n".join(lines)) + "\n"
    return Report(_written(text, name, state), wants_content)


def _settings() -> tuple[Path | None, bool]:
    """Return the state folder, if there is one, and whether the report may hold content."""
    from bot.settings import from_process  # noqa: PLC0415 - a bug's own cost

    place = logs.current().place
    known = place.state if place else None
    try:
        settings = from_process({})
    except Exception:  # noqa: BLE001 - settings may be what is broken; then the least is told
        return known, False
    return known or settings.state, settings.report_content


def _written(text: str, name: str, state: Path | None) -> Path:
    import tempfile  # noqa: PLC0415 - a bug's own cost

    if state is not None and state.is_dir():
        with suppress(OSError):
            (state / "reports").mkdir(mode=0o700, exist_ok=True)
            return _created(state / "reports" / name, text)
    return _created(Path(tempfile.mkdtemp(prefix="changewright-report-"), name), text)


def _created(path: Path, text: str) -> Path:
    how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(path, how, 0o600), "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    return path


def _head() -> Iterator[str]:
    place = logs.current().place
    yield f"changewright {version('changewright')}, Python {platform.python_version()}"
    yield f"{platform.system()} {platform.release()} {platform.machine()}"
    yield f"git: {_asked('git')}"
    yield f"bubblewrap: {_asked('bwrap')}"
    yield f"command: {logs.command() or 'none'}"
    yield f"run: {place.run if place and place.run else 'none'}"


def _asked(program: str) -> str:
    """Return what a program says of its version, in one line."""
    import shutil  # noqa: PLC0415 - a bug's own cost
    import subprocess  # noqa: PLC0415

    place = shutil.which(program)
    if place is None:
        return "not found"
    try:
        said = subprocess.run(
            [place, "--version"],
            capture_output=True,
            cwd="/",
            env={"LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1"},
            timeout=_ASKED_S,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return "does not answer"
    return said.decode("ascii", "replace").strip().partition("\n")[0][:80]


def _faults(error: BaseException) -> Iterator[str]:
    for number, fault in enumerate(_chain(error)):
        kind = type(fault)
        yield ""
        yield f"{'with ' if number else ''}{kind.__module__}.{kind.__qualname__}"
        frames = traceback.extract_tb(fault.__traceback__)
        left_out = len(frames) - 2 * _FRAMES
        for place, frame in enumerate(frames):
            if left_out <= 0 or not _FRAMES <= place < _FRAMES + left_out:
                yield from _frame(frame)
            elif place == _FRAMES:
                yield f"  ... {left_out} more"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, those of its group, and those it was raised from; each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        fault = waiting.pop()
        if id(fault) in seen:
            continue
        seen.add(id(fault))
        yield fault
        before = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
        waiting += [before] if before else []
        waiting += reversed(getattr(fault, "exceptions", ()))


def _frame(frame: traceback.FrameSummary) -> Iterator[str]:
    path = Path(frame.filename)
    if path.is_relative_to(_OUR_CODE) and path.relative_to(_OUR_CODE).parts[0] in _OURS:
        yield f"  {path.relative_to(_OUR_CODE)}:{frame.lineno} in {frame.name}"
        yield f"    {frame.line}"
        return
    for root in map(Path, sorted(sys.path, key=len, reverse=True)):
        if root.is_absolute() and path.is_relative_to(root):
            yield f"  {path.relative_to(root)}:{frame.lineno} in {frame.name}"
            return
    yield f"  elsewhere:{frame.lineno}"


def _events() -> Iterator[str]:
    yield ""
    yield "the last events:"
    for at, kind in logs.current().recent:
        yield f"  {at} {kind}"


def _content(error: BaseException, arguments: Sequence[str]) -> Iterator[str]:
    import shlex  # noqa: PLC0415 - only when asked for

    yield ""
    yield "with content, because report.content is set:"
    yield printable(f"  arguments: {shlex.join(arguments)}")
    for fault in _chain(error):
        yield printable(f"  {type(fault).__qualname__}: {fault}")
