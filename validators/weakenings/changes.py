"""What became of each test of the changed files, and of the functions beside tests."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from scoping.facts import Skipped
from scoping.test_facts import FunctionFacts, SuiteFacts
from validators.weakenings.assertions import Helpers
from validators.weakenings.collection import Collection
from validators.weakenings.judgement import Judged, judge
from validators.weakenings.loosening import Loosening
from validators.weakenings.pairing import (
    Pair,
    Place,
    helper_pairs,
    lost_cases,
    pairs_of,
    replacements,
)
from validators.weakenings.suites import Touched, functions

# Run before each test, whether it asks for them or not.
_FOR_ALL = re.compile(r"(?:setup|setUp|asyncSetUp|tearDown|teardown|pytest_|load_tests)")
_CODING = re.compile(rb"(?:[^\n]*\n)?[ \t]*#[^\n]*?coding[:=][ \t]*([-\w.]+)")
_PLAIN_CODINGS = frozenset((b"utf-8", b"utf8", b"ascii", b"latin-1", b"iso-8859-1", b"utf_8"))
TestStatus = Literal["new", "removed", "changed", "moved"]


@dataclass(frozen=True, slots=True)
class TestChange:
    """One test that a change touches; ``path`` and ``test`` name it where it now stands.

    ``test`` is qualified (``Class::test_x``, ``describe > it``), ``name`` the function's own name.
    ``before`` is ``path::test`` on the base, for what was moved. ``weakened`` holds the codes of
    findings. ``assertion_changed``: what it asserts is different, and by syntax not less strict.
    ``replaced_by`` is the new test in the very place of a removed one: perhaps it, renamed.
    """

    __test__: ClassVar[bool] = False  # pytest would collect it for its name

    path: str
    test: str
    name: str
    status: TestStatus
    weakened: tuple[str, ...] = ()
    assertion_changed: bool = False
    before: str = ""
    replaced_by: str = ""


def changes_of_tests(
    touched: Sequence[Touched], collection: Collection
) -> tuple[tuple[TestChange, ...], tuple[Loosening, ...]]:
    """Return what became of each test, and all that is weaker in tests and their helpers."""
    by_file = {file.path: _file_marks(file) for file in touched if file.is_test_file}
    helpers = _helpers(touched)
    changes: list[TestChange] = []
    found: list[Loosening] = [one for marks in by_file.values() for one in marks]
    pairs = pairs_of(touched, collection)
    lost, replaced = lost_cases(pairs), replacements(pairs)
    for pair in pairs:
        judged = judge(pair, helpers, lost)
        found += judged.weaker
        change = _change(pair, judged, by_file)
        if change is not None and change.status == "removed":
            change = replace(change, replaced_by=replaced.get((change.path, change.test), ""))
        changes += [change] if change is not None else []
    for pair in helper_pairs(touched):
        found += judge(pair, helpers, lost).weaker
        found += _new_skips(pair)
    found += _removed(changes, touched)
    found += _unreadable(touched)
    return tuple(changes), tuple(_merged(found))


def _change(
    pair: Pair, judged: Judged, by_file: Mapping[str, Sequence[Loosening]]
) -> TestChange | None:
    """Return what became of one test; None where nothing did."""
    if pair.after is None:
        return _made(pair.before, "removed", ("test-removed",)) if pair.before else None
    if pair.before is None:
        return _made(pair.after, "new", ())
    codes = [one.code for one in (*judged.weaker, *by_file.get(pair.after.path, ()))]
    if not (judged.differs or pair.moved or codes):
        return None
    before = f"{pair.before.path}::{pair.before.facts.qualified_name}" if pair.moved else ""
    return TestChange(
        pair.after.path,
        pair.after.facts.qualified_name,
        pair.after.facts.name,
        "moved" if pair.moved else "changed",
        tuple(dict.fromkeys(codes)),
        judged.assertion_changed,
        before,
    )


def _made(place: Place, status: TestStatus, codes: tuple[str, ...]) -> TestChange:
    facts = place.facts
    return TestChange(place.path, facts.qualified_name, facts.name, status, codes)


def _removed(changes: Sequence[TestChange], touched: Sequence[Touched]) -> Iterator[Loosening]:
    """Yield each test that is gone; those of a file that is gone as one."""
    gone_files = {file.old_path for file in touched if file.after is None}
    counted: dict[str, int] = {}
    for change in changes:
        if change.status != "removed":
            continue
        if change.path in gone_files:
            counted[change.path] = counted.get(change.path, 0) + 1
        else:
            message = f"{change.path} no longer holds {change.test}, or no runner takes it there"
            test = f"{change.path}::{change.test}"
            yield Loosening("test-removed", message, change.path, test=test)
    for path, count in counted.items():
        tests = "its only test" if count == 1 else f"its {count} tests"
        yield Loosening("test-removed", f"{path} is removed, with {tests}", path)


def _new_skips(pair: Pair) -> Iterator[Loosening]:
    """Yield where a function that is new beside tests skips those that meet it."""
    if pair.before is not None or pair.after is None:
        return
    facts, path = pair.after.facts, pair.after.path
    for mark in facts.marks:
        if mark.kind == "skip":
            certain = path.endswith("conftest.py") or _FOR_ALL.match(facts.name) is not None
            message = f"{path} has a new function that skips tests: {facts.name}"
            yield Loosening("test-skipped", message, path, mark.line, certain=certain)


def _unreadable(touched: Iterable[Touched]) -> Iterator[Loosening]:
    """Yield each test file that can be compared no more, or that its runner reads as other text."""
    for file in touched:
        if not file.is_test_file:
            continue
        coding = _CODING.match(file.text)
        if coding and coding[1].lower() not in _PLAIN_CODINGS and coding[0] not in file.old_text:
            said = coding[1].decode("utf-8", "replace")
            message = f"{file.path} declares the encoding {said}: it may not say what it seems to"
            yield Loosening("tests-unreadable", message, file.path, 1)
        if not isinstance(file.after, Skipped):
            continue
        was_readable = isinstance(file.before, SuiteFacts)
        message = f"{file.path} cannot be compared with its base: {file.after.reason}"
        certain = was_readable and any(one.is_test for one in functions(file.before))
        yield Loosening("tests-unreadable", message, file.path, certain=certain)


def _file_marks(file: Touched) -> tuple[Loosening, ...]:
    """Return what a file says of all its tests, and did not."""
    if not isinstance(file.before, SuiteFacts) or not isinstance(file.after, SuiteFacts):
        return ()
    whole = (
        FunctionFacts("", "", 1, 1, is_test=False, body=str(marks), marks=marks)
        for marks in (file.before.marks, file.after.marks)
    )
    before, after = (Place(file.path, facts) for facts in whole)
    found = judge(Pair(before, after), ({}, {}), Counter()).weaker
    return tuple(
        Loosening(one.code, f"every test of {file.path}{one.message}", one.path, one.line)
        for one in found
    )


def _helpers(touched: Sequence[Touched]) -> tuple[Helpers, Helpers]:
    """Return the functions beside tests by their names, before and after."""
    files = [file for file in touched if file.is_test_file]
    before = [facts for file in files for facts in functions(file.before)]
    after = [facts for file in files for facts in functions(file.after)]
    return _by_name(before), _by_name(after)


def _by_name(found: Iterable[FunctionFacts]) -> Helpers:
    return {facts.name: facts for facts in found if not facts.is_test}


def _merged(found: Iterable[Loosening]) -> Iterator[Loosening]:
    """Yield one for all that one line did: a mark on a class is one on each of its tests."""
    by_place: dict[tuple[str, str, int], list[Loosening]] = {}
    single: list[Loosening] = []
    for one in found:
        if one.code in {"test-skipped", "test-focused", "retries-added"} and one.line:
            by_place.setdefault((one.code, one.path, one.line), []).append(one)
        else:
            single.append(one)
    for alike in by_place.values():
        more = f" (and {len(alike) - 1} more tests)" if len(alike) > 1 else ""
        yield Loosening(
            alike[0].code,
            f"{alike[0].message}{more}",
            alike[0].path,
            alike[0].line,
            certain=any(one.certain for one in alike),
        )
    yield from single
