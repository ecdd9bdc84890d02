"""What stands before the emulator and answers what the emulator answers wrongly.

The emulator takes unknown tokens for the first user, knows no permissions on public repositories,
lets anybody open any number of pull requests without commits on branches that are not there, knows
nothing of pushes, shows no file of a pull request and lets its author approve it. Here all of that
is as GitHub does it: whatever is git comes from the repository that was really pushed to.

Still not GitHub: rate limits, webhooks, what a workflow's events start, organisations, and all of
GraphQL but what an adapter of ours says.
"""

import json
import re
import threading
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.github import grants
from tests.github.git_api import refused
from tests.github.git_facts import ApiError
from tests.github.graphql import graphql
from tests.github.rules import RULES
from tests.github.serving import Answered, Asked, passed_on
from tests.github.state import Question, State

_BODY_CHARACTERS = 65_536
_REPOSITORY = re.compile(r"/repos/([^/]+)/([^/]+)(?:/(.*))?")
_DENIED = "Resource not accessible by integration"
_OURS = {"html_url", "clone_url", "svn_url"}


@dataclass(slots=True)
class Shim:
    """One GitHub; ``answer`` is its server."""

    state: State
    _one_at_a_time: threading.RLock = field(default_factory=threading.RLock)

    def answer(self, asked: Asked) -> Answered:
        try:
            with self._one_at_a_time:
                said = self._answer(asked)
        except ApiError as error:
            said = refused(error)
        return self._conditional(asked, self._outside(said, asked.headers.get("host", "")))

    # --- who asks -----------------------------------------------------------------------------

    def _answer(self, asked: Asked) -> Answered:
        token = asked.headers.get("authorization", "").rpartition(" ")[2]
        if token.startswith("eyJ"):
            return self._for_app(asked)
        if not token:
            raise ApiError(401, "Requires authentication")
        if token not in self.state.tokens:
            raise ApiError(401, "Bad credentials")
        grant = self.state.tokens[token]
        found = _REPOSITORY.fullmatch(asked.path)
        if found:
            repository = f"{unquote(found[1])}/{unquote(found[2])}"
            return self._of_repository(asked, grant, repository, found[3] or "")
        if asked.path == "/graphql":
            return graphql(self.state, asked, grant)
        if asked.path == "/user" and grant.holder != "person":
            self._deny(asked, grant)
        return self.state.pass_on(asked, grant)

    def _for_app(self, asked: Asked) -> Answered:
        said = passed_on(asked, self.state.emulator)
        if asked.path.endswith("/access_tokens") and said.status == 201:
            minted = json.loads(said.body)
            app = json.loads(
                passed_on(Asked("GET", "/app", "", asked.headers), self.state.emulator).body
            )
            login = f"{app['slug']}[bot]"
            grant = grants.Grant(login, "app", minted["permissions"])
            self.state.admit(minted["token"], grant)
        return said

    def _deny(self, asked: Asked, grant: grants.Grant) -> None:
        self.state.denied.append((grant.login, asked.method, asked.path))
        raise ApiError(403, _DENIED)

    # --- what is asked of a repository ----------------------------------------------------------

    def _of_repository(
        self, asked: Asked, grant: grants.Grant, repository: str, rest: str
    ) -> Answered:
        git = self.state.git(repository)
        names, level = grants.needed(asked.method, rest)
        number = re.fullmatch(r"issues/(\d+)(/.*)?", rest)
        if number and len(names) > 1 and not self._is_pull_request(repository, int(number[1])):
            names = names[:1]
        if not any(grant.allows(name, level) for name in names) and names != ("metadata",):
            self._deny(asked, grant)
        self._bounded(asked)
        for method, shape, answer in RULES:
            found = shape.fullmatch(rest) if method == asked.method else None
            if found:
                return answer(self.state, Question(asked, grant, repository, git, found.groups()))
        return git.answer(asked, rest) or self.state.pass_on(asked, grant)

    def _is_pull_request(self, repository: str, number: int) -> bool:
        return self.state.inside("GET", f"/repos/{repository}/pulls/{number}")[0] == 200

    @staticmethod
    def _bounded(asked: Asked) -> None:
        said = json.loads(asked.body) if asked.body else {}
        body = said.get("body") if isinstance(said, dict) else None
        if isinstance(body, str) and len(body) > _BODY_CHARACTERS:
            wrong = f"body is too long (maximum is {_BODY_CHARACTERS} characters)"
            raise ApiError(422, "Validation Failed", [{"code": "custom", "message": wrong}])

    # --- how it is told -------------------------------------------------------------------------

    def _outside(self, said: Answered, host: str) -> Answered:
        """Tell addresses as they are outside, times without fractions, and bots as bots."""
        here = {
            name: self._readdressed(value, host)
            for name, value in said.headers.items()
            if name.lower() != "etag"
        }
        if not said.body or "json" not in here.get("content-type", "json"):
            return Answered(said.status, said.body, here)
        return Answered(
            said.status, json.dumps(self._told(json.loads(said.body), host)).encode(), here
        )

    def _readdressed(self, text: str, host: str) -> str:
        port = urlsplit(self.state.emulator).port
        return re.sub(rf"http://(localhost|127\.0\.0\.1):{port}(?=/|>|$)", f"http://{host}", text)

    def _told(self, value: Any, host: str, key: str = "") -> Any:
        if isinstance(value, list):
            return [self._told(each, host) for each in value]
        if isinstance(value, dict):
            told = {name: self._told(each, host, name) for name, each in value.items()}
            if str(told.get("login", "")).endswith("[bot]"):
                told["type"] = "Bot"
            return told
        if not isinstance(value, str):
            return value
        if key in _OURS:
            return self._readdressed(value, host).replace(f"http://{host}", self.state.git_url)
        if key.endswith("_at"):
            return re.sub(r"\.\d+Z$", "Z", value)
        return self._readdressed(value, host) if key.endswith(("url", "href")) else value

    @staticmethod
    def _conditional(asked: Asked, said: Answered) -> Answered:
        if asked.method != "GET" or said.status != 200:
            return said
        tag = f'W/"{sha256(said.body).hexdigest()}"'
        if asked.headers.get("if-none-match") == tag:
            return Answered(304, b"", {"etag": tag})
        return Answered(200, said.body, {**said.headers, "etag": tag})
