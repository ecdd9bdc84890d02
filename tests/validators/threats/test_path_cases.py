"""Threat cases about where a patch may write: each comes in by every door, and is stopped."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.validators import test_desk
from tests.validators.policies import (
    test_shapes,
)
from tests.validators.threats.cases import Table, held, troubles
from validators.checkout import (
    CheckoutRefusal,
    Clone,
    apply_diff,
    materialise,
    raw_changes,
    read_file,
    write_tree,
)
from validators.patch import SourceSyntax, land, parse
from validators.policy import judge_tree
from validators.rules import Protected, Rules
from validators.sandbox import FileChange
from validators.weakening import weakening_findings

Files = Mapping[str, str | bytes | None]
MakeClone = Callable[[Files], Clone]

SOURCE = "def half(number):\n    return number / 2\n"
TESTS = "from calc import half\n\n\ndef test_half():\n    assert half(4) == 2\n"
BASE: Files = {"src/calc.py": SOURCE, "tests/test_calc.py": TESTS, "deep/a.txt": "one\n"}


@pytest.fixture
def clone(clone_of: MakeClone) -> Clone:
    return clone_of(BASE)


def judged(clone: Clone, tree: str, rules: Rules | None = None) -> set[str]:
    found = judge_tree(clone, clone.base_tree, tree, rules or Rules())
    return {f"{finding.severity} {finding.code} {finding.path}".rstrip() for finding in found}


def after(clone: Clone, *changes: FileChange) -> set[str]:
    return judged(clone, write_tree(clone, clone.base_tree, changes))


def new_file(path: str, mode: str = "100644", line: str = "x") -> bytes:
    quoted = path.replace("\\", "\\\\")
    return (
        f'diff --git "a/{quoted}" "b/{quoted}"\nnew file mode {mode}\n--- /dev/null\n'
        f'+++ "b/{quoted}"\n@@ -0,0 +1 @@\n+{line}\n'
    ).encode()


def stopped(clone: Clone, diff: bytes) -> bool:
    """Whether a diff lands nowhere, or on a tree that the policy blocks."""
    try:
        tree = apply_diff(clone, clone.base_tree, diff)
    except CheckoutRefusal:
        return True
    return any(word.startswith("block ") for word in judged(clone, tree))


@pytest.mark.parametrize(
    "path",
    [
        *("../out.txt", "deep/../../out.txt", "/etc/out.txt", "..\\out.txt", "C:\\out.txt"),
        *("//host/share/out.txt", ".git/hooks/pre-push", ".GIT/hooks/x", "deep/.git/config"),
        *("GIT~1/config", ".g\u200cit/config", ".gi\ufefft/hooks/x", ".git./config"),
    ],
)
def test_no_door_lets_a_path_in_that_leaves_the_tree_or_may_be_gits_own(
    clone: Clone, path: str
) -> None:
    reply = parse(f"{path}\n<<<<<<< SEARCH\n=======\nx\n>>>>>>> REPLACE\n")
    with SourceSyntax() as syntax:
        landing = land(reply, lambda name: read_file(clone, clone.base_tree, name), syntax)
    change = FileChange(path, "100644", b"x\n")

    assert stopped(clone, new_file(path))
    assert landing.files == () or "bad-path" in " ".join(after(clone, *landing.files))
    try:
        assert any(word.startswith("block ") for word in after(clone, change))
    except CheckoutRefusal as refusal:
        assert "is refused" in str(refusal)  # noqa: PT017 - either answer is right


def test_a_diff_whose_headers_name_two_files_is_judged_by_the_tree_it_makes(clone: Clone) -> None:
    hunk = "@@ -1,2 +1,2 @@\n def half(number):\n-    return number / 2\n+    return 2\n"
    diff = (
        "diff --git a/src/calc.py b/src/calc.py\n--- a/src/calc.py\n+++ b/tests/test_calc.py\n"
        f"{hunk}"
    )
    try:
        tree = apply_diff(clone, clone.base_tree, diff.encode())
    except CheckoutRefusal as refusal:
        assert "does not apply" in str(refusal)  # noqa: PT017 - either answer is right
        return
    touched = {
        path
        for one in raw_changes(clone, clone.base_tree, tree)
        for path in (one.path, one.old_path)
    }
    assert touched == {"src/calc.py", "tests/test_calc.py"}
    assert "test-removed" in {
        found.code for found in weakening_findings(clone, clone.base_tree, tree, Rules())
    }


def test_a_diff_that_brings_a_link_or_a_submodule_is_blocked(clone: Clone) -> None:
    link = new_file("notes.txt", "120000", "/etc/passwd")
    module = new_file("vendored", "160000", f"Subproject commit {'1' * 40}")

    assert judged(clone, apply_diff(clone, clone.base_tree, link)) >= {"block symlink notes.txt"}
    assert judged(clone, apply_diff(clone, clone.base_tree, module)) == {"block submodule vendored"}


def test_nothing_is_written_through_a_link_that_the_same_patch_brings(
    clone: Clone, tmp_path: Path
) -> None:
    diff = new_file("way", "120000", str(tmp_path)) + new_file("way/planted")
    changes = [FileChange("way", "120000", b"/tmp"), FileChange("way/planted", "100644", b"x\n")]

    assert stopped(clone, diff)
    with pytest.raises(CheckoutRefusal, match="is a file, too"):
        write_tree(clone, clone.base_tree, changes)
    assert not (tmp_path / "planted").exists()


def test_a_file_of_submodules_is_blocked_and_what_it_names_is_never_fetched(
    clone: Clone, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    named = f'[submodule "a"]\n\tpath = a\n\turl = ext::sh -c touch% {canary}\n'
    sibling = '[submodule "b"]\n\tpath = b\n\turl = ../../other\n'
    changes = [
        FileChange(".gitmodules", "100644", f"{named}{sibling}".encode()),
        FileChange("a", "160000", b"1" * 40),
    ]
    tree = write_tree(clone, clone.base_tree, changes)

    assert {"block gitmodules .gitmodules", "block submodule a"} <= judged(clone, tree)
    materialise(clone, tree, tmp_path / "tree")
    assert not canary.exists()


DECIDES_WHAT_RUNS = (
    *(".github/workflows/tests.yaml", "action.yml", ".github/CODEOWNERS", "CODEOWNERS"),
    *(".github/dependabot.yml", "renovate.json", ".renovaterc"),
)
INSTRUCTS_OR_CONFIGURES = (
    *("AGENTS.md", "CLAUDE.md", "lib/CLAUDE.md", ".claude/commands/x.md", ".cursor/rules/x.mdc"),
    *(".mcp.json", ".vscode/settings.json", ".idea/misc.xml", ".husky/pre-push"),
    *(".devcontainer/Dockerfile", ".some-tool/settings.toml"),
)
READ_BY_TOOLS = (
    *(".gitconfig", ".bashrc", "home/.profile", ".ripgreprc", ".npmrc", ".pypirc", "pip.conf"),
    *("bunfig.toml", "src/sitecustomize.py", "usercustomize.py", "src/hook.pth"),
)


@pytest.mark.parametrize("paths", [DECIDES_WHAT_RUNS, INSTRUCTS_OR_CONFIGURES, READ_BY_TOOLS])
def test_files_that_steer_tools_or_people_are_blocked_by_default(
    clone: Clone, paths: tuple[str, ...]
) -> None:
    found = after(clone, *(FileChange(path, "100644", b"x\n") for path in paths))

    for path in paths:
        kinds = {f"block protected-path {path}", f"block agent-instructions {path}"}
        assert kinds & found, path


def test_a_repository_may_ask_a_person_about_protected_files_instead(clone: Clone) -> None:
    changes = [FileChange(path, "100644", b"x\n") for path in DECIDES_WHAT_RUNS]
    tree = write_tree(clone, clone.base_tree, changes)
    asking = Rules(protected=Protected(policy="ask"))

    assert judged(clone, tree, asking) == {
        f"ask protected-path {path}" for path in DECIDES_WHAT_RUNS
    }


HELD_BY: Table = {
    "PAT-01": (
        held(
            test_no_door_lets_a_path_in_that_leaves_the_tree_or_may_be_gits_own,
            *("../out.txt", "/etc/out.txt", "..\\out.txt", "C:\\out.txt", "//host/share/out.txt"),
        ),
    ),
    "PAT-02": (
        held(
            test_no_door_lets_a_path_in_that_leaves_the_tree_or_may_be_gits_own,
            *(".git/hooks/pre-push", ".GIT/hooks/x", "deep/.git/config", "GIT~1/config"),
        ),
    ),
    "PAT-03": (
        held(
            test_no_door_lets_a_path_in_that_leaves_the_tree_or_may_be_gits_own,
            ".g\u200cit/config",
        ),
    ),
    "PAT-04": (held(test_shapes.test_an_embedded_repository_obeys_its_word),),
    "PAT-05": (held(test_a_diff_whose_headers_name_two_files_is_judged_by_the_tree_it_makes),),
    "PAT-07": (held(test_a_diff_that_brings_a_link_or_a_submodule_is_blocked),),
    "PAT-08": (held(test_nothing_is_written_through_a_link_that_the_same_patch_brings),),
    "PAT-09": (
        held(test_shapes.test_a_link_that_led_out_before_is_no_excuse),
        held(test_desk.test_what_may_not_be_touched_is_refused, "symlink"),
    ),
    "PAT-10": (
        held(test_a_diff_that_brings_a_link_or_a_submodule_is_blocked),
        held(test_shapes.test_submodules_obey_their_word),
    ),
    "PAT-11": (held(test_a_file_of_submodules_is_blocked_and_what_it_names_is_never_fetched),),
    "PAT-13": (
        held(test_files_that_steer_tools_or_people_are_blocked_by_default, DECIDES_WHAT_RUNS),
        held(test_a_repository_may_ask_a_person_about_protected_files_instead),
    ),
    "PAT-15": (
        held(test_files_that_steer_tools_or_people_are_blocked_by_default, INSTRUCTS_OR_CONFIGURES),
    ),
    "PAT-16": (held(test_files_that_steer_tools_or_people_are_blocked_by_default, READ_BY_TOOLS),),
}


def test_each_of_these_cases_is_held() -> None:
    assert troubles(HELD_BY) == []
