"""What a pattern of the settings means, pair by pair; git itself is asked for a second opinion."""

import subprocess
from pathlib import Path

import pytest

from bot.configuration.values import SettingsRefusal
from bot.settings import Sources, load
from scoping.globs import chosen
from validators.path_kinds import matcher

PAIRS = [
    # (pattern, path, whether it is meant)
    ("*.py", "a.py", True),
    ("*.py", "deep/down/a.py", True),
    ("*.py", "a.pyc", False),
    ("*.py", ".py", True),
    ("*.py", "a.PY", False),
    ("/*.py", "a.py", True),
    ("/*.py", "deep/a.py", False),
    ("**/*.py", "a.py", True),
    ("**/*.py", "deep/down/a.py", True),
    ("src/*.py", "src/a.py", True),
    ("src/*.py", "src/deep/a.py", False),
    ("src/**/*.py", "src/a.py", True),
    ("src/**/*.py", "src/deep/down/a.py", True),
    ("src/**", "src/a", True),
    ("src/**", "src/deep/a", True),
    ("src/**", "other/src/a", False),
    ("src", "src/a.py", True),
    ("src", "other/src/a.py", True),
    ("src", "src", True),
    ("src/", "src/a.py", True),
    ("src/", "other/src/a.py", True),
    ("src/", "src", False),
    ("/src/", "src/a.py", True),
    ("/src/", "other/src/a.py", False),
    ("a/b", "a/b", True),
    ("a/b", "a/b/c", True),
    ("a/b", "x/a/b", False),
    ("**/a/b", "x/a/b", True),
    ("a/**/b", "a/b", True),
    ("a/**/b", "a/x/y/b", True),
    ("a*b", "a/b", False),
    ("a**b", "axxb", True),
    ("a?c", "abc", True),
    ("a?c", "a/c", False),
    ("[abc].py", "b.py", True),
    ("[abc].py", "d.py", False),
    ("[!abc].py", "d.py", True),
    ("[^abc].py", "a.py", False),
    ("[a-c].py", "b.py", True),
    ("{a,b}.py", "a.py", False),
    ("{a,b}.py", "{a,b}.py", True),
    ("\\*.py", "*.py", True),
    ("\\*.py", "a.py", False),
    ("\\!a", "!a", True),
    ("\\#a", "#a", True),
    ("a\\[1\\]", "a[1]", True),
    ("A.py", "a.py", False),
    ("a b", "a b", True),
    (" a", "a", False),
    ("ä*", "äb", True),
    (".github/", ".github/workflows/ci.yml", True),
    ("./src", "src", False),
    ("a.b", "axb", False),
    ("a+b", "a+b", True),
    ("(a|b)", "a", False),
    ("*", "any/thing", True),
]


@pytest.mark.parametrize(("pattern", "path", "is_meant"), PAIRS)
def test_a_pattern_means_what_git_says_it_means(
    tmp_path: Path, pattern: str, path: str, *, is_meant: bool
) -> None:
    text = f"scope: {{include: ['{pattern}']}}\nallowed_files: ['{pattern}']"
    found = load(Sources({}, Path("/state"), target_file=text.encode()))
    assert found.scope.include == found.rules.allowed_paths == (pattern,)
    assert chosen(found.scope.include, ())(path) is is_meant
    assert chosen((), found.scope.include)(path) is not is_meant
    assert matcher(found.rules.allowed_paths, ignore_case=False)(path) is is_meant
    assert _git_ignores(tmp_path, pattern, path) is is_meant


def _git_ignores(folder: Path, pattern: str, path: str) -> bool:
    """Ask git about ``path`` as a file that is not there."""
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    (folder / ".git" / "info" / "exclude").write_text(f"{pattern}\n", encoding="utf-8")
    argv = ["git", "-c", "core.excludesFile=/dev/null", "check-ignore", "--quiet", "--no-index"]
    return subprocess.run([*argv, "--", path], cwd=folder, check=False).returncode == 0


@pytest.mark.parametrize(
    ("pattern", "path", "is_protected"),
    [
        ("secrets/", "Secrets/a", True),
        ("*.PEM", "a.pem", True),
        ("Infra/*.tf", "infra/main.TF", True),
        ("infra/*.tf", "infra/deep/main.tf", False),
    ],
)
def test_a_protected_path_is_one_in_any_case_of_letters(
    pattern: str, path: str, *, is_protected: bool
) -> None:
    text = f"protected: {{paths: ['{pattern}']}}"
    found = load(Sources({}, Path("/state"), target_file=text.encode()))
    assert matcher(found.rules.protected.paths, ignore_case=True)(path) is is_protected


@pytest.mark.parametrize(
    "pattern",
    ["", " ", "!", "/", "#a", "a\\", "a[", "[z-a]", "[[:x:]]", "a ", "*a*b*c*d*", "**/*a*b*c*"],
)
def test_a_pattern_that_a_matcher_could_not_read_is_refused(pattern: str) -> None:
    text = f"scope: {{include: ['{pattern}']}}"
    with pytest.raises(SettingsRefusal, match=r":1: scope\.include must "):
        load(Sources({}, Path("/state"), target_file=text.encode()))
