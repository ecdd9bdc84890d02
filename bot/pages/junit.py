"""The gates as JUnit XML, which every CI shows: a suite for each gate, findings among its tests."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from bot.console import redacted
from bot.pages.gate_section import command_text, side_text
from validators.evidence import Evidence, GateRecord, TestOutcome
from validators.verdict import Finding, Verdict

# What XML 1.0 has no way to write, not even as a reference.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENTS = {"failed": "failure", "error": "error", "skipped": "skipped"}


def junit_text(verdict: Verdict, evidence: Evidence) -> str:
    """Return one document. A blocking finding is a failed test; any other is a skipped one."""
    root = ET.Element("testsuites", name="changewright gate")
    suites = {gate.name: _suite(root, gate) for gate in evidence.gates}
    for finding in verdict.findings:
        if finding.gate not in suites:
            suites[finding.gate] = ET.SubElement(root, "testsuite", name=_written(finding.gate))
        _finding(suites[finding.gate], finding)
    for suite in suites.values():
        suite.set("tests", str(len(suite.findall("testcase"))))
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ET.Element, gate: GateRecord) -> ET.Element:
    """Add a gate with the outcome of each test on the patched tree, or else its command's."""
    suite = ET.SubElement(root, "testsuite", name=_written(gate.name))
    on_base = dict(gate.base.outcomes) if gate.base else {}
    tests = gate.patched.outcomes if gate.patched else ()
    for test, outcome in tests:
        classname, _, name = test.partition("::")
        case = _case(suite, classname or gate.name, name or test)
        _ended(case, outcome, on_base.get(test))
    if not tests:
        case = _case(suite, gate.name, command_text(gate.command))
        if gate.outcome != "pass" and gate.required:
            message = f"{gate.outcome}: {side_text(gate.patched)}"
            ET.SubElement(case, "failure", message=_written(message))
    return suite


def _ended(case: ET.Element, outcome: TestOutcome, on_base: TestOutcome | None) -> None:
    if outcome in _ELEMENTS:
        before = f"{on_base} on the untouched base" if on_base else "not on the base"
        ET.SubElement(case, _ELEMENTS[outcome], message=f"{outcome} with this change; {before}")


def _finding(suite: ET.Element, finding: Finding) -> None:
    place = f"{finding.path}:{finding.line}" if finding.line else finding.path
    case = _case(suite, f"{finding.gate}/{finding.code}", place or finding.code)
    if finding.path:
        case.set("file", _written(finding.path))
    if finding.line > 0:
        case.set("line", str(finding.line))
    tag = "failure" if finding.severity == "block" else "skipped"
    first, *more = finding.message.strip().splitlines() or [finding.code]
    told = ET.SubElement(case, tag, message=_written(f"{finding.severity}: {first}"))
    told.text = _written("\n".join(_rest(more, finding.fix))) or None


def _rest(more: list[str], fix: str) -> Iterator[str]:
    yield from more
    if fix:
        yield f"fix: {fix}"


def _case(suite: ET.Element, classname: str, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=_written(classname), name=_written(name))


def _written(text: str) -> str:
    """Return ``text`` without secrets and without what no XML can hold."""
    return _UNWRITABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", redacted(text))
