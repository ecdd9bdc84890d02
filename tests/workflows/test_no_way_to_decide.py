"""On GitHub nothing of ours approves, merges, or marks as ready: a person does, with their name."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("bot", "workflows", "validators", "scoping", ".github", "action.yml")
DECIDING = {
    "approves": re.compile(
        r"""(?i)["']event["']?\s*[:=]\s*["']APPROVE|create_review\(|--approve\b"""
    ),
    "merges": re.compile(
        r"""(?i)/pulls/[^"'\s]+/merge\b|\bpulls?/\{[^}]*\}/merge\b|mergePullRequest|\bgh\s+pr\s+merge"""
        r"""|enablePullRequestAutoMerge|enqueuePullRequest|/merges["']|merge-upstream"""
    ),
    "marks as ready": re.compile(r"(?i)markPullRequestReadyForReview|gh\s+pr\s+ready"),
    "dismisses": re.compile(r"(?i)/dismissals|dismissPullRequestReview"),
}


def files() -> list[Path]:
    found = [path for name in OURS for path in (ROOT / name).rglob("*")]
    found += [ROOT / name for name in OURS if (ROOT / name).is_file()]
    kinds = {".py", ".yml", ".yaml", ".sh", ".j2", ".graphql"}
    return sorted(path for path in found if path.is_file() and path.suffix in kinds)


@pytest.mark.parametrize("what", sorted(DECIDING))
def test_no_code_path_decides_for_a_person(what: str) -> None:
    guilty = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in files()
        if (found := DECIDING[what].search(path.read_text("utf-8")))
    ]

    assert guilty == []


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("approves", 'client.send("POST", "pulls/7/reviews", {"event": "APPROVE"})'),
        ("approves", "pull.create_review(event=x)"),
        ("merges", 'client.send("PUT", f"/pulls/{number}/merge")'),
        ("merges", "mutation { mergePullRequest(input: $x) { clientMutationId } }"),
        ("merges", "gh pr merge --auto 7"),
        ("marks as ready", "mutation { markPullRequestReadyForReview(input: $x) }"),
        ("dismisses", 'f"pulls/{number}/reviews/{review}/dismissals"'),
    ],
)
def test_the_search_finds_what_it_looks_for(what: str, line: str) -> None:
    assert DECIDING[what].search(line)
