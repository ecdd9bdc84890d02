"""SARIF 2.1, the one format many linters share: each run is one tool's.

Results that the tool itself takes back (suppressed, passed, gone since its baseline) are left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from validators.linters.json_values import Json, at, number, table, tables, text
from validators.linters.remarks import Reading, Remark

_TOOL = re.compile(r"[^a-z0-9.]+")
_NOT_SUPPRESSED = frozenset({"underReview", "rejected"})
_MAX_BASES = 8


def is_sarif(document: Json) -> bool:
    """Whether a document says that it is SARIF of the version read here."""
    return text(at(document, "version")).startswith("2.1") and "runs" in table(document)


def read_sarif(document: Json) -> tuple[Reading, ...]:
    """Return one reading for each run of a log."""
    return tuple(_Run(run).reading() for run in tables(at(document, "runs")))


@dataclass(frozen=True, slots=True)
class _Run:
    run: dict[str, Json]

    def reading(self) -> Reading:
        name = text(at(self.run, "tool", "driver", "name")).casefold()
        tool = _TOOL.sub("-", name).strip("-")[:60] or "sarif"
        remarks = (*self._results(), *self._notifications())
        return Reading(tool, remarks, len(remarks))

    def _results(self) -> Iterator[Remark]:
        for result in tables(self.run.get("results")):
            if _is_taken_back(result):
                continue
            rule = self._rule(result)
            code = text(result.get("ruleId")) or text(at(result, "rule", "id"))
            level = text(result.get("level")) or text(at(rule, "defaultConfiguration", "level"))
            message = _message(result, rule)
            yield self._remark(result, code or text(rule.get("id")), message, level or "warning")

    def _notifications(self) -> Iterator[Remark]:
        """Yield what kept the tool from reading a file: eslint reports syntax errors so."""
        for invocation in tables(self.run.get("invocations")):
            for kind in ("toolConfigurationNotifications", "toolExecutionNotifications"):
                for said in tables(invocation.get(kind)):
                    if said.get("level") == "error" and tables(said.get("locations")):
                        code = text(at(said, "descriptor", "id")) or "notification"
                        yield self._remark(said, code, _message(said, {}), "error")

    def _remark(self, said: dict[str, Json], code: str, message: str, level: str) -> Remark:
        place = table(at(next(iter(tables(said.get("locations"))), {}), "physicalLocation"))
        line = number(at(place, "region", "startLine"))
        path = self._uri(table(place.get("artifactLocation")))
        return Remark(path, line, code, message, is_mild=level != "error", is_uri=True)

    def _rule(self, result: dict[str, Json]) -> dict[str, Json]:
        """Return what the tool says of the rule a result is about."""
        tool = table(self.run.get("tool"))
        component = table(tool.get("driver"))
        extension = at(result, "rule", "toolComponent", "index")
        if type(extension) is int:
            component = _item(tool.get("extensions"), extension)
        index = result.get("ruleIndex", at(result, "rule", "index"))
        if type(index) is int:
            return _item(component.get("rules"), index)
        code = text(result.get("ruleId"))
        rules = tables(component.get("rules")) if code else []
        return next((rule for rule in rules if rule.get("id") == code), {})

    def _uri(self, location: dict[str, Json]) -> str:
        """Return a location's URI, laid on the bases it is relative to."""
        index = location.get("index")
        if not text(location.get("uri")) and type(index) is int:
            location = table(_item(self.run.get("artifacts"), index).get("location"))
        uri = text(location.get("uri"))
        base = text(location.get("uriBaseId"))
        for _ in range(_MAX_BASES):
            if not base or ":" in uri or uri.startswith("/"):
                break
            known = table(at(self.run, "originalUriBaseIds", base))
            above = text(known.get("uri"))
            uri = f"{above}{'' if above.endswith('/') or not above else '/'}{uri}"
            base = text(known.get("uriBaseId"))
        return uri


def _is_taken_back(result: dict[str, Json]) -> bool:
    if result.get("kind", "fail") != "fail" or result.get("baselineState") == "absent":
        return True
    suppressions = tables(result.get("suppressions"))
    return bool(suppressions) and not any(
        suppression.get("status") in _NOT_SUPPRESSED for suppression in suppressions
    )


def _message(said: dict[str, Json], rule: dict[str, Json]) -> str:
    words = text(at(said, "message", "text")) or text(at(said, "message", "markdown"))
    name = text(at(said, "message", "id"))
    return words or text(at(rule, "messageStrings", name, "text")) or name


def _item(value: Json, index: int) -> dict[str, Json]:
    found = value if isinstance(value, list) else []
    return table(found[index]) if 0 <= index < len(found) else {}
