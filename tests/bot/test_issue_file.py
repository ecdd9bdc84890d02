"""An issue is read from a file as it is, and a bad one is refused with its name."""

from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from bot.issue_file import MAX_ISSUE_BYTES, IssueFileRefusal, task_from_file, task_of


def read(folder: Path, text: str | bytes) -> tuple[str, str, str, str]:
    path = folder / "issue.md"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    task = task_from_file(path, "/repo", "main")
    assert (task.repository, task.base) == ("/repo", "main")
    return task.number, task.title, task.author, task.body


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A title\n\nand words\n", ("", "A title", "", "and words")),
        ("only a line", ("", "only a line", "", "")),
        (
            "---\nnumber: 42\ntitle: 'It''s: broken'\nauthor: ada\n---\nwords\n",
            ("42", "It's: broken", "ada", "words"),
        ),
        ("---\nnumber: 3\n---\n\nTitle below\nwords", ("3", "Title below", "", "words")),
        ("---\r\nnumber: 3\r\ntitle: t\r\n---\r\nwords\r\n", ("3", "t", "", "words")),
        ("---\njust a rule", ("", "---", "", "just a rule")),
        ("---\ntitle: no more\n---", ("", "no more", "", "")),
        ("---\n---\nTitle below\nwords", ("", "Title below", "", "words")),
        (b"\xef\xbb\xbftitle\n\xff", ("", "title", "", "\ufffd")),
    ],
)
def test_what_is_written_is_read(
    tmp_path: Path, text: str | bytes, expected: tuple[str, str, str, str]
) -> None:
    assert read(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the issue is empty"),
        ("\n \n", "the issue is empty"),
        ("PNG\0\x1a", "this is no text"),
        ("---\n---\n", "the issue is empty"),
        ("---\ntitel: x\n---\nwords", "unknown key 'titel'"),
        ("---\nnumber: many\n---\nt", "whole number, not 'many'"),
        ("---\ntitle: [\n---\nt", "not YAML"),
        ("---\ntitle: [a]\n---\nt", "lines of `key: value`"),
        ("x" * (MAX_ISSUE_BYTES + 1), "the limit is"),
        ("---\ntitle: " + "[" * 5000 + "\n---\nt", "nested"),
    ],
)
def test_a_bad_issue_is_refused_by_name(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(IssueFileRefusal, match=r"issue\.md") as refusal:
        read(tmp_path, text)

    assert words in str(refusal.value)


def test_an_issue_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(b"# A title\n\nwords\n")))

    assert task_from_file(Path("-"), "/repo", "HEAD").title == "A title"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(IssueFileRefusal, match="No such file"):
        task_from_file(tmp_path / "none.md", "/repo", "HEAD")


def test_the_task_is_given_in_exactly_one_way(tmp_path: Path) -> None:
    assert task_of(None, "do it\nthus", "/repo", "HEAD").title == "do it"
    for file, words in ((None, None), (tmp_path, "do it")):
        with pytest.raises(IssueFileRefusal, match="either"):
            task_of(file, words, "/repo", "HEAD")
    with pytest.raises(IssueFileRefusal, match="the task is empty"):
        task_of(None, "  ", "/repo", "HEAD")


@pytest.mark.parametrize(
    ("written", "labels"),
    [
        ("labels: bug, area/money,", ("bug", "area/money")),
        ("labels: [bug, 'area: money']", ("bug", "area: money")),
        ("labels:\n  - bug\n  - 3", ("bug", "3")),
        ("labels: ''", ()),
        ("number: 3", ()),
    ],
)
def test_labels_stand_in_the_front_matter(
    tmp_path: Path, written: str, labels: tuple[str, ...]
) -> None:
    path = tmp_path / "issue.md"
    path.write_text(f"---\n{written}\n---\nA title\n")

    assert task_from_file(path, "/repo", "HEAD").labels == labels
