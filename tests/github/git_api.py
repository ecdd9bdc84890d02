"""Branches, commits and files as GitHub's API tells them, from a real repository.

The emulator keeps objects of its own, knows nothing of a push, and lets a pull request stand on a
branch that is not there. So whatever is git is answered here, by git, from what git was pushed.
"""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from tests.github.git_facts import ENVIRONMENT, NOTHING, ApiError, GitFacts
from tests.github.serving import Answered, Asked

_BOT = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")


def answered(said: object, status: int = 200) -> Answered:
    headers = {"content-type": "application/json; charset=utf-8"}
    return Answered(status, json.dumps(said).encode(), headers)


def refused(error: ApiError) -> Answered:
    said: dict[str, object] = {"message": str(error), "status": str(error.status)}
    if error.errors:
        said["errors"] = error.errors
    return answered(said, error.status)


@dataclass(slots=True)
class GitApi(GitFacts):
    """One bare repository behind ``/repos/owner/name``."""

    _routes: list[tuple[str, re.Pattern[str], Callable[..., Any]]] = field(init=False)

    def __post_init__(self) -> None:
        sha = "([0-9a-f]{40})"
        self._routes = [
            (method, re.compile(shape), answer)
            for method, shape, answer in (
                ("GET", "git/ref/(.+)", self.ref),
                ("GET", "git/matching-refs/(.+)", self.matching_refs),
                ("GET", f"git/commits/{sha}", self.git_commit),
                ("GET", f"git/trees/{sha}", self.tree),
                ("GET", f"git/blobs/{sha}", self.blob),
                ("GET", "branches", self.branches),
                ("GET", "branches/([^/]+)", self.branch),
                ("GET", "commits/([^/]+)", self.commit),
                ("GET", r"compare/(.+)\.\.\.(.+)", self.compare),
                ("GET", "contents/?(.*)", self.contents),
                ("POST", "git/blobs", self.make_blob),
                ("POST", "git/trees", self.make_tree),
                ("POST", "git/commits", self.make_commit),
                ("POST", "git/refs", self.make_ref),
                ("PATCH", "git/refs/(.+)", self.move_ref),
                ("DELETE", "git/refs/(.+)", self.delete_ref),
            )
        ]

    def answer(self, asked: Asked, rest: str) -> Answered | None:
        """Answer for ``rest`` of a repository's path; None where it is not about git."""
        for method, shape, answer in self._routes:
            found = shape.fullmatch(rest) if method == asked.method else None
            if found:
                words = [unquote(each) for each in found.groups()]
                if method in {"POST", "PATCH"}:
                    words.append(json.loads(asked.body))
                elif rest.startswith("contents"):
                    words.append(dict(asked.words()).get("ref", "HEAD"))
                said = answer(*words)
                return (
                    Answered(204)
                    if said is None
                    else answered(said, 201 if method == "POST" else 200)
                )
        return None

    # --- writing ------------------------------------------------------------------------------

    def make_blob(self, said: dict[str, Any]) -> dict[str, Any]:
        content = said["content"].encode()
        if said.get("encoding") == "base64":
            content = base64.b64decode(content)
        return {"sha": self.git("hash-object", "-w", "--stdin", stdin=content).strip(), "url": ""}

    def make_tree(self, said: dict[str, Any]) -> dict[str, Any]:
        index = self.repository / "api-index"
        index.unlink(missing_ok=True)
        inside = {**ENVIRONMENT, "GIT_INDEX_FILE": str(index)}
        if said.get("base_tree"):
            self.git("read-tree", said["base_tree"], environment=inside)
        for each in said["tree"]:
            if each["type"] == "tree" and each["sha"]:
                self.git("read-tree", f"--prefix={each['path']}/", each["sha"], environment=inside)
                continue
            sha = self.make_blob(each)["sha"] if "content" in each else each["sha"]
            mode = "0" if sha is None else each["mode"]
            row = f"{mode} {sha or NOTHING}\t{each['path']}\0".encode()
            self.git("update-index", "-z", "--index-info", stdin=row, environment=inside)
        return self.tree(self.git("write-tree", environment=inside).strip())

    def make_commit(self, said: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        author = said.get("author") or {"name": _BOT[0], "email": _BOT[1], "date": now}
        lines = [f"tree {self.git('rev-parse', said['tree'] + '^{tree}').strip()}"]
        lines += [f"parent {self.known(each)}" for each in said.get("parents", [])]
        for word, who in (("author", author), ("committer", said.get("committer") or author)):
            when = datetime.fromisoformat(who.get("date", now))
            lines += [f"{word} {who['name']} <{who['email']}> {int(when.timestamp())} {when:%z}"]
        body = "\n".join([*lines, "", said["message"]]).encode()
        return self.git_commit(
            self.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=body).strip()
        )

    def make_ref(self, said: dict[str, Any]) -> dict[str, Any]:
        if self.refs(said["ref"].removeprefix("refs/")):
            raise ApiError(422, "Reference already exists")
        if self.head(said["sha"]) is None:
            raise ApiError(422, "Object does not exist")
        self.git("update-ref", said["ref"], said["sha"], NOTHING)
        return self.ref(said["ref"].removeprefix("refs/"))

    def move_ref(self, name: str, said: dict[str, Any]) -> dict[str, Any]:
        at = self.ref(name)["object"]["sha"]
        if not said.get("force") and not self.is_ancestor(at, self.known(said["sha"])):
            raise ApiError(422, "Update is not a fast forward")
        self.git("update-ref", f"refs/{name}", said["sha"], at)
        return self.ref(name)

    def delete_ref(self, name: str) -> None:
        self.git("update-ref", "-d", f"refs/{name}", self.ref(name)["object"]["sha"])
