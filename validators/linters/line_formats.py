"""Linters that say each finding on one line: most of them, in a dozen dialects.

The patterns are tried in order, the most telling first. Each is anchored, and no two of its parts
can take the same characters in two ways, so that no line takes long.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from validators.linters.remarks import Remark, rule_in

_PATH = r"(?P<path>[^\s:][^:]{0,999})"
_PLACE = rf"{_PATH}:(?P<line>\d{{1,9}})(?::\d{{1,9}})?"
_RULE_AT_END = re.compile(r" \((?P<code>[\w./@-]{1,100})\)$")
_MILD = frozenset({"warning", "notice", "info", "information"})
_NO_FINDING = frozenset({"note", "help"})
# Where a message goes on over several lines, its rule stands at the end of the last.
_MYPY_ENDS = re.compile(r"(?:\S.*  |)\[(?P<code>[a-z][\w-]{1,99})\]")
_PYRIGHT_ENDS = re.compile(r"\s{4}.* \((?P<code>report\w{1,99})\)")
_CONTINUED_LINES = 12


@dataclass(frozen=True, slots=True)
class LineFormat:
    """One dialect. A ``level`` that is no finding at all (mypy's notes) is passed over.

    ``code`` stands for a rule that is not named; without one, the message's words do. ``ending``:
    the rule stands in brackets at the end of the message, where there is one.
    """

    tool: str
    pattern: re.Pattern[str]
    code: str = ""
    ending: bool = False


def _format(tool: str, pattern: str, *, code: str = "", ending: bool = False) -> LineFormat:
    return LineFormat(tool, re.compile(pattern, re.ASCII), code, ending)


LINE_FORMATS = (
    _format(
        "tsc",
        rf"{_PATH}\((?P<line>\d{{1,9}}),\d{{1,9}}\): (?P<level>error|warning|message)"
        r" (?P<code>TS\d{1,6}): (?P<message>.*)",
    ),
    _format("tsc", rf"{_PLACE} - (?P<level>error|warning) (?P<code>TS\d{{1,6}}): (?P<message>.*)"),
    _format(
        "pyright",
        rf"\s{{0,8}}{_PLACE} - (?P<level>error|warning|information): (?P<message>.*)",
        code="pyright",
        ending=True,
    ),
    _format(
        "compact",
        rf"{_PATH}: line (?P<line>\d{{1,9}}), col \d{{1,9}}, (?P<level>Error|Warning|Info) -"
        r" (?P<message>.*)",
        code="parse-error",
        ending=True,
    ),
    _format(
        "jshint",
        rf"{_PATH}: line (?P<line>\d{{1,9}}), col \d{{1,9}}, (?P<message>.*)",
        ending=True,
    ),
    _format(
        "unix",
        rf"{_PLACE}: (?P<message>.*)"
        r" \[(?P<level>Error|Warning|Info)(?:/(?P<code>[^\[\]]{1,120}))?\]",
        code="parse-error",
    ),
    _format(
        "yamllint",
        rf"{_PLACE}: \[(?P<level>error|warning)\] (?P<message>.*)",
        code="yamllint",
        ending=True,
    ),
    _format(
        "pylint",
        rf"{_PLACE}: \[(?P<code>[A-Z]\d{{4}})(?:\([\w-]{{1,99}}\))?, [^\]]{{0,300}}\]"
        r" (?P<message>.*)",
    ),
    _format("pylint", rf"{_PLACE}: (?P<code>[CRWEFI]\d{{4}}): (?P<message>.*)"),
    _format(
        "flake8",
        rf"{_PLACE}: \[(?P<code>[A-Z]{{1,8}}\d{{1,6}}|invalid-syntax)\]"
        r" (?P<message>.*)",
    ),
    _format(
        "flake8",
        rf"{_PLACE}: (?P<code>[A-Z]{{1,8}}\d{{1,6}}|invalid-syntax):?"
        r" (?P<message>.*)",
    ),
    _format(
        "mypy",
        rf"{_PLACE}: (?P<level>error|warning|note): (?P<message>.*)  \[(?P<code>[\w-]{{1,99}})\]",
    ),
    # Compilers: clippy and rustc in their short form, gcc, mypy where codes are hidden.
    _format(
        "compiler",
        rf"{_PLACE}: (?:fatal )?(?P<level>error|warning|note|help)(?:\[(?P<code>\w{{1,30}})\])?:"
        r" (?P<message>.*)",
    ),
    _format(
        "go",
        r"(?:vet: )?(?P<path>[^\s:][^:]{0,999}\.go):(?P<line>\d{1,9})(?::\d{1,9})?:"
        r" (?P<message>.*)",
        ending=True,
    ),
    _format(
        "pyflakes",
        r"(?P<path>[^\s:][^:]{0,999}\.pyi?):(?P<line>\d{1,9}):\d{1,9}:? (?P<message>\S.*)",
    ),
)
_ANNOTATION = re.compile(
    r"::(?P<level>error|warning|notice) (?P<facts>[^\n]{1,2000}?)::(?P<message>.*)"
)


def line_remarks(lines: Iterable[str]) -> Iterator[tuple[str, Remark]]:
    """Yield tool and remark for each line that is a finding in one of the dialects."""
    last: tuple[str, Remark] | None = None
    since = 0
    for line in lines:
        found = _remark(line)
        if found is None:
            since += 1
            if last is not None and since <= _CONTINUED_LINES:
                last = _with_rule(last, line)
            continue
        if last is not None:
            yield last
        last, since = found, 0
    if last is not None:
        yield last


def _remark(line: str) -> tuple[str, Remark] | None:
    if line.startswith("::"):
        return _annotation(line)
    for dialect in LINE_FORMATS if ":" in line else ():
        found = dialect.pattern.fullmatch(line)
        if found is None:
            continue
        facts = found.groupdict()
        level = (facts.get("level") or "").casefold()
        message, code = (
            facts["message"],
            facts.get("code") or dialect.code or rule_in(facts["message"]),
        )
        at_end = _RULE_AT_END.search(message) if dialect.ending else None
        if at_end is not None:
            message, code = message[: at_end.start()], at_end["code"]
        if level in _NO_FINDING:
            return None
        return dialect.tool, Remark(
            facts["path"], int(facts["line"]), code, message, level in _MILD
        )
    return None


def _with_rule(last: tuple[str, Remark], line: str) -> tuple[str, Remark]:
    """Return a remark with the rule that ``line`` may end with, where it had none so far."""
    tool, remark = last
    ends = _MYPY_ENDS if tool == "compiler" else None
    if remark.code == "pyright":
        ends = _PYRIGHT_ENDS
    found = ends.fullmatch(line) if ends is not None else None
    if found is None:
        return last
    return "mypy" if tool == "compiler" else tool, replace(remark, code=found["code"])


def _annotation(line: str) -> tuple[str, Remark] | None:
    """Return what a workflow command of GitHub Actions says; its message ends at a line break."""
    found = _ANNOTATION.fullmatch(line)
    if found is None:
        return None
    facts = dict(fact.partition("=")[::2] for fact in found["facts"].split(","))
    at = re.fullmatch(r"\d{1,9}", facts.get("line", ""), re.ASCII)
    code = facts.get("title", "annotation")
    message = found["message"].partition("%0A")[0]
    mild = found["level"] != "error"
    return "annotations", Remark(
        facts.get("file", ""), int(at[0]) if at else 0, code, message, mild
    )
