"""What flew out of a command, as words on standard error and an exit code.

Wrong use and refusals are told as they are; what is the machine's doing (no room, no memory, nobody
reading) is told as that; all else is a fault of ours, and leaves a report.
"""

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from bot import logs
from bot.bug_report import write_report
from bot.console import is_stuck, printable, redacted
from bot.interrupts import INTERRUPTED
from scoping.refusal import Refusal

WRONG_USE, BUG, UNREAD = 2, 3, 141
# What `sandbox run` says for itself: its other codes are the command's own.
NOT_RUN = 125
_FULL = (errno.ENOSPC, errno.EDQUOT)
_MANY = (errno.EMFILE, errno.ENFILE)


def explain(error: BaseException, arguments: Sequence[str]) -> int:
    """Tell a person what happened and return the exit code for it; never raises an Exception."""
    try:
        if isinstance(error, BrokenPipeError) and _is_unread():
            return UNREAD
        code, words = _told(error, arguments)
        _complain(words)
        if list(arguments[:2]) == ["sandbox", "run"] and not _is_wrong_use(error):
            return NOT_RUN if code in {WRONG_USE, BUG} else code
    except Exception as second:  # noqa: BLE001 - nothing is left that could report it
        _complain_plainly(
            f"changewright: a fault of ours ({type(error).__name__}), and it cannot be reported"
            f" ({type(second).__name__}); please say so in an issue"
        )
        return BUG
    return code


def _told(error: BaseException, arguments: Sequence[str]) -> tuple[int, str]:
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return INTERRUPTED, "changewright: interrupted; what was finished is in the journal"
    if isinstance(error, click.ClickException):
        return WRONG_USE, _shown(error)
    if isinstance(error, Refusal):
        logs.current().event("process.refused", "warning", refusal=type(error).__name__)
        return WRONG_USE, f"changewright: {error}"
    if words := _lacking(error):
        return WRONG_USE, f"changewright: {words}"
    logs.current().event("process.failed", "error", fault=type(error).__name__)
    return BUG, _reported(error, arguments)


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


def _reported(error: BaseException, arguments: Sequence[str]) -> str:
    report = write_report(error, arguments)
    words = f"changewright: a fault of ours ({_summary(error)}).\n"
    if report.has_content:
        words += f"A report is in {report.path}; it quotes what was worked on, so read it first,"
        return words + " then please attach it to an issue."
    words += f"A report without any of your code is in {report.path};"
    return words + " please attach it to an issue."


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


def _complain(words: str) -> None:
    _complain_plainly(printable(redacted(words)))


def _complain_plainly(words: str) -> None:
    with suppress(OSError):
        sys.stderr.write(words + "\n")
