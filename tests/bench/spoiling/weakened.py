"""Tests made weaker: those of the fix, so that it proves nothing, and those that stood before."""

import re
from collections.abc import Callable, Iterator

from tests.bench.spoiling.broken import mutants
from tests.bench.spoiling.candidate import Candidate
from tests.bench.spoiling.edits import Edit, TestCase, Weakening, edited
from tests.bench.spoiling.material import Material

_TRIES = 12
_HIDDEN = 3
# What a comparison may differ by, in the words of pytest, unittest and node:assert.
_TOLERANCES = (
    (re.compile(rb"(isclose\((?:[^()]|\([^()]*\))*)\)"), rb"\1, abs_tol=1e9)"),
    (re.compile(rb"(approx\((?:[^()]|\([^()]*\))*)\)"), rb"\1, abs=1e9)"),
    (re.compile(rb"\b(rel|abs|rel_tol|abs_tol|delta)=[0-9.e-]+"), rb"\1=1e9"),
    (re.compile(rb"\bplaces=\d+"), b"places=0"),
    (re.compile(rb"(assertAlmostEqual\((?:[^()]|\([^()]*\))*)\)"), rb"\1, delta=1e9)"),
)


def own(how: Weakening) -> Callable[[Material], Iterator[Candidate]]:
    """Return the variant that weakens the tests which the fix turns green."""

    def make(material: Material) -> Iterator[Candidate]:
        found = material.named(material.fix.f2p)
        files = {path: _weaker(material, path, cases, how) for path, cases in found.items()}
        if files and None not in files.values():
            yield Candidate(material.tree(files), _names(found))

    return make


def standing(how: Weakening) -> Callable[[Material], Iterator[Candidate]]:
    """Return the variant that weakens one test which the fix leaves alone."""

    def make(material: Material) -> Iterator[Candidate]:
        for path, case in material.untouched():
            content = _weaker(material, path, [case], how)
            if content is not None:
                yield Candidate(material.tree({path: content}), f"{path}::{case.name}")
                return

    return make


def hiding(how: Weakening) -> Callable[[Material], Iterator[Candidate]]:
    """Return the variant that breaks something old, and weakens the tests which tell of it."""

    def make(material: Material) -> Iterator[Candidate]:
        for number, mutant in enumerate(mutants(material)):
            if number == _TRIES:
                return
            failed = material.results(mutant.tree).failed
            told = [(p, c) for p, c in material.untouched() if _reported(p, c) in failed]
            names = {_reported(path, case) for path, case in told}
            if not told or names != failed or len(failed) > _HIDDEN:
                continue
            files = {
                path: _weaker(material, path, [c for p, c in told if p == path], how)
                for path, _ in told
            }
            if None not in files.values():
                yield Candidate(
                    material.tree(files, mutant.tree), f"{mutant.note}; {told[0][1].name}"
                )

    return make


def tolerance_widened(material: Material) -> Iterator[Candidate]:
    for path in material.paths:
        before = material.before(path) if "test" in path and path.endswith(".py") else None
        for pattern, wider in _TOLERANCES if before else ():
            content = pattern.sub(wider, material.after(path), count=1)
            if content != material.after(path):
                yield Candidate(material.tree({path: content}), path)
                return


def _weaker(material: Material, path: str, cases: list[TestCase], how: Weakening) -> bytes | None:
    """Return a test file with all of ``cases`` weakened, or None when one cannot be."""
    edits: list[Edit] = []
    for case in cases:
        if not case.weaker[how]:
            return None
        edits += case.weaker[how]
    return edited(material.after(path), edits)


def _reported(path: str, case: TestCase) -> str:
    """Return the name under which a runner says that a test failed."""
    return case.name.replace(".", "::") if path.endswith(".py") else case.name


def _names(found: dict[str, list[TestCase]]) -> str:
    names = [case.name for cases in found.values() for case in cases]
    return f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]
