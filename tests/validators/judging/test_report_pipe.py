"""What comes through the report pipes can be added to, and not taken back."""

import stat
from pathlib import Path

import pytest

from validators.judging.report_pipe import ReportPipes
from validators.reports import REPORT_FILES, REPORT_LIMIT_BYTES


def test_what_is_written_comes_out_under_its_name(tmp_path: Path) -> None:
    with ReportPipes(tmp_path) as pipes:
        (pipes.folder / "pytest.xml").write_bytes(b"<a/>")
        (pipes.folder / "ruff.json").write_bytes(b"[]")

        assert pipes.collect() == {"pytest.xml": b"<a/>", "ruff.json": b"[]"}


def test_nothing_comes_out_where_nothing_was_written(tmp_path: Path) -> None:
    with ReportPipes(tmp_path) as pipes:
        assert pipes.collect() == {}


def test_a_second_report_does_not_take_the_place_of_the_first(tmp_path: Path) -> None:
    with ReportPipes(tmp_path) as pipes:
        (pipes.folder / "pytest.xml").write_bytes(b"<true/>")
        (pipes.folder / "pytest.xml").write_bytes(b"<forged/>")

        assert pipes.collect()["pytest.xml"] == b"<true/><forged/>"


def test_more_than_a_pipe_holds_is_read_while_it_is_written(tmp_path: Path) -> None:
    content = b"x" * (3 * 1024**2)

    with ReportPipes(tmp_path) as pipes:
        (pipes.folder / "pytest.xml").write_bytes(content)

        assert pipes.collect()["pytest.xml"] == content


def test_more_than_the_limit_is_dropped_and_can_be_told(tmp_path: Path) -> None:
    with ReportPipes(tmp_path) as pipes:
        with (pipes.folder / "pytest.xml").open("wb") as stream:
            for _ in range(26):
                stream.write(bytes(1024**2))

        assert len(pipes.collect()["pytest.xml"]) == REPORT_LIMIT_BYTES + 1


def test_the_pipes_can_be_written_and_not_read(tmp_path: Path) -> None:
    with ReportPipes(tmp_path) as pipes:
        for name in REPORT_FILES:
            mode = (pipes.folder / name).stat().st_mode
            assert stat.S_ISFIFO(mode)
            assert stat.S_IMODE(mode) == 0o222


def test_nothing_is_left_not_even_after_a_failure(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))

    with pytest.raises(ValueError, match="no"), ReportPipes(tmp_path):
        raise ValueError("no")

    assert list(tmp_path.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == before
