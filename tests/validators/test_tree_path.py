"""Paths a patch may name, and those that git or a file system could take for something else."""

import pytest

from validators.clones.tree_path import is_like_git, normalised, path_trouble


@pytest.mark.parametrize(
    "path",
    [
        "a",
        "src/a.py",
        ".github/x.yml",
        ".gitignore",
        "git/a",
        "a..b/c",
        "übung/日本.txt",
        "a b/c",
        "…",
    ],
)
def test_an_ordinary_path_has_no_trouble(path: str) -> None:
    assert path_trouble(path) == ""


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("", "empty"),
        ("/etc/passwd", "absolute"),
        ("C:/x", "absolute"),
        ("//server/x", "absolute"),
        ("..\\evil", "backslash"),
        ("a/../b", "not normalised"),
        ("a//b", "not normalised"),
        ("./a", "not normalised"),
        ("a/", "not normalised"),
        ("a\nb", "control or invisible"),
        ("a\0b", "control or invisible"),
        ("a\u202eb", "control or invisible"),
        (".g\u200cit/config", "control or invisible"),
        ("a\udc80", "not Unicode"),
        ("a/" * 300 + "b", "longer than 512"),
        ("é" * 200, "longer than 255"),
        (".git/hooks/x", "git directory"),
        ("sub/.GIT/x", "git directory"),
        ("git~1/config", "git directory"),
    ],
)
def test_a_path_with_trouble_is_told_which(path: str, word: str) -> None:
    assert word in path_trouble(path)


@pytest.mark.parametrize(
    "name",
    [
        ".git",
        ".Git",
        ".git.",
        ".git ",
        ".git. .",
        ".git::$INDEX_ALLOCATION",
        ".g\u200cit",
        "\uff0e\uff47\uff49\uff54",
        ".g\u0131t",
        ".g\u0456t",
        ".\u0261it",
        ".gi\u0442",
        ".gi\u0301t",
        "GIT~1",
        "git~12",
    ],
)
def test_a_name_like_git_is_recognised(name: str) -> None:
    assert is_like_git(name)


@pytest.mark.parametrize("name", [".gitignore", "git", ".gi", "git~", "agit~1", "..git", ".git2"])
def test_a_name_that_only_holds_git_is_not_taken_for_it(name: str) -> None:
    assert not is_like_git(name)


def test_the_leading_dot_slash_of_a_path_is_dropped_once() -> None:
    assert normalised("./a/b") == "a/b"
    assert path_trouble(normalised(".//a"))
