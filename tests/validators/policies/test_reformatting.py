"""A file laid out anew is found; a block moved under a new condition is not."""

import pytest

from validators.policies.changed_file import ChangedFile
from validators.policies.reformatting import reformatting_findings

BODY = [f"{'  ' * (number % 4)}call_{number}({number})" for number in range(60)]


def found(old: str, new: str) -> list[str]:
    file = ChangedFile("a.js", "a.js", old.encode(), new.encode())
    return [finding.message for finding in reformatting_findings([file], "block")]


def text(lines: list[str], end: str = "\n") -> str:
    return "".join(f"{line}{end}" for line in lines)


@pytest.mark.parametrize(
    "new",
    [
        text(BODY, "\r\n"),
        text(BODY, "  \n"),
        text([line.replace("  ", "\t") for line in BODY]).replace("call", "\tcall"),
        text([line.replace("  ", "    ") for line in BODY]),
        text([line.replace("(", " ( ") for line in BODY]),
        text(BODY).replace("\n", "\n\n"),
    ],
)
def test_a_file_laid_out_anew_with_one_real_change_is_found(new: str) -> None:
    (message,) = found(text(BODY), new.replace("call_30", "call_x"))
    assert "differ in white space alone" in message


def test_the_message_has_both_figures() -> None:
    (message,) = found(text(BODY), text(BODY, "\r\n").replace("call_30", "call_x"))
    assert "118 of its 120 added and removed lines" in message


@pytest.mark.parametrize(
    "new",
    [
        text(["if (x) {", *(f"  {line}" for line in BODY), "}"]),
        text([line.removeprefix("  ") for line in BODY if line.startswith("  ")]),
        text([f"new_{line}" for line in BODY]),
        text(BODY[:15]) + text(BODY[15:30], "\r\n") + text(BODY[30:]),
        text(BODY),
    ],
    ids=["one block moved in", "one block moved out", "rewritten", "fifteen lines", "the same"],
)
def test_real_changes_are_let_through(new: str) -> None:
    assert found(text(BODY), new) == []


def test_new_and_deleted_files_are_not_compared() -> None:
    files = [ChangedFile("a", "a", None, b" x\n" * 90), ChangedFile("b", "b", b" x\n" * 90, None)]
    assert list(reformatting_findings(files, "block")) == []


def test_its_word_is_obeyed() -> None:
    file = ChangedFile("a", "a", text(BODY).encode(), text(BODY, "\r\n").encode())
    assert [f.severity for f in reformatting_findings([file], "ask")] == ["ask"]
    assert list(reformatting_findings([file], "allow")) == []
