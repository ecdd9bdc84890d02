"""The options that several commands share, so that they mean the same everywhere."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from bot import logs

F = TypeVar("F", bound=Callable[..., Any])

repo = click.option(
    "--repo",
    type=click.Path(path_type=Path),
    default=Path(),
    show_default="the current directory",
    help="The target repository; read, never checked out or changed.",
)
base = click.option(
    "--base", default="HEAD", show_default=True, metavar="REV", help="The commit to work on."
)
base_or_files = click.option(
    "--base",
    metavar="REV",
    show_default="HEAD, with what is uncommitted over it",
    help="The commit to read.",
)
profile = click.option(
    "--profile", metavar="NAME", help="The area of scope.profiles that the task is about."
)
state = click.option(
    "--state",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where journal, bundles and caches are kept (default: the platform's state folder).",
)
quiet = click.option("--quiet", is_flag=True, help="No progress, only the result.")
verbose = click.option(
    "-v",
    "--verbose",
    count=True,
    expose_value=False,
    callback=lambda _context, _option, count: logs.speak(count),
    help="Show the log on standard error as it is written; -vv shows its details too.",
)
unsafe = click.option(
    "--unsafe-no-sandbox",
    is_flag=True,
    help="Run the target's commands WITHOUT isolation. Recorded in the evidence.",
)
model = click.option(
    "--model",
    metavar="claude|scripted:FILE|recorded:RUN",
    help="Who writes the change (default: claude).",
)
forge = click.option(
    "--forge",
    metavar="local|github",
    help="Where pull requests are (default: local, this machine's state folder).",
)
issue_file = click.option(
    "--issue-file",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE.md",
    help='The task, in text or Markdown ("-": standard input); front matter may hold number, title,'
    " author, labels.",
)
kind = click.option(
    "--kind",
    metavar="KIND",
    help="What the change is for: fix (default), feature, refactor, docs, tests or dependency; only"
    " a fix must turn a test green.",
)


class _Words(click.types.StringParamType):
    """Text, which is kept and shown: bytes that are none cannot be either."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        text: str = super().convert(value, param, ctx)
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            self.fail("it is not UTF-8; write it in UTF-8", param, ctx)
        return text


WORDS = _Words()
reviewer = click.option(
    "--reviewer",
    type=WORDS,
    metavar="NAME",
    help="Who decides; claimed, not verified (default: your login).",
)
task = click.option("--task", type=WORDS, metavar="TEXT", help="The task, in words.")


def json(forms: str = "") -> Callable[[F], F]:
    """Return the ``--json`` option; ``forms`` names the values it takes after ``=``, if any."""
    value = f"; --json={forms} for plain lists" if forms else ""
    return click.option(
        "--json",
        "json_form",
        default="",
        metavar="",
        callback=lambda _context, _option, form: _known_form(form, forms),
        help=f"Print one JSON document on standard output, words on standard error{value}.",
    )


def _known_form(form: str, forms: str) -> str:
    if form not in {"", "document", forms}:
        raise click.BadParameter(f"{form!r} is no form of it; write --json{forms and '='}{forms}")
    return form


def again(repo: Path, state: Path | None) -> str:
    """Return the options with which a printed command finds the same target and state."""
    words = ["--repo", str(repo)] + (["--state", str(state)] if state else [])
    return shlex.join(words)


def given(**values: object) -> dict[str, object]:
    """Return the options that were really given, as settings know them."""
    return {key.replace("__", "."): value for key, value in values.items() if value is not None}


def spelled_out(model: str | None) -> str | None:
    """Return ``--model`` so that it means the same in another folder."""
    kind, _, rest = (model or "").partition(":")
    return f"{kind}:{Path(rest).absolute()}" if kind == "scripted" and rest else model
