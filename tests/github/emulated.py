"""The offline GitHub, started: checking proxy, shim, emulator and git, all on 127.0.0.1.

    client -> proxy (GitHub's description) -> shim (GitHub's rules) -> emulate (what is said)
    git    -> smart HTTP -> bare repositories <- shim (what is git)

A test arranges people, tokens and settings in ``state``, and asks as a person by ``ask``.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.ending import ended
from tests.github import grants, rig
from tests.github.git_facts import ENVIRONMENT, GitFacts
from tests.github.serving import Answered, Asked, LoopbackServer
from tests.github.shim import Shim
from tests.github.smart_http import GitServer, serve
from tests.github.spec_proxy import Description, SpecReport, checking
from tests.github.state import State, emulator_token

_STARTER = Path(__file__).parent / "emulate.mjs"
_BOTS = ("github-actions[bot]",)
# The emulator's words for the roles of people.
_COLLABORATORS = {"read": "pull", "write": "push"}


@dataclass(frozen=True, slots=True)
class App:
    """A GitHub App installed on the repository's owner."""

    app_id: int
    slug: str
    private_key: str
    permissions: Mapping[str, str]
    installation: int = 100


@dataclass(frozen=True, slots=True)
class Seed:
    """One repository, whose people have roles; its owner is the admin among them."""

    repository: str = "alice/shop"
    roles: Mapping[str, str] = field(default_factory=dict)
    strangers: tuple[str, ...] = ("mallory",)
    app: App | None = None

    @property
    def owner(self) -> str:
        return self.repository.partition("/")[0]


@dataclass(frozen=True, slots=True)
class OfflineGitHub:
    """A GitHub at ``api_url`` and ``git.url``; ``report`` is of what came by `api_url`."""

    api_url: str
    git: GitServer
    state: State
    report: SpecReport
    repository: str
    bare: Path
    shim: Shim

    def token(self, token: str, permissions: Mapping[str, str]) -> str:
        """Let a job's token in."""
        return self.state.admit(token, grants.job(permissions))

    def ask(self, login: str, method: str, rest: str, body: object = None) -> Any:
        """Ask something of the repository as a person does; AssertionError where it is denied."""
        token = self.state.admit(f"person-{login}", grants.person(login))
        return self.ask_as(token, method, rest, body)

    def ask_as(self, token: str, method: str, rest: str, body: object = None) -> Any:
        """Ask the same as whoever holds a token that was let in."""
        path, _, query = f"/repos/{self.repository}/{rest}".rstrip("/").partition("?")
        return self._asked(token, method, (path, query), body)

    def make_ready(self, login: str, number: int) -> None:
        """Mark a draft as ready, which GitHub takes by GraphQL alone."""
        pull = self.ask(login, "GET", f"pulls/{number}")
        said = {"id": pull["node_id"], "number": number, "repository": self.repository}
        made = "markPullRequestReadyForReview(input: {pullRequestId: $id}) { clientMutationId }"
        query = f"mutation($id: ID!) {{ {made} }}"
        token = self.state.admit(f"person-{login}", grants.person(login))
        self._asked(token, "POST", ("/graphql", ""), {"query": query, "variables": said})

    def _asked(self, token: str, method: str, target: tuple[str, str], body: object) -> Any:
        path, query = target
        sent = b"" if body is None else json.dumps(body).encode()
        headers = {
            "authorization": f"token {token}",
            "content-type": "application/json",
            "host": self.api_url.removeprefix("http://"),
        }
        said = self.shim.answer(Asked(method, path, query, headers, sent))
        assert said.status < 300, f"{method} {path}: {said.status} {said.body.decode()}"
        return json.loads(said.body) if said.body else None

    def commit(self, branch: str, files: Mapping[str, str], message: str = "A change") -> str:
        """Commit ``files`` on ``branch``, a new one from ``main``, and return the commit."""
        facts = GitFacts(self.bare)
        inside = {**ENVIRONMENT, "GIT_INDEX_FILE": str(self.bare / "test-index")}
        for who in ("AUTHOR", "COMMITTER"):
            inside |= {f"GIT_{who}_NAME": "A person", f"GIT_{who}_EMAIL": "person@example.org"}
        parent = facts.head(branch) or facts.head("main")
        facts.git("read-tree", *([parent] if parent else ["--empty"]), environment=inside)
        for path, text in files.items():
            blob = facts.git("hash-object", "-w", "--stdin", stdin=text.encode()).strip()
            row = f"100644 {blob}\t{path}\0".encode()
            facts.git("update-index", "-z", "--index-info", stdin=row, environment=inside)
        tree = facts.git("write-tree", environment=inside).strip()
        parents = ("-p", parent) if parent else ()
        commit = facts.git("commit-tree", tree, *parents, "-m", message, environment=inside).strip()
        facts.git("update-ref", f"refs/heads/{branch}", commit)
        return commit


