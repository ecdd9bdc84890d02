import json
import time
from pathlib import Path
from typing import Any

import pytest

from validators.linters.lint_output import LintOutput, read_lint

RECORDED = Path(__file__).parent / "recorded"


def said(stdout: str, stderr: str = "") -> LintOutput:
    output = read_lint(stdout, stderr, {})
    assert output is not None
    return output


def sarif(*results: Any, **run: Any) -> str:
    driver = {"name": "A Linter", "rules": run.pop("rules", [])}
    return json.dumps(
        {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results, **run}]}
    )


def result(uri: str = "a.py", **more: Any) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": uri}, "region": {"startLine": 3}}
    return {
        "ruleId": "R1",
        "level": "error",
        "message": {"text": "no"},
        "locations": [{"physicalLocation": place}],
        **more,
    }


def test_a_linter_that_says_nothing_is_told_from_one_that_nobody_knows() -> None:
    assert said("", "\n") == LintOutput("")
    assert read_lint("Segmentation fault", "", {}) is None
    assert read_lint("> app@1.0.0 lint\n> lint-everything\n", "", {}) is None


def test_a_clean_linter_says_so_in_its_last_line() -> None:
    assert said("All checks passed!\n") == LintOutput("ruff", summary_count=0)
    assert said("0 errors, 0 warnings, 0 informations ") == LintOutput("pyright", summary_count=0)
    assert said("Your code has been rated at 10.00/10").tool == "pylint"


def test_two_linters_in_one_command_are_read_together() -> None:
    texts = [(RECORDED / f"{name}.txt").read_text() for name in ("ruff-concise", "mypy-text")]
    output = said("> lint\n" + "\n".join(texts))

    assert output.tool == "mypy+ruff"
    assert (len(output.marks), output.summary_count) == (11, 11)


def test_a_report_goes_before_what_the_same_tool_printed() -> None:
    report = (RECORDED / "ruff-json.txt").read_bytes()
    printed = (RECORDED / "ruff-concise.txt").read_text()

    output = read_lint(printed + "b.py:1: error: no  [misc]\n", "", {"ruff.json": report})

    assert output is not None
    assert output.tool == "mypy+ruff"
    assert len(output.marks) == 9
    assert read_lint("", "", {"ruff.json": b"[]"}) == LintOutput("ruff", summary_count=0)


def test_a_count_that_differs_from_what_was_read_is_seen() -> None:
    printed = (RECORDED / "eslint-stylish.txt").read_text().replace("9 problems", "12 problems")
    assert said(printed).summary_count == 12
    assert not said(printed).agrees
    assert not said("Found 2 errors.\n").agrees


def test_fixed_findings_are_not_counted() -> None:
    printed = "a.py:1:1: F401 `os` imported but unused\nFound 3 errors (2 fixed, 1 remaining).\n"
    assert said(printed).summary_count == 1
    assert said(printed).agrees


def test_colours_do_not_hide_a_finding() -> None:
    colon = "\x1b[36m:\x1b[0m"
    printed = f"\x1b[1ma.py\x1b[0m{colon}1{colon}1{colon} \x1b[1;31mF401\x1b[0m unused"
    assert [(m.path, m.line, m.code) for m in said(printed).marks] == [("a.py", 1, "F401")]


def test_findings_outside_the_tree_are_counted_and_not_named() -> None:
    printed = "".join(
        f"{path}:1:1: F401 unused\n"
        for path in ("/usr/lib/x.py", "../x.py", "/workspace/../x.py", "/workspace/./a//b.py")
    )
    output = said(printed)
    assert [mark.path for mark in output.marks] == ["a/b.py"]
    assert output.outside == 3


def test_what_mypy_only_notes_is_no_finding() -> None:
    printed = "a.py:1: note: See https://mypy.example\na.py:2: error: Bad\n"
    assert [(mark.line, mark.code) for mark in said(printed).marks] == [(2, "bad")]


def test_golangci_lint_names_its_linter_in_brackets() -> None:
    printed = "pkg/a.go:6:2: Error return value is not checked (errcheck)\n\tf()\n\t^\n1 issues:\n"
    output = said(printed)
    assert [(m.path, m.line, m.code) for m in output.marks] == [("pkg/a.go", 6, "errcheck")]
    issue = {"FromLinter": "errcheck", "Text": "no", "Pos": {"Filename": "a.go", "Line": 4}}
    output = said(json.dumps({"Issues": [issue], "Report": {}}))
    assert [(m.path, m.line, m.code) for m in output.marks] == [("a.go", 4, "errcheck")]


def test_javascript_in_json_is_read_after_the_lines_of_npm() -> None:
    messages = [{"ruleId": "no-undef", "severity": 2, "line": 2, "message": "x"}]
    document = [{"filePath": "/workspace/a.js", "messages": messages}]
    output = said(f"\n> app@1.0.0 lint\n> eslint -f json .\n\n{json.dumps(document)}\n")
    assert (output.tool, output.marks[0].code) == ("eslint", "no-undef")
    styles = [{"source": "a.css", "warnings": [{"line": 1, "rule": "x", "severity": "error"}]}]
    assert said(json.dumps(styles)).tool == "stylelint"


def test_linters_that_write_in_formats_of_their_own_are_all_read() -> None:
    names = ("eslint-json", "pyright-json", "tsc-plain", "oxlint-checkstyle", "mypy-json")
    output = said("\n".join((RECORDED / f"{name}.txt").read_text() for name in names))
    assert output.tool == "checkstyle+eslint+mypy+pyright+tsc"
    assert len(output.marks) == 7 + 2 + 6 + 2 + 3


