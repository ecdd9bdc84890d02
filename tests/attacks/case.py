"""One attack as data: what runs inside, which guarantees must hold it, and how it may end.

The cases stand in ``cases/*.yaml``, a file for each boundary. A snippet prints ``BREACH`` when it
got through; coming to its end prints ``HELD``. A snippet that prints neither, and did not end in
one of the ways named by ``ends``, attacked nothing: that is a failure too, not a success.
"""

import string
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from validators.sandbox import Guarantee, RunOutcome

FOLDER = Path(__file__).with_name("cases")
PRELUDE = Path(__file__).with_name("prelude.py")
PYTHON = str(Path(sys.executable).resolve())
Language = Literal["sh", "py", "c", "bare-sh", "bare-py"]  # bare: without our words around it
_WRITTEN: tuple[Language, ...] = ("sh", "py", "c")
GUARANTEES: tuple[Guarantee, ...] = get_args(Guarantee)

_KEYS = {
    *("id", "about", "sh", "py", "c", "guarantees", "ends", "needs", "control", "alone"),
    *("timeout_s", "memory_mib", "reading", "aftermath", "then", "finding"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One attack. ``control`` is why it gets nowhere uncontained; empty: it must get through.

    ``needs`` are abilities of the machine (`tests.attacks.machine`). An ``alone`` case has a
    session of its own. ``reading``: the host reads the changes while it runs. ``aftermath``: the
    host then handles the changes as it would a patch, and with ``finding`` must object to them.
    ``then`` is a second snippet, in a new session on the same tree.
    """

    id: str
    boundary: str
    about: str
    language: Language
    snippet: str
    guarantees: tuple[Guarantee, ...]
    ends: frozenset[RunOutcome] = frozenset()
    needs: tuple[str, ...] = ()
    control: str = ""
    alone: bool = False
    timeout_s: float = 30.0
    memory_mib: int = 0
    reading: bool = False
    aftermath: bool = False
    finding: bool = False
    then: str = ""

    def argv(self, variables: Mapping[str, str], *, then: bool = False) -> list[str]:
        """Return the command, with ``@name@`` replaced; unknown names are an error."""
        text = filled(self.then if then else self.snippet, variables)
        return command(self.language, text)


def command(language: Language, text: str) -> list[str]:
    """Return the command that runs ``text`` and says so when it came to its end."""
    if language == "py":
        whole = f"{PRELUDE.read_text('utf-8')}\n{text}\nprint('HELD', flush=True)\n"
        return [PYTHON, "-I", "-S", "-c", whole]
    if language == "bare-py":
        return [PYTHON, "-c", text]
    if language == "bare-sh":
        return ["sh", "-c", text]
    if language == "c":
        program = '"${TMPDIR:-/tmp}/attack-$$"'
        text = f"cc -O1 -w -o {program} -x c - <<'END' || exit 3\n{text}\nEND\n{program}"
    return ["sh", "-c", f"{text}\necho HELD\n"]


def filled(text: str, variables: Mapping[str, str]) -> str:
    """Replace ``@name@``; what looks like one and is none stays, as in an address of e-mail."""
    for name, value in variables.items():
        text = text.replace(f"@{name}@", value)
    return text


def read_cases(folder: Path = FOLDER) -> tuple[Case, ...]:
    """Return every case of ``folder``; ValueError names one that is not well formed."""
    found = [
        _case(path.stem, entry) for path in sorted(folder.glob("*.yaml")) for entry in read(path)
    ]
    doubles = {case.id for case in found if sum(other.id == case.id for other in found) > 1}
    if doubles:
        raise ValueError(f"these ids stand twice: {', '.join(sorted(doubles))}")
    return tuple(found)


def read(path: Path) -> Any:
    """Return what a YAML file holds."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - only where cases are read

    return YAML(typ="safe").load(path.read_text("utf-8"))


def _case(boundary: str, entry: Mapping[str, Any]) -> Case:
    name = entry.get("id", "a case without id")
    unknown = set(entry) - _KEYS
    languages: list[Language] = [word for word in _WRITTEN if word in entry]
    wrong = set(entry.get("guarantees", ())) - set(GUARANTEES)
    if unknown or wrong or len(languages) != 1 or not set(name) <= set(_ID):
        problem = sorted(unknown | wrong) or "its id, or not one snippet"
        raise ValueError(f"{boundary}: {name}: {problem}")
    rest = {key: value for key, value in entry.items() if key not in languages}
    rest["ends"] = frozenset(rest.get("ends", ()))
    for key in ("guarantees", "needs"):
        rest[key] = tuple(rest.get(key, ()))
    return Case(boundary=boundary, language=languages[0], snippet=entry[languages[0]], **rest)


_ID = f"{string.ascii_lowercase}{string.digits}-"
