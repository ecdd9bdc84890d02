"""What the small GitHub knows and how it answers; each request body is checked for its fields."""

import hashlib
import itertools
import json
import re
from collections.abc import Callable
from typing import Any

from tests.bot.adapters.github.asked import Asked, Entry, No, Told, page
from tests.bot.adapters.github.hub_git import HubGit
from tests.bot.adapters.github.hub_pulls import HubPulls
from tests.bot.adapters.github.hub_talk import HubTalk
from tests.bot.adapters.github.hub_threads import HubThreads
from tests.github.smart_http import GitServer

FIELDS = {
    r"POST /pulls": {"title", "head", "base", "body", "draft"},
    r"PATCH /pulls/\d+": {"title", "body", "base", "state"},
    r"POST /issues/\d+/comments|PATCH /issues/comments/\d+": {"body"},
    r"POST /issues/\d+/labels": {"labels"},
    r"POST /pulls/\d+/reviews": {"commit_id", "event", "body"},
    r"POST /pulls/\d+/comments": {"commit_id", "body", "path", "line", "side", "subject_type"},
    r"POST /pulls/\d+/requested_reviewers": {"reviewers", "team_reviewers"},
    r"(POST|PATCH) /check-runs(/\d+)?": {
        "name", "head_sha", "status", "conclusion", "output", "details_url", "external_id",
    },
    r"POST /actions/workflows/[^/]+/dispatches": {"ref", "inputs"},
    r"POST /git/blobs": {"content", "encoding"},
    r"POST /git/trees": {"tree", "base_tree"},
    r"POST /git/commits": {"message", "tree", "parents"},
    r"POST /git/refs": {"ref", "sha"},
    r"PATCH /git/refs/.+": {"sha", "force"},
    r"POST /forks": {"default_branch_only"},
}  # fmt: skip


