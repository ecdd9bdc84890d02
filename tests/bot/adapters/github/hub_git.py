"""The Git data API of the small GitHub, on a real bare repository by git's own plumbing."""

import base64
import subprocess
from pathlib import Path
from typing import Any

from tests.bot.adapters.github.asked import No, Told

NOBODY = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "PATH": "/usr/bin:/bin"}
SIGNER = {
    "GIT_AUTHOR_NAME": "signer",
    "GIT_AUTHOR_EMAIL": "signer@example.org",
    "GIT_COMMITTER_NAME": "GitHub",
    "GIT_COMMITTER_EMAIL": "noreply@example.org",
}


def run(place: Path, *arguments: str, stdin: bytes = b"") -> str:
    argv = ["git", "--git-dir", str(place), *arguments]
    environment = NOBODY | SIGNER
    done = subprocess.run(argv, input=stdin, env=environment, capture_output=True, check=False)
    return done.stdout.decode().strip() if done.returncode == 0 else ""


class HubGit:
    def head(self, place: Path, branch: str) -> str | None:
        return run(place, "rev-parse", "--verify", "-q", f"refs/heads/{branch}") or None

    def reference(self, place: Path, branch: str) -> dict[str, Any]:
        if not run(place, "for-each-ref", "--count=1"):
            raise No(409, "Git Repository is empty.")
        sha = self.head(place, branch)
        if sha is None:
            raise No(404, "Not Found")
        return {"ref": f"refs/heads/{branch}", "object": {"sha": sha, "type": "commit"}}

    def compare(self, place: Path, commit: str, branch: str) -> dict[str, Any]:
        head = self.head(place, branch)
        if head is None or not run(place, "cat-file", "-t", commit):
            raise No(404, "Not Found")
        if head == commit:
            return {"status": "identical"}
        is_behind = run(place, "merge-base", commit, head) == commit
        return {"status": "ahead" if is_behind else "diverged"}

    def commit(self, place: Path, sha: str) -> dict[str, Any]:
        tree = run(place, "rev-parse", "--verify", "-q", f"{sha}^{{tree}}")
        if not tree:
            raise No(404, "Not Found")
        parents = run(place, "show", "-s", "--format=%P", sha).split()
        sha = run(place, "rev-parse", f"{sha}^{{commit}}")
        return {"sha": sha, "tree": {"sha": tree}, "parents": [{"sha": one} for one in parents]}

    def contents(self, place: Path, path: str, query: dict[str, str]) -> Any:
        """Tell a file by its kind, a folder as a list, and of a large file all but its text."""
        ref = query.get("ref", "HEAD")
        named = run(place, "ls-tree", ref, "--", path)
        if not named:
            raise No(404, "Not Found" if run(place, "cat-file", "-t", ref) else "No commit found")
        mode, kind, sha = named.split("\t")[0].split()
        if kind == "tree":
            return Told(200, [{"type": "file", "path": path}])
        told = {"type": {"120000": "symlink", "160000": "submodule"}.get(mode, "file")}
        if kind != "blob":
            return told
        argv = ["git", "--git-dir", str(place), "cat-file", "blob", sha]
        content = subprocess.run(argv, env=NOBODY, capture_output=True, check=True).stdout
        if len(content) > 1024**2:
            return told | {"encoding": "none", "content": ""}
        return told | {"encoding": "base64", "content": base64.encodebytes(content).decode()}

    def blob(self, place: Path, body: dict[str, Any]) -> dict[str, str]:
        content = base64.b64decode(body["content"], validate=True)
        return {"sha": run(place, "hash-object", "-w", "--stdin", stdin=content)}

    def tree(self, place: Path, body: dict[str, Any]) -> dict[str, str]:
        index = place / "changewright-test-index"
        index.unlink(missing_ok=True)
        setting = ("-c", "core.bare=true")
        env = {**NOBODY, "GIT_INDEX_FILE": str(index)}

        def go(*arguments: str, stdin: str = "") -> str:
            argv = ["git", "--git-dir", str(place), *setting, *arguments]
            done = subprocess.run(
                argv, input=stdin.encode(), env=env, capture_output=True, check=True
            )
            return done.stdout.decode().strip()

        go("read-tree", *([body["base_tree"]] if "base_tree" in body else ["--empty"]))
        lines = [
            f"{entry['mode'] if entry['sha'] else 0} {entry['sha'] or '0' * 40}\t{entry['path']}\n"
            for entry in body["tree"]
        ]
        go("update-index", "--index-info", stdin="".join(lines))
        return {"sha": go("write-tree")}

    def make(self, place: Path, body: dict[str, Any]) -> dict[str, str]:
        parents = [word for parent in body["parents"] for word in ("-p", parent)]
        message = body["message"].encode()
        return {"sha": run(place, "commit-tree", body["tree"], *parents, stdin=message)}

    def new_ref(self, place: Path, body: dict[str, Any]) -> dict[str, Any]:
        branch = body["ref"].removeprefix("refs/heads/")
        if self.head(place, branch):
            raise No(422, "Reference already exists")
        run(place, "update-ref", body["ref"], body["sha"])
        return self.reference(place, branch)

    def move(self, place: Path, ref: str, body: dict[str, Any]) -> dict[str, Any]:
        branch = ref.removeprefix("heads/")
        head = self.head(place, branch)
        if body["force"] or head is None or run(place, "merge-base", head, body["sha"]) != head:
            raise No(422, "Update is not a fast forward")
        run(place, "update-ref", f"refs/{ref}", body["sha"])
        return self.reference(place, branch)

    def copy(self, place: Path, into: Path) -> None:
        run(into, "fetch", "-q", str(place), "refs/heads/main:refs/heads/main")
