"""What no patch may touch or exceed, over trees that git really made."""

import subprocess
from pathlib import Path

import pytest

from validators.checkout import Clone, open_clone, write_tree
from validators.policy import judge_tree
from validators.rules import PatchLimits, Rules
from validators.sandbox import FileChange


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "a.py").write_text("x = 1\n")
    (repository / "run.sh").write_text("true\n")
    (repository / "pyproject.toml").write_text("[project]\n")
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for command in (("init", "-q"), ("add", "."), (*identity, "commit", "-q", "-m", "base")):
        subprocess.run(["git", *command], cwd=repository, check=True, capture_output=True)
    return open_clone(repository, "HEAD", tmp_path / "clone")


def judged_tree(clone: Clone, *changes: FileChange, rules: Rules | None = None) -> list[str]:
    tree = write_tree(clone, clone.base_tree, changes)
    return [
        f"{finding.severity} {finding.code} {finding.path}".rstrip()
        for finding in judge_tree(clone, clone.base_tree, tree, rules or Rules())
    ]


def test_trees_that_git_made_are_judged(clone: Clone) -> None:
    assert judged_tree(clone) == ["block no-change"]
    assert judged_tree(clone, FileChange("a.py", "100644", b"x = 2\n")) == []
    assert judged_tree(
        clone,
        FileChange("run.sh", "100755", b"true\n"),
        FileChange("b.bin", "100644", b"\0" * 30),
        FileChange("link", "120000", b"/etc/passwd"),
        FileChange(".github/workflows/x.yml", "100644", b"on: push\n"),
        FileChange("sub/HEAD", "100644", b"ref: refs/heads/x\n"),
        FileChange("sub/config", "100644", b"[core]\n"),
        FileChange("sub/objects/x", "100644", b""),
        FileChange("sub/refs/x", "100644", b""),
    ) == [
        "block protected-path .github/workflows/x.yml",
        "block symlink link",
        "block made-executable run.sh",
        "block embedded-repository sub/HEAD",
        "block binary-file b.bin",
    ]


def test_a_file_moved_out_of_a_protected_folder_is_seen(clone: Clone) -> None:
    text = b"".join(b"line %d\n" % number for number in range(40))
    base = write_tree(clone, clone.base_tree, [FileChange(".github/a.yml", "100644", text)])
    moved = [FileChange(".github/a.yml", "000000"), FileChange("a.yml", "100644", text)]
    findings = judge_tree(clone, base, write_tree(clone, base, moved), Rules())
    assert [(f.code, f.path) for f in findings] == [("protected-path", ".github/a.yml")]


def test_lines_and_bytes_are_counted_on_the_tree(clone: Clone) -> None:
    rules = Rules(limits=PatchLimits(max_patch_lines=5, max_file_bytes=20))
    assert judged_tree(clone, FileChange("a.py", "100644", b"y = 1\n" * 5), rules=rules) == [
        "block too-many-lines",
        "block file-too-large a.py",
    ]


def test_a_new_lock_file_needs_a_change_of_its_manifest(clone: Clone) -> None:
    lock = FileChange("uv.lock", "100644", b"version = 1\n")
    assert judged_tree(clone, lock) == ["block lock-without-manifest uv.lock"]
    manifest = FileChange("pyproject.toml", "100644", b"[project]\nname = 'a'\n")
    assert judged_tree(clone, lock, manifest) == []
