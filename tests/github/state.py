"""What the offline GitHub keeps: the emulator, the served repositories, and who holds what."""

import itertools
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urlsplit

from tests.github.git_api import GitApi
from tests.github.git_facts import ApiError
from tests.github.grants import Grant
from tests.github.serving import Answered, Asked, passed_on
from tests.github.smart_http import Right

if TYPE_CHECKING:
    from tests.github.threads import ReviewThread


@dataclass(frozen=True, slots=True)
class Dispatched:
    """A workflow that somebody started by the API."""

    workflow: str
    ref: str
    inputs: dict[str, str]
    login: str


@dataclass(frozen=True, slots=True)
class Ended:
    """What a closed pull request was; ``merge`` is the commit that merged it, if one did."""

    head: str = ""
    base: str = ""
    merge: str = ""
    at: str = ""


def emulator_token(login: str) -> str:
    """Return the name under which the emulator knows ``login``; no client ever has it."""
    return f"emulator-{login}"


@dataclass(slots=True)
class State:
    """What a test arranges and looks at; ``git_url`` is where people and git find it."""

    emulator: str
    git_root: Path
    git_url: str
    git_tokens: dict[str, Right]
    tokens: dict[str, Grant] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    actions_may_open_pull_requests: bool = True
    dispatched: list[Dispatched] = field(default_factory=list)
    checks: dict[str, list[int]] = field(default_factory=dict)
    drafts: set[str] = field(default_factory=set)
    ended: dict[tuple[str, int], Ended] = field(default_factory=dict)
    threads: "dict[tuple[str, int], list[ReviewThread]]" = field(default_factory=dict)
    editors: dict[int, str] = field(default_factory=dict)
    workflow_runs: dict[int, str] = field(default_factory=dict)
    logs: dict[int, str] = field(default_factory=dict)
    log_store: str = ""
    artifacts: Path | None = None
    denied: list[tuple[str, str, str]] = field(default_factory=list)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def next_id(self) -> int:
        """Return a number that nothing else of ours has."""
        return next(self._ids)

    def git(self, repository: str) -> GitApi:
        """Return what the repository really holds; ApiError 404 where there is none."""
        place = self.git_root / f"{repository}.git"
        if not place.is_dir():
            raise ApiError(404, "Not Found")
        return GitApi(place)

    def admit(self, token: str, grant: Grant) -> str:
        """Let ``token`` in, here and at git, and return it."""
        self.tokens[token] = grant
        for level in get_args(Right):
            if grant.allows("contents", level):
                self.git_tokens[token] = level
        return token

    def pass_on(self, asked: Asked, grant: Grant) -> Answered:
        """Ask the emulator what ``asked`` asks, as the one who holds the token."""
        headers = dict(asked.headers)
        if grant.holder != "app":
            headers["authorization"] = f"token {emulator_token(grant.login)}"
        asked = Asked(asked.method, asked.path, asked.query, headers, asked.body)
        return passed_on(asked, self.emulator)

    def pass_on_saying(self, question: "Question", said: object) -> tuple[Answered, Any]:
        """Ask the emulator what a question asks, with ``said`` in place of its body."""
        asked = replace(question.asked, body=json.dumps(said).encode())
        done = self.pass_on(asked, question.grant)
        return done, json.loads(done.body) if done.body else None

    def inside(
        self, method: str, target: str, login: str = "", said: object = None
    ) -> tuple[int, Any]:
        """Ask the emulator itself, as ``login``, or as the repository's owner."""
        parts = urlsplit(target)
        who = login or parts.path.split("/")[2]
        headers = {"authorization": f"token {emulator_token(who)}", "accept": "application/json"}
        body = b""
        if said is not None:
            headers["content-type"], body = "application/json", json.dumps(said).encode()
        done = passed_on(Asked(method, parts.path, parts.query, headers, body), self.emulator)
        return done.status, json.loads(done.body) if done.body else None


@dataclass(frozen=True, slots=True)
class Question:
    """One request of a repository that the shim itself must look into."""

    asked: Asked
    grant: Grant
    repository: str
    git: GitApi
    words: tuple[str, ...]

    @property
    def said(self) -> dict[str, Any]:
        return dict(json.loads(self.asked.body or b"{}"))