class Hub(HubPulls, HubTalk, HubThreads):
    """Repositories, people and what was said; `renamed` leads from an old name to the present."""

    def __init__(self, git: GitServer, tokens: dict[str, str]) -> None:
        HubThreads.__init__(self)
        self.git = git
        self.tokens = tokens
        self.problems: list[str] = []
        self.repositories: dict[str, Entry] = {}
        self.renamed: dict[str, str] = {}
        self.roles: dict[str, tuple[str, str]] = {}
        self.issues: dict[int, Entry] = {}
        self.pulls: dict[int, Entry] = {}
        self.reviews: dict[int, list[Entry]] = {}
        self.review_comments: dict[int, list[Entry]] = {}
        self.comments: dict[int, Entry] = {}
        self.checks: dict[int, Entry] = {}
        self.suites: dict[int, Entry] = {}
        self.dispatched: list[tuple[str, Any]] = []
        self.workflow_runs: dict[int, str | None] = {}
        self.logs: dict[int, str] = {}
        self.app: Entry = {}
        self.ids = itertools.count(100)
        self._numbers = itertools.count(1)
        self._git = HubGit()

    def create(self, name: str, parent: str = "") -> Entry:
        place = self.git.create(name)
        made = {"full_name": name, "default_branch": "main", "archived": False, "place": place}
        made |= {"parent": {"full_name": parent}} if parent else {}
        self.repositories[name] = made | {"permissions": {"push": True}}
        return self.repositories[name]

    def answer(self, asked: Asked) -> Told:
        try:
            if asked.path.startswith("/store/"):
                return self._stored(asked)
            return self._conditional(asked, self._answer(asked, self._login(asked)))
        except No as no:
            return no.told

    # --- who asks, and where -----------------------------------------------------------------

    def _login(self, asked: Asked) -> str:
        kind, _, secret = asked.headers.get("authorization", "").partition(" ")
        if kind == "Bearer":
            return "app"
        if secret not in self.tokens:
            raise No(401, "Bad credentials")
        return self.tokens[secret]

    def _answer(self, asked: Asked, login: str) -> Told:
        if not asked.path.startswith("/repos/"):
            return self._outside(asked, login)
        _, _, owner, name, *_ = asked.path.split("/")
        full = f"{owner}/{name}"
        rest = asked.path.removeprefix(f"/repos/{full}")
        if full in self.renamed:
            status = 301 if asked.verb == "GET" else 307
            place = f"http://{asked.headers['host']}/repos/{self.renamed[full]}{rest}"
            return Told(status, {"message": "Moved Permanently"}, {"Location": place})
        repository = self.repositories.get(full)
        if repository is None:
            raise No(404, "Not Found")
        self._check_fields(asked, rest)
        for pattern, answer in self._routes():
            found = re.fullmatch(pattern, f"{asked.verb} {rest}")
            if found:
                told = answer(repository, asked, login, *found.groups())
                return told if isinstance(told, Told) else Told(200, told)
        self.problems.append(f"no such request: {asked.verb} {asked.path}")
        raise No(404, "Not Found")

    def _check_fields(self, asked: Asked, rest: str) -> None:
        known = [
            names for path, names in FIELDS.items() if re.fullmatch(path, asked.verb + " " + rest)
        ]
        fields = set(asked.body or ())
        if asked.verb in {"POST", "PATCH"} and (not known or not fields <= known[0]):
            self.problems.append(f"{asked.verb} {rest}: {sorted(fields)}")
        if asked.headers.get("user-agent") != "changewright":
            self.problems.append(f"no user agent: {asked.headers}")

    def _conditional(self, asked: Asked, told: Told) -> Told:
        if asked.verb != "GET" or told.status != 200:
            return told
        digest = hashlib.sha256(json.dumps(told.body).encode()).hexdigest()
        if asked.headers.get("if-none-match") == f'"{digest}"':
            return Told(304, None, {"ETag": f'"{digest}"'})
        return Told(200, told.body, {**told.headers, "ETag": f'"{digest}"'})

    def _outside(self, asked: Asked, login: str) -> Told:
        where = f"{asked.verb} {asked.path}"
        if where == "GET /user":
            if login.endswith("[bot]"):
                raise No(403, "Resource not accessible by integration")
            return Told(200, {"login": login})
        if where == "POST /graphql":
            return self._graphql(asked, login)
        if where == "GET /app" and login == "app":
            return Told(200, {"slug": self.app["slug"]})
        if where == f"POST /app/installations/{self.app.get('installation')}/access_tokens":
            return self._mint(asked)
        self.problems.append(f"no such request: {where}")
        raise No(404, "Not Found")

    def _mint(self, asked: Asked) -> Told:
        if asked.body["repositories"] != ["app"] or "administration" in asked.body["permissions"]:
            self.problems.append(f"too much asked for: {asked.body}")
        token = f"ghs_minted{next(self.ids)}AbCdEfGh"
        self.tokens[token] = f"{self.app['slug']}[bot]"
        self.git.tokens[token] = "write"
        self.app.setdefault("minted", []).append(token)
        return Told(201, {"token": token, "expires_at": self.app["expires_at"]})

    def _graphql(self, asked: Asked, login: str) -> Told:
        if "viewer" in asked.body["query"]:
            return Told(200, {"data": {"viewer": {"login": login}}})
        about = self._about_threads(asked.body["query"], asked.body["variables"], login)
        if about is not None:
            return about
        node = asked.body["variables"]["id"]
        (pull,) = (one for one in self.pulls.values() if one["node_id"] == node)
        pull["draft"] = True
        return Told(200, {"data": {"convertPullRequestToDraft": {"pullRequest": {}}}})

    # --- below a repository --------------------------------------------------------------------

    def _routes(self) -> list[tuple[str, Callable[..., Any]]]:
        git = self._git
        return [
            ("GET ", lambda r, a, w: {key: r[key] for key in r if key != "place"}),
            ("GET /installation", lambda r, a, w: {"id": self.app["installation"]}),
            ("GET /pulls", self._list_pulls),
            ("POST /pulls", self._open),
            (r"GET /pulls/(\d+)", lambda r, a, w, n: self._pull(r, n)),
            (r"PATCH /pulls/(\d+)", self._change),
            (r"POST /pulls/(\d+)/requested_reviewers", self._ask_reviewers),
            (
                r"GET /pulls/(\d+)/reviews",
                lambda r, a, w, n: page(a, self.reviews.get(int(n), [])),
            ),
            (
                r"GET /pulls/(\d+)/comments",
                lambda r, a, w, n: page(a, self.review_comments.get(int(n), [])),
            ),
            (r"POST /pulls/(\d+)/reviews", self._review),
            (r"POST /pulls/(\d+)/comments", self._comment_at),
            (r"GET /issues/(\d+)", lambda r, a, w, n: self._issue(n)),
            (r"GET /issues/(\d+)/comments", self._talk),
            (r"POST /issues/(\d+)/comments", self._say),
            (r"PATCH /issues/comments/(\d+)", self._say_again),
            (r"POST /issues/(\d+)/labels", self._label),
            (r"DELETE /issues/(\d+)/labels/(.+)", self._unlabel),
            ("GET /actions/runs", self._workflow_runs_on),
            (r"GET /actions/runs/(\d+)", self._workflow_run),
            (r"GET /contents/(.+)", lambda r, a, w, p: git.contents(r["place"], p, a.query)),
            (r"GET /collaborators/(.+)/permission", self._permission),
            (r"GET /commits/(\w+)/check-runs", self._list_checks),
            (r"GET /actions/jobs/(\d+)/logs", self._to_the_log),
            ("POST /check-runs", self._new_check),
            (r"PATCH /check-runs/(\d+)", self._change_check),
            (r"POST /actions/workflows/(.+)/dispatches", self._dispatch),
            ("POST /forks", self._fork),
            (r"GET /git/ref/heads/(.+)", lambda r, a, w, b: git.reference(r["place"], b)),
            (r"GET /compare/(\w+)\.\.\.(.+)", lambda r, a, w, x, y: git.compare(r["place"], x, y)),
            (r"GET /commits/([^/]+)", lambda r, a, w, c: git.commit(r["place"], c)),
            (r"GET /git/commits/(\w+)", lambda r, a, w, c: git.commit(r["place"], c)),
            ("POST /git/blobs", lambda r, a, w: Told(201, git.blob(r["place"], a.body))),
            ("POST /git/trees", lambda r, a, w: Told(201, git.tree(r["place"], a.body))),
            ("POST /git/commits", lambda r, a, w: Told(201, git.make(r["place"], a.body))),
            ("POST /git/refs", lambda r, a, w: Told(201, git.new_ref(r["place"], a.body))),
            (r"PATCH /git/refs/(.+)", lambda r, a, w, f: git.move(r["place"], f, a.body)),
        ]

    def _fork(self, repository: Entry, asked: Asked, login: str) -> Told:
        owner = self.tokens[asked.headers["authorization"].partition(" ")[2]]
        name = f"{owner}/{repository['full_name'].split('/')[1]}"
        self.create(name, repository["full_name"])
        self._git.copy(repository["place"], self.repositories[name]["place"])
        shown = {k: v for k, v in self.repositories[name].items() if k != "place"}
        return Told(202, shown)
