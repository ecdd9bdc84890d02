# What a snippet of `run_code` may use. There is nothing else: no file, network or process.
# Every function answers from the files as they are now, with all edits so far, and raises
# ValueError, whose words say why, where it refuses. Nothing is ever cut in silence.

from dataclasses import dataclass
from typing import Literal

@dataclass(frozen=True)
class Hit:
    path: str
    line: int  # counted from 1
    text: str  # the line, at most 400 characters of it

@dataclass(frozen=True)
class Symbol:
    path: str
    qualified_name: str  # "Box.open"
    kind: str  # "class", "function", "method"...
    start_line: int
    end_line: int
    signature: str
    docstring: str

@dataclass(frozen=True)
class Imports:
    path: str
    imports: list[str]  # files of the repository
    imported_by: list[str]
    is_cut: bool  # whether either list had more than 500

@dataclass(frozen=True)
class Commit:
    sha: str
    date: str
    subject: str

@dataclass(frozen=True)
class Finding:
    gate: str
    code: str
    severity: str
    message: str
    path: str
    line: int
    fix: str

@dataclass(frozen=True)
class Verdict:
    word: str  # "pass", "fail", "flaky", "no-evidence", "infrastructure"...
    findings: list[Finding]

def files(glob: str = "**") -> list[str]:
    """Paths that match: * within a name, ** across folders; a folder means all below it.

    Refuses: more than 50,000 paths. Example: tests = files("tests/**/*.py")
    """

def read(path: str, start_line: int = 1, end_line: int = 0) -> str:
    """Text of a file, or its lines from start_line to end_line, both included.

    Refuses: no such file or line; no text; more than 20,000 lines at once.
    Example: head = read("pkg/box.py", 1, 20)
    """

def search(text: str, glob: str = "**") -> list[Hit]:
    """Lines that hold text exactly. Refuses: an empty text or one of several lines; over 5,000.

    Example: paths = sorted({hit.path for hit in search("old_name(", "*.py")})
    """

def symbols(pattern: str) -> list[Symbol]:
    """Definitions whose qualified name holds pattern, whatever its case. Refuses: over 5,000.

    Example: views = [one for one in symbols("view") if one.kind == "class"]
    """

def definition(name: str) -> list[Symbol]:
    """Definitions of name, plain ("open") or qualified ("Box.open"). Refuses: over 5,000.

    Example: place = definition("Box.open")[0]
    """

def references(name: str) -> list[Hit]:
    """Lines of code that write the plain name, definitions too. Refuses: over 5,000.

    Example: uses = references("open_box")
    """

def callers(name: str) -> list[Symbol]:
    """Functions that call the plain name. Refuses: over 5,000.

    Example: print([one.qualified_name for one in callers("open_box")])
    """

def imports(path: str) -> Imports:
    """Files of the repository that path imports, and that import it. Refuses: no such file.

    Example: users = imports("pkg/box.py").imported_by
    """

def history(path: str, limit: int = 10) -> list[Commit]:
    """Newest commits that changed path, without your edits. Refuses: limit over 30.

    Example: print(history("pkg/box.py", 3))
    """

def edit(path: str, old: str, new: str) -> None:
    """Replace old, which must stand in the file exactly once, whitespace included.

    Refuses: old is not there, or more than once; the file would not parse; a name would be used
    that nothing defines (add its import first); a file that must not be changed.
    Example: edit("pkg/box.py", "def open(self)", "def unlock(self)")
    """

def create(path: str, text: str) -> None:
    """Make a new file. Refuses: a file that is there with other content.

    Example: create("docs/lid.md", "Lids are square.")
    """

def delete(path: str) -> None:
    """Delete a file. Refuses: no such file. Example: delete("pkg/old_box.py")"""

def diff() -> str:
    """All changes so far as a unified diff. Example: print(len(diff().splitlines()))"""

def run_gate(kind: Literal["lint", "build", "test"]) -> Verdict:
    """What the repository's own checks of one kind say now. Refuses: more than 3 in a reply.

    Example: found = run_gate("test").findings
    """

def notes(text: str = "") -> list[str]:
    """Add a line to your notes, if text is given, and return all. They outlive every name, also
    when a snippet had to be stopped. Refuses: over 4,000 characters. Example: notes("77 done")
    """

def finish(summary: str) -> None:
    """Say that all edits are made; summary is your short explanation for the pull request.

    It counts if the snippet comes to its end. Refuses: a summary that is not written out in the
    snippet as one text. Example: finish("Box.open is now Box.unlock everywhere.")
    """