def _seeded(seed: Seed) -> dict[str, Any]:
    logins = dict.fromkeys((seed.owner, *seed.roles, *seed.strangers, *_BOTS))
    owner, name = seed.repository.split("/")
    # A repository without a commit takes no pull request; what is committed in it nobody sees.
    github: dict[str, Any] = {
        "users": [{"login": login} for login in logins],
        "repos": [{"owner": owner, "name": name, "auto_init": True, "default_branch": "main"}],
    }
    if seed.app is not None:
        app = seed.app
        installation = {
            "installation_id": app.installation,
            "account": owner,
            "repository_selection": "all",
            "permissions": dict(app.permissions),
        }
        github["apps"] = [
            {
                "app_id": app.app_id,
                "slug": app.slug,
                "name": app.slug,
                "private_key": app.private_key,
                "permissions": dict(app.permissions),
                "installations": [installation],
            }
        ]
    tokens = {emulator_token(each): {"login": each, "scopes": ["repo", "user"]} for each in logins}
    return {"tokens": tokens, "github": github}


@contextmanager
def _emulator(folder: Path, seed: Seed) -> Iterator[str]:
    told = folder / "seed.json"
    told.write_text(json.dumps(_seeded(seed)))
    program = rig.emulator().with_name("api.js")
    # It ends when its input does, so it cannot outlive a test that was killed.
    emulating = subprocess.Popen(
        [str(rig.node()), str(_STARTER), str(program), str(told)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": ENVIRONMENT["PATH"], "HOME": str(folder)},
    )
    with ended(emulating, limit_s=None) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().strip()
        if not url:
            pytest.skip(f"the emulator does not start here: {process.stderr.read()[-300:]}")
        yield url


def _log(state: State, asked: Asked) -> Answered:
    """Hand out a log to whoever knows where it lies; a token must never come here."""
    if "authorization" in asked.headers:
        state.denied.append(("the store of logs", asked.method, "with a token"))
        return Answered(400)
    return Answered(200, state.logs[int(asked.path.lstrip("/"))].encode())


@contextmanager
def offline(
    folder: Path, description: Description, seed: Seed | None = None
) -> Iterator[OfflineGitHub]:
    """Start everything below ``folder``; its repository has a first commit on ``main``."""
    seed = seed or Seed()
    with ExitStack() as stack:
        url = stack.enter_context(_emulator(folder, seed))
        git = stack.enter_context(serve(folder / "git", {}, is_public=False))
        state = State(url, folder / "git", git.url, git.tokens)
        state.roles.update({**seed.roles, seed.owner: "admin"})
        shim = Shim(state)
        outside = stack.enter_context(LoopbackServer(shim.answer))
        store = stack.enter_context(LoopbackServer(partial(_log, state)))
        state.log_store = store.url
        proxy = stack.enter_context(checking(description, outside.url))
        bare = git.create(seed.repository)
        github = OfflineGitHub(proxy.url, git, state, proxy.report, seed.repository, bare, shim)
        for login, role in (*seed.roles.items(), *((bot, "admin") for bot in _BOTS)):
            words = {"permission": _COLLABORATORS.get(role, role)}
            github.ask(seed.owner, "PUT", f"collaborators/{login}", words)
        github.commit("main", {"README.md": "A shop.\n"}, "First")
        yield github
