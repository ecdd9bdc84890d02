"""Pull requests that stand in the town already, and what is delivered about them."""

import os
import subprocess
from typing import Any

from tests.bot.action.conftest import REPOSITORY, Hall, labelled
from tests.ending import LIMIT_S
from workflows.continuing import COMMIT_AUTHOR
from workflows.pull_request import PullRequest, PullRequestDraft
from workflows.review import Review
from workflows.threads import ThreadComment

BRANCH = "changewright/issue-7-one-is-too-few"
EARLIER = "r20261120-080000-abcdef"
MADE_AT = "2026-11-20T08:00:00+00:00"
SAID_AT = "2026-11-22T08:00:00Z"


def committed(hall: Hall, branch: str, path: str, text: str, *, ours: bool = False) -> str:
    """Put a commit on a branch of the town, by us or by ada; return it."""
    name, _, address = (COMMIT_AUTHOR if ours else "ada <ada@localhost>").partition(" <")
    folder = hall.folder / f"work-{len(list(hall.folder.iterdir()))}"
    origin = str(hall.town.origin)
    has = hall.town.branch_head(branch) is not None
    start = branch if has else "main"
    hall.git("clone", "--quiet", "--branch", start, origin, str(folder), cwd=hall.folder)
    (folder / path).write_text(text)
    hall.git("add", "--all", cwd=folder)
    message = f"Say {text.strip()}\n" + f"\nChangewright-Run: {EARLIER}\n" * ours
    who = {"NAME": name, "EMAIL": address.rstrip(">"), "DATE": MADE_AT}
    environment = {
        f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()
    }
    argv = ["git", "commit", "--quiet", f"--message={message}"]
    subprocess.run(argv, cwd=folder, env=os.environ | environment, check=True, timeout=LIMIT_S)
    made = hall.git("rev-parse", "HEAD", cwd=folder)
    hall.git("fetch", "--quiet", str(folder), "HEAD")
    hall.git("update-ref", f"refs/heads/{branch}", made)
    return made


def drafted(hall: Hall) -> PullRequest:
    """Have a draft of ours for issue 7 open, as an earlier workflow run left it."""
    base = hall.git("rev-parse", "main")
    head = committed(hall, BRANCH, "data/one.txt", "good\n", ours=True)
    draft = PullRequestDraft(
        "issue-7", BRANCH, "main", base, "One is too few", "Because.", EARLIER, "0" * 64
    )
    return hall.town.open_pull_request(draft, head)


def thread(hall: Hall, words: str, author: str = "ada", path: str = "data/one.txt") -> str:
    """Have somebody say something at a line of the draft; return the thread's id."""
    said = ThreadComment(author, words, SAID_AT)
    return hall.town.begin_thread(1, (path, 1, "head"), said).id


def reviewed(
    hall: Hall, words: str = "", author: str = "ada", number: int = 500, **more: Any
) -> dict[str, Any]:
    """Have somebody ask for changes, and return the delivery of that."""
    hall.town.record_review(Review(1, "changes-requested", author, words, SAID_AT))
    said = {"id": number, "body": words, "submitted_at": SAID_AT, "user": {"login": author}}
    return _about_it(author) | {
        "action": "submitted",
        "review": said | {"state": "changes_requested"} | more,
    }


def remarked(body: str, author: str = "ada") -> dict[str, Any]:
    """Return the delivery of one comment in a thread."""
    said = {"id": 501, "body": body, "created_at": SAID_AT, "user": {"login": author}}
    return _about_it(author) | {"action": "created", "comment": said}


def asked_below(body: str, author: str = "ada", place: int = 1) -> dict[str, Any]:
    """Return the delivery of a comment below a pull request."""
    said = {"id": 502, "body": body, "created_at": SAID_AT, "user": {"login": author}}
    event = labelled(author, number=place, pull_request={"url": "x"})
    return event | {"action": "created", "comment": said}


def failed_checks(head: str, branch: str = BRANCH) -> dict[str, Any]:
    """Return the delivery of a workflow run that failed."""
    place = {"full_name": REPOSITORY, "default_branch": "main"}
    ended = {"head_branch": branch, "head_sha": head, "conclusion": "failure"}
    sender = {"login": "forge-actions[bot]", "type": "Bot"}
    run = ended | {"head_repository": place}
    return {"action": "completed", "workflow_run": run, "sender": sender, "repository": place}


def _about_it(author: str) -> dict[str, Any]:
    known = labelled(author)
    return {
        "sender": known["sender"],
        "repository": known["repository"],
        "pull_request": {"number": 1},
    }
