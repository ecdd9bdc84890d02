"""The console script: arguments to a command, and whatever comes back to an exit code.

0 done or proposed, 1 nothing to propose (findings printed), 2 wrong use or settings, or a machine
without room, 3 our bug, 130 interrupted (Ctrl-C, SIGTERM or SIGHUP), 141 when whoever read standard
output stopped reading. This is the one place where an exception becomes a message.
"""

import sys
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import click

from bot import console, logs
from bot.interrupts import INTERRUPTED, settling

if TYPE_CHECKING:
    from bot.redaction import Redactor

DONE = 0
_COMMANDS = (
    *("init", "doctor", "scope", "propose", "resume", "publish", "apply", "gate", "verify"),
    *("migrate", "review", "runs", "report", "serve", "show", "replay", "trace", "codemod"),
    *("index", "query", "mcp", "metrics", "learn", "sandbox", "journal"),
)


class _Failure(Exception):
    """Carries what click would tell in its own way."""


class _Commands(MutableMapping[str, click.Command]):
    """Commands by name, each imported when it is asked for: a start needs one of them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._known: dict[str, click.Command | None] = dict.fromkeys(names)

    def __getitem__(self, name: str) -> click.Command:
        command = self._known[name]
        if command is None:
            command = getattr(import_module(f"bot.commands.{name}"), name)
            self._known[name] = command
        return command

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._known[name] = command

    def __delitem__(self, name: str) -> None:
        del self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


class _Program(click.Group):
    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - what a command returns
        try:
            return super().invoke(ctx)
        except (OSError, EOFError, KeyboardInterrupt) as error:
            raise _Failure from error


@click.group(
    cls=_Program,
    commands=_Commands(_COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="changewright", message="%(prog)s %(version)s")
@click.pass_context
def program(context: click.Context) -> None:
    """From an issue to a pull request that a person can accept in minutes.

    Everything that can be checked is checked by something that is not a model: a task goes in, a
    proposal with its evidence comes out, a person decides.
    """
    logs.begin(context.invoked_subcommand or "")


def main() -> NoReturn:
    """Run the program on the process's arguments and exit with its code."""
    console.open_streams()
    console.redact_with(_redactor)
    with settling():
        code = run(sys.argv[1:])
    console.close_streams()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; every failure is a message on standard error.

    Where ``--json`` is among ``arguments``, it is a document on standard output as well.
    """
    ended: object = INTERRUPTED
    console.begin_output()
    try:
        ended = code = _code(arguments)
    except SystemExit as end:
        ended = end.code
        raise
    except KeyboardInterrupt:  # while a failure was being told
        return INTERRUPTED
    finally:
        logs.current().event("process.finished", code=ended)
        logs.current().close()
    return code


def _code(arguments: Sequence[str]) -> int:
    try:
        _refuse_nul(arguments)
        _refuse_locale()
        code = program.main(_with_json_value(arguments), "changewright", standalone_mode=False)
        sys.stdout.flush()  # here, where a reader that is gone is no traceback
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - each gets words and a code
        from bot.failure import explain  # noqa: PLC0415 - after a failure only

        carried = error.__cause__ if isinstance(error, _Failure) else None
        return explain(carried or error, arguments)
    return code if isinstance(code, int) else DONE


def _refuse_nul(arguments: Sequence[str]) -> None:
    for number, word in enumerate(arguments, 1):
        if "\0" in word:
            raise click.UsageError(
                f"argument {number} holds a NUL, which no name can; leave it out"
            )


def _refuse_locale() -> None:
    """Refuse a locale in which the names of files could be neither read nor written."""
    if sys.getfilesystemencoding() != "utf-8":
        raise click.UsageError(
            f"this locale writes names of files in {sys.getfilesystemencoding()}; start it with"
            " LC_ALL=C.UTF-8, or with PYTHONUTF8=1"
        )


def _with_json_value(arguments: Sequence[str]) -> list[str]:
    """Give a bare ``--json`` its value, so that it never takes the next word for one."""
    words = list(arguments)
    end = words.index("--") if "--" in words else len(words)
    return ["--json=document" if w == "--json" else w for w in words[:end]] + words[end:]


def _redactor() -> "Redactor":
    from bot.redaction import Redactor  # noqa: PLC0415 - --help says nothing of its own
    from bot.settings import secrets_of_process  # noqa: PLC0415 - the same

    return Redactor(secrets_of_process())
