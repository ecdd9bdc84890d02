"""What no patch may touch or exceed, over plain entries of a difference."""

from collections.abc import Iterable

import pytest

from validators.checkout import LineCount, RawChange
from validators.encoding import encode
from validators.policy import Change, judge_change
from validators.protected_paths import PROTECTED_BY_DEFAULT
from validators.rules import PatchLimits, Policies, PolicyWord, Protected, Rules
from validators.verdict import Finding

OURS = Rules(protected=Protected(PROTECTED_BY_DEFAULT))
ONE, TWO = "1" * 40, "2" * 40


def entry(path: str, old: str = "100644", new: str = "100644", old_path: str = "") -> RawChange:
    status = "A" if old == "000000" else "D" if new == "000000" else "R" if old_path else "M"
    return RawChange(status, old, new, ONE, TWO, path, old_path or path)


def judged(
    entries: Iterable[RawChange],
    rules: Rules | None = None,
    counts: Iterable[LineCount] = (),
    tree: Iterable[str] = (),
) -> tuple[Finding, ...]:
    changed = tuple(entries)
    standing = [change.path for change in changed if change.new_mode != "000000"]
    sizes = dict.fromkeys((*standing, *tree), 10)
    return judge_change(Change(changed, tuple(counts), sizes), rules or OURS)


def codes(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity) for finding in findings]


def test_an_ordinary_change_has_no_finding() -> None:
    assert judged([entry("src/a.py"), entry("tests/test_a.py", "000000")]) == ()


def test_no_change_is_a_finding() -> None:
    assert codes(judged([])) == [("no-change", "block")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (entry(".github/workflows/ci.yml"), ("protected-path", "block")),
        (entry(".GITHUB/workflows/ci.yml", "000000"), ("protected-path", "block")),
        (entry("sub/CODEOWNERS", new="000000"), ("protected-path", "block")),
        (entry("moved.yml", old_path=".github/ci.yml"), ("protected-path", "block")),
        (entry(".github/ci.yml", old_path="moved.yml"), ("protected-path", "block")),
        (entry(".git/config", "000000"), ("git-directory", "block")),
        (entry("a/.g\u200cit/config", "000000"), ("git-directory", "block")),
        (entry("a/\u202egpj.py", "000000"), ("bad-path", "block")),
        (entry("a" * 600, new="000000"), ("bad-path", "block")),
        (entry("link", "000000", "120000"), ("symlink", "block")),
        (entry("link", "120000", "120000"), ("symlink", "block")),
        (entry("link", "120000", "100644"), ("symlink", "block")),
        (entry("sub", "000000", "160000"), ("submodule", "block")),
        (entry("sub", "160000", "000000"), ("submodule", "block")),
        (entry("a.sh", "000000", "100755"), ("new-executable", "block")),
        (entry("a.sh", "100644", "100755"), ("made-executable", "block")),
        (entry("a.sh", "100755", "100644"), ("file-mode", "block")),
        (entry("a.sh", "100644", "100664"), ("file-mode", "block")),
        (entry("uv.lock"), ("lock-without-manifest", "block")),
        (entry(".gitmodules"), ("gitmodules", "block")),
        (entry("AGENTS.md"), ("agent-instructions", "block")),
        (entry(".github/CONTRIBUTING.md"), ("contributor-guide", "ask")),
        (entry("docs/contributing.md", "000000"), ("contributor-guide", "ask")),
    ],
)
def test_each_trouble_has_its_code(change: RawChange, expected: tuple[str, str]) -> None:
    findings = judged([change])
    assert codes(findings) == [expected]
    assert findings[0].gate == "policy"
    assert findings[0].fix
    assert findings[0].path


@pytest.mark.parametrize(
    "change",
    [
        entry("link", "120000", "000000"),
        entry("a.sh", "100755", "100755"),
        entry("a.sh", "100755", "000000"),
        entry("b.sh", "100755", "100755", old_path="a.sh"),
    ],
)
def test_taking_away_or_keeping_a_mode_is_no_trouble(change: RawChange) -> None:
    assert judged([change]) == ()


@pytest.mark.parametrize(
    ("protected", "policies", "path", "expected"),
    [
        ("block", Policies(), "Jenkinsfile", [("protected-path", "block")]),
        ("ask", Policies(), "Jenkinsfile", [("protected-path", "ask")]),
        ("allow", Policies(), "Jenkinsfile", []),
        (
            "allow",
            Policies(agent_instructions="ask"),
            "x/AGENTS.md",
            [("agent-instructions", "ask")],
        ),
        ("block", Policies(agent_instructions="allow"), ".claude/a.md", []),
        (
            "allow",
            Policies(contributor_guide="block"),
            "CONTRIBUTING.md",
            [("contributor-guide", "block")],
        ),
        ("block", Policies(contributor_guide="allow"), "CONTRIBUTING.md", []),
        ("block", Policies(submodules="allow"), ".gitmodules", []),
        ("block", Policies(submodules="ask"), "sub/.gitmodules", [("gitmodules", "ask")]),
        ("block", Policies(lock_files="ask"), "uv.lock", [("lock-without-manifest", "ask")]),
        ("allow", Policies(), ".github/changewright.yml", [("own-config", "block")]),
        ("block", Policies(), ".GitHub/Changewright.YAML", [("own-config", "block")]),
    ],
)
def test_each_kind_of_file_obeys_its_word_and_our_own_settings_none(
    protected: PolicyWord, policies: Policies, path: str, expected: list[tuple[str, str]]
) -> None:
    rules = Rules(protected=Protected(PROTECTED_BY_DEFAULT, protected), policies=policies)
    assert codes(judged([entry(path)], rules)) == expected


