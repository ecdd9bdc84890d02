"""What flew out of a command, as words on standard error and an exit code.

Wrong use and refusals are told as they are; what is the machine's doing (no room, no memory, nobody
reading) is told as that; all else is a fault of ours, and leaves a report. Where ``--json`` was
asked for, the same is on standard output as one document, unless the command printed its own.
"""

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import click

from bot import logs
from bot.bug_report import write_report
from bot.console import error_document, is_stuck, printable, redacted
from bot.interrupts import INTERRUPTED
from scoping.refusal import Refusal

WRONG_USE, BUG, UNREAD = 2, 3, 141
# What `sandbox run` says for itself: its other codes are the command's own.
_NOT_RUN = dict.fromkeys((WRONG_USE, BUG), 125)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_MANY = (errno.EMFILE, errno.ENFILE)


@dataclass(frozen=True, slots=True)
class _Told:
    """A failure in words, fit to be shown: what happened, and where that is not all, the whole."""

    kind: Literal["usage", "refusal", "machine", "interrupted", "bug"]
    exit_code: int
    message: str
    whole: str = ""
    report: str = ""


def explain(error: BaseException, arguments: Sequence[str]) -> int:
    """Tell a person what happened and return the exit code for it; never raises an Exception.

    Where ``arguments`` ask for a document, one is printed: ``{"error": {"kind", "message",
    "exit_code"}}``, and ``"report"``, a path, where it is a fault of ours.
    """
    try:
        if isinstance(error, BrokenPipeError) and _is_unread():
            return UNREAD
        told = _fit(_told(error, arguments))
        if list(arguments[:2]) == ["sandbox", "run"] and not _is_wrong_use(error):
            told = replace(told, exit_code=_NOT_RUN.get(told.exit_code, told.exit_code))
    except Exception as second:  # noqa: BLE001 - nothing is left that could report it
        words = f"a fault of ours ({type(error).__name__}), and it cannot be reported"
        words += f" ({type(second).__name__}); please say so in an issue"
        told = _Told("bug", BUG, words)
    with suppress(OSError):
        sys.stderr.write(f"{told.whole or f'changewright: {told.message}'}\n")
    if _wants_document(arguments):
        with suppress(OSError):  # what cannot be written has its exit code all the same
            error_document(_document(told))
    return told.exit_code


def _fit(told: _Told) -> _Told:
    """Return it without secrets, and without what would steer a terminal."""
    message, whole, report = (
        printable(redacted(text)) for text in (told.message, told.whole, told.report)
    )
    return replace(told, message=message, whole=whole, report=report)


def _document(told: _Told) -> dict[str, object]:
    found = {"kind": told.kind, "message": told.message, "exit_code": told.exit_code}
    return found | ({"report": told.report} if told.report else {})


def _wants_document(arguments: Sequence[str]) -> bool:
    """Whether ``--json`` is among the words, though they may be wrong; after ``--`` none is."""
    words = list(arguments)
    end = words.index("--") if "--" in words else len(words)
    return any(word == "--json" or word.startswith("--json=") for word in words[:end])


def _told(error: BaseException, arguments: Sequence[str]) -> _Told:
    if isinstance(error, KeyboardInterrupt | click.Abort):
        words = "interrupted; what was finished is in the journal"
        return _Told("interrupted", INTERRUPTED, words)
    if isinstance(error, click.ClickException):
        return _Told("usage", WRONG_USE, error.format_message(), _shown(error))
    if isinstance(error, Refusal):
        logs.current().event("process.refused", "warning", refusal=type(error).__name__)
        return _Told("refusal", WRONG_USE, str(error))
    if words := _lacking(error):
        return _Told("machine", WRONG_USE, words)
    logs.current().event("process.failed", "error", fault=type(error).__name__)
    return _reported(error, arguments)


def _lacking(error: BaseException) -> str:
    """Return what this machine lacks, and what to do; nothing where that is not the reason."""
    if not isinstance(error, OSError):
        ran_out = isinstance(error, MemoryError)
        return "memory ran out; free some, and the run can be resumed" if ran_out else ""
    if is_stuck(sys.stdout):
        return (
            f"standard output cannot be written: {error.strerror}; give it another place. What was"
            " done is kept, and `changewright runs` shows it"
        )
    if isinstance(error, FileNotFoundError) and _is_nowhere():
        return "the current folder is gone; go to one that is there, and start it again"
    if error.errno in _MANY:
        return f"{error.strerror}; allow more of them (ulimit -n); the run can be resumed"
    if error.errno in _FULL:
        place = error.filename or "where the state or temporary files are kept"
        return f"the disk is full: {place}; free some space; the run can be resumed"
    return ""


def _is_nowhere() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def _is_wrong_use(error: BaseException) -> bool:
    """Whether it is the words or the settings that are wrong, not the sandbox or the machine."""
    from bot.configuration.values import SettingsRefusal  # noqa: PLC0415 - after a failure only
    from bot.sandbox_run import SandboxRunRefusal  # noqa: PLC0415 - the same
    from bot.scratch import StateRefusal  # noqa: PLC0415 - the same

    wrong = (click.UsageError, SettingsRefusal, StateRefusal, SandboxRunRefusal)
    return isinstance(error, wrong)


def _reported(error: BaseException, arguments: Sequence[str]) -> _Told:
    report = write_report(error, arguments)
    what = f"a fault of ours ({_summary(error)})"
    words = f"changewright: {what}.\n"
    if report.has_content:
        words += f"A report is in {report.path}; it quotes what was worked on, so read it first,"
        words += " then please attach it to an issue."
    else:
        words += f"A report without any of your code is in {report.path};"
        words += " please attach it to an issue."
    return _Told("bug", BUG, what, words, str(report.path))


def _summary(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "RecursionError: something is nested deeper than the program can follow"
    return f"{type(error).__name__}: {error}"


def _shown(error: click.ClickException) -> str:
    """Return what click would print: usage, hint and message."""
    import io  # noqa: PLC0415 - for wrong use only

    text = io.StringIO()
    error.show(text)
    return text.getvalue().rstrip()


def _is_unread() -> bool:
    """Whether it was our own output that nobody reads; what is left of it then goes nowhere."""
    import select  # noqa: PLC0415 - for broken pipes only

    unread = False
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # no file behind it, so no pipe either
            watch = select.poll()
            watch.register(stream.fileno(), 0)
            if any(state & (select.POLLERR | select.POLLHUP) for _, state in watch.poll(0)):
                unread = True
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)
    return unread
