"""A pattern that most likely means something else is told, with its line, and counts as written."""

from pathlib import Path

import pytest

from bot.settings import Sources, load

FILE = ".github/changewright.yml"


def warnings(*patterns: str) -> tuple[str, ...]:
    lines = "".join(f"\n  - '{pattern}'" for pattern in patterns)
    document = f"allowed_files: {lines}\n".encode()
    return load(Sources({}, Path("/state"), target_file=document)).warnings


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("./src", "matches nothing"),
        ("../src", "matches nothing"),
        ("src/./a", "matches nothing"),
        ("*.{key,pem}", "one pattern for each word"),
        ("src\\prod", "write / between them"),
    ],
)
def test_a_slip_is_told_by_its_line(pattern: str, why: str) -> None:
    (told,) = warnings("src/", pattern)

    assert told.startswith(f"{FILE}:3: allowed_files has the pattern {pattern!r}: ")
    assert why in told


@pytest.mark.parametrize(
    "pattern", ["src/**/*.py", "{{cookiecutter.name}}/", "a\\[1\\]", "\\{a,b}", "...", "a.b"]
)
def test_an_odd_name_is_none(pattern: str) -> None:
    assert warnings(pattern) == ()


def test_the_operators_file_is_read_the_same_way(tmp_path: Path) -> None:
    own = tmp_path / "config.yml"
    own.write_text("protected:\n  paths: [./keys]\n")

    (told,) = load(Sources({}, Path("/state"), operator_file=own)).warnings

    assert told.startswith(f"{own}:2: protected.paths has the pattern './keys': ")
