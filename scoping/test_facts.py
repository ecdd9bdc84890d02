"""What a file of tests holds: its tests and their helpers, what they assert, skip and run over.

Texts here are normalised: one space between words, one kind of quote, no comments, no commas that
only formatting put there. So equal texts are equal code, however either was laid out.
"""

from dataclasses import dataclass
from typing import Literal

SuiteQuestion = Literal["tests", "comments"]
MarkKind = Literal["skip", "focus", "retry", "swallow"]


@dataclass(frozen=True, slots=True)
class Assertion:
    """One thing that must hold. A larger ``strength`` is stricter, 0 cannot fail at all.

    ``measure`` says how ``width`` is to be read (``<``, ``approx``, ``places``); each number in it
    makes the assertion looser as it grows. ``raises`` are the exceptions expected, ``match`` what
    their words must match. ``guards`` are the conditions under which it is reached; ``swallowed``:
    its failure is caught around it. ``snapshot``: what it compares with is written by a tool.
    ``current``: where it is called by an old name of an assertion, its text under the new one.
    """

    text: str
    strength: int
    subject: str = ""
    line: int = 0
    called: str = ""
    measure: str = ""
    width: tuple[float, ...] = ()
    raises: tuple[str, ...] = ()
    match: str = ""
    guards: tuple[str, ...] = ()
    swallowed: bool = False
    snapshot: bool = False
    current: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """What keeps a test, or a file's tests, from running, runs it again, or hides its failure.

    ``always``: no condition is asked.
    """

    kind: MarkKind
    text: str
    always: bool = True
    line: int = 0


@dataclass(frozen=True, slots=True)
class CaseTable:
    """The cases one function runs over. ``known``: they are written out, so they can be counted.

    ``in_loop``: they are no tests of their own, and no report names them.
    """

    cases: tuple[str, ...]
    known: bool = True
    in_loop: bool = False


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """One test, or one function beside tests that they may use (``is_test`` false).

    ``qualified_name`` is as reports write it: ``Class::test_x``, ``describe > it``. ``body`` is
    its whole text but for the documentation, ``context`` what it depends on in its own file: its
    decorators but for marks, and the variables it names. ``is_empty``: it does nothing.
    """

    name: str
    qualified_name: str
    line: int
    end_line: int
    is_test: bool
    body: str
    is_empty: bool = False
    marks: tuple[Mark, ...] = ()
    assertions: tuple[Assertion, ...] = ()
    tables: tuple[CaseTable, ...] = ()
    context: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SuiteFacts:
    """What one file says about tests. ``refused`` says why nothing is known; empty when it is.

    ``marks`` hold for the whole file. ``settings`` are what stands in objects and lists under a
    name (``a.b.c``), ``comments`` all comments with their lines.
    """

    language: str = ""
    functions: tuple[FunctionFacts, ...] = ()
    marks: tuple[Mark, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    comments: tuple[tuple[int, str], ...] = ()
    refused: str = ""
