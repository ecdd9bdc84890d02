"""What one file cannot mean at once is refused; what two files differ in is settled."""

from pathlib import Path

import pytest

from bot.configuration.values import SettingsRefusal
from bot.settings import Settings, Sources, load

FILE = ".github/changewright.yml"


def settled(target: str, operator: Path | None = None) -> Settings:
    return load(Sources({}, Path("/state"), operator, target.encode()))


def written(folder: Path, text: str) -> Path:
    path = folder / "config.yml"
    path.write_text(text, encoding="utf-8")
    return path


CONTRADICTIONS = [
    (
        "budget:\n  run_usd: 5\n  issue_usd: 2\n",
        (
            ":2: budget.run_usd 5 is more than budget.issue_usd 2 (line 3): lower it, or raise the"
            " other"
        ),
    ),
    (
        "budget:\n  day_usd: 0.5\n  run_usd: 0.75\n",
        (
            ":3: budget.run_usd 0.75 is more than budget.day_usd 0.5 (line 2): lower it, or raise"
            " the other"
        ),
    ),
    (
        "budget:\n  issue_usd: 9\n  day_usd: 8\n",
        (
            ":2: budget.issue_usd 9 is more than budget.day_usd 8 (line 3): lower it, or raise the"
            " other"
        ),
    ),
    (
        "scope:\n  include:\n    - src/\n    - docs/\n  exclude: [gen/, docs/]\n",
        (
            ":4: scope.include has the pattern 'docs/', and so has scope.exclude (line 5): remove"
            " it from one of them"
        ),
    ),
    (
        "allowed_files: [a/]\nprotected:\n  paths:\n  - a/\n",
        (
            ":1: allowed_files has the pattern 'a/', and so has protected.paths (line 4): remove it"
            " from one of them"
        ),
    ),
    (
        "gates:\n- {name: a, kind: test, run: x}\n- {name: a, kind: lint, run: y}\n",
        ":3: gates has two gates named 'a' (the first on line 2); rename or remove one",
    ),
    (
        "budget: {wall_minutes: 10}\ngates:\n- name: a\n  kind: test\n  run: x\n  timeout_s: 601\n",
        (
            ":6: gates[].timeout_s 601 is longer than budget.wall_minutes 10 (line 1): shorten it,"
            " or lengthen the other"
        ),
    ),
]


@pytest.mark.parametrize(("text", "words"), CONTRADICTIONS)
def test_a_file_that_contradicts_itself_is_refused_by_both_lines(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(SettingsRefusal) as caught:
        settled(text)
    assert str(caught.value) == FILE + words
    path = written(tmp_path, text)
    with pytest.raises(SettingsRefusal) as caught:
        settled("", path)
    assert str(caught.value) == f"{path}{words}"


@pytest.mark.parametrize(
    "text",
    [
        "budget: {run_usd: 2, issue_usd: 2, day_usd: 2}",
        "budget: {run_usd: ~, issue_usd: 1}",
        "scope: {include: [src/], exclude: [src/gen/]}",
        "scope: {include: [src/, '!src/gen/'], exclude: [src/gen/]}",
        "allowed_files: [a/]\nprotected: {paths: [a/b]}",
        "gates: [{name: a, kind: test, run: x}, {name: A, kind: test, run: y}]",
        "budget: {wall_minutes: 1}\ngates: [{name: a, kind: test, run: x}]",
        "budget: {wall_minutes: 10}\ngates: [{name: a, kind: test, run: x, timeout_s: 600}]",
        "gates: [{name: a, kind: test, run: x, timeout_s: 9000}]",
    ],
)
def test_what_only_looks_like_a_contradiction_is_read(text: str) -> None:
    assert settled(text).warnings == ()


def test_bounds_of_two_files_are_no_contradiction_and_the_lower_counts(tmp_path: Path) -> None:
    path = written(tmp_path, "budget: {issue_usd: 1, day_usd: 4}\nscope: {include: [src/]}\n")
    found = settled("budget: {run_usd: 1.5, day_usd: 3}\nscope: {exclude: [src/]}", path)
    assert (found.budget.usd, found.caps.issue_usd, found.caps.day_usd) == (1.5, 1, 3)


def test_the_operators_exception_takes_a_contradiction_away(tmp_path: Path) -> None:
    path = written(tmp_path, "allowed_files: [a/]\nprotected: {paths: [a/, '!a/']}\n")
    assert settled("", path).rules.allowed_paths == ("a/",)


@pytest.mark.parametrize(("policy", "is_refused"), [("block", True), ("ask", False)])
def test_a_path_both_allowed_and_protected_makes_sense_where_a_person_is_asked(
    tmp_path: Path, policy: str, *, is_refused: bool
) -> None:
    path = written(tmp_path, f"protected: {{policy: {policy}}}")
    target = "allowed_files: [a/]\nprotected: {paths: [a/]}"
    if is_refused:
        with pytest.raises(SettingsRefusal, match="allowed_files has the pattern 'a/'"):
            settled(target, path)
    else:
        assert settled(target, path).rules.protected.policy == "ask"
