"""What is wrong with an input, what the command must say about it, and the table of both.

A row builds its input below a new folder and names the command; `judge` runs it as a person would
and compares what came of it. Test files and `bad_input_table.py` share rows of this one form.
"""

import hashlib
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.conftest import PROGRAM
from tests.ending import LIMIT_S
from tests.found_out import lend

_LIMIT_S = 600
# What no message may hold: our insides, git's, the kernel's, and folders that are gone afterwards.
_INSIDES = re.compile(r"Traceback|\[?Errno|\bfatal: |\berror: (?!.*tests?)|/scratch/|--git-dir")
_COMPLAINT = re.compile(r"(?:changewright|Error): ")


class NotHereError(Exception):
    """This machine cannot build the input: the row is left out, and the reason shown."""


@dataclass(frozen=True)
class Setting:
    """One input, built: the words behind the program's name, and what must stay as it is.

    ``repo`` is compared before and after, byte by byte, but for paths that ``but_for`` matches.
    ``before`` stands before the program in the argv (another user, a mount namespace); ``program``
    is what is started instead of the installed one. ``state`` is where a command may leave nothing
    in scratch/; ``after`` is called at the end, whatever came.
    """

    argv: tuple[str | Path, ...]
    repo: Path | None = None
    env: dict[str, str] = field(default_factory=dict)
    but_for: str = ""
    before: tuple[str, ...] = ()
    program: tuple[str | Path, ...] = (PROGRAM,)
    state: Path | None = None
    after: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Row:
    """An input by name. ``expect`` is a regex of the first line; ``says`` of anything printed."""

    name: str
    build: Callable[[Path], Setting]
    expect_code: int
    expect: str
    says: str = ""


@dataclass(frozen=True)
class Shown:
    """What came of one row; ``wrong`` is empty when all was as expected."""

    row: Row
    command: str
    code: int
    first_line: str
    seconds: float
    wrong: tuple[str, ...]


_MEASURING = """
import os, sys
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as place:
    print(os.waitstatus_to_exitcode(status), usage.ru_maxrss, file=place)
"""


def judge(row: Row, folder: Path) -> Shown:
    """Build the input below ``folder``, which is empty, run the command, and compare."""
    home = folder / "home"
    home.mkdir()
    home.chmod(0o777)  # a row may run the command as somebody else
    setting = row.build(folder)
    state = setting.state or home / "state"
    before = fingerprint(setting.repo) if setting.repo else {}
    argv = [*setting.before, *map(str, (*setting.program, *setting.argv))]
    started = time.monotonic()
    try:
        done = subprocess.run(
            argv,
            cwd=folder,
            env=_environment(home, state, is_other=bool(setting.before)) | setting.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LIMIT_S,
            check=False,
        )
        seconds = time.monotonic() - started
        after = fingerprint(setting.repo) if setting.repo else {}
        left = [entry.name for entry in (state / "scratch").glob("*")]
    finally:
        setting.after()
    out, err = (text.decode("utf-8", "backslashreplace") for text in (done.stdout, done.stderr))
    command = " ".join(_shown(str(word), folder) for word in setting.argv)
    command = re.sub(r"--task .*?(?= --|$)", "--task ...", command)
    line = first_line(out, err)
    changed = [
        path
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
        and not (setting.but_for and re.search(setting.but_for, path))
    ]
    wrong = (
        *_wrong_words(row, done.returncode, line, out + err),
        *(f"changed in the repository: {path!r}" for path in changed),
        *(f"left behind in scratch: {name}" for name in left),
    )
    said = f"printed:\n{out}{err}"
    shown_line = _shown(_with_reason(line, out), folder)
    return Shown(
        row, command, done.returncode, shown_line, seconds, (*wrong, said) if wrong else ()
    )


def measured(argv: Sequence[str], env: dict[str, str], said: Path) -> tuple[int, float]:
    """Return exit code and peak memory (MiB) of a command; what it prints goes to ``said``.

    A small process starts it: one that is forked from here would have our own peak as its first.
    """
    place = said.with_suffix(".measured")
    with said.open("wb") as file:
        launcher = [sys.executable, "-I", "-S", "-c", _MEASURING, str(place), *argv]
        subprocess.run(launcher, env=env, stdout=file, stderr=file, check=True, timeout=5 * LIMIT_S)
    code, peak = place.read_text().split()
    return int(code), int(peak) / 1024


def first_line(out: str, err: str) -> str:
    """Return the line that complains, or else the first one printed."""
    complaints = [line for line in err.splitlines() if _COMPLAINT.match(line)]
    lines = [*complaints, *out.splitlines(), *err.splitlines()]
    return next((line for line in lines if line.strip()), "")


def _with_reason(line: str, out: str) -> str:
    """Return ``line``, with the first finding behind it where it only says how a run ended."""
    lines = [one.strip() for one in out.splitlines() if one.strip()]
    if line not in lines or not line.startswith(("run ", "verdict: ")):
        return line
    behind = lines[lines.index(line) + 1 :]
    told = [message for head, message in pairwise(behind) if head.startswith("- [")] or behind
    return " / ".join((line, *told[:1]))


def table(shown: Iterable[Shown]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| input | command | exit code | first line of the message |", "|---|---|---|---|"]
    for one in shown:
        cells = (one.row.name, f"`{one.command}`", str(one.code), one.first_line)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def fingerprint(folder: Path) -> dict[str, str]:
    """Return every path below ``folder`` with kind, mode, owner, time, content; opens no pipe."""
    found = {}
    for above, folders, files in os.walk(os.fsencode(folder)):
        for name in (b".", *folders, *files):
            path = os.path.join(above, name)  # noqa: PTH118 - names of bytes, whatever they hold
            status = os.lstat(path)
            content = b""
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)  # noqa: PTH115 - the same
            elif stat.S_ISREG(status.st_mode):
                content = _digest(path)
            facts = (status.st_mode, status.st_uid, status.st_mtime_ns, content.hex())
            found[os.fsdecode(os.path.relpath(path, os.fsencode(folder)))] = repr(facts)
    return found


def _digest(path: bytes) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - a name of bytes
        return hashlib.file_digest(file, "sha256").digest()


def _environment(home: Path, state: Path, *, is_other: bool) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "CHANGEWRIGHT_STATE": str(state if is_other else lend(state)),
        "LANG": "C.UTF-8",
        "COLUMNS": "80",
    }


def _wrong_words(row: Row, code: int, line: str, printed: str) -> Iterable[str]:
    if code != row.expect_code:
        yield f"exit code {code}, not {row.expect_code}"
    if not re.search(row.expect, line):
        yield f"first line {line!r} does not match {row.expect!r}"
    if not re.search(row.says, printed):
        yield f"nothing printed matches {row.says!r}"
    inside = _INSIDES.search(printed)
    if inside:
        yield f"the message shows insides: {inside[0]!r}"


def _shown(text: str, folder: Path) -> str:
    """Return ``text`` as a reader of the table needs it: short, on one line, without our folder."""
    short = text.replace(f"{folder}/", "").replace(str(folder), ".")
    short = re.sub(r"\br\d{8}-\d{6}-[0-9a-f]{6}\b", "RUN", short)
    short = re.sub(r"/tmp/bad-[\w-]+/", "", short)  # noqa: S108 - only taken out of words
    short = re.sub(r"([a-z])\1{50,}", r"\1\1\1...", short)
    return "".join(c if c.isprintable() else "?" for c in short)[:300]
