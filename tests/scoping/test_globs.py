"""A glob means what a person expects, and none can run for long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoping.globs import chosen, matches


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("*.py", "a.py"),
        ("*.py", "src/deep/a.py"),
        ("src/*.py", "src/a.py"),
        ("src/**/*.py", "src/a.py"),
        ("src/**/*.py", "src/b/c/a.py"),
        ("**/*.py", "a.py"),
        ("**", "a/b"),
        ("", "a/b"),
        ("*", "a/b"),
        ("src", "src/b/c"),
        ("src/", "src/b/c"),
        ("./src/b", "src/b/c"),
        ("src/b", "src/b"),
        ("te?t_*.p*", "tests/test_a.py"),
        ("src/**", "src/a"),
        ("a/**/b/**/c", "a/x/b/b/y/c"),
    ],
)
def test_a_glob_means_a_path(glob: str, path: str) -> None:
    assert matches(glob, path)


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("*.py", "a.pyi"),
        ("src/*.py", "src/b/a.py"),
        ("src/*.py", "lib/src/a.py"),
        ("rc", "src/a"),
        ("a/**/b", "a/c"),
        ("[a-z].py", "a.py"),
    ],
)
def test_a_glob_does_not_mean_another_path(glob: str, path: str) -> None:
    assert not matches(glob, path)


def test_a_hostile_glob_is_answered_at_once() -> None:
    assert not matches("*a" * 90 + "b", "a" * 5_000)
    assert not matches("**/a/" * 40 + "b", "a/" * 2_000 + "c")


@given(st.text("ab*?/", max_size=12), st.text("ab/", max_size=12))
def test_any_glob_is_answered(glob: str, path: str) -> None:
    assert matches(glob, path) in {True, False}


@given(st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=4))
def test_a_path_means_itself_and_its_folders(names: list[str]) -> None:
    path = "/".join(names)

    assert matches(path, path)
    assert matches("**/" + names[-1], path)
    assert matches(names[0] + "/**", path)


def test_patterns_of_the_settings_read_like_gitignore() -> None:
    keep = chosen(("src/", "*.md"), ("secret*",))

    assert keep("src/a.py")
    assert keep("docs/x.md")
    assert not keep("lib/a.py")
    assert not keep("src/secret.py")
    assert chosen((), ())("anything")
    assert not chosen((), ("a",))("a/b")
    assert chosen((), ("a",))("b")
