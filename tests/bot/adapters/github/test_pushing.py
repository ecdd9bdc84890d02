"""Pushes by real git: never over a commit they do not stand on, and no token where others look."""

import base64
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.github_forge.access import Token
from tests.bot.adapters.github.conftest import BRANCH, Scene, plain
from tests.bot.adapters.github.small_github import NAME, TOKEN
from tests.github.smart_http import serve
from validators.checkout import commit, open_clone
from workflows.ports import ForgeRefusal
from workflows.pull_request import Commit

SECRETS = """error: GH013: Repository rule violations found for refs/heads/{branch}.

- GITHUB PUSH PROTECTION
  --------------------------------
    Resolve the following violations before pushing again

    - Push cannot contain secrets

     (?) Learn how to resolve a blocked push
     —— Example Service Key ————————————
      locations:
        - commit: 1
          path: a.txt:1
      (?) To push, remove secret from commit(s) or follow this URL to allow the secret.
          https://github.example/unblock
"""
REFUSALS = {
    "protected": (
        "error: GH006: Protected branch update failed for refs/heads/x.",
        "the branch is protected",
    ),
    "secret": (SECRETS, "GitHub found a secret in the change"),
    "rule": ("error: GH013: Repository rule violations found for refs/heads/x.", "a rule of the"),
    "large": (
        "error: File big.bin is 120.00 MB; this exceeds GitHub's file size limit of 100.00 MB",
        "a file over GitHub's limit of 100 MB",
    ),
    "workflow": (
        "refusing to allow an App to update workflow `x.yml` without `workflows` permission",
        "the token lacks the permission workflows: write",
    ),
    "other": ("nobody pushes on Sundays", "a check of the server refused the push"),
}


def hook(place: Path, script: str) -> None:
    """Let the server run ``script`` before it takes a push."""
    file = place / "hooks/pre-receive"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


@pytest.mark.parametrize("name", REFUSALS)
def test_each_refused_push_has_its_reason_and_is_sent_once(scene: Scene, name: str) -> None:
    words, told = REFUSALS[name]
    hook(scene.served, f"cat >&2 <<'END'\n{words}\nEND\nexit 1")
    with pytest.raises(ForgeRefusal, match=told) as refused:
        scene.pushed(scene.forge())
    assert TOKEN not in str(refused.value)
    assert sum(path.endswith("/git-receive-pack") for _, path, _ in scene.small.git.seen) == 1
    assert plain(scene.served, "for-each-ref", "--format=%(refname)") == "refs/heads/main"


def test_the_token_is_in_no_argument_and_in_no_address(scene: Scene) -> None:
    seen = scene.folder / "seen"
    hook(scene.served, f"cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' > {seen}")
    forge = scene.forge()
    scene.pushed(forge)
    assert forge.fetch_branch(BRANCH, scene.clone.git_dir)
    header = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    arguments = os.fsdecode(seen.read_bytes())  # of every process here, whoever's and in any bytes
    assert "git-remote-http" in arguments or "remote-http" in arguments
    assert TOKEN not in arguments
    assert header not in arguments
    assert {user for _, _, user in scene.small.git.seen[-4:]} == {"x-access-token"}
    assert TOKEN not in (scene.clone.git_dir / "config").read_text()


def test_peoples_commits_are_built_upon_and_never_pushed_over(scene: Scene) -> None:
    forge = scene.forge()
    scene.pushed(forge)
    theirs = scene.person_commits(BRANCH, "theirs")
    over = scene.commit(b"3\n")
    with pytest.raises(ForgeRefusal, match="would throw commits away"):
        forge.push(BRANCH, over, theirs)
    assert forge.branch_head(BRANCH) == theirs
    with pytest.raises(ForgeRefusal, match=f"is at {theirs}, not at no commit"):
        forge.push(BRANCH, over, None)
    assert forge.fetch_branch(BRANCH, scene.clone.git_dir) == theirs
    forge.push(BRANCH, scene.commit(b"3\n", on=theirs), theirs)
    assert plain(scene.served, "log", "--format=%s", BRANCH).split() == [
        "words", "theirs", "words", "first",
    ]  # fmt: skip


def test_a_shallow_checkout_is_pushed_from_also_when_the_base_went_on(scene: Scene) -> None:
    base = scene.person_commits("main", "second")
    shallow = scene.folder / "shallow"
    plain(scene.folder, "clone", "-q", "--depth=1", f"file://{scene.served}", str(shallow))
    scene.person_commits("main", "third")
    forge = scene.forge()
    clone = replace(scene, clone=open_clone(shallow, base, scene.folder / "of-shallow"))
    clone.pushed(clone.forge())
    assert plain(scene.served, "log", "--format=%s", BRANCH).split() == ["words", "second", "first"]
    assert forge.branch_head(BRANCH)


