"""What a path's name says about the file."""

import time

import pytest

from validators.path_kinds import (
    PolicyRefusal,
    explains,
    is_agent_file,
    is_contributor_guide,
    is_lock_file,
    is_manifest,
    matcher,
)


def test_patterns_are_those_of_gitignore() -> None:
    matches = matcher((".github/", "*.lock", "/top.txt", "!keep.lock"), ignore_case=True)
    assert matches(".GitHub/workflows/x.yml")
    assert matches("sub/A.LOCK")
    assert matches("top.txt")
    assert not matches("sub/top.txt")
    assert not matches("keep.lock")


def test_case_counts_where_it_is_asked_for() -> None:
    assert matcher(("src/",), ignore_case=False)("src/a")
    assert not matcher(("src/",), ignore_case=False)("SRC/a")


def test_no_pattern_matches_nothing() -> None:
    assert not matcher((), ignore_case=True)("a")


@pytest.mark.parametrize(
    ("pattern", "word"), [("!", "not one as in .gitignore"), ("a*b*c*d*e*f", "wildcards")]
)
def test_a_pattern_that_cannot_be_used_is_refused(pattern: str, word: str) -> None:
    with pytest.raises(PolicyRefusal, match=word):
        matcher((pattern,), ignore_case=True)


@pytest.mark.parametrize("pattern", ["**/a*a*a*b", "**/a/**/a/**/b", "a*a*a*a*b"])
def test_a_path_made_for_a_pattern_cannot_hold_up_the_judge(pattern: str) -> None:
    matches = matcher((pattern,), ignore_case=True)
    begun = time.process_time()
    assert not matches("a" * 255 + "/" + "a/" * 128)
    assert not matches("a/" * 256)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    "path",
    ["AGENTS.md", "sub/claude.MD", ".claude/settings.json", "a/.cursor/rules/x", ".mcp.json"],
)
def test_files_that_tell_agents_what_to_do_are_known(path: str) -> None:
    assert is_agent_file(path)


@pytest.mark.parametrize(
    "path", ["CONTRIBUTING.md", "docs/Contributing.MD", ".github/contributing.md"]
)
def test_what_is_written_for_people_first_is_no_file_for_agents(path: str) -> None:
    assert is_contributor_guide(path)
    assert not is_agent_file(path)


@pytest.mark.parametrize(
    "path", [".claude/contributing.md", "contributing.py", "contributing.md/a"]
)
def test_a_guide_in_a_folder_for_agents_is_theirs_and_other_files_are_none(path: str) -> None:
    assert not is_contributor_guide(path)


@pytest.mark.parametrize("path", ["src/agents.py", "claude/a.py", "docs/agents.md.txt"])
def test_other_files_are_not_taken_for_agent_files(path: str) -> None:
    assert not is_agent_file(path)


@pytest.mark.parametrize(
    "path",
    [
        "package.json",
        "sub/PyProject.toml",
        "requirements-dev.txt",
        "requirements/test.txt",
        "a/B.csproj",
        "go.mod",
        "pom.xml",
    ],
)
def test_manifests_are_known(path: str) -> None:
    assert is_manifest(path)


@pytest.mark.parametrize("path", ["src/package.py", "docs/requirements.md", "main.tf", "a.txt"])
def test_other_files_are_not_taken_for_manifests(path: str) -> None:
    assert not is_manifest(path)


@pytest.mark.parametrize(
    ("lock", "manifest", "explained"),
    [
        ("uv.lock", "pyproject.toml", True),
        ("uv.lock", "packages/a/pyproject.toml", True),
        ("a/package-lock.json", "a/package.json", True),
        ("a/package-lock.json", "package.json", False),
        ("a/package-lock.json", "ab/package.json", False),
        ("go.sum", "package.json", False),
        ("a.txt", "package.json", False),
    ],
)
def test_a_lock_file_is_explained_by_manifests_beside_or_below_it(
    *, lock: str, manifest: str, explained: bool
) -> None:
    assert explains(lock, manifest) == explained


def test_lock_files_are_known() -> None:
    assert is_lock_file("a/Cargo.lock")
    assert not is_lock_file("a/Cargo.toml")
