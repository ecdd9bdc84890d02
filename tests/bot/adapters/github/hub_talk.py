"""The issues of the small GitHub: comments, labels, roles, and the checks beside a commit."""

import itertools
from typing import Any

from tests.bot.adapters.github.asked import NOW, Asked, Entry, No, Told, page


class HubTalk:
    """The other half of the hub."""

    roles: dict[str, tuple[str, str]]
    issues: dict[int, Entry]
    comments: dict[int, Entry]
    checks: dict[int, Entry]
    suites: dict[int, Entry]
    dispatched: list[tuple[str, Any]]
    workflow_runs: dict[int, str | None]
    logs: dict[int, str]
    ids: "itertools.count[int]"
    _numbers: "itertools.count[int]"

    def new_issue(self, title: str, login: str, *labels: str, is_pull: bool = False) -> int:
        number = next(self._numbers)
        self.issues[number] = {
            "number": number,
            "title": title,
            "body": None,
            "state": "open",
            "user": {"login": login},
            "html_url": f"https://github.test/issues/{number}",
            "labels": [{"name": label} for label in labels],
            **({"pull_request": {"url": "x"}} if is_pull else {}),
        }
        return number

    def _issue(self, number: str) -> Entry:
        if int(number) not in self.issues:
            raise No(404, "Not Found")
        return self.issues[int(number)]

    def comment(self, number: int, login: str, body: str) -> Entry:
        made: Entry = {
            "id": next(self.ids),
            "number": number,
            "user": {"login": login},
            "body": body,
            "created_at": NOW,
            "updated_at": NOW,
            "html_url": f"https://github.test/issues/{number}#c",
        }
        self.comments[made["id"]] = made
        return made

    def _talk(self, repository: Entry, asked: Asked, login: str, number: str) -> Told:
        return page(asked, [c for c in self.comments.values() if c["number"] == int(number)])

    def _say(self, repository: Entry, asked: Asked, login: str, number: str) -> Told:
        self._issue(number)
        return Told(201, self.comment(int(number), login, asked.body["body"]))

    def _say_again(self, repository: Entry, asked: Asked, login: str, number: str) -> Entry:
        comment = self.comments[int(number)]
        if comment["user"]["login"] != login:
            raise No(403, "Must have admin rights")
        comment["body"] = asked.body["body"]
        return comment

    def _label(self, repository: Entry, asked: Asked, login: str, number: str) -> Any:
        self.issues[int(number)]["labels"] += [{"name": name} for name in asked.body["labels"]]
        return self.issues[int(number)]["labels"]

    def _unlabel(
        self, repository: Entry, asked: Asked, login: str, number: str, name: str
    ) -> list[Entry]:
        labels = self._issue(number)["labels"]
        kept = [label for label in labels if label["name"].lower() != name.lower()]
        if kept == labels:
            raise No(404, "Label does not exist")
        self.issues[int(number)]["labels"] = kept
        return kept

    def _permission(self, repository: Entry, asked: Asked, login: str, name: str) -> Entry:
        if name not in self.roles:
            raise No(404, "Not Found")
        role, permission = self.roles[name]
        return {"role_name": role, "permission": permission, "user": {"login": name}}

    def _list_checks(self, repository: Entry, asked: Asked, login: str, sha: str) -> Entry:
        name = asked.query.get("check_name")
        kept = [c for c in self.checks.values() if c["head_sha"] == sha]
        kept = [c for c in kept if name in {None, c["name"]}]
        return {"total_count": len(kept), "check_runs": page(asked, kept).body}

    def end_check(
        self, sha: str, name: str, conclusion: str, log: str = "", workflow: str = ""
    ) -> int:
        """Have a check of another App end beside a commit; of Actions' own there is a log."""
        number = next(self.ids)
        ended = {"id": number, "name": name, "head_sha": sha, "status": "completed"}
        output = {"title": f"{name} {conclusion}", "summary": None, "annotations_count": 0}
        suite = {"check_suite": {"id": number}}
        self.checks[number] = ended | suite | {"conclusion": conclusion, "output": output}
        if workflow:
            path = f".github/workflows/{workflow}"
            self.suites[number] = {"head_sha": sha, "path": path, "check_suite_id": number}
        if log:
            self.logs[number] = log
        return number

    def _to_the_log(self, repository: Entry, asked: Asked, login: str, number: str) -> Told:
        if int(number) not in self.logs:
            raise No(404, "Not Found")
        place = f"http://{asked.headers['host']}/store/{number}"
        return Told(302, None, {"Location": place})

    def _stored(self, asked: Asked) -> Told:
        """Answer as the store does that logs lie in, which is told no token."""
        if "authorization" in asked.headers:
            raise No(400, "no store of ours takes a token")
        return Told(200, self.logs[int(asked.path.rpartition("/")[2])])

    def _new_check(self, repository: Entry, asked: Asked, login: str) -> Told:
        number = next(self.ids)
        blank = {"id": number, "html_url": f"https://github.test/runs/{number}", "annotations": []}
        self.checks[number] = blank
        return Told(201, self._fill(number, asked.body))

    def _change_check(self, repository: Entry, asked: Asked, login: str, number: str) -> Entry:
        return self._fill(int(number), asked.body)

    def _fill(self, number: int, body: Entry) -> Entry:
        check, output = self.checks[number], dict(body["output"])
        if len(output["annotations"]) > 50:
            raise No(422, "Invalid request", "no more than 50 annotations")
        check["annotations"] += output.pop("annotations")
        counted = output | {"annotations_count": len(check["annotations"])}
        check.update(body | {"output": counted})
        return check

    def _dispatch(self, repository: Entry, asked: Asked, login: str, workflow: str) -> Told:
        self.dispatched.append((workflow, asked.body))
        return Told(204)

    def _workflow_runs_on(self, repository: Entry, asked: Asked, login: str) -> Entry:
        on = asked.query["head_sha"]
        return {"workflow_runs": [one for one in self.suites.values() if one["head_sha"] == on]}

    def _workflow_run(self, repository: Entry, asked: Asked, login: str, number: str) -> Entry:
        if int(number) not in self.workflow_runs:
            raise No(404, "Not Found")
        return {"id": int(number), "status": self.workflow_runs[int(number)]}