def test_who_moves_the_branch_between_looking_and_pushing_wins(scene: Scene) -> None:
    forge = scene.forge()
    first = scene.pushed(forge)
    ours = scene.commit(b"3\n", on=first)
    theirs = scene.person_commits(BRANCH, "theirs")
    # What the API says is late: git's own look decides.
    reference = {"ref": f"refs/heads/{BRANCH}", "object": {"sha": first, "type": "commit"}}
    scene.fault("GET", "/git/ref/", 200, body=reference)
    with pytest.raises(ForgeRefusal, match="somebody moved the branch meanwhile"):
        forge.push(BRANCH, ours, first)
    assert forge.branch_head(BRANCH) == theirs


def test_a_push_whose_answer_is_lost_is_looked_for(scene: Scene) -> None:
    forge = scene.forge()
    # The server takes the push, and its answer does not arrive whole.
    file = scene.served / "hooks/post-receive"
    file.parent.mkdir(exist_ok=True)
    file.write_text("#!/bin/sh\nkill -9 $(ps -o ppid= -p $PPID)\n")
    file.chmod(0o755)
    made = scene.commit()
    forge.push(BRANCH, made, None)
    assert forge.branch_head(BRANCH) == made.sha


def test_a_token_that_git_does_not_take_is_said_and_a_missing_server_too(scene: Scene) -> None:
    del scene.small.git.tokens[TOKEN]
    with pytest.raises(ForgeRefusal, match="GitHub does not take the token for git"):
        scene.pushed(scene.forge())
    scene.small.git.tokens[TOKEN] = "read"
    with pytest.raises(ForgeRefusal, match="it lacks the permission contents: write"):
        scene.pushed(scene.forge())
    with pytest.raises(ForgeRefusal, match="the connection to GitHub failed"):
        scene.pushed(scene.forge(server_url="http://127.0.0.1:9"))


def test_what_is_fetched_is_one_branch_and_a_branch_that_is_not_there_is_nothing(
    scene: Scene,
) -> None:
    forge = scene.forge()
    assert forge.fetch_branch("changewright/journal", scene.clone.git_dir) is None
    moved = scene.person_commits("main", "theirs")
    assert forge.fetch_branch("main", scene.clone.git_dir) == moved
    assert plain(scene.clone.git_dir, "cat-file", "-t", moved) == "commit"
    with pytest.raises(ForgeRefusal, match="was not fetched"):
        scene.forge(server_url="http://127.0.0.1:9").fetch_branch("main", scene.clone.git_dir)


def test_the_first_commit_of_a_branch_stands_on_nothing(scene: Scene) -> None:
    git_dir, tree = scene.clone.git_dir, scene.clone.base_tree
    sha = plain(git_dir, "commit-tree", tree, "-m", "root")
    argv = ["git", f"--git-dir={git_dir}", "pack-objects", "-q", "--revs", "--stdout"]
    packed = subprocess.run(argv, input=f"{sha}\n".encode(), capture_output=True, check=True)
    root = Commit(sha, "", tree, packed.stdout)
    for branch, is_signed in (("changewright/journal", False), ("changewright/signed", True)):
        scene.forge(sign_commits=is_signed).push(branch, root, None)
        assert plain(scene.served, "log", "--format=%s %P", branch) == "root"


# --- commits that GitHub signs --------------------------------------------------------------------


def test_a_signed_commit_has_our_tree_and_another_hash(scene: Scene) -> None:
    forge = scene.forge(sign_commits=True)
    made = scene.commit()
    forge.push(BRANCH, made, None)
    head = str(forge.branch_head(BRANCH))
    assert head != made.sha
    told = plain(scene.served, "log", "-1", "--format=%T %P %s %cn", BRANCH)
    assert told == f"{made.tree} {scene.clone.base_commit} words GitHub"
    forge.push(BRANCH, made, None)
    forge.push(BRANCH, made, head)
    assert forge.branch_head(BRANCH) == head
    assert forge.fetch_branch(BRANCH, scene.clone.git_dir) == head
    second = scene.commit(b"3\n", on=head)
    forge.push(BRANCH, second, head)
    assert plain(scene.served, "log", "-1", "--format=%T %P", BRANCH) == f"{second.tree} {head}"
    opened = forge.open_pull_request(scene.draft(), str(forge.branch_head(BRANCH)))
    assert opened.head == forge.branch_head(BRANCH)


