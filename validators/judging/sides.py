"""What is to be run of one gate on one tree, and what came of it."""

from dataclasses import dataclass
from typing import Literal

from validators.evidence import FileLines, LineCoverage, Side
from validators.judging.measuring import Measuring
from validators.judging.trust import Doubt
from validators.linters.lint_output import LintOutput
from validators.reports import Case
from validators.sandbox import Guarantee

SideName = Literal[
    "base",
    "patched",
    "tests-on-base",
    "base-tests",
    "base-settings",
    "coverage",
    "base-coverage",
    "new-tests",
    "asked",
]
SIDES_OF_BASE: frozenset[SideName] = frozenset({"base", "tests-on-base", "base-coverage"})
"""Those on which the base's own sources run: what they say, they say of the base."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be run: a tree under a name, with sentinels or without, all tests or some.

    ``select`` are names of test functions, none is all; ``within`` are the files they are in, where
    that is known: what an author ``asked`` for runs all tests of those files, any other side needs
    ``select`` too. ``touched`` are the files a patch changes: where there are more folders than
    sentinels, theirs come first. ``measuring`` tells which lines the tests run.
    """

    name: SideName
    tree: str
    with_sentinels: bool = False
    select: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    measuring: Measuring | None = None
    within: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ran:
    """A side, with what evidence does not keep: texts of failures, the output's tail, a doubt.

    ``planted`` are the folders that hold a sentinel; ``side`` names those whose failed as it must.
    ``lint`` is what a linter found, where its words could be read. ``lines`` are those of all
    sources that ran, where that was measured. A side remembered from an earlier judgement of the
    same tree has no texts.
    """

    side: Side
    cases: tuple[Case, ...] = ()
    lint: LintOutput | None = None
    tail: str = ""
    doubt: Doubt | None = None
    backend: str = ""
    guarantees: frozenset[Guarantee] = frozenset()
    planted: frozenset[str] = frozenset()
    coverage: tuple[LineCoverage, ...] | None = None
    lines: tuple[FileLines, ...] | None = None
    remembered: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether the command ended with 0."""
        return self.side.ended == "ok"
