"""Who may ask, what was said, and what is said by us: once, and known again."""

from typing import Any

import pytest

from bot.adapters.github_forge.faults import Unsettled
from tests.bot.adapters.github.conftest import NOW, Scene, plain
from tests.bot.adapters.github.small_github import BOT
from workflows.ports import ForgeRefusal
from workflows.tracker import Annotation, Artifact, CheckRun, Tracker


@pytest.mark.parametrize(
    ("role", "permission", "told"),
    [
        ("admin", "admin", "admin"),
        ("maintain", "write", "maintain"),
        ("write", "write", "write"),
        ("triage", "read", "triage"),
        ("read", "read", "read"),
        ("none", "none", "none"),
        ("release-captain", "write", "write"),
        ("label-only", "read", "read"),
        ("odd", "odd", "none"),
    ],
)
def test_a_role_is_the_one_github_names_and_a_custom_one_what_it_is_based_on(
    scene: Scene, role: str, permission: str, told: str
) -> None:
    scene.small.hub.roles["ada"] = (role, permission)
    tracker: Tracker = scene.forge()
    assert tracker.role("ada") == told


def test_who_is_not_known_may_nothing_and_silence_is_no_permission(scene: Scene) -> None:
    forge = scene.forge()
    for login in ("nobody", "../../x", "a/b", "", "[bot]"):
        assert forge.role(login) == "none"
    scene.fault(
        "GET", "/permission$", 403, body={"message": "Resource not accessible by integration"}
    )
    with pytest.raises(ForgeRefusal, match="lacks the permission"):
        forge.role("ada")
    scene.fault("GET", "/permission$", 200, body={"permission": "admin"})
    with pytest.raises(ForgeRefusal, match="not what it says it is"):
        forge.role("ada")


def test_an_issue_is_what_it_is_now_and_nothing_of_another_kind(scene: Scene) -> None:
    number = scene.small.hub.new_issue("Words", "ada", "bug")
    forge = scene.forge()
    assert forge.issue(number).labels == ("bug",)
    assert (forge.issue(number).body, forge.issue(number).is_pull_request) == ("", False)
    with pytest.raises(ForgeRefusal, match="knows of no such thing"):
        forge.issue(99)


def test_all_comments_are_read_and_ours_are_those_we_wrote_and_marked(scene: Scene) -> None:
    hub = scene.small.hub
    number = hub.new_issue("Words", "ada")
    forge = scene.forge()
    for count in range(150):
        hub.comment(number, "ada", f"words {count}")
    hub.comment(number, BOT, "of another workflow")
    said = forge.say(number, "hello", "progress")
    forged = hub.comments[said.id]["body"]
    hub.comment(number, "mallory", forged)
    told = forge.comments(number)
    assert [one.body for one in told[:150]] == [f"words {count}" for count in range(150)]
    assert [one.id for one in told if one.is_ours] == [said.id]
    assert (told[0].created, told[0].author) == (NOW, "ada")


def test_what_is_said_with_one_key_is_one_comment(scene: Scene) -> None:
    hub = scene.small.hub
    number = hub.new_issue("Words", "ada")
    forge = scene.forge()
    first = forge.say(number, "working", "progress 1")
    forge.say(number, "other", "progress 10")
    again = forge.say(number, "done <!-- changewright:progress 10 -->", "progress 1")
    assert (first.id, len(hub.comments)) == (again.id, 2)
    assert hub.comments[first.id]["body"].startswith("done <!-- changewright;progress 10 -->")
    assert forge.say(number, "other", "progress 10").id != first.id
    posts = scene.small.count("POST", "/comments$")
    assert (posts, scene.small.count("PATCH", "/comments/")) == (2, 1)


@pytest.mark.parametrize("status", [502, 0, 201])
def test_a_comment_whose_answer_is_lost_is_looked_for_and_not_said_twice(
    scene: Scene, status: int
) -> None:
    number = scene.small.hub.new_issue("Words", "ada")
    forge = scene.forge()
    scene.fault("POST", "/comments$", status, body={"message": "?"}, done=True)
    assert forge.say(number, "hello", "progress").is_ours
    scene.fault("PATCH", "/comments/", status)
    with pytest.raises(Unsettled):
        forge.say(number, "good bye", "progress")
    assert len(scene.small.hub.comments) == 1


