"""The review threads of the small GitHub, as its GraphQL API tells them."""

import itertools
from typing import Any

from tests.bot.adapters.github.asked import NOW, Entry, Told


class HubThreads:
    """The part of the hub that speaks GraphQL about threads."""

    pulls: dict[int, Entry]
    comments: dict[int, Entry]
    ids: "itertools.count[int]"

    def __init__(self) -> None:
        self.threads: dict[int, list[Entry]] = {}
        self.may_resolve = True

    def begin_thread(self, number: int, login: str, body: str, path: str, line: int) -> str:
        """Have somebody begin a thread; return its id."""
        made = {"id": f"PRRT_{next(self.ids)}", "path": path, "line": line, "originalLine": line}
        made |= {"isResolved": False, "isOutdated": False, "diffSide": "RIGHT"}
        made["comments"] = _page([_said(login, body)])
        self.threads.setdefault(number, []).append(made)
        return str(made["id"])

    def reply_in_thread(self, thread: str, login: str, body: str) -> None:
        self._thread(thread)["comments"]["nodes"].append(_said(login, body))

    def _about_threads(self, query: str, told: dict[str, Any], login: str) -> Told | None:
        """Answer what is asked about threads; None for anything else."""
        if "editor" in query:
            nodes = [
                {"databaseId": one["id"], "editor": one.get("editor")}
                for one in self.comments.values()
            ]
            found = {"comments": {"nodes": nodes}}
            return Told(200, {"data": {"repository": {"pullRequest": found}}})
        if "reviewThreads" in query:
            known = self.threads.get(told["number"], [])
            start = int(told["after"] or 0)
            shown = _page(known[start : start + 2])
            shown["pageInfo"] = {"hasNextPage": start + 2 < len(known), "endCursor": str(start + 2)}
            pull = {"reviewThreads": shown} if told["number"] in self.pulls else None
            return Told(200, {"data": {"repository": {"pullRequest": pull}}})
        if "addPullRequestReviewThreadReply" in query:
            self.reply_in_thread(told["thread"], login, told["body"])
            comment = {"comment": {"id": "PRRC_1"}}
            return Told(200, {"data": {"addPullRequestReviewThreadReply": comment}})
        if "resolveReviewThread" in query:
            if not self.may_resolve:
                said = {"type": "FORBIDDEN", "message": "Resource not accessible by integration"}
                return Told(200, {"data": {"resolveReviewThread": None}, "errors": [said]})
            self._thread(told["thread"])["isResolved"] = True
            return Told(200, {"data": {"resolveReviewThread": {"thread": {"isResolved": True}}}})
        return None

    def _thread(self, name: str) -> Entry:
        known = itertools.chain.from_iterable(self.threads.values())
        return next(one for one in known if one["id"] == name)


def _page(nodes: list[Entry]) -> Entry:
    return {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": nodes}


def _said(login: str, body: str) -> Entry:
    """Return a comment; here the name of an App has nothing behind it."""
    is_bot = login.endswith("[bot]")
    name = login.removesuffix("[bot]")
    author = {"login": name, "__typename": "Bot" if is_bot else "User"}
    return {"author": author, "body": body, "createdAt": NOW}