def test_an_agents_file_the_rules_protect_is_protected_although_its_policy_allows_it() -> None:
    rules = Rules(
        protected=Protected(("AGENTS.md",)), policies=Policies(agent_instructions="allow")
    )
    assert codes(judged([entry("AGENTS.md")], rules)) == [("protected-path", "block")]


def test_a_guide_for_contributors_that_the_rules_protect_is_blocked() -> None:
    paths = (*PROTECTED_BY_DEFAULT, "CONTRIBUTING.md")
    findings = judged([entry(".github/CONTRIBUTING.md")], Rules(protected=Protected(paths)))
    assert set(codes(findings)) == {("protected-path", "block"), ("contributor-guide", "ask")}


def test_only_allowed_paths_may_change_where_there_are_any() -> None:
    rules = Rules(allowed_paths=("src/", "*.md"))
    findings = judged([entry("src/a.py"), entry("b.md"), entry("lib/a.py")], rules)
    assert [(finding.code, finding.path) for finding in findings] == [
        ("outside-allowed-paths", "lib/a.py")
    ]


def test_an_allowed_path_may_still_be_protected() -> None:
    rules = Rules(allowed_paths=("**",))
    assert codes(judged([entry(".github/ci.yml")], rules)) == [("protected-path", "block")]


def test_a_manifest_explains_its_lock_file() -> None:
    assert judged([entry("a/uv.lock"), entry("a/pyproject.toml")]) == ()


@pytest.mark.parametrize(
    ("added", "standing"),
    [
        ("sub/HEAD", ("sub/objects/x", "sub/refs/heads/y")),
        ("sub/objects/aa/x", ("sub/head", "sub/refs/heads/y")),
        ("sub/config", ("sub/HEAD", "sub/objects/a", "sub/refs/b")),
        ("HEAD", ("objects/a", "refs/b")),
        ("a/b/HEAD", ("a/x", "a/b/commondir")),
        ("a/b/config", ("a/x/y", "a/b/c/d", "a/b/HEAD", "a/b/objects/x/y", "a/b/refs/z")),
    ],
)
def test_a_folder_laid_out_as_a_repository_blocks(added: str, standing: tuple[str, ...]) -> None:
    findings = judged([entry(added, "000000")], tree=standing)
    assert codes(findings) == [("embedded-repository", "block")]


def test_a_folder_that_lacks_a_part_is_no_repository() -> None:
    tree = ("sub/objects/x", "other/refs/y", "sub/refs")
    assert judged([entry("sub/HEAD", "000000")], tree=tree) == ()
    assert judged([entry("other/a", new="000000")], tree=("other/HEAD", *tree)) == ()


def test_a_change_beyond_the_limits_blocks() -> None:
    rules = Rules(limits=PatchLimits(max_patch_files=2, max_patch_lines=10, max_file_bytes=5))
    counts = (LineCount("a", 6, 0, binary=False), LineCount("b", 0, 5, binary=False))
    findings = judged([entry("a"), entry("b"), entry("c", new="000000")], rules, counts)
    assert [(finding.code, finding.path) for finding in findings] == [
        ("too-many-files", ""),
        ("too-many-lines", ""),
        ("file-too-large", "a"),
        ("file-too-large", "b"),
    ]
    assert "3 files are changed; the limit is 2" in findings[0].message
    assert "11 lines are added or removed (6 and 5); the limit is 10" in findings[1].message
    assert "a has 10 bytes; the limit is 5" in findings[2].message


def test_a_change_at_the_limits_passes() -> None:
    rules = Rules(limits=PatchLimits(max_patch_files=1, max_patch_lines=10, max_file_bytes=10))
    assert judged([entry("a")], rules, [LineCount("a", 5, 5, binary=False)]) == ()


@pytest.mark.parametrize(("word", "severities"), [("block", 3), ("ask", 3), ("allow", 0)])
def test_a_change_beyond_the_limits_obeys_its_word(word: PolicyWord, severities: int) -> None:
    limits = PatchLimits(max_patch_files=0, max_patch_lines=0, max_file_bytes=0)
    rules = Rules(limits=limits, policies=Policies(sizes=word))
    findings = judged([entry("a")], rules, [LineCount("a", 1, 0, binary=False)])
    assert [finding.severity for finding in findings] == [word] * severities


def test_a_binary_file_is_named_with_its_type_and_size() -> None:
    findings = judged([entry("a.png")], counts=[LineCount("a.png", 0, 0, binary=True)])
    assert codes(findings) == [("binary-file", "block")]
    assert ".png file, 10 bytes" in findings[0].message


def test_a_binary_file_that_is_taken_away_hides_nothing() -> None:
    gone = entry("a.png", new="000000")
    assert judged([gone], counts=[LineCount("a.png", 0, 0, binary=True)]) == ()


def test_blocking_findings_come_first_and_a_flood_is_cut() -> None:
    flood = [entry(f"{number}/uv.lock") for number in range(300)]
    rules = Rules(policies=Policies(lock_files="ask"))
    findings = judged([*flood, entry(".github/x")], rules)
    assert codes(findings)[:2] == [("protected-path", "block"), ("too-many-files", "block")]
    assert len(findings) == 201
    assert findings[-1].message == "102 more findings are left out"


def test_a_finding_shows_no_control_character_of_a_name() -> None:
    findings = judged([entry("a\x1b[2Jb\n", "100644", "100755")])
    assert {finding.path for finding in findings} == {"a\\x1b[2Jb\\n"}
    assert all(finding.message.isprintable() for finding in findings)


def test_a_finding_on_a_name_that_is_no_text_can_be_stored() -> None:
    findings = judged([entry("a\udc80b")])
    assert codes(findings) == [("bad-path", "block")]
    assert encode(findings)
    assert findings[0].path == "a\\udc80b"
