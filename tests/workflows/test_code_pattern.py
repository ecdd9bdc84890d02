"""Which files a pattern of code occurs in."""

import pytest

from workflows.code_pattern import CodePattern, PatternRefusal


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("logging.warn($$$)", "x = logging.warn('a, b', 1)"),
        ("logging.warn($$$)", "logging.warn()"),
        ("logging.warn($$$)", "logging . warn(\n    call(a, [b]),\n)"),
        ("assertEqual($A, None)", "self.assertEqual(f(x)[0], None)"),
        ("f($A, $B)", "f(g(1, 2), {3: 4})"),
        ("f($$$A, key=$B)", "f(1, (2, 3), key=x)"),
        ("$A.append($B)", "rows.append(row)"),
        ("if $A == null", "  if (x) {}\n  if value.of(1) == null {"),
        ("import os", "import os\n"),
        ("'$A'.format", "'$A'.format"),
        ("raise $A", "raise Error"),
    ],
)
def test_code_that_reads_like_the_pattern_is_found(pattern: str, code: str) -> None:
    assert CodePattern(pattern).occurs_in(code.encode())


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("logging.warn($$$)", "logging.warning('x')"),
        ("assertEqual($A, None)", "assertEqual(a, b, None)"),
        ("f($A)", "f()"),
        ("f($A, $B)", "f(a)"),
        ("import os", "import oslo"),
        ("f($A)", "f(a"),
        ("f($A", ""),
    ],
)
def test_other_code_is_not(pattern: str, code: str) -> None:
    assert not CodePattern(pattern).occurs_in(code.encode())


def test_binary_and_huge_files_hold_nothing() -> None:
    pattern = CodePattern("f($A)")
    assert not pattern.occurs_in(b"f(a)\0")
    assert not pattern.occurs_in(b"f(a)" + b" " * 1024**2)


def test_a_hostile_file_takes_no_long_time() -> None:
    code = ("f(" * 2_000 + "a" + ")" * 2_000).encode()
    assert not CodePattern("f($$$, $$$, $$$, f($$$), none)").occurs_in(code)


@pytest.mark.parametrize(
    ("text", "words"), [("$A + $B", "holds no word"), ("f(" + "a," * 60, "more than 60")]
)
def test_a_pattern_that_finds_nothing_or_everything_is_refused(text: str, words: str) -> None:
    with pytest.raises(PatternRefusal, match=words):
        CodePattern(text)
