"""Which Python a target's environment is built on: the system's where it will do, else our own.

The system's stands where every sandbox can reach it; one elsewhere (below a home folder, say) has
to be mounted, and its prefix with it.
"""

import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from scoping.refusal import Refusal
from validators.sandbox import Mount

_SYSTEM = Path("/usr/bin/python3")
_TIMEOUT_S = 20.0
_CLAUSE = re.compile(r"(~=|===?|!=|<=|>=|<|>)\s*(\d+(?:\.\d+)*)(\.\*)?")
_NUMBERS = "import sys; print('.'.join(map(str, sys.version_info[:3])))"


class InterpreterRefusal(Refusal):
    """No Python here is one the target accepts: which it wants, which there are."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python by its path, as seen inside as well; ``version`` is like ``3.11.2``."""

    path: str
    version: str
    mounts: tuple[Mount, ...] = ()


def local_interpreters() -> tuple[Interpreter, ...]:
    """Return the Pythons of this machine, the one to be preferred first."""
    found = []
    if _SYSTEM.exists():
        argv = [str(_SYSTEM), "-I", "-S", "-c", _NUMBERS]
        asked = subprocess.run(
            argv, env={}, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
        if asked.returncode == 0:
            found.append(Interpreter(str(_SYSTEM), asked.stdout.strip()))
    ours = Path(sys.executable).resolve()
    prefix = Path(sys.base_prefix).resolve()
    if not ours.is_relative_to("/usr"):
        version = ".".join(map(str, sys.version_info[:3]))
        found.append(Interpreter(str(ours), version, (Mount(prefix, str(prefix)),)))
    return tuple(found)


def choose_interpreter(interpreters: Iterable[Interpreter], requires: str) -> Interpreter:
    """Return the first that satisfies ``requires`` (as in ``requires-python``; empty: any)."""
    there = tuple(interpreters)
    for interpreter in there:
        if satisfies(interpreter.version, requires):
            return interpreter
    versions = " and ".join(interpreter.version for interpreter in there) or "none"
    raise InterpreterRefusal(
        f"the target asks for Python {requires or 'of any version'}, and this machine offers"
        f" {versions}; run changewright with a Python that the target accepts"
    )


def satisfies(version: str, requires: str) -> bool:
    """Whether ``version`` is among those of a specifier; a clause nobody can read excludes none."""
    own = _numbers(version)
    for clause in requires.split(","):
        read = _CLAUSE.fullmatch(clause.strip())
        if read and not _holds(own, read[1], _numbers(read[2]), family=bool(read[3])):
            return False
    return True


def lowest(requires: str) -> tuple[int, ...]:
    """Return the lowest version a specifier names, as numbers; empty when it names none."""
    read = [_CLAUSE.fullmatch(clause.strip()) for clause in requires.split(",")]
    floors = [_numbers(found[2]) for found in read if found and found[1] in {">=", "~=", "==", ">"}]
    return max(floors, default=())


def _holds(own: tuple[int, ...], word: str, named: tuple[int, ...], *, family: bool) -> bool:
    width = max(len(own), len(named))
    left, right = _padded(own, width), _padded(named, width)
    same = own[: len(named)] == named if family else left == right
    answers = {
        "==": same,
        "===": same,
        "!=": not same,
        ">=": left >= right,
        "<=": left <= right,
        ">": left > right,
        "<": left < right,
        # At least this, and of the same family but for the last number.
        "~=": left >= right and own[: len(named) - 1] == named[:-1],
    }
    return answers[word]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part[:9]) for part in version.split("."))


def _padded(numbers: tuple[int, ...], width: int) -> tuple[int, ...]:
    return numbers + (0,) * (width - len(numbers))
