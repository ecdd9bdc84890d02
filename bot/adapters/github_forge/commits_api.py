"""A commit made through the API, which GitHub signs: it has our tree and parents, not our hash."""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bot.adapters.github_forge import answers
from bot.adapters.github_forge.client import Client
from bot.adapters.github_forge.pushing import Yard
from validators.clones.clone import split_paths
from workflows.ports import ForgeRefusal
from workflows.pull_request import Commit

_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_SUBMODULE = "160000"


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: str
    sha: str
    is_deleted: bool
    path: str


def make_signed(client: Client, yard: Yard, place: tuple[str, str], commit: Commit) -> str:
    """Make ``commit`` anew on GitHub and point a branch at it; return the hash it has there.

    ``place`` is repository and branch. GitHub moves a branch only forward, and makes one only where
    there is none, so nobody's commit is lost whatever happens meanwhile.
    """
    name, branch = place
    at = f"/repos/{name}/git"
    tree = _tree(client, yard, at, commit)
    if tree != commit.tree:
        raise ForgeRefusal(
            f"GitHub made tree {tree} of the change, and not {commit.tree}, which was judged; the"
            " branch was not moved. Publish with forge.sign_commits switched off"
        )
    message = yard.git("log", "-1", "--format=%B", commit.sha).decode("utf-8", "replace")
    document = {"message": message.strip() + "\n", "tree": tree, "parents": _parents(commit)}
    made = client.write("POST", f"{at}/commits", answers.Made, document).sha
    known = client.find(f"{at}/ref/heads/{quote(branch)}", answers.Reference)
    if known is not None:
        client.send("PATCH", f"{at}/refs/heads/{quote(branch)}", {"sha": made, "force": False})
    else:
        client.send("POST", f"{at}/refs", {"ref": f"refs/heads/{branch}", "sha": made})
    return made


def is_made(client: Client, name: str, head: str, commit: Commit) -> bool:
    """Whether ``head`` is ``commit`` under the hash that GitHub gave it."""
    found = client.find(f"/repos/{name}/git/commits/{head}", answers.GitCommit)
    if found is None:
        return False
    parents = [parent.sha for parent in found.parents]
    return (found.tree.sha, parents) == (commit.tree, _parents(commit))


def _parents(commit: Commit) -> list[str]:
    return [parent for parent in (commit.parent, *commit.merged) if parent]


def _tree(client: Client, yard: Yard, at: str, commit: Commit) -> str:
    base = f"{commit.parent}^{{tree}}" if commit.parent else _EMPTY_TREE
    listed = yard.git("diff-tree", "-r", "-z", "--no-renames", base, commit.tree)
    entries = [_document(client, yard, at, entry) for entry in _entries(split_paths(listed))]
    if not entries:
        return commit.tree
    document: dict[str, Any] = {"tree": entries}
    if commit.parent:
        document["base_tree"] = yard.git("rev-parse", "--verify", base).decode().strip()
    return client.write("POST", f"{at}/trees", answers.Made, document).sha


def _entries(fields: tuple[str, ...]) -> list[_Entry]:
    found = []
    for told, path in zip(fields[::2], fields[1::2], strict=True):
        before, after, _, sha, status = told.removeprefix(":").split(" ")
        is_deleted = status == "D"
        found.append(_Entry(before if is_deleted else after, sha, is_deleted, path))
    return found


def _document(client: Client, yard: Yard, at: str, entry: _Entry) -> dict[str, Any]:
    if not entry.path.isprintable():
        raise ForgeRefusal(
            f"the path {entry.path!r} cannot be sent through GitHub's API as it is; publish with"
            " forge.sign_commits switched off"
        )
    kind = "commit" if entry.mode == _SUBMODULE else "blob"
    if not entry.is_deleted and kind == "blob":
        content = base64.b64encode(yard.git("cat-file", "blob", entry.sha)).decode()
        document = {"content": content, "encoding": "base64"}
        made = client.write("POST", f"{at}/blobs", answers.Made, document).sha
        if made != entry.sha:
            raise ForgeRefusal(f"GitHub made {made} of {entry.path!r}, and not {entry.sha}")
    sha = None if entry.is_deleted else entry.sha
    return {"path": entry.path, "mode": entry.mode, "type": kind, "sha": sha}
