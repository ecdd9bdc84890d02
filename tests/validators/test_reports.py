import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.reports import Told, read_report, report_variables

PYTEST = """<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" tests="6">
<testcase classname="" name="tests.test_b" file="tests/test_b.py">
<error message="collection failure">ModuleNotFoundError: No module named 'x'</error></testcase>
<testcase classname="tests.test_a" name="test_ok" file="tests/test_a.py" line="1"/>
<testcase classname="tests.test_a" name="test_bad" file="tests/test_a.py" line="4">
<failure message="assert 1 == 2">/workspace/tests/test_a.py:5: AssertionError</failure></testcase>
<testcase classname="tests.test_a" name="test_later" file="tests/test_a.py" line="x">
<skipped type="pytest.skip" message="not now"/></testcase>
<testcase classname="tests.test_a" name="test_twice"/>
<testcase classname="tests.test_a" name="test_twice"><error>teardown</error></testcase>
</testsuite></testsuites>
"""

NODE = """<?xml version="1.0" encoding="utf-8"?>
<testsuites>
<testcase name="adds" classname="test"/>
<testsuite name="outer"><testsuite name="inner">
<testcase name="fails" classname="test" failure="1 == 2">
<failure type="testCodeFailure" message="1 == 2">at x (/workspace/lib/a.test.js:3:45)</failure>
</testcase></testsuite></testsuite>
<!-- tests 2 -->
</testsuites>
"""


def test_pytest_cases_have_outcome_place_and_text() -> None:
    report = read_report({"pytest.xml": PYTEST.encode()})

    assert (report.kind, report.trouble) == ("pytest", "")
    assert {case.id: case.outcome for case in report.cases} == {
        "::tests.test_b": "error",
        "tests.test_a::test_ok": "passed",
        "tests.test_a::test_bad": "failed",
        "tests.test_a::test_later": "skipped",
        "tests.test_a::test_twice": "error",
    }
    bad = next(case for case in report.cases if case.id.endswith("test_bad"))
    assert (bad.path, bad.line, bad.text) == (
        "tests/test_a.py", 5, "tests/test_a.py:5: AssertionError",
    )  # fmt: skip
    later = next(case for case in report.cases if case.id.endswith("test_later"))
    assert (later.line, later.text) == (0, "not now")


def test_node_suites_become_part_of_the_id_and_the_stack_gives_the_place() -> None:
    report = read_report({"node.xml": NODE.encode()})

    assert report.kind == "node"
    assert [(case.id, case.outcome) for case in report.cases] == [
        ("node::adds", "passed"),
        ("outer > inner::fails", "failed"),
    ]
    assert (report.cases[1].path, report.cases[1].line) == ("lib/a.test.js", 3)


def test_the_test_that_pytest_was_interrupted_in_came_to_no_end() -> None:
    nameless = '<testcase classname="" name="" time="2.0"/></testsuite>'
    content = PYTEST.replace("</testsuite>", nameless).encode()

    names = [case.id for case in read_report({"pytest.xml": content}).cases]

    assert len(names) == 5
    assert "::" not in names


def test_two_runners_in_one_gate_are_believed_neither() -> None:
    report = read_report({"pytest.xml": PYTEST.encode(), "node.xml": NODE.encode()})

    assert (report.kind, report.cases) == ("none", ())
    assert report.trouble == (
        "there are reports of both pytest and node; each needs a gate of its own"
    )


def test_ruff_findings_are_relative_to_the_tree() -> None:
    content = (
        '[{"filename": "/workspace/a.py", "code": "F821", "location": {"row": 3, "column": 1},'
        ' "message": "Undefined name `x`"},'
        '{"filename": "/workspace/b.py", "code": null, "location": {"row": 1, "column": 1},'
        ' "message": "Expected an expression"}]'
    )

    report = read_report({"ruff.json": content.encode()})

    assert report.kind == "ruff"
    assert [(m.path, m.code, m.line) for m in report.marks] == [
        ("a.py", "F821", 3),
        ("b.py", "invalid-syntax", 1),
    ]


def test_a_folder_without_a_report_has_none() -> None:
    report = read_report({})

    assert (report.kind, report.trouble) == ("none", "")


