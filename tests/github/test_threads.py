"""The offline GitHub's review threads, merges and edits of comments are as GitHub's are."""

import itertools
from collections.abc import Iterator

import pytest

from tests.github.emulated import OfflineGitHub, Seed, offline
from tests.github.git_facts import GitFacts
from tests.github.grants import Grant, job
from tests.github.graphql import graphql
from tests.github.serving import Asked
from tests.github.spec_proxy import Description
from tests.github.test_emulated import ask

_BRANCHES = itertools.count(1)
_TEXT = "".join(f"{number}\n" for number in range(1, 10))


@pytest.fixture(scope="module")
def github(
    tmp_path_factory: pytest.TempPathFactory, description: Description
) -> Iterator[OfflineGitHub]:
    seed = Seed(roles={"wendy": "write"})
    with offline(tmp_path_factory.mktemp("threads"), description, seed) as github:
        yield github


def opened(github: OfflineGitHub, branch: str = "") -> int:
    branch = branch or f"topic-{next(_BRANCHES)}"
    github.commit("main", {"text.txt": _TEXT})
    github.commit(branch, {"text.txt": _TEXT.replace("5", "five")})
    said = {"title": "Mend", "head": branch, "base": "main", "body": "How."}
    return int(github.ask("wendy", "POST", "pulls", said)["number"])


def reviewed(github: OfflineGitHub, number: int, *lines: int, login: str = "alice") -> None:
    comments = [{"path": "text.txt", "line": line, "body": f"At {line}."} for line in lines]
    said = {"event": "REQUEST_CHANGES", "body": "Please.", "comments": comments}
    github.ask(login, "POST", f"pulls/{number}/reviews", said)


def lines_of(github: OfflineGitHub, number: int) -> list[tuple[int | None, str]]:
    rows = github.ask("alice", "GET", f"pulls/{number}/comments")
    return [(row["line"], row["body"]) for row in rows]


def test_a_thread_follows_its_line_and_is_outdated_once_that_has_changed(
    github: OfflineGitHub,
) -> None:
    number = opened(github, "moved")
    reviewed(github, number, 5, 6)
    assert lines_of(github, number) == [(5, "At 5."), (6, "At 6.")]

    github.commit("moved", {"text.txt": "0\n" + _TEXT.replace("5", "FIVE")})
    assert lines_of(github, number) == [(None, "At 5."), (7, "At 6.")]
    (review,) = github.ask("alice", "GET", f"pulls/{number}/reviews")
    rows = github.ask("alice", "GET", f"pulls/{number}/comments")
    assert {row["pull_request_review_id"] for row in rows} == {review["id"]}


def test_words_stand_only_at_lines_that_the_change_shows(github: OfflineGitHub) -> None:
    number = opened(github)
    with pytest.raises(AssertionError, match=r"review_thread\.line"):
        reviewed(github, number, 99)
    github.token("job", {"pull-requests": "write"})
    said = {"path": "README.md", "line": 1, "body": "x", "commit_id": "0" * 40}
    status, told = ask(github, "POST", f"pulls/{number}/comments", said)
    assert (status, told["errors"][0]["field"]) == (422, "pull_request_review_thread.path")


def test_a_thread_is_resolved_by_whoever_may_write_contents_too(github: OfflineGitHub) -> None:
    number = opened(github)
    reviewed(github, number, 5)
    (thread,) = github.state.threads[github.repository, number]

    def resolve(grant: Grant) -> str:
        query = "mutation { resolveReviewThread(input: {threadId: $thread}) }"
        said = f'{{"query": "{query}", "variables": {{"thread": "{thread.id}"}}}}'
        return graphql(
            github.state, Asked("POST", "/graphql", body=said.encode()), grant
        ).body.decode()

    assert "FORBIDDEN" in resolve(job({"pull-requests": "write"}))
    assert thread.is_resolved is False
    assert "isResolved" in resolve(job({"pull-requests": "write", "contents": "write"}))
    assert thread.is_resolved is True


def test_a_merge_is_a_real_one_and_what_was_merged_stays_what_it_was(
    github: OfflineGitHub,
) -> None:
    number, git = opened(github, "topic"), GitFacts(github.bare)
    head = git.known("topic")
    merged = github.ask("wendy", "PUT", f"pulls/{number}/merge", {})

    github.commit("topic", {"later.txt": "x\n"})
    pull = github.ask("wendy", "GET", f"pulls/{number}")
    assert (pull["state"], pull["merged"], pull["head"]["sha"]) == ("closed", True, head)
    assert pull["merge_commit_sha"] == merged["sha"] == git.known("main")
    assert git.git("show", "main:text.txt") == _TEXT.replace("5", "five")
    assert git.git("rev-parse", f"refs/pull/{number}/head").strip() == head


def test_who_may_write_edits_what_others_said_and_is_known_for_it(github: OfflineGitHub) -> None:
    number = opened(github)
    made = github.ask("alice", "POST", f"issues/{number}/comments", {"body": "- [ ] one"})
    place = f"issues/comments/{made['id']}"
    with pytest.raises(AssertionError, match="403"):
        github.ask("mallory", "PATCH", place, {"body": "- [x] one"})
    github.ask("wendy", "PATCH", place, {"body": "- [x] one"})
    assert github.ask("alice", "GET", place)["body"] == "- [x] one"
    assert github.state.editors == {made["id"]: "wendy"}
