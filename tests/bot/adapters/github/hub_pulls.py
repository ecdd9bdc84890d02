"""The pull requests of the small GitHub; their heads are where the branches of real git are."""

import itertools
from collections.abc import Callable

from tests.bot.adapters.github.asked import NOW, Asked, Entry, No, Told, page
from tests.bot.adapters.github.hub_git import HubGit, run


class HubPulls:
    """One half of the hub, which gives it what is shared."""

    repositories: dict[str, Entry]
    roles: dict[str, tuple[str, str]]
    issues: dict[int, Entry]
    pulls: dict[int, Entry]
    reviews: dict[int, list[Entry]]
    ids: "itertools.count[int]"
    begin_thread: Callable[..., str]
    _git: HubGit
    new_issue: Callable[..., int]

    def _head_sha(self, pull: Entry) -> str:
        place = self.repositories[pull["head"]["repo"]["full_name"]]["place"]
        found = self._git.head(place, pull["head"]["ref"])
        return found or pull["head"]["sha"]

    def _keep_head(self, pull: Entry) -> None:
        """Have a pull request's head under a name that stays when its branch goes."""
        home = pull["base"]["repo"]["full_name"]
        if pull["head"]["repo"]["full_name"] == home:
            place = self.repositories[home]["place"]
            reference = f"refs/pull/{pull['number']}/head"
            run(place, "update-ref", reference, pull["head"]["sha"])

    def _shown(self, pull: Entry) -> Entry:
        if pull["state"] == "open":
            pull["head"]["sha"] = self._head_sha(pull)
            self._keep_head(pull)
        issue = self.issues[pull["number"]]
        return pull | {"labels": issue["labels"]}

    def _pull(self, repository: Entry, number: str) -> Entry:
        if int(number) not in self.pulls:
            raise No(404, "Not Found")
        return self._shown(self.pulls[int(number)])

    def _list_pulls(self, repository: Entry, asked: Asked, login: str) -> Told:
        found = [self._shown(pull) for _, pull in sorted(self.pulls.items(), reverse=True)]
        state, head = asked.query.get("state", "open"), asked.query.get("head", "")
        owner, _, branch = head.partition(":")
        kept = [
            pull
            for pull in found
            if state in {"all", pull["state"]}
            and pull["base"]["repo"]["full_name"] == repository["full_name"]
            and (not head or pull["head"]["ref"] == branch)
            and (not head or pull["head"]["repo"]["full_name"].startswith(f"{owner}/"))
        ]
        return page(asked, kept)

    def _open(self, repository: Entry, asked: Asked, login: str) -> Told:
        owner, _, branch = asked.body["head"].rpartition(":")
        name = repository["full_name"]
        full = f"{owner}/{name.split('/')[1]}" if owner else name
        sha = self._git.head(self.repositories[full]["place"], branch)
        if sha is None:
            raise No(422, "Validation Failed", "head is invalid")
        for pull in self.pulls.values():
            ref = (pull["state"], pull["head"]["ref"], pull["head"]["repo"]["full_name"])
            if ref == ("open", branch, full):
                said = f"A pull request already exists for {full.split('/')[0]}:{branch}."
                raise No(422, "Validation Failed", said)
        number = self.new_issue(asked.body["title"], login, is_pull=True)
        self.pulls[number] = {
            "number": number,
            "node_id": f"PR_{number}",
            "state": "open",
            "title": asked.body["title"],
            "body": asked.body["body"],
            "draft": asked.body["draft"],
            "html_url": f"https://github.test/{name}/pull/{number}",
            "created_at": NOW,
            "merged_at": None,
            "user": {"login": login},
            "head": {"ref": branch, "sha": sha, "repo": {"full_name": full}},
            "base": {"ref": asked.body["base"], "sha": "0" * 40, "repo": {"full_name": name}},
            "requested_reviewers": [],
        }
        return Told(201, self._shown(self.pulls[number]))

    def _change(self, repository: Entry, asked: Asked, login: str, number: str) -> Entry:
        pull, body = self.pulls[int(number)], dict(asked.body)
        if "base" in body:
            pull["base"] = pull["base"] | {"ref": body.pop("base")}
        pull.update(body)
        if body.get("state") == "closed":
            pull["closed_at"] = NOW
        return self._shown(pull)

    def _ask_reviewers(self, repository: Entry, asked: Asked, login: str, number: str) -> Told:
        logins = asked.body["reviewers"]
        if any(self.roles.get(name, ("none", "none"))[0] == "none" for name in logins):
            raise No(422, "Reviews may only be requested from collaborators.")
        self.pulls[int(number)]["requested_reviewers"] += [{"login": name} for name in logins]
        return Told(201, self._shown(self.pulls[int(number)]))

    def _review(self, repository: Entry, asked: Asked, login: str, number: str) -> Entry:
        """Keep a review; nobody may ask their own pull request for changes."""
        if self.pulls[int(number)]["user"]["login"] == login:
            raise No(422, "Can not request changes on your own pull request")
        states = {"REQUEST_CHANGES": "CHANGES_REQUESTED", "APPROVE": "APPROVED"}
        made = {
            "id": next(self.ids),
            "state": states[asked.body["event"]],
            "body": asked.body["body"],
            "commit_id": asked.body["commit_id"],
            "submitted_at": NOW,
            "author_association": "MEMBER",
            "user": {"login": login},
        }
        self.reviews.setdefault(int(number), []).append(made)
        return made

    def _comment_at(self, repository: Entry, asked: Asked, login: str, number: str) -> Told:
        """Begin a thread at a line, where the head holds the file."""
        body = asked.body
        place = self.repositories[repository["full_name"]]["place"]
        if self._git.head(place, self.pulls[int(number)]["head"]["ref"]) != body["commit_id"]:
            raise No(422, "commit_id is not part of the pull request")
        if body.get("line", 1) > 9:
            raise No(422, "pull_request_review_thread.line must be part of the diff")
        self.begin_thread(int(number), login, body["body"], body["path"], body.get("line"))
        return Told(201, {"id": next(self.ids), "path": body["path"], "body": body["body"]})
