"""A project's own words on coverage, from each of the files it may write them to."""

from collections.abc import Mapping

import pytest

from validators.projects.coverage_configuration import (
    CoverageConfiguration,
    read_coverage_configuration,
)

PRAGMA = "pragma|PRAGMA"


def read(files: Mapping[str, str | bytes]) -> CoverageConfiguration:
    def content(path: str) -> bytes | None:
        found = files.get(path)
        return found.encode() if isinstance(found, str) else found

    return read_coverage_configuration(content)


def counts_pragma(configuration: CoverageConfiguration) -> bool:
    return any(PRAGMA in pattern for pattern in configuration.excluded)


def test_without_settings_a_pragma_hides_nothing_and_stubs_need_no_test() -> None:
    configuration = read({"pyproject.toml": "[tool.other]\nx = 1\n"})
    assert not counts_pragma(configuration)
    assert any("TYPE_CHECKING" in pattern for pattern in configuration.excluded)
    assert (configuration.data_file, configuration.relative_files) == (".coverage", False)


@pytest.mark.parametrize(
    "files",
    [
        {".coveragerc": "[run]\nbranch = true\n"},
        {"setup.cfg": "[coverage:run]\nbranch = true\n"},
        {"tox.ini": "[coverage:report]\nfail_under = 3\n"},
        {"pyproject.toml": "[tool.coverage.run]\nbranch = true\n"},
        {".coveragerc.toml": "[run]\nbranch = true\n"},
    ],
)
def test_with_settings_coverages_own_pragma_counts(files: Mapping[str, str]) -> None:
    assert counts_pragma(read(files))


@pytest.mark.parametrize(
    "files",
    [
        {".coveragerc": "[report]\nexclude_lines =\n    # never\n    if DEBUG:\n"},
        {"pyproject.toml": "[tool.coverage.report]\nexclude_lines = ['if DEBUG:']\n"},
    ],
)
def test_a_projects_own_list_takes_the_place_of_the_pragma(files: Mapping[str, str]) -> None:
    configuration = read(files)
    assert "if DEBUG:" in configuration.excluded
    assert not counts_pragma(configuration)


def test_what_a_project_adds_stands_beside_the_pragma() -> None:
    configuration = read({"setup.cfg": "[coverage:report]\nexclude_also =\n    if DEBUG:\n"})
    assert "if DEBUG:" in configuration.excluded
    assert counts_pragma(configuration)


def test_the_first_file_that_speaks_of_coverage_is_the_one_that_counts() -> None:
    configuration = read(
        {
            ".coveragerc": "[run]\ndata_file = build/data\nrelative_files = yes\n",
            "pyproject.toml": "[tool.coverage.run]\ndata_file = 'other'\n",
        }
    )
    assert (configuration.data_file, configuration.relative_files) == ("build/data", True)


@pytest.mark.parametrize(
    "files",
    [
        {".coveragerc": b"\xff\xfe[run\n"},
        {"pyproject.toml": "tool = 3\n"},
        {"pyproject.toml": "[tool]\ncoverage = 3\n"},
        {"pyproject.toml": "[[[["},
        {"pyproject.toml": "x = " + "[" * 100_000},
        {"setup.cfg": "[coverage:run]"},
    ],
)
def test_what_cannot_be_read_says_nothing(files: Mapping[str, str | bytes]) -> None:
    assert read(files).data_file == ".coverage"


def test_odd_values_are_left_out() -> None:
    text = "[tool.coverage.report]\nexclude_also = [1, '', 'a\\u0000b', 'ok']\nexclude_lines = 3\n"
    text += '[tool.coverage.run]\ndata_file = "a\\nb"\n'
    configuration = read({"pyproject.toml": text.replace("'a\\u0000b'", '"a\\u0000b"')})
    assert configuration.excluded[-1] == "ok"
    assert "a\0b" not in configuration.excluded
    assert configuration.data_file == ".coverage"