RUFF = '[{"filename": "%s", "code": "F", "location": {"row": %s}, "message": ""}]'
BOMB = '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;">]><testsuites>&d;</testsuites>'


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("pytest.xml", "", "cannot be read"),
        ("pytest.xml", PYTEST[:400], "cannot be read"),
        ("node.xml", "not xml", "node.xml cannot be read"),
        ("pytest.xml", BOMB, "entities"),
        ("node.xml", '<?xml version="1.0" encoding="rot13"?><a/>', "cannot be read"),
        ("ruff.json", RUFF % ("\\ud800", "1"), "cannot be read"),
        ("ruff.json", RUFF % ("a", "Infinity"), "not what ruff writes"),
        ("ruff.json", "[{]", "cannot be read"),
        ("ruff.json", "[{}]", "not what ruff writes"),
        ("ruff.json", '{"a": 1}', "not what ruff writes"),
        ("ruff.json", "[" * 100_000, "cannot be read"),
    ],
)
def test_a_report_that_is_no_report_is_trouble_not_an_exception(
    name: str, content: str, words: str
) -> None:
    report = read_report({name: content.encode()})

    assert report.kind == "none"
    assert words in report.trouble


@given(st.integers(0, 600), st.binary(max_size=8), st.integers(0, 8))
def test_a_report_damaged_anywhere_is_read_or_is_trouble(at: int, more: bytes, less: int) -> None:
    content = PYTEST.encode()

    report = read_report({"pytest.xml": content[:at] + more + content[at + less :]})

    assert (report.kind == "pytest") != bool(report.trouble)


def test_a_second_report_behind_the_first_is_believed_as_little_as_that() -> None:
    report = read_report({"pytest.xml": PYTEST.encode() * 2})

    assert report.kind == "none"
    assert "there are 2 reports in it" in report.trouble


SENTINEL = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite><testcase classname="tests.test_sentinel_1f" name="test_sentinel_1f">
<failure>planted</failure></testcase><testcase classname="tests.test_a" name="test_real"/>
</testsuite></testsuites>"""


def test_the_report_of_a_runner_that_a_test_started_is_not_meant() -> None:
    report = read_report({"pytest.xml": (PYTEST + SENTINEL).encode()}, ["test_sentinel_1f"])

    assert [case.id for case in report.cases] == ["tests.test_a::test_real"]
    assert report.sentinels == (("test_sentinel_1f", "failed"),)


def test_two_reports_that_name_a_sentinel_are_believed_neither() -> None:
    report = read_report({"pytest.xml": SENTINEL.encode() * 2}, ["test_sentinel_1f"])

    assert "there are 2 reports in it" in report.trouble


def test_reports_without_end_are_not_parsed() -> None:
    report = read_report({"pytest.xml": b"<?xml version='1.0'?><a/>" * 200})

    assert "more than 100 reports" in report.trouble


def test_a_report_past_all_measure_is_not_parsed() -> None:
    assert "larger than" in read_report({"pytest.xml": bytes(25 * 1024**2)}).trouble


def test_a_report_nested_to_hurt_its_reader_is_refused_soon() -> None:
    depth = 400_000
    inner = '<testcase name="x"/>'
    content = "<testsuite>" * depth + inner + "</testsuite>" * depth

    assert "nests suites deeper" in read_report({"node.xml": content.encode()}).trouble


def test_a_choice_of_tests_is_told_to_pytest_alone() -> None:
    told = Told(select=("test_a", "test_b"), also=("a b/test_c.py",))

    variables = report_variables("test", node_reports=True, told=told)

    assert variables["PYTEST_ADDOPTS"].endswith(" -k 'test_a or test_b' 'a b/test_c.py'")
    assert "test_a" not in variables["NODE_OPTIONS"]


def test_only_the_phase_that_writes_a_report_is_told_to() -> None:
    assert report_variables("build", node_reports=True) == {}
    assert set(report_variables("test", node_reports=False)) == {"PYTEST_ADDOPTS"}
    assert set(report_variables("test", node_reports=True)) == {"PYTEST_ADDOPTS", "NODE_OPTIONS"}
    assert set(report_variables("lint", node_reports=True)) == {
        "RUFF_OUTPUT_FORMAT", "RUFF_OUTPUT_FILE", "RUFF_NO_CACHE",
    }  # fmt: skip


def test_node_tests_of_one_name_in_two_files_do_not_hide_each_other() -> None:
    content = (
        '<?xml version="1.0" encoding="utf-8"?><testsuites>'
        '<testcase name="works" time="0.1" classname="test"/>'
        '<testcase name="works" time="0.1" classname="test"><failure message="no"/></testcase>'
        "</testsuites>"
    )

    report = read_report({"node.xml": content.encode()})

    assert [(case.id, case.outcome) for case in report.cases] == [
        ("node::works", "passed"),
        ("node::works (2)", "failed"),
    ]
