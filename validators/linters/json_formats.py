"""Linters that write JSON, told apart by the keys they use."""

from collections.abc import Callable, Iterator

from validators.linters.json_values import Json, at, number, rows, table, tables, text
from validators.linters.remarks import Reading, Remark
from validators.linters.sarif import is_sarif, read_sarif

_Row = dict[str, Json]


def read_document(document: Json) -> tuple[Reading, ...]:
    """Return what one document says, or nothing where it is in no format known here."""
    if is_sarif(document):
        return read_sarif(document)
    for keys, read in _BY_KEYS:
        if keys <= table(document).keys():
            return (read(document),)
    first = next(iter(tables(document)), {})
    for keys, tool, of_row in _BY_ROW_KEYS:
        if keys <= first.keys():
            found = [remark for row in tables(document) for remark in of_row(row)]
            return (Reading(tool, tuple(found), len(found)),)
    return ()


def read_lines(documents: tuple[Json, ...]) -> tuple[Reading, ...]:
    """Return what documents of one line each say: those of mypy, ruff and cargo."""
    remarks: dict[str, list[Remark]] = {}
    for row in tables(list(documents)):
        for keys, tool, of_row in _BY_LINE_KEYS:
            if keys <= row.keys():
                remarks.setdefault(tool, []).extend(of_row(row))
                break
    return tuple(Reading(tool, tuple(found)) for tool, found in remarks.items())


def _ruff(row: _Row) -> Iterator[Remark]:
    code = text(row.get("code")) or "invalid-syntax"
    line = number(at(row, "location", "row"))
    yield Remark(text(row.get("filename")), line, code, text(row.get("message")))


def _eslint(row: _Row) -> Iterator[Remark]:
    for said in tables(row.get("messages")):
        code = text(said.get("ruleId")) or "parse-error"
        mild = said.get("severity") == 1
        line = number(said.get("line"))
        yield Remark(text(row.get("filePath")), line, code, text(said.get("message")), mild)


def _stylelint(row: _Row) -> Iterator[Remark]:
    for said in tables(row.get("warnings")):
        mild = said.get("severity") == "warning"
        code, line = text(said.get("rule")), number(said.get("line"))
        yield Remark(text(row.get("source")), line, code, text(said.get("text")), mild)


def _pylint(row: _Row) -> Iterator[Remark]:
    code = text(row.get("message-id")) or text(row.get("messageId"))
    yield Remark(text(row.get("path")), number(row.get("line")), code, text(row.get("message")))


def _climate(row: _Row) -> Iterator[Remark]:
    """Read the code-quality report of GitLab, which Code Climate made."""
    begin = at(row, "location", "lines", "begin")
    line = number(begin) or number(at(row, "location", "positions", "begin", "line"))
    path, code = text(at(row, "location", "path")), text(row.get("check_name"))
    yield Remark(path, line, code, text(row.get("description")), row.get("severity") == "info")


def _mypy(row: _Row) -> Iterator[Remark]:
    if row.get("severity") != "note":
        code = text(row.get("code")) or "mypy"
        yield Remark(text(row.get("file")), number(row.get("line")), code, text(row.get("message")))


def _cargo(row: _Row) -> Iterator[Remark]:
    """Read one message of rustc, at the place it calls the primary one."""
    said = table(row.get("message"))
    spans = [span for span in tables(said.get("spans")) if span.get("is_primary") is True]
    if said.get("level") in {"error", "warning"} and spans:
        code = text(at(said, "code", "code")) or "compiler"
        path, line = text(spans[0].get("file_name")), number(spans[0].get("line_start"))
        yield Remark(path, line, code, text(said.get("message")), said["level"] == "warning")


def _pyright(document: Json) -> Reading:
    remarks = []
    for said in tables(at(document, "generalDiagnostics")):
        line = number(at(said, "range", "start", "line")) + 1  # it counts from 0
        code = text(said.get("rule")) or "pyright"
        mild = said.get("severity") != "error"
        remarks.append(Remark(text(said.get("file")), line, code, text(said.get("message")), mild))
    summary = table(at(document, "summary"))
    counts = [number(summary.get(f"{kind}Count")) for kind in ("error", "warning", "information")]
    return Reading("pyright", tuple(remarks), sum(counts))


def _pylint_two(document: Json) -> Reading:
    said = tables(at(document, "messages"))
    found = [remark for row in said for remark in _pylint(row)]
    counts = table(at(document, "statistics", "messageTypeCount"))
    return Reading("pylint", tuple(found), sum(number(count) for count in counts.values()))


def _golangci(document: Json) -> Reading:
    found = [
        Remark(
            text(at(row, "Pos", "Filename")),
            number(at(row, "Pos", "Line")),
            text(row.get("FromLinter")),
            text(row.get("Text")),
            row.get("Severity") == "warning",
        )
        for row in tables(at(document, "Issues"))
    ]
    return Reading("go", tuple(found), len(rows(at(document, "Issues"))))


_BY_KEYS: tuple[tuple[set[str], Callable[[Json], Reading]], ...] = (
    ({"generalDiagnostics"}, _pyright),
    ({"messages", "statistics"}, _pylint_two),
    ({"Issues", "Report"}, _golangci),
)
_RowFormat = tuple[set[str], str, Callable[[_Row], Iterator[Remark]]]
_BY_ROW_KEYS: tuple[_RowFormat, ...] = (
    ({"filename", "location", "message", "code"}, "ruff", _ruff),
    ({"filePath", "messages"}, "eslint", _eslint),
    ({"source", "warnings"}, "stylelint", _stylelint),
    ({"path", "symbol", "message", "message-id"}, "pylint", _pylint),
    ({"check_name", "location", "description"}, "code-quality", _climate),
)
_BY_LINE_KEYS: tuple[_RowFormat, ...] = (
    ({"file", "line", "message", "severity"}, "mypy", _mypy),
    ({"filename", "location", "message", "code"}, "ruff", _ruff),
    ({"reason", "message"}, "compiler", _cargo),
)