def test_a_label_is_taken_off_once_and_one_that_is_not_there_is_no_error(scene: Scene) -> None:
    number = scene.small.hub.new_issue("Words", "ada", "help: me/now", "kept")
    forge = scene.forge()
    scene.fault("DELETE", "/labels/", 502, done=True)
    forge.remove_label(number, "help: me/now")
    forge.remove_label(number, "help: me/now")
    assert forge.issue(number).labels == ("kept",)
    scene.fault("DELETE", "/labels/", 0)
    with pytest.raises(Unsettled):
        forge.remove_label(number, "kept")
    scene.fault(
        "DELETE", "/labels/", 403, body={"message": "Resource not accessible by integration"}
    )
    with pytest.raises(ForgeRefusal, match="permission issues: write"):
        forge.remove_label(number, "kept")


def run(count: int, **more: Any) -> CheckRun:
    notes = tuple(
        Annotation("a.txt", line, line, "warning", f"words {line}", "title" if line == 1 else "")
        for line in range(1, count + 1)
    )
    plainly = {"name": "changewright", "conclusion": "success", "title": "T", "summary": "S"}
    return CheckRun(**(plainly | more), annotations=notes)


def test_a_check_run_takes_annotations_by_fifties_and_is_shown_once(scene: Scene) -> None:
    forge = scene.forge()
    head = scene.clone.base_commit
    url = forge.check(head, run(120))
    assert forge.check(head, run(120)) == url
    (check,) = scene.small.hub.checks.values()
    assert (len(check["annotations"]), check["conclusion"]) == (120, "success")
    assert scene.small.count("PATCH", "/check-runs/") == 2
    # Annotations cannot be taken back: other findings are another check run of the same name.
    assert forge.check(head, run(1, conclusion="failure")) != url
    assert len(scene.small.hub.checks) == 2


def test_a_check_run_without_annotations_is_changed_and_a_lost_answer_is_looked_for(
    scene: Scene,
) -> None:
    forge = scene.forge()
    head = scene.clone.base_commit
    scene.fault("POST", "/check-runs$", 502, done=True)
    first = forge.check(head, run(0, details_url="https://example.org/run"))
    assert forge.check(head, run(0, conclusion="neutral", summary="x" * 70_000)) == first
    (check,) = scene.small.hub.checks.values()
    assert (check["conclusion"], len(check["output"]["summary"])) == ("neutral", 65_535)
    scene.fault("POST", "/check-runs$", 0)
    with pytest.raises(Unsettled):
        forge.check(head, run(0, name="other"))


def artifact(run: int | None = 12, *, fork: int = 1, **more: Any) -> dict[str, Any]:
    made = {"id": 5, "name": "proposal", "size_in_bytes": 70, "expired": False} | more
    by = {"id": run, "repository_id": 1, "head_repository_id": fork, "head_branch": "main"}
    return made | {"workflow_run": by if run else None}


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ([artifact()], Artifact("proposal", 70, "main", is_foreign=False)),
        ([artifact(fork=2)], Artifact("proposal", 70, "main", is_foreign=True)),
        ([artifact(name="proposals"), artifact(13), artifact(None), artifact(expired=True)], None),
        ([], None),
    ],
)
def test_what_a_workflow_run_left_is_told_while_it_is_kept(
    scene: Scene, listed: list[dict[str, Any]], told: Artifact | None
) -> None:
    body = {"total_count": len(listed), "artifacts": listed}
    scene.fault("GET", "/actions/runs/12/artifacts$", 200, body=body)

    assert scene.forge().artifact("12", "proposal") == told


