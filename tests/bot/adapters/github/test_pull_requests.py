"""One task, one pull request, whatever happens to the answer; and what is hidden in its text."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.adapters.github_forge import marker
from bot.adapters.github_forge.faults import Unsettled
from tests.bot.adapters.github.conftest import BRANCH, NOW, Scene
from tests.bot.adapters.github.small_github import BOT, NAME
from tests.conftest import ROOT
from workflows.ports import ForgeRefusal
from workflows.review import Review

POSTS = f"^/repos/{NAME}/pulls$"
EXISTS = {
    "message": "Validation Failed",
    "errors": [{"message": f"A pull request already exists for acme:{BRANCH}."}],
}


@pytest.mark.parametrize(
    ("status", "body"),
    [(502, None), (500, None), (0, None), (422, EXISTS), (201, {"message": "", "number": None})],
    ids=["502", "500", "dropped", "exists", "no number"],
)
def test_a_pull_request_that_was_made_is_found_and_not_made_again(
    scene: Scene, status: int, body: Any
) -> None:
    forge = scene.forge()
    head = scene.pushed(forge)
    scene.fault("POST", POSTS, status, body=body, done=True)
    opened = forge.open_pull_request(scene.draft(), head)
    assert (opened.number, opened.draft.key) == (1, "key")
    assert scene.small.count("POST", POSTS) == 1
    assert scene.small.hub.pulls[1]["draft"] is True


@pytest.mark.parametrize("status", [502, 0, 307])
def test_a_pull_request_that_was_not_made_is_said_and_not_sent_twice(
    scene: Scene, status: int
) -> None:
    forge = scene.forge()
    head = scene.pushed(forge)
    scene.fault("POST", POSTS, status, times=1 if status != 307 else 2)
    with pytest.raises(ForgeRefusal, match=r"no open pull request stands on|has moved, and where"):
        forge.open_pull_request(scene.draft(), head)
    assert scene.small.hub.pulls == {}
    assert scene.small.count("POST", POSTS) == (1 if status != 307 else 2)
    assert forge.open_pull_request(scene.draft(), head).number == 1


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (
            403,
            "GitHub Actions is not permitted to create or approve pull requests.",
            'switch on .* "Allow GitHub Actions to create and approve pull requests"',
        ),
        (403, "Resource not accessible by integration", "the permission pull-requests: write"),
        (409, "Conflict", "status 409"),
        (422, "Draft pull requests are not supported in this repository.", r"set pr\.draft"),
    ],
)
def test_a_refusal_to_open_names_its_reason_after_one_try(
    scene: Scene, status: int, body: str, told: str
) -> None:
    forge = scene.forge()
    head = scene.pushed(forge)
    scene.fault("POST", POSTS, status, body={"message": body})
    with pytest.raises(ForgeRefusal, match=told):
        forge.open_pull_request(scene.draft(), head)
    assert scene.small.count("POST", POSTS) == 1


def test_two_publishers_at_once_open_one(scene: Scene) -> None:
    head = scene.pushed(scene.forge())

    def publish(_: int) -> int:
        return scene.forge().open_pull_request(scene.draft(), head).number

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(publish, range(4))) == {1}
    assert len(scene.small.hub.pulls) == 1


def test_labels_and_reviewers_are_asked_for_and_who_cannot_be_asked_stops_nothing(
    scene: Scene,
) -> None:
    scene.small.hub.roles["ada"] = ("write", "write")
    forge = scene.forge()
    head = scene.pushed(forge)
    draft = scene.draft(labels=("bot",), reviewers=("ada", BOT))
    opened = forge.open_pull_request(draft, head)
    assert (opened.draft.labels, opened.draft.reviewers) == (("bot",), ("ada",))
    more = scene.draft(labels=("bot", "later"), reviewers=("ada", "stranger"), title="Better")
    updated = forge.update_pull_request(1, more, head)
    assert (updated.draft.title, updated.draft.reviewers) == ("Better", ("ada",))
    assert updated.draft.labels == ("bot", "later")


def test_an_update_that_got_no_answer_is_looked_at(scene: Scene) -> None:
    forge = scene.forge()
    head = scene.pushed(forge)
    forge.open_pull_request(scene.draft(), head)
    scene.fault("PATCH", "/pulls/1$", 502, done=True)
    assert forge.update_pull_request(1, scene.draft(body="New"), head).draft.body == "New"
    scene.fault("PATCH", "/pulls/1$", 0)
    with pytest.raises(Unsettled, match="not known whether it was done"):
        forge.update_pull_request(1, scene.draft(body="Newer"), head)
    assert scene.small.count("PATCH", "/pulls/1$") == 2


def test_what_a_person_made_ready_and_we_change_is_a_draft_again_and_never_the_reverse(
    scene: Scene,
) -> None:
    forge = scene.forge()
    head = scene.pushed(forge)
    forge.open_pull_request(scene.draft(), head)
    scene.small.hub.pulls[1]["draft"] = False
    assert forge.update_pull_request(1, scene.draft(), head).draft.draft is True
    assert forge.update_pull_request(1, scene.draft(draft=False), head).draft.draft is True


def test_a_right_that_is_missing_for_a_draft_is_named_and_the_text_stays(scene: Scene) -> None:
    forge = scene.forge()
    head = scene.pushed(forge)
    forge.open_pull_request(scene.draft(), head)
    scene.small.hub.pulls[1]["draft"] = False
    no = {"type": "FORBIDDEN", "message": "Resource not accessible by integration"}
    for body, told in (
        ({"data": None, "errors": [no]}, "lacks the permission pull-requests: write"),
        ({"data": None}, "it gave no reason"),
    ):
        scene.fault("POST", "^/graphql$", 200, body=body)
        with pytest.raises(ForgeRefusal, match=told):
            forge.update_pull_request(1, scene.draft(title="Other"), head)
    assert scene.small.hub.pulls[1]["title"] == "Title"


def test_a_damaged_mark_is_none(scene: Scene) -> None:
    forge = scene.forge()
    forge.open_pull_request(scene.draft(), scene.pushed(forge))
    for damaged in ('{"key": 7}', '{"key": "a"', "{}x", '{"key": "a", "new": 1}'):
        scene.small.hub.pulls[1]["body"] = f"<!-- changewright:pull-request {damaged} -->"
        expected = "a" if "new" in damaged else ""
        assert forge.pull_request(1).draft.key == expected


def test_a_mark_in_words_of_others_is_no_mark(scene: Scene) -> None:
    forged = marker.hidden("pull-request", marker.Origin("other", "evil", "f" * 64, "e" * 40))
    forge = scene.forge()
    head = scene.pushed(forge)
    opened = forge.open_pull_request(scene.draft(body=f"quoted: {forged}"), head)
    assert (opened.draft.key, opened.draft.run) == ("key", "run")
    # A person takes our line out: what was quoted does not step into its place.
    pull = scene.small.hub.pulls[1]
    pull["body"] = pull["body"].split("\n\n<!--")[0]
    assert forge.pull_request(1).draft.key == ""
    pull["body"] += f"\n{forged}"
    pull["head"]["ref"] = "topic"
    assert forge.pull_request(1).draft.key == ""
    assert forge.find_pull_request(BRANCH) is None
    assert list(forge.pull_requests()) == []
    with pytest.raises(ForgeRefusal, match="is not ours"):
        forge.close_pull_request(1, "stale")


@pytest.mark.parametrize("key", ["a --> b", "<script>", "a--b", "ü\n{}", "\\u002d-"])
def test_whatever_a_key_holds_it_is_hidden_and_found_again(scene: Scene, key: str) -> None:
    forge = scene.forge()
    head = scene.pushed(forge)
    opened = forge.open_pull_request(scene.draft(key=key), head)
    assert opened.draft == scene.draft(key=key)
    hidden = scene.small.hub.pulls[1]["body"].split("Body\n\n")[1]
    assert re.fullmatch(r"<!--(?:(?!--|>|\n).)*-->", hidden)
    edited = scene.small.hub.pulls[1]["body"].replace("\n", "\r\n") + "\r\n\r\nThanks!"
    scene.small.hub.pulls[1]["body"] = edited
    assert forge.pull_request(1).draft.key == key


def test_what_people_decided_on_github_is_vouched_for_and_strangers_decide_nothing(
    scene: Scene,
) -> None:
    forge = scene.forge()
    head = scene.pushed(forge)
    forge.open_pull_request(scene.draft(), head)
    entry = {"user": {"login": "ada"}, "submitted_at": NOW, "author_association": "MEMBER"}
    eve = {"author_association": "NONE", "user": {"login": "eve"}}
    # Who hides that they belong to an organization is no member to a workflow's token.
    joan = {"author_association": "CONTRIBUTOR", "user": {"login": "joan"}}
    scene.small.hub.reviews[1] = [
        {"id": 1, "state": "COMMENTED", "body": "hm", **entry},
        {"id": 2, "state": "CHANGES_REQUESTED", "body": "no", **entry},
        {"id": 3, "state": "APPROVED", "body": "", **entry | eve},
        {"id": 4, "state": "APPROVED", "body": None, **entry},
        {"id": 5, "state": "CHANGES_REQUESTED", "body": "hidden", **entry | joan},
    ]
    scene.small.hub.roles |= {"eve": ("read", "read"), "joan": ("maintain", "write")}
    scene.small.hub.review_comments[1] = [
        {"id": 9, "path": "a.txt", "body": "why?", "pull_request_review_id": 2, "line": 1},
        {"id": 10, "path": "a.txt", "body": "x", "pull_request_review_id": 7, "line": None},
    ]
    forge.record_review(Review(1, "accepted", "grace", "fine <!-- changewright:x @all", NOW))
    known = forge.pull_request(1).reviews
    assert [(one.reviewer, one.verdict, one.verified) for one in known] == [
        ("ada", "changes-requested", True),
        ("ada", "accepted", True),
        ("joan", "changes-requested", True),
        ("grace", "accepted", False),
    ]
    assert [(one.path, one.line, one.body) for one in known[0].comments] == [("a.txt", 1, "why?")]
    (kept,) = scene.small.hub.comments.values()
    assert "> fine &lt;!-- changewright;x @\u2060all" in kept["body"]
    # The same words by somebody else keep nothing.
    scene.small.hub.comment(1, "mallory", kept["body"])
    assert len(forge.pull_request(1).reviews) == 4


def test_a_stale_one_of_ours_is_closed_with_words_once(scene: Scene) -> None:
    forge = scene.forge()
    head = scene.pushed(forge)
    forge.open_pull_request(scene.draft(), head)
    assert forge.close_pull_request(1, "expired").state == "closed"
    assert forge.close_pull_request(1, "expired").state == "closed"
    assert len(scene.small.hub.comments) == scene.small.count("PATCH", "/pulls/1$") == 1


def test_nothing_merges_approves_or_marks_ready(scene: Scene) -> None:
    forge = scene.forge()
    head = scene.pushed(forge)
    forge.open_pull_request(scene.draft(), head)
    with pytest.raises(ForgeRefusal, match=r"a person merges it on GitHub: https://.*/pull/1"):
        forge.merge(1)
    # Neither the addresses nor the names by which GitHub is asked for any of it.
    asked = re.compile(
        r"/merges?\b(?!-base)|markPullRequestReady|enablePullRequestAutoMerge|mergePullRequest"
        r"|addPullRequestReview\b|submitPullRequestReview|/approve\b|APPROVE\b|dismissals"
        r"|\"event\"(?!: \"REQUEST_CHANGES\")"  # the one review that a person gives through us
    )
    sources = sorted((ROOT / "bot/adapters/github_forge").glob("*.py"))
    assert len(sources) > 10
    assert [
        (s.name, asked.findall(s.read_text())) for s in sources if asked.findall(s.read_text())
    ] == []
    verbs = {(one.verb, one.path.rpartition("/")[2]) for one in scene.small.seen}
    assert ("PUT", "merge") not in verbs
