"""What a test runner or a linter says it did, read from a file that hostile code could write.

Reports are asked for through the environment alone, so that they appear whatever command wraps the
runner. They are claims: `validators.judging.trust` holds them against the exit code, and against
the sentinels that were planted among the tests.
"""

import json
import re
import shlex
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from validators.evidence import ReportKind, TestOutcome
from validators.rules import GateKind
from validators.sandbox import REPORTS, WORKSPACE

REPORT_LIMIT_BYTES = 24 * 1024**2
_TEXT_CHARACTERS = 2_000
_MAX_SUITES = 100
REPORT_FILES = _PYTEST_FILE, _NODE_FILE, _RUFF_FILE = "pytest.xml", "node.xml", "ruff.json"
_WORST_FIRST: tuple[TestOutcome, ...] = ("error", "failed", "skipped", "passed")
_NODE_CLASSES = frozenset({"test", "suite"})  # node calls every test's class so
_DOCUMENT = re.compile(rb"<\?xml\s")
_MAX_DOCUMENTS = 100
_NAME = re.compile(r"[A-Za-z0-9_]+")
_PLACE = re.compile(rf"{WORKSPACE}/([^\s:()]+):(\d+)")

# The cache stays on: projects pass options of it, and what it writes is gone with the session. One
# module that cannot be imported here must not hide all other tests, and neither must a first
# failure: a planted test fails by design.
_PYTEST_OPTIONS = (
    f"--junitxml={REPORTS}/{_PYTEST_FILE} -o junit_family=xunit1 -o junit_logging=no"
    " --continue-on-collection-errors --maxfail=0"
)
_NODE_OPTIONS = (
    "--test-reporter=spec --test-reporter-destination=stdout"
    f" --test-reporter=junit --test-reporter-destination={REPORTS}/{_NODE_FILE}"
)


@dataclass(frozen=True, slots=True)
class Case:
    """One test as reported; ``id`` is ``classname::name``, ``text`` the tail of why it failed."""

    id: str
    outcome: TestOutcome
    text: str = ""
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class LintMark:
    """One finding of a linter, at ``path`` relative to the tree."""

    path: str
    code: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was reported. ``trouble`` says why a report that is there cannot be read.

    ``sentinels`` are the planted tests it names, with their outcomes; no case is one of them.
    """

    kind: ReportKind = "none"
    cases: tuple[Case, ...] = ()
    sentinels: tuple[tuple[str, TestOutcome], ...] = ()
    marks: tuple[LintMark, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a test runner is told beside its command.

    ``select`` are names of tests: a runner that can be told so runs those alone (and what is named
    alike), any other runs all. ``also`` are files to run beside those the command names.
    """

    select: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


_NOTHING_TOLD = Told()


def report_variables(
    kind: GateKind, *, node_reports: bool, told: Told = _NOTHING_TOLD
) -> Mapping[str, str]:
    """Return the variables that make runners of ``kind`` write their reports to ``/reports``.

    ``node_reports``: this target's node takes a second reporter.
    """
    if kind == "lint":
        return {
            "RUFF_OUTPUT_FORMAT": "json",
            "RUFF_OUTPUT_FILE": f"{REPORTS}/{_RUFF_FILE}",
            "RUFF_NO_CACHE": "true",
        }
    if kind != "test":
        return {}
    chosen = ("-k", " or ".join(told.select)) if told.select else ()
    more = shlex.join((*chosen, *told.also))
    variables = {"PYTEST_ADDOPTS": f"{_PYTEST_OPTIONS} {more}".rstrip()}
    if node_reports:
        variables["NODE_OPTIONS"] = _NODE_OPTIONS
    return variables


def read_report(files: Mapping[str, bytes], sentinels: Collection[str] = ()) -> Report:
    """Return the report among ``files``, by name, which commands of the target could write.

    ``sentinels`` are the names of planted tests. A runner that a test starts may report, too: then
    the one report that names a sentinel is meant.
    """
    if _PYTEST_FILE in files and _NODE_FILE in files:
        why = "there are reports of both pytest and node; each needs a gate of its own"
        return Report(trouble=why)
    for name, content in files.items():
        try:
            _check_size(content)
            if name == _RUFF_FILE:
                return Report("ruff", marks=_marks(json.loads(content)))
            kind: ReportKind = "pytest" if name == _PYTEST_FILE else "node"
            return _report_of(kind, content, frozenset(sentinels))
        except (ValueError, LookupError, RecursionError, ParseError) as error:
            return Report(trouble=f"the report {name} cannot be read: {error}"[:300])
    return Report()


def _report_of(kind: ReportKind, content: bytes, sentinels: frozenset[str]) -> Report:
    """Return the one report that ``content`` holds; a second one was written by somebody else."""
    found = [_split_off(_cases(document), sentinels) for document in _documents(content)]
    meant = [one for one in found if one[1]] or found
    if len(meant) > 1:
        raise ValueError(f"there are {len(meant)} reports in it, of which one at most can be true")
    ((cases, planted),) = meant
    return Report(kind, cases, planted)


