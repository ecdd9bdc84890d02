"""Links, submodules and modes over trees that git really made, each obeying its word."""

from collections.abc import Callable

import pytest

from validators.checkout import Clone, write_tree
from validators.policy import judge_tree
from validators.rules import Policies, PolicyWord, Rules
from validators.sandbox import FileChange

Files = dict[str, str | bytes | None]
ALLOWED = Policies(symlinks="allow", submodules="allow", modes="allow")
BASE: Files = {"a.txt": "one\n", "sub/b.txt": "two\n", "run": "#!/bin/sh\n", "deep/er/c": "x\n"}


@pytest.fixture
def clone(clone_of: Callable[[Files], Clone]) -> Clone:
    return clone_of(BASE)


def judged(
    clone: Clone,
    changes: list[FileChange],
    policies: Policies,
    base: list[FileChange] | None = None,
) -> list[str]:
    before = write_tree(clone, clone.base_tree, base or [])
    after = write_tree(clone, before, changes)
    findings = judge_tree(clone, before, after, Rules(policies=policies))
    return [f"{finding.severity} {finding.code} {finding.path}" for finding in findings]


@pytest.mark.parametrize(
    "target",
    [
        b"/etc/passwd",
        b"../outside",
        b"sub/../../outside",
        b"..",
        b"C:/x",
        b"..\\outside",
        b".git/config",
        b"sub/.GIT/config",
        b"x" * 5_000,
        b"other/../../outside",
        b"other",
    ],
)
def test_a_link_that_may_lead_out_is_refused_whatever_the_rules_say(
    clone: Clone, target: bytes
) -> None:
    other = FileChange("other", "120000", b"deep/er")
    link = FileChange("link", "120000", target)
    assert judged(clone, [link], ALLOWED, [other]) == ["block symlink link"]


@pytest.mark.parametrize("word", ["block", "ask", "allow"])
def test_a_link_inside_of_the_tree_obeys_its_word(clone: Clone, word: PolicyWord) -> None:
    expected = [] if word == "allow" else [f"{word} symlink sub/link"]
    link = FileChange("sub/link", "120000", b"../a.txt")
    assert judged(clone, [link], Policies(symlinks=word)) == expected


def test_a_link_that_led_out_before_is_no_excuse(clone: Clone) -> None:
    base = [FileChange("link", "120000", b"/etc/passwd")]
    changed = FileChange("link", "120000", b"/etc/shadow")
    assert judged(clone, [changed], ALLOWED, base) == ["block symlink link"]
    written = FileChange("link", "100644", b"text\n")
    assert judged(clone, [written], Policies(), base) == ["block symlink link"]


def test_a_path_reached_through_a_link_of_the_base_is_seen(clone: Clone) -> None:
    base = [FileChange("dir", "120000", b"/tmp")]
    through = [FileChange("dir", "000000"), FileChange("dir/x", "100644", b"text\n")]
    assert judged(clone, through, Policies(), base) == ["block symlink dir/x"]


def test_other_case_does_not_reach_through_a_link(clone: Clone) -> None:
    base = [FileChange("dir", "120000", b"sub")]
    through = [FileChange("DIR/x", "100644", b"text\n")]
    assert judged(clone, through, ALLOWED, base) == ["block name-collision DIR/x"]


def test_submodules_obey_their_word(clone: Clone) -> None:
    module = FileChange("module", "160000", b"1" * 40)
    assert judged(clone, [module], Policies()) == ["block submodule module"]
    assert judged(clone, [module], ALLOWED) == []


@pytest.mark.parametrize("word", ["block", "ask", "allow"])
def test_a_script_may_become_executable_where_the_rules_let_it(
    clone: Clone, word: PolicyWord
) -> None:
    changes = [
        FileChange("run", "100755", b"#!/bin/sh\n"),
        FileChange("new", "100755", b"#!/bin/sh\ntrue\n"),
    ]
    expected = [f"{word} new-executable new", f"{word} made-executable run"]
    policies = Policies(modes=word)
    assert judged(clone, changes, policies) == ([] if word == "allow" else expected)


def test_what_names_no_interpreter_never_becomes_executable(clone: Clone) -> None:
    changes = [FileChange("a.txt", "100755", b"one\n"), FileChange("new", "100755", b"x\n")]
    expected = ["block made-executable a.txt", "block new-executable new"]
    assert judged(clone, changes, ALLOWED) == expected


def test_an_embedded_repository_obeys_its_word(clone: Clone) -> None:
    changes = [
        FileChange("m/HEAD", "100644", b"ref: refs/heads/main\n"),
        FileChange("m/objects/a", "100644", b"a\n"),
        FileChange("m/refs/a", "100644", b"a\n"),
        FileChange("m/config", "100644", b"[core]\n\tfsmonitor = touch x\n"),
    ]
    assert judged(clone, changes, Policies()) == ["block embedded-repository m/HEAD"]
    assert judged(clone, changes, Policies(embedded_repositories="allow")) == []
