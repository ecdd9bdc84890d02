"""The console script: arguments to a command, and whatever comes back to an exit code.

0 done or proposed, 1 nothing to propose (findings printed), 2 wrong use or settings, 3 our bug,
130 interrupted. This is the one place where an exception becomes a message.
"""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from bot.commands.apply import apply
from bot.commands.doctor import doctor
from bot.commands.gate import gate
from bot.commands.init import init
from bot.commands.migrate import migrate
from bot.commands.propose import propose
from bot.commands.publish import publish
from bot.commands.review import review
from bot.commands.runs import runs
from bot.commands.scope import scope
from scoping.refusal import Refusal

BUG, INTERRUPTED, WRONG_USE = 3, 130, 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="changewright", message="%(prog)s %(version)s")
def program() -> None:
    """From an issue to a pull request that a person can accept in minutes.

    Everything that can be checked is checked by something that is not a model: a task goes in, a
    proposal with its evidence comes out, a person decides.
    """


for command in (init, doctor, scope, propose, publish, apply, gate, migrate, review, runs):
    program.add_command(command)


def main() -> NoReturn:
    """Run the program on the process's arguments and exit with its code."""
    # A run that is told to end settles as cancelled, as with Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; every failure is a message on standard error."""
    try:
        code = program.main(_with_json_value(arguments), "changewright", standalone_mode=False)
    except click.ClickException as error:
        _complain(_shown(error))
        return WRONG_USE
    except Refusal as refusal:
        _complain(f"changewright: {refusal}")
        return WRONG_USE
    except (KeyboardInterrupt, click.Abort):
        _complain("changewright: interrupted; what was finished is in the journal")
        return INTERRUPTED
    except Exception as bug:  # noqa: BLE001 - the last line of defence, and it reports
        _complain(_report(bug))
        return BUG
    return code if isinstance(code, int) else 0


def _with_json_value(arguments: Sequence[str]) -> list[str]:
    """Give a bare ``--json`` its value, so that it never takes the next word for one."""
    words = list(arguments)
    end = words.index("--") if "--" in words else len(words)
    return ["--json=document" if w == "--json" else w for w in words[:end]] + words[end:]


def _report(bug: Exception) -> str:
    """Write a report of our own fault, without values of variables, and say where it is."""
    import tempfile  # noqa: PLC0415 - only for a bug
    import traceback  # noqa: PLC0415
    from importlib.metadata import version  # noqa: PLC0415

    frames = "".join(traceback.format_tb(bug.__traceback__))
    folder = Path(tempfile.mkdtemp(prefix="changewright-report-"))
    path = folder / "report.txt"
    path.write_text(
        f"changewright {version('changewright')}, Python {sys.version}\n"
        f"{type(bug).__module__}.{type(bug).__qualname__}\n{frames}",
        encoding="utf-8",
    )
    return (
        f"changewright: a fault of ours ({type(bug).__name__}: {bug}).\n"
        f"A report without any of your code is in {path}; please attach it to an issue."
    )


def _shown(error: click.ClickException) -> str:
    """Return what click would print: usage, hint and message."""
    import io  # noqa: PLC0415 - after a failure only

    text = io.StringIO()
    error.show(text)
    return text.getvalue().rstrip()


def _complain(message: str) -> None:
    from bot.console import printable  # noqa: PLC0415 - after a failure only

    sys.stderr.write(printable(message) + "\n")