def test_sarif_leaves_out_what_its_tool_takes_back() -> None:
    log = sarif(
        result(),
        result(suppressions=[{"kind": "inSource"}]),
        result(suppressions=[{"kind": "external", "status": "rejected"}]),
        result(kind="pass"),
        result(baselineState="absent"),
    )
    output = said(log)
    assert (output.tool, len(output.marks)) == ("a-linter", 2)


def test_sarif_finds_rules_and_levels_by_their_index() -> None:
    rules = [{"id": "R0"}, {"id": "R1", "defaultConfiguration": {"level": "error"}}]
    rules.append({"id": "R2", "messageStrings": {"m": {"text": "in words"}}})
    by_index = result(ruleIndex=1, level="")
    del by_index["ruleId"], by_index["level"]
    by_rule = result(rule={"index": 2}, message={"id": "m"})
    del by_rule["ruleId"], by_rule["level"]

    output = said(sarif(by_index, by_rule, rules=rules))

    assert [(mark.code, mark.message) for mark in output.marks] == [("R1", "no")]
    assert [(mark.code, mark.message) for mark in output.warnings] == [("R2", "in words")]


def test_sarif_finds_the_rules_of_an_extension() -> None:
    found = result(rule={"index": 0, "toolComponent": {"index": 1}})
    del found["ruleId"], found["level"]
    driver = {"name": "x"}
    rules = [{"id": "E1", "defaultConfiguration": {"level": "error"}}]
    log = json.loads(sarif(found))
    log["runs"][0]["tool"] = {"driver": driver, "extensions": [{}, {"rules": rules}]}
    assert [mark.code for mark in said(json.dumps(log)).marks] == ["E1"]


@pytest.mark.parametrize(
    "location",
    [
        {"uri": "src/a%20b.py"},
        {"uri": "file:///workspace/src/a%20b.py"},
        {"uri": "a%20b.py", "uriBaseId": "SRC"},
        {"uri": "", "index": 1},
    ],
)
def test_sarif_lays_its_uris_on_the_tree(location: dict[str, Any]) -> None:
    found = result()
    found["locations"][0]["physicalLocation"]["artifactLocation"] = location
    bases = {"SRC": {"uri": "src/", "uriBaseId": "ROOT"}, "ROOT": {"uri": "file:///workspace/"}}
    artifacts = [{}, {"location": {"uri": "a%20b.py", "uriBaseId": "SRC"}}]

    output = said(sarif(found, originalUriBaseIds=bases, artifacts=artifacts))

    assert [mark.path for mark in output.marks] == ["src/a b.py"]


def test_uri_bases_that_lead_in_a_circle_come_to_an_end() -> None:
    found = result()
    found["locations"][0]["physicalLocation"]["artifactLocation"] = {
        "uri": "a.py",
        "uriBaseId": "A",
    }
    bases = {"A": {"uri": "x/", "uriBaseId": "A"}}
    assert said(sarif(found, originalUriBaseIds=bases)).marks[0].path.endswith("x/a.py")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"version": "2.1.0", "runs": [[], 1, {"results": {"a": 1}, "tool": []}]}',
        '{"generalDiagnostics": [1, {"range": []}, {"file": 3}], "summary": {"errorCount": -1}}',
        '[{"filename": 1, "location": [], "message": {}, "code": null}]',
        '[{"filePath": "a.js", "messages": [[], {"line": 1e400}, {"line": true}]}]',
        '{"messages": [{}], "statistics": 0}',
        '<?xml version="1.0"?><checkstyle><file name="a"><error line="x"/></checkstyle>',
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><checkstyle>&b;</checkstyle>',
        "a.py:99999999999999999999:1: F401 x",
        "::error file=a.py,line=99999999999999::x",
        "::error ::",
        " --> a.py:1:1",
        '<?xml version="1.0"?><a><checkstyle></checkstyle></a><checkstyle></checkstyle>',
        '<?xml version="1.0"?><a><checkstyle></checkstyle></a>',
        "\ud800:1:1: F401 \ud800",
        f"a.py:1:1: F401 {'x' * 5_000}",
    ],
)
def test_a_text_made_to_be_misread_is_bounded_and_never_an_error_of_ours(text: str) -> None:
    for output in (read_lint(text, "", {}), read_lint("", text, {})):
        for mark in (*output.marks, *output.warnings) if output else ():
            assert mark.line >= 0
            f"{mark.path}{mark.code}{mark.message}".encode()
    read_lint("", "", {"x.json": text.encode("utf-8", "surrogatepass")})


@pytest.mark.parametrize(
    "line",
    [
        "a" * 3_999,
        "a:" * 2_000,
        "a:1:1: " + " (" * 1_990,
        "a:1:1: " + " [Error" * 570,
        "a(1,1): error " + "(1,1)" * 790,
        "  1:1  error  " + "x  " * 1_300,
        "::error " + "a=b," * 900 + ":",
        "::" * 1_999,
        "\x1b[" + "1;" * 1_990,
        "  x " + "a(" * 1_990,
        " " * 3_999,
        "a.py:1:1: error: " + "  [" * 1_300,
    ],
)
def test_no_line_takes_long_to_read(line: str) -> None:
    started = time.process_time()
    read_lint(f"{line}\n" * 300, "", {})
    assert time.process_time() - started < 5


def test_more_findings_than_can_be_compared_are_no_lint_output() -> None:
    assert read_lint("a.py:1:1: F401 unused\n" * 20_001, "", {}) is None
    assert read_lint("", "", {"x.json": b" " * (24 * 1024**2 + 1)}) is None
    assert len(said("a.py:1:1: F401 unused\n" * 20_000).marks) == 20_000
    assert read_lint("a.py:1:1: F401 unused\n" + "\n" * 200_001, "", {}) is None