def test_what_no_workflow_run_has_left_is_nothing_and_silence_is_a_refusal(scene: Scene) -> None:
    forge = scene.forge()
    scene.fault("GET", "/actions/runs/12/artifacts$", 404, body={"message": "Not Found"})
    assert forge.artifact("12", "proposal") is None
    scene.fault("GET", "/actions/runs/12/artifacts$", 403, body={"message": "Forbidden"})
    with pytest.raises(ForgeRefusal):
        forge.artifact("12", "proposal")


def test_a_workflow_is_started_and_where_that_is_not_known_a_person_is_told(scene: Scene) -> None:
    forge = scene.forge()
    forge.dispatch("changewright.yml", "main", {"run": "r1"})
    assert scene.small.hub.dispatched == [
        ("changewright.yml", {"ref": "main", "inputs": {"run": "r1"}})
    ]
    scene.fault("POST", "/dispatches$", 502)
    with pytest.raises(Unsettled, match=r"See under Actions whether changewright\.yml runs"):
        forge.dispatch("changewright.yml", "main", {})
    assert len(scene.small.hub.dispatched) == 1


@pytest.mark.parametrize(
    ("status", "is_under_way"),
    [("completed", False), ("in_progress", True), ("waiting", True), (None, True)],
)
def test_a_workflow_run_is_under_way_until_github_says_that_it_is_completed(
    scene: Scene, status: str | None, *, is_under_way: bool
) -> None:
    scene.small.hub.workflow_runs[30] = status
    assert scene.forge().is_under_way("30") is is_under_way


def test_a_workflow_run_nobody_knows_is_over_and_silence_about_one_is_no_end(scene: Scene) -> None:
    forge = scene.forge()
    assert not forge.is_under_way("31")
    denied = {"message": "Resource not accessible by integration"}
    scene.fault("GET", "/actions/runs/", 403, body=denied)
    with pytest.raises(ForgeRefusal, match="permission actions: read"):
        forge.is_under_way("31")


FILES = {
    "plain words/+ä?#.yml": b"a: 1\n",
    "empty": b"",
    "binary": bytes(range(256)) * 5_000,
    "exactly": b"x" * 1024**2,
}


def committed(scene: Scene, files: dict[str, bytes], link: str = "") -> str:
    """Put ``files`` on a branch, past us, and return its head."""
    work = scene.folder / "work"
    plain(scene.folder, "clone", "-q", str(scene.served), str(work))
    for name, content in files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_bytes(content)
    if link:
        (work / "link").symlink_to(link)
    plain(work, "add", ".")
    plain(work, "commit", "-q", "-m", "files")
    plain(work, "push", "-q", "origin", "HEAD:refs/heads/files")
    return plain(work, "rev-parse", "HEAD")


def test_a_file_is_read_byte_for_byte_as_it_stood_in_a_commit(scene: Scene) -> None:
    before, after = scene.clone.base_commit, committed(scene, FILES)
    forge = scene.forge()
    for name in ("plain words/+ä?#.yml", "empty", "exactly"):
        assert forge.read_file(name, after) == FILES[name]
        assert forge.read_file(name, before) is None
    assert forge.read_file("a.txt", before) == b"1\n"
    assert forge.read_file("a.txt/below", after) is None


def test_what_is_no_plain_file_of_a_readable_size_is_refused_and_not_taken_for_empty(
    scene: Scene,
) -> None:
    head = committed(scene, FILES, link="/etc/passwd")
    forge = scene.forge()
    for name in ("link", "binary"):
        with pytest.raises(ForgeRefusal, match="no plain file of less than 1 MB"):
            forge.read_file(name, head)
    with pytest.raises(ForgeRefusal, match="not what it says it is"):
        forge.read_file("plain words", head)
    scene.fault("GET", "/contents/", 200, body={"type": "file", "encoding": "base64"})
    with pytest.raises(ForgeRefusal, match="not what it says it is"):
        forge.read_file("a.txt", head)
    scene.fault("GET", "/contents/", 403, body={"message": "Resource not accessible"})
    with pytest.raises(ForgeRefusal):
        forge.read_file("a.txt", head)
