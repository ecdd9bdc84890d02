"""The story of the product: an issue becomes a pull request, and a person decides on it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.sandbox

Command = Callable[..., Any]
BRANCH = "changewright/issue-7-words-counts-spaces-not-words"


def test_an_issue_becomes_a_proposal_after_a_failed_attempt(
    changewright: Command,
    project: Path,
    issue: Path,
    replies: Path,
    fingerprint: Callable[[Path], dict[str, str]],
) -> None:
    before = fingerprint(project)

    said = changewright(
        "propose", "--repo", project, "--issue-file", issue, f"--model=scripted:{replies}", "--json"
    )

    assert said.code == 0, said.err
    found = said.document
    assert (found["state"], found["verdict"]["word"]) == ("proposed", "pass")
    first, second = found["attempts"]
    assert first["verdict"]["word"] == "fail"
    assert "test_no_words" in first["verdict"]["findings"][0]["message"]
    assert second["verdict"]["word"] == "pass"
    tests = next(gate for gate in second["evidence"]["gates"] if gate["kind"] == "test")
    assert sorted(tests["fail_to_pass"]) == [
        "tests.test_tally::test_no_words",
        "tests.test_tally::test_two_spaces",
    ]
    assert fingerprint(project) == before, "the original repository was changed"
    assert "attempt 1: fail" in said.err
    assert "attempt 2: pass" in said.err


def test_publishing_adds_one_branch_and_nothing_else(
    changewright: Command,
    project: Path,
    bundle: Path,
    git: Callable[..., str],
    fingerprint: Callable[[Path], dict[str, str]],
) -> None:
    before = fingerprint(project)

    said = changewright("publish", bundle, "--repo", project, "--json")

    assert said.code == 0, said.err
    assert said.document["branch"] == BRANCH
    after = fingerprint(project)
    new = {path for path in after if path not in before}
    assert {path for path in before if after.get(path) != before[path]} == set()
    assert all(p.startswith((".git/objects/", ".git/refs/heads/changewright")) for p in new), new
    assert git(project, "show", f"{BRANCH}:tally.py").count("len(text.split())") == 1
    assert git(project, "status", "--porcelain") == ""
    assert (
        git(project, "log", "-1", "--format=%P", BRANCH).strip()
        == git(project, "rev-parse", "main").strip()
    )


def test_publishing_twice_is_publishing_once(
    changewright: Command,
    project: Path,
    bundle: Path,
    fingerprint: Callable[[Path], dict[str, str]],
) -> None:
    first = changewright("publish", bundle, "--repo", project, "--json").document
    before = fingerprint(project)

    second = changewright("publish", bundle, "--repo", project, "--json").document

    assert second == first
    assert fingerprint(project) == before
    listed = changewright("review", "list", "--repo", project, "--json").document
    assert len(listed["pull_requests"]) == 1


def test_a_bundle_changed_after_it_was_sealed_is_refused(
    changewright: Command, project: Path, bundle: Path, git: Callable[..., str]
) -> None:
    bundle.write_text(bundle.read_text().replace("words() counts spaces", "words() counts stars"))

    said = changewright("publish", bundle, "--repo", project)

    assert said.code == 2
    assert "changed after it was sealed" in said.err
    assert "changewright/" not in git(project, "branch", "--list", "--all")


def test_a_reviewer_sees_the_evidence_and_merges(
    changewright: Command, project: Path, bundle: Path, git: Callable[..., str]
) -> None:
    changewright("publish", bundle, "--repo", project)

    shown = changewright("review", "show", "1", "--repo", project)

    assert shown.code == 0, shown.err
    for words in (
        "## What was asked",
        "## Gates: the untouched base against this change",
        "red on base, green with this change",
        "## What the model was given",
        "changewright gate --repo . --base",
        "+    return len(text.split())",
    ):
        assert words in shown.out

    said = changewright("review", "accept", "1", "--merge", "--reviewer", "ada", "--repo", project)

    assert said.code == 0, said.err
    assert "len(text.split())" in git(project, "show", "main:tally.py")
    assert "len(text.split())" in (project / "tally.py").read_text()
    assert git(project, "status", "--porcelain") == ""
    assert "no pull request waits" in changewright("review", "list", "--repo", project).out
    assert (
        "ada (claimed) accepted, merged"
        in changewright("review", "show", "1", "--repo", project).out
    )


def test_a_rejection_keeps_its_reason(changewright: Command, project: Path, bundle: Path) -> None:
    changewright("publish", bundle, "--repo", project)

    said = changewright(
        "review", "reject", "1", "--reason", "we do not want this", "--kind", "not-wanted",
        "--repo", project,
    )  # fmt: skip

    assert said.code == 0, said.err
    shown = changewright("review", "show", "1", "--repo", project).out
    assert "rejected [not-wanted]: we do not want this" in shown


def test_requested_changes_start_the_next_attempt_on_the_same_pull_request(
    changewright: Command, project: Path, bundle: Path, tmp_path: Path
) -> None:
    changewright("publish", bundle, "--repo", project)
    answer = tmp_path / "answer.yml"
    answer.write_text(
        "replies:\n"
        "  - expect: ['Say it in the docstring.', '+    return len(text.split())']\n"
        "    text: |\n"
        "      The docstring now says it.\n\n"
        "      tally.py\n"
        "      <<<<<<< SEARCH\n"
        '          """Return how many words there are in a text."""\n'
        "      =======\n"
        '          """Return how many words there are in a text; none in an empty one."""\n'
        "      >>>>>>> REPLACE\n"
    )

    said = changewright(
        "review", "request-changes", "1", "--words", "Say it in the docstring.",
        f"--model=scripted:{answer}", "--repo", project, "--json",
    )  # fmt: skip

    assert said.code == 0, said.err
    again = changewright("publish", said.document["bundle"], "--repo", project, "--json")
    assert again.document["number"] == 1, again.err
    shown = changewright("review", "show", "1", "--repo", project).out
    assert "none in an empty one" in shown
    assert "changes-requested: Say it in the docstring." in shown


def test_the_gate_line_of_the_pull_request_checks_it_again(
    changewright: Command, project: Path, bundle: Path
) -> None:
    changewright("publish", bundle, "--repo", project)

    said = changewright("gate", "--repo", project, "--base", "main", "--head", BRANCH, "--json")

    assert said.code == 0, said.err
    assert said.document["verdict"] == "pass"
    assert "tests.test_tally::test_no_words" in said.document["tests"]["fail_to_pass"]


def test_every_run_is_listed_newest_first(
    changewright: Command, project: Path, issue: Path, replies: Path, bundle: Path
) -> None:
    only_prose = replies.with_name("prose.yml")
    only_prose.write_text("replies:\n  - text: 'NO CHANGE NEEDED: it is a feature.'\n")
    said = changewright(
        "propose", "--repo", project, "--issue-file", issue, f"--model=scripted:{only_prose}"
    )
    assert said.code == 1
    assert "it is a feature" in said.out

    runs = changewright("runs", "--json").document["runs"]

    assert [run["state"] for run in runs] == ["nothing", "proposed"]
    assert runs[1]["task"] == "issue-7"
    assert runs[1]["tokens"] == 2360
    assert runs[1]["verdict"] == "pass"
