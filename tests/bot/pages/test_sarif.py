"""The SARIF log, held against what its schema (2.1.0) requires of the parts that are written."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.pages.sarif import SCHEMA, sarif_document
from validators.evidence import Evidence
from validators.verdict import Finding, Severity, Verdict

# Object by object, as in the schema: the properties it must have, and those it may have as well.
SHAPES: dict[str, tuple[set[str], set[str]]] = {
    "log": ({"version", "runs"}, {"$schema"}),
    "run": (
        {"tool"},
        {
            *("automationDetails", "invocations", "originalUriBaseIds", "columnKind", "results"),
            "properties",
        },
    ),
    "driver": ({"name"}, {"version", "rules"}),
    "rule": ({"id"}, {"shortDescription"}),
    "result": (
        {"message"},
        {*("ruleId", "ruleIndex", "level", "locations", "partialFingerprints", "properties")},
    ),
    "place": (set(), {"artifactLocation", "region"}),
    "region": (set(), {"startLine"}),
}


def check(shape: str, found: dict[str, Any]) -> dict[str, Any]:
    required, allowed = SHAPES[shape]
    assert required <= found.keys() <= required | allowed
    return found


def run_of(evidence: Evidence, *findings: Finding) -> dict[str, Any]:
    document = sarif_document(Verdict("fail", findings or evidence.findings), evidence)
    (run,) = json.loads(json.dumps(document))["runs"]
    assert isinstance(run, dict)
    return run


def finding(**more: Any) -> Finding:
    return Finding(**{"gate": "tests", "code": "red", "severity": "block", "message": "no", **more})


def test_the_log_has_the_shape_that_the_schema_asks_for(evidence: Evidence) -> None:
    log = check("log", sarif_document(Verdict("fail", evidence.findings), evidence))
    assert (log["version"], log["$schema"]) == ("2.1.0", SCHEMA)
    run = check("run", log["runs"][0])
    driver = check("driver", run["tool"]["driver"])
    rules = [check("rule", rule)["id"] for rule in driver["rules"]]
    assert len(set(rules)) == len(rules)
    assert run["automationDetails"]["id"].endswith("/")
    for result in run["results"]:
        check("result", result)
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["message"]["text"]
        for location in result.get("locations", []):
            place = check("place", location["physicalLocation"])
            assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
            assert check("region", place.get("region", {})).get("startLine", 1) >= 1


@pytest.mark.parametrize(
    ("severity", "level"),
    [("block", "error"), ("ask", "warning"), ("warn", "warning"), ("note", "note")],
)
def test_a_severity_is_one_of_the_schemas_levels(
    evidence: Evidence, severity: Severity, level: str
) -> None:
    (result,) = run_of(evidence, finding(severity=severity))["results"]
    assert (result["level"], result["properties"]["severity"]) == (level, severity)


def test_a_finding_on_the_whole_change_has_no_place(evidence: Evidence) -> None:
    (result,) = run_of(evidence, finding())["results"]
    assert "locations" not in result


def test_a_finding_on_a_whole_file_has_no_line(evidence: Evidence) -> None:
    (result,) = run_of(evidence, finding(path="a.py"))["results"]
    assert "region" not in result["locations"][0]["physicalLocation"]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("src/a b#c?.py", "src/a%20b%23c%3F.py"),
        ("é/\udcff.py", "%C3%A9/%FF.py"),
        ("a:b/../%41", "a%3Ab/../%2541"),
    ],
)
def test_a_path_is_a_relative_address_whatever_is_in_it(
    evidence: Evidence, path: str, uri: str
) -> None:
    (result,) = run_of(evidence, finding(path=path, line=3))["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == uri
    assert place["region"] == {"startLine": 3}


def test_a_finding_that_moves_keeps_its_fingerprint_and_two_alike_have_two(
    evidence: Evidence,
) -> None:
    def prints(*findings: Finding) -> list[str]:
        results = run_of(evidence, *findings)["results"]
        return [result["partialFingerprints"]["changewright/v1"] for result in results]

    before = finding(path="a.py", line=3, message="no test runs 12-14\nmore")
    after = finding(path="a.py", line=9, message="no test runs 18-20\nother")
    assert prints(before) == prints(after)
    assert len(set(prints(before, after))) == 2
    others = [replace(before, path="b.py"), replace(before, code="x"), replace(before, gate="x")]
    assert len({*prints(before), *(one for other in others for one in prints(other))}) == 4


def test_nothing_concluded_is_no_successful_execution(evidence: Evidence) -> None:
    for word, is_successful in (("fail", True), ("pass", True), ("no-evidence", False)):
        document = sarif_document(Verdict(word), evidence)  # type: ignore[arg-type]
        (invocation,) = document["runs"][0]["invocations"]
        assert invocation["executionSuccessful"] is is_successful


def test_no_finding_is_an_empty_list_of_results_and_the_fix_is_told(evidence: Evidence) -> None:
    assert sarif_document(Verdict("pass"), evidence)["runs"][0]["results"] == []
    (result,) = run_of(evidence, finding(message="", fix="Mend it.", path="a"))["results"]
    assert result["message"]["text"] == "red\nFix: Mend it."
