"""What a real repository holds, in the shapes in which GitHub's API tells it."""

import base64
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NOTHING = "0" * 40
ENVIRONMENT = {
    "PATH": os.defpath,
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}
_KINDS = {"A": "added", "M": "modified", "D": "removed", "R": "renamed", "T": "changed"}
_NAMES = {"100644": "file", "100755": "file", "120000": "symlink", "160000": "submodule"}


class ApiError(Exception):
    """What the API answers instead: a status and GitHub's words for it."""

    def __init__(self, status: int, message: str, errors: Sequence[dict[str, str]] = ()) -> None:
        super().__init__(message)
        self.status, self.errors = status, tuple(errors)


@dataclass(slots=True)
class GitFacts:
    """One bare repository, read by git itself."""

    repository: Path

    def git(
        self, *words: str, stdin: bytes = b"", environment: Mapping[str, str] = ENVIRONMENT
    ) -> str:
        done = subprocess.run(
            ["git", f"--git-dir={self.repository}", *words],
            input=stdin,
            capture_output=True,
            check=False,
            env=dict(environment),
        )
        if done.returncode:
            raise ApiError(422, done.stderr.decode(errors="replace").strip() or "git refused")
        return done.stdout.decode(errors="surrogateescape")

    def head(self, name: str) -> str | None:
        """Return the commit that a branch, a tag or a commit's own name stands for."""
        for said in (f"refs/heads/{name}", f"refs/tags/{name}", name):
            argv = ("rev-parse", "--quiet", "--verify", "--end-of-options", f"{said}^{{commit}}")
            try:
                return self.git(*argv).strip()
            except ApiError:
                continue
        return None

    def known(self, name: str) -> str:
        found = self.head(name)
        if found is None:
            raise ApiError(404, "Not Found")
        return found

    def is_ancestor(self, older: str, newer: str) -> bool:
        return self.git("merge-base", "--all", older, newer).strip() == older

    def refs(self, prefix: str) -> list[dict[str, Any]]:
        form = "--format=%(refname) %(objectname) %(objecttype)"
        rows = [row.split() for row in self.git("for-each-ref", form, "refs").splitlines()]
        return [
            {
                "ref": name,
                "node_id": name,
                "url": "",
                "object": {"sha": sha, "type": kind, "url": ""},
            }
            for name, sha, kind in rows
            if name.startswith(f"refs/{prefix}")
        ]

    def ref(self, name: str) -> dict[str, Any]:
        for row in self.refs(name):
            if row["ref"] == f"refs/{name}":
                return row
        raise ApiError(404, "Not Found")

    def matching_refs(self, prefix: str) -> list[dict[str, Any]]:
        return self.refs(prefix)

    def branches(self) -> list[dict[str, Any]]:
        names = [row["ref"].removeprefix("refs/heads/") for row in self.refs("heads/")]
        return [
            {"name": name, "commit": {"sha": self.known(name), "url": ""}, "protected": False}
            for name in names
        ]

    def branch(self, name: str) -> dict[str, Any]:
        for row in self.branches():
            if row["name"] == name:
                return {**row, "commit": self.commit(row["commit"]["sha"]), "protection": {}}
        raise ApiError(404, "Branch not found")

    def git_commit(self, sha: str) -> dict[str, Any]:
        form = "%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"
        shown = self.git("show", "--no-patch", f"--format={form}", self.known(sha))
        tree, parents, *people, message = shown.split("\0", 8)
        names = ("name", "email", "date")
        return {
            "sha": sha,
            "node_id": sha,
            "url": "",
            "html_url": "",
            "author": dict(zip(names, people[:3], strict=True)),
            "committer": dict(zip(names, people[3:], strict=True)),
            "tree": {"sha": tree, "url": ""},
            "message": message.rstrip("\n"),
            "parents": [{"sha": each, "url": "", "html_url": ""} for each in parents.split()],
            "verification": {
                "verified": False,
                "reason": "unsigned",
                "signature": None,
                "payload": None,
            },
        }

    def commit(self, name: str) -> dict[str, Any]:
        sha = self.known(name)
        said = self.git_commit(sha)
        parents = said["parents"]
        return {
            "sha": sha,
            "node_id": sha,
            "url": "",
            "html_url": "",
            "comments_url": "",
            "author": None,
            "committer": None,
            "parents": parents,
            "commit": {**said, "comment_count": 0},
            "files": self.files(parents[0]["sha"], sha) if parents else [],
        }

    def commits(self, base: str, head: str) -> list[dict[str, Any]]:
        shas = self.git("rev-list", "--reverse", head, f"^{base}").split()
        return [self.commit(sha) for sha in shas]

    def merge_base(self, base: str, head: str) -> str | None:
        try:
            return self.git("merge-base", base, head).strip()
        except ApiError:
            return None

    def files(self, base: str, head: str) -> list[dict[str, Any]]:
        """Return what a pull request's page of files shows between two commits."""
        shown = self.git("diff", "-M", "--raw", "--no-abbrev", "-z", base, head).split("\0")
        files = []
        while len(shown) > 1:
            _, _, _, blob, kind = shown.pop(0).split(" ")
            names = [shown.pop(0)]
            if kind[0] == "R":
                names.append(shown.pop(0))
            counts = self.git("diff", "-M", "--numstat", base, head, "--", *names).split("\t")
            added, gone = (int(each) if each.isdecimal() else 0 for each in counts[:2])
            files.append(
                {
                    "sha": blob,
                    "filename": names[-1],
                    "status": _KINDS[kind[0]],
                    "additions": added,
                    "deletions": gone,
                    "changes": added + gone,
                    "patch": self.git("diff", "-M", base, head, "--", *names).partition("@@")[2],
                    **({"previous_filename": names[0]} if kind[0] == "R" else {}),
                }
            )
        return files

    def compare(self, base: str, head: str) -> dict[str, Any]:
        base, head = self.known(base.rpartition(":")[2]), self.known(head.rpartition(":")[2])
        common = self.merge_base(base, head)
        if common is None:
            raise ApiError(404, "No common ancestor between the two")
        ahead, behind = self.commits(base, head), self.commits(head, base)
        status = "diverged" if ahead and behind else "ahead" if ahead else "behind"
        return {
            "status": status if ahead or behind else "identical",
            "ahead_by": len(ahead),
            "behind_by": len(behind),
            "total_commits": len(ahead),
            "base_commit": self.commit(base),
            "merge_base_commit": self.commit(common),
            "commits": ahead,
            "files": self.files(common, head),
        }

    def tree(self, sha: str) -> dict[str, Any]:
        rows = []
        for row in self.git("ls-tree", "-z", sha).split("\0")[:-1]:
            facts, _, path = row.partition("\t")
            mode, kind, its = facts.split(" ")
            rows.append({"path": path, "mode": mode, "type": kind, "sha": its, "url": ""})
        return {
            "sha": self.git("rev-parse", f"{sha}^{{tree}}").strip(),
            "url": "",
            "tree": rows,
            "truncated": False,
        }

    def blob(self, sha: str) -> dict[str, Any]:
        content = self.git("cat-file", "blob", sha).encode(errors="surrogateescape")
        packed = base64.encodebytes(content).decode()
        return {
            "sha": sha,
            "url": "",
            "size": len(content),
            "encoding": "base64",
            "content": packed,
        }

    def contents(self, path: str, name: str) -> Any:
        commit = self.known(name)
        if not path:
            return [self._entry(row, row["path"]) for row in self.tree(commit)["tree"]]
        shown = self.git("ls-tree", "-z", commit, "--", path)
        if not shown:
            raise ApiError(404, "Not Found")
        mode, kind, sha = shown.partition("\t")[0].split(" ")
        if kind == "tree":
            return [self._entry(row, f"{path}/{row['path']}") for row in self.tree(sha)["tree"]]
        row = {"path": path, "mode": mode, "type": kind, "sha": sha}
        return self._entry(row, path) | self.blob(sha)

    def _entry(self, row: dict[str, str], path: str) -> dict[str, Any]:
        kind = "dir" if row["type"] == "tree" else _NAMES[row["mode"]]
        name = path.rpartition("/")[2]
        return {"type": kind, "name": name, "path": path, "sha": row["sha"], "size": 0, "url": ""}
