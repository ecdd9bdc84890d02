"""The traces of this process as the operator wants them: where they are, and who sends them."""

from pathlib import Path

from bot.console import Console, one_line
from bot.settings import Settings
from bot.telemetry.destination import destination_of
from bot.telemetry.sending import Sender
from bot.telemetry.traces import Keeping, Traces
from bot.telemetry.unreached import Unreached

# Journals that are open within one another send by one thread, and are waited for once.
_senders: list[Sender] = []


def traces_of(settings: Settings) -> Traces:
    """Return what keeps the traces of runs in the state folder, and sends them where asked."""
    told, folder = settings.telemetry, settings.state / "traces"
    return Traces(Keeping(folder, told.content, _sender_of(settings) if told.is_asked else None))


def unreached_in(state: Path) -> Unreached:
    """Return what this state folder's commands remember of a receiver."""
    return Unreached(state / "traces" / "unreached.json")


def _sender_of(settings: Settings) -> Sender:
    if _senders and not _senders[0].is_over:
        return _senders[0].joined()
    told, folder = settings.telemetry, settings.state / "traces"
    hint = f"{folder} has them, and `changewright trace RUN --send` sends them"
    _senders[:] = [
        Sender(
            lambda: destination_of(told, settings.installer_environment),
            lambda why: Console().note(one_line(f"note: {why}; {hint}")),
            unreached_in(settings.state),
        )
    ]
    return _senders[0]
