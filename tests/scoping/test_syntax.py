"""What is too large, too long in a line or no text is not parsed."""

import pytest

from scoping.syntax import MAX_LINE_BYTES, why_unreadable

LONGEST = b"x" * MAX_LINE_BYTES


@pytest.mark.parametrize(
    "content",
    [b"", LONGEST, LONGEST + b"\n", b"\n" + LONGEST + b"\n" + LONGEST, b"a\n" * 2 * MAX_LINE_BYTES],
)
def test_lines_up_to_the_limit_are_read(content: bytes) -> None:
    assert why_unreadable(content) == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b""),
        (b"\n", b"\n"),
        (LONGEST + b"\n", b""),
        (b"a\n" * MAX_LINE_BYTES, b"\n" + LONGEST),
    ],
)
def test_a_line_over_the_limit_is_found_wherever_it_stands(before: bytes, after: bytes) -> None:
    assert why_unreadable(before + LONGEST + b"x" + after) == (
        f"a line of {MAX_LINE_BYTES + 1} bytes, so likely generated"
    )
