"""Commits to and from GitHub by git itself; the token travels in the environment alone.

Nothing is pushed from a directory with settings of anybody: a commit is unpacked in a throw-away
one that borrows our clone's objects. A push is never forced over a commit it does not stand on, and
moves the branch only from where it was seen.
"""

import base64
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from bot.adapters.github_forge.client import Client
from bot.adapters.github_forge.push_refusals import is_unauthorised, why_refused
from validators.clones.clone import object_name
from validators.clones.repository import common_dir
from validators.encoding import digest
from validators.git import GitRefusal, Terms, git
from workflows.ports import ForgeRefusal
from workflows.pull_request import Commit

_HEADS = "refs/heads/"
_FETCHED = "refs/changewright/fetched"
_TIMEOUT_S = 600.0
_CONFIG = (
    "http.followRedirects=false",  # the token is for one host
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
    "push.negotiate=true",  # else the whole history is sent where the base branch has moved on
    "push.followTags=false",
    "push.gpgSign=false",
    "push.recurseSubmodules=no",
    "protocol.version=2",
)


@contextmanager
def laid_out(git_dir: Path) -> Iterator["Yard"]:
    """Yield a throw-away git directory that sees what ``git_dir`` has."""
    with tempfile.TemporaryDirectory(prefix="changewright-push-") as folder:
        own = Path(folder)
        for place in ("objects/info", "objects/pack", "refs/heads"):
            (own / place).mkdir(parents=True)
        (own / "HEAD").write_text("ref: refs/heads/none\n", "utf-8")
        (own / "config").write_text("[core]\n\tbare = true\n", "utf-8")
        shared = common_dir(git_dir)
        if (shared / "shallow").is_file():
            shutil.copyfile(shared / "shallow", own / "shallow")
        yield Yard(own, shared / "objects")


class Yard:
    """A git directory of one push. It borrows by environment: no path needs to be quoted."""

    def __init__(self, own: Path, borrowed: Path) -> None:
        self.git_dir = own
        quoted = str(borrowed).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        self._borrows = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{quoted}"'}

    def git(self, *arguments: str, stdin: bytes = b"", terms: Terms | None = None) -> bytes:
        """Run git here, under ``terms`` of the network where it is given any."""
        known = terms or Terms()
        environment = {**known.environment, **self._borrows}
        chosen = Terms(known.timeout_s, config=known.config, environment=environment)
        return git(self.git_dir, *arguments, stdin=stdin, terms=chosen)

    def holds(self, commit: str) -> bool:
        """Whether this commit can be seen from here."""
        try:
            self.git("cat-file", "-e", f"{object_name(commit)}^{{commit}}")
        except GitRefusal:
            return False
        return True

    def stands_on(self, commit: Commit, expected: str) -> bool:
        """Whether ``commit`` keeps everything that ``expected`` has."""
        if expected in {commit.parent, *commit.merged}:
            return True
        try:
            self.git("merge-base", "--is-ancestor", object_name(expected), object_name(commit.sha))
        except GitRefusal as error:
            if error.code != 1:  # 1 is: it does not
                raise
            return False
        return True

    def unpack(self, commit: Commit) -> None:
        """Add the commit's objects, each checked; ForgeRefusal where it is not what it says."""
        try:
            # Not unpack-objects: that renews time stamps in what is borrowed.
            self.git("index-pack", "--stdin", "--strict", stdin=commit.pack)
            tree = self.git("rev-parse", "--verify", f"{object_name(commit.sha)}^{{tree}}")
        except GitRefusal as error:
            raise ForgeRefusal(
                f"commit {commit.sha} could not be unpacked: {error.said}; no branch was moved, so"
                " mend that and publish again"
            ) from error
        if tree.decode().strip() != commit.tree:
            raise ForgeRefusal(
                f"commit {commit.sha} does not hold the tree it is said to; do not trust the bundle"
            )


class Remote:
    """GitHub as git reaches it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def push(self, yard: Yard, name: str, branch: str, sha: str, expected: str | None) -> None:
        """Point ``branch`` of repository ``name`` at ``sha`` if it is at ``expected``.

        Whoever calls has looked that ``sha`` stands on ``expected``: the lease alone would not.
        """
        lease = f"--force-with-lease={_HEADS}{branch}:{expected or ''}"
        wanted = f"{object_name(sha)}:{_HEADS}{branch}"
        asked = ("push", "--porcelain", "--no-verify", "--no-progress", lease)
        try:
            self._run(yard.git, *asked, "--end-of-options", self._url(name), wanted)
        except GitRefusal as error:
            raise ForgeRefusal(self._told(f"branch {branch} was not pushed", error)) from error

    def fetch(self, name: str, branch: str, into: Path) -> str | None:
        """Have what ``branch`` holds in ``into``; return its head, or None where there is none."""
        return self._fetched(name, (f"branch {branch}", f"{_HEADS}{branch}"), into)

    def fetch_pull(self, name: str, number: int, into: Path) -> str | None:
        """Have a pull request's head in ``into``, which GitHub keeps without its branch, too."""
        return self._fetched(name, (f"pull request {number}", f"refs/pull/{number}/head"), into)

    def _fetched(self, name: str, what: tuple[str, str], into: Path) -> str | None:
        words, reference = what
        # By digest: `a` and `a/b` cannot both be names of references, one after the other they are.
        kept = f"{_FETCHED}/{digest(reference.encode())[:16]}"
        wanted = f"+{reference}:{kept}"
        asked = ("fetch", "--no-tags", "--no-write-fetch-head", "--no-progress", "--refmap=")
        try:
            self._run(partial(git, into), *asked, "--end-of-options", self._url(name), wanted)
        except GitRefusal as error:
            if "couldn't find remote ref" in error.complaint:
                return None
            raise ForgeRefusal(self._told(f"{words} was not fetched", error)) from error
        return git(into, "rev-parse", "--verify", kept).decode().strip()

    def _run(self, run: Callable[..., bytes], *arguments: str) -> None:
        """Run git with the token; once more with another where GitHub takes it no longer."""
        try:
            run(*arguments, terms=self._terms())
        except GitRefusal as error:
            if not (self._client.tokens.can_renew and is_unauthorised(error.complaint)):
                raise
            self._client.tokens.forget()
            run(*arguments, terms=self._terms())

    def _terms(self) -> Terms:
        server = self._client.access.server_url.rstrip("/")
        login = f"x-access-token:{self._client.tokens.current()}"
        header = f"Authorization: Basic {base64.b64encode(login.encode()).decode()}"
        environment = {
            **self._client.access.network.for_git(),
            "GIT_ALLOW_PROTOCOL": urlsplit(server).scheme,
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{server}/.extraHeader",
            "GIT_CONFIG_VALUE_0": header,
        }
        return Terms(_TIMEOUT_S, config=_CONFIG, environment=environment)

    def _url(self, name: str) -> str:
        return f"{self._client.access.server_url.rstrip('/')}/{name}.git"

    def _told(self, what: str, error: GitRefusal) -> str:
        status = " ".join(error.stdout.decode("utf-8", "replace").split())
        complaint = f"{status} {error.complaint or error}"
        return self._client.tokens.redacted(f"{what}: {why_refused(complaint)}")