def test_a_signed_commit_deletes_and_adds_and_keeps_modes(scene: Scene) -> None:
    git_dir, index = scene.clone.git_dir, scene.folder / "index"
    work = scene.folder / "tree"
    (work / "b").mkdir(parents=True)
    (work / "b/run.sh").write_text("#!/bin/sh\n")
    (work / "b/run.sh").chmod(0o755)
    (work / "link").symlink_to("b/run.sh")
    (work / "ü.txt").write_text("ü\n")
    go = (f"--git-dir={git_dir}", f"--work-tree={work}", "-c", f"core.excludesFile={index}")
    plain(work, *go, "read-tree", "--empty")
    plain(work, *go, "add", "-A", ".")
    tree = plain(work, *go, "write-tree")
    made = commit(scene.clone, tree, scene.clone.base_commit, "w\n", "A <a@b>", "2026-11-21")
    forge = scene.forge(sign_commits=True)
    forge.push(BRANCH, Commit(made.sha, made.parent, made.tree, made.pack), None)
    listed = plain(scene.served, "ls-tree", "-r", "-z", BRANCH)
    told = [(line[:6], line.partition("\t")[2]) for line in listed.split("\0") if line]
    assert told == [("100755", "b/run.sh"), ("120000", "link"), ("100644", "ü.txt")]


def test_a_tree_that_is_not_the_one_judged_is_not_shown(scene: Scene) -> None:
    forge = scene.forge(sign_commits=True)
    scene.fault("POST", "/git/trees$", 201, body={"sha": "0" * 40})
    with pytest.raises(ForgeRefusal, match=r"and not .*, which was judged"):
        scene.pushed(forge)
    scene.fault("POST", "/git/blobs$", 201, body={"sha": "0" * 40})
    with pytest.raises(ForgeRefusal, match=r"GitHub made 0{40} of 'a\.txt'"):
        scene.pushed(forge)
    assert forge.branch_head(BRANCH) is None


def test_a_signed_commit_never_goes_over_another(scene: Scene) -> None:
    forge = scene.forge(sign_commits=True)
    scene.pushed(forge)
    first = str(forge.fetch_branch(BRANCH, scene.clone.git_dir))
    ours = scene.commit(b"3\n", on=first)
    theirs = scene.person_commits(BRANCH, "theirs")
    reference = {"ref": f"refs/heads/{BRANCH}", "object": {"sha": first, "type": "commit"}}
    scene.fault("GET", "/git/ref/", 200, body=reference)
    with pytest.raises(ForgeRefusal, match="not a fast forward"):
        forge.push(BRANCH, ours, first)
    assert forge.branch_head(BRANCH) == theirs


# --- forks ----------------------------------------------------------------------------------------

ADA = "ghp_" + "AdasOwnT0ken" * 3


@pytest.fixture
def outside(scene: Scene) -> Scene:
    """Ada, who may read and not push."""
    scene.small.hub.tokens[ADA] = "ada"
    scene.small.git.tokens[ADA] = "write"
    scene.small.hub.repositories[NAME]["permissions"] = {"push": False}
    return scene


def test_who_may_not_push_works_in_a_fork(outside: Scene) -> None:
    forge = outside.forge(credentials=Token(ADA), fork=True)
    head = outside.pushed(forge)
    opened = forge.open_pull_request(outside.draft(), head)
    pull = outside.small.hub.pulls[1]
    assert (pull["head"]["repo"], pull["user"]) == ({"full_name": "ada/app"}, {"login": "ada"})
    assert plain(outside.served, "for-each-ref", "--format=%(refname)") == "refs/heads/main"
    assert (opened.draft.key, opened.head) == ("key", head)
    again = outside.forge(credentials=Token(ADA), fork=True)
    assert again.find_pull_request(BRANCH) == opened
    assert outside.small.count("POST", "/forks$") == 1
    # In a fork of theirs anybody may take our branch's name.
    pull["user"] = {"login": "mallory"}
    assert again.pull_request(1).draft.key == ""


def test_a_repository_of_the_same_name_is_no_fork(outside: Scene) -> None:
    outside.small.hub.create("ada/app")
    made = {"full_name": "ada/app", "parent": None}
    outside.fault("POST", "/forks$", 202, body=made)
    with pytest.raises(ForgeRefusal, match="is not there yet or is a fork of something else"):
        outside.pushed(outside.forge(credentials=Token(ADA), fork=True))
    assert sum(outside.waits) == 55.0


def test_without_leave_to_fork_the_missing_right_is_named(outside: Scene) -> None:
    outside.small.git.tokens[ADA] = "read"
    with pytest.raises(ForgeRefusal, match="lacks the permission contents: write"):
        outside.pushed(outside.forge(credentials=Token(ADA)))
    assert outside.small.count("POST", "/forks$") == 0


def test_a_private_repository_is_read_with_the_token(scene: Scene) -> None:
    with serve(scene.small.git.root, {TOKEN: "write"}, is_public=False) as private:
        forge = scene.forge(server_url=private.url)
        scene.pushed(forge)
        assert forge.fetch_branch("main", scene.clone.git_dir)