def _documents(content: bytes) -> list[bytes]:
    """Return the XML documents that stand one behind the other in ``content``."""
    starts = [found.start() for found in _DOCUMENT.finditer(content)]
    if len(starts) > _MAX_DOCUMENTS:
        raise ValueError(f"there are more than {_MAX_DOCUMENTS} reports in it")
    starts = [0, *starts[1:]]
    return [content[at:end] for at, end in pairwise([*starts, len(content)])]


def _split_off(
    cases: tuple[Case, ...], sentinels: frozenset[str]
) -> tuple[tuple[Case, ...], tuple[tuple[str, TestOutcome], ...]]:
    """Return the cases without the planted ones, and these by name."""
    rest: list[Case] = []
    planted: list[tuple[str, TestOutcome]] = []
    for case in cases:
        names = sentinels.intersection(_NAME.findall(case.id)) if sentinels else ()
        planted += [(name, case.outcome) for name in names]
        if not names:
            rest.append(case)
    return tuple(rest), tuple(sorted(planted))


def _check_size(content: bytes) -> None:
    if len(content) > REPORT_LIMIT_BYTES:
        raise ValueError(f"it is larger than {REPORT_LIMIT_BYTES} bytes")


def _cases(content: bytes) -> tuple[Case, ...]:
    from defusedxml import DefusedXmlException  # noqa: PLC0415 - 25 ms, only when tests were run
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415 - the same

    try:
        root = fromstring(content)
    except DefusedXmlException as error:
        raise ValueError("it holds entities, which no test runner writes") from error
    worst: dict[str, Case] = {}
    seen: Counter[str] = Counter()
    for suites, element in _testcases(root):
        case = _case(suites, element)
        if element.get("classname") in _NODE_CLASSES:
            # node says nothing of files: two of them may hold tests of one name. They are told
            # apart by their order, so that none can hide behind the other, or be gone unnoticed.
            seen[case.id] += 1
            if seen[case.id] > 1:
                case = replace(case, id=f"{case.id} ({seen[case.id]})")
        if case.id == "::" and case.outcome == "passed":
            continue  # the test that pytest was interrupted in: it came to no end
        known = worst.get(case.id)
        if known is None or _WORST_FIRST.index(case.outcome) < _WORST_FIRST.index(known.outcome):
            worst[case.id] = case
    return tuple(worst[name] for name in sorted(worst))


def _testcases(root: Element) -> Iterator[tuple[tuple[str, ...], Element]]:
    """Yield each test and the names of the suites around it; nested by node, flat by pytest."""
    waiting: list[tuple[tuple[str, ...], Element]] = [((), root)]
    while waiting:
        suites, element = waiting.pop()
        if element.tag == "testcase":
            yield suites, element
            continue
        if element.tag == "testsuite":
            suites = (*suites, element.get("name", ""))
            if len(suites) > _MAX_SUITES:
                raise ValueError(f"it nests suites deeper than {_MAX_SUITES}")
        waiting += [(suites, child) for child in reversed(element)]


def _case(suites: tuple[str, ...], element: Element) -> Case:
    classname, name = element.get("classname", ""), element.get("name", "")
    if classname in _NODE_CLASSES:  # its suites tell more
        classname = " > ".join(suites) or "node"
    outcome: TestOutcome = "passed"
    text = ""
    for child in element:
        tag: dict[str, TestOutcome] = {"failure": "failed", "error": "error", "skipped": "skipped"}
        if child.tag in tag:
            outcome = tag[child.tag]
            text = child.text or child.get("message") or ""
    path, line = _place(element, text)
    shown = text.replace(f"{WORKSPACE}/", "").strip()[-_TEXT_CHARACTERS:]
    return Case(f"{classname}::{name}", outcome, shown, path, line)


def _place(element: Element, text: str) -> tuple[str, int]:
    line = element.get("line", "")
    if element.get("file"):
        return element.get("file", ""), int(line) + 1 if line.isascii() and line.isdigit() else 0
    found = _PLACE.search(text)
    return (found[1], int(found[2])) if found else ("", 0)


def _marks(document: Any) -> tuple[LintMark, ...]:  # noqa: ANN401 - JSON is any of its six kinds
    try:
        return tuple(
            LintMark(
                _text(row["filename"]).removeprefix(f"{WORKSPACE}/"),
                _text(row["code"] or "invalid-syntax"),
                int(row["location"]["row"]),
                _text(row["message"])[:_TEXT_CHARACTERS],
            )
            for row in document
        )
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError("it is not what ruff writes") from error


def _text(value: object) -> str:
    """Return a value as text; JSON may spell what no UTF-8 can, and that is refused."""
    text = str(value)
    text.encode()
    return text
