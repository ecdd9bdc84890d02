"""What publishing adds where a forge has people on it: who asked, who is to look, what is said."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from workflows.proposal import Bundle
from workflows.pull_request import PullRequest
from workflows.tracker import CheckRun, Tracker

REQUESTER = "requester"
CODE_OWNERS = "codeowners"
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:\[bot\])?")


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asked for a change. ``id`` is the forge's number for them, 0 where it is not known."""

    login: str
    id: int = 0

    @property
    def trailer(self) -> str:
        """The line that names them in a commit, by an address that reaches nobody; "" if none."""
        if _LOGIN.fullmatch(self.login) is None:
            return ""
        number = f"{self.id}+" if self.id else ""
        return f"Co-authored-by: {self.login} <{number}{self.login}@users.noreply.github.com>"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What only the publisher knows of a proposal, for its text.

    ``closes`` is the issue that a merge closes. ``base_head`` is where the base branch has gone
    since, in other files. ``commits_below`` are those of people which the branch keeps.
    ``was_verified`` says whether another machine ran the gates again; None: nobody would say so.
    """

    branch: str
    closes: str = ""
    base_head: str = ""
    commits_below: int = 0
    was_verified: bool | None = None


@dataclass(frozen=True, slots=True)
class Hosted:
    """A forge with people: its tracker, and what is said there, written anew by the publisher.

    ``words`` returns title and body, ``check`` what is shown beside the commit; ``owners`` returns
    who owns some paths by the base's own file. ``was_verified`` is as in `Circumstances`.
    """

    tracker: Tracker
    words: Callable[[Bundle, Circumstances], tuple[str, str]]
    check: Callable[[Bundle, PullRequest], CheckRun]
    owners: Callable[[Sequence[str]], tuple[str, ...]]
    requester: Requester | None = None
    was_verified: bool = False


def reviewers(wanted: Iterable[str], hosted: Hosted, paths: Sequence[str]) -> tuple[str, ...]:
    """Return who is asked to review: logins and teams, with our two words replaced, each once."""
    asked: list[str] = []
    for name in tuple(wanted) or (REQUESTER,):
        if name == CODE_OWNERS:
            asked += hosted.owners(paths)
        elif name != REQUESTER:
            asked.append(name.removeprefix("@"))
        elif hosted.requester and not hosted.requester.login.endswith("[bot]"):
            asked.append(hosted.requester.login)
    return tuple(dict.fromkeys(asked))
