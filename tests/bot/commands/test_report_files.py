"""A report replaces the plain file of its name and nothing else, whoever put it there."""

import os
from pathlib import Path

import pytest

from bot.commands.report_files import ReportRefusal, check_writable, write_report


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that is the current folder, beside a folder that is none of its business."""
    (tmp_path / "repository/in").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "repository")
    return tmp_path / "repository"


@pytest.mark.parametrize("place", ["new.xml", "in/new.xml", "../other/new.xml", "in/../new.xml"])
def test_a_new_file_is_written_where_it_was_asked_for(repository: Path, place: str) -> None:
    write_report(Path(place), repository, "<é\ud800/>\n")

    assert Path(place).read_text("utf-8") == "<é\\ud800/>\n"
    assert Path(place).stat().st_mode & 0o777 == 0o644
    assert [path.name for path in Path(place).parent.iterdir() if path.name[0] == "."] == []


def test_a_file_that_is_there_is_replaced_and_keeps_who_may_read_it(repository: Path) -> None:
    Path("old.xml").write_text("old\n")
    Path("old.xml").chmod(0o600)
    Path("twin.xml").hardlink_to("old.xml")

    write_report(repository / "old.xml", repository, "new\n")

    assert Path("old.xml").read_text() == "new\n"
    assert Path("old.xml").stat().st_mode & 0o777 == 0o600
    assert Path("twin.xml").read_text() == "old\n"


@pytest.mark.parametrize("kind", ["link", "dangling", "pipe", "folder"])
def test_what_is_no_plain_file_is_left_alone(repository: Path, kind: str) -> None:
    place = Path("odd")
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    else:
        place.symlink_to("../other/secret" if kind == "link" else "gone")
    Path("../other/secret").write_text("mine\n")

    with pytest.raises(ReportRefusal, match=r"odd is not written: .* no plain file"):
        write_report(place, repository, "new\n")
    assert Path("../other/secret").read_text() == "mine\n"
    assert not Path("gone").exists()


@pytest.mark.parametrize("place", ["sly/new.xml", "in/../sly/new.xml", "in/deep/new.xml"])
def test_a_link_among_the_folders_of_the_repository_is_not_followed(
    repository: Path, place: str
) -> None:
    Path("sly").symlink_to("../other")
    Path("in/deep").symlink_to("../../other")

    for where in (Path(place), repository / place):
        with pytest.raises(ReportRefusal, match="is a link in the repository that is judged"):
            check_writable(where, repository)


def test_a_link_that_leads_to_the_repository_is_the_users_own(
    repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "home").symlink_to(repository)

    write_report(tmp_path / "home/in/new.xml", repository, "new\n")

    assert Path("in/new.xml").read_text() == "new\n"


@pytest.mark.parametrize("place", ["gone/new.xml", "..", ".", "/"])
def test_a_place_without_a_folder_is_refused(repository: Path, place: str) -> None:
    with pytest.raises(ReportRefusal, match=r"there is no folder|it is a folder|no plain file"):
        check_writable(Path(place), repository)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(repository: Path) -> None:
    Path("in").chmod(0o500)
    with pytest.raises(ReportRefusal, match="make its folder writable"):
        write_report(Path("in/new.xml"), repository, "new\n")
