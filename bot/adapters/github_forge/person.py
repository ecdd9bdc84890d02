"""GitHub as a person works on it: with a token of their own, in words that carry no mark of ours.

What a person decides here is theirs, and GitHub vouches for it. Nothing approves or merges: who
accepts does so on GitHub's own page. A write whose outcome is not known is not sent again; whoever
pressed the button looks first.
"""

from http import HTTPStatus
from typing import Any

from bot.adapters.github_forge import marker
from bot.adapters.github_forge.faults import Answered
from bot.adapters.github_forge.forge import GitHubForge
from bot.adapters.github_forge.pull_requests import state_of
from workflows.ports import ForgeRefusal
from workflows.review import RejectionKind
from workflows.threads import Side

_SEE_THREADS = "Please see the open threads."
_SIDES: dict[Side, str] = {"head": "RIGHT", "base": "LEFT"}


class GitHubPerson(GitHubForge):
    """The forge of one person; each method below is one thing they did."""

    @property
    def login(self) -> str:
        """The name that GitHub knows them by."""
        return self._home.login()

    def ask_for_changes(self, number: int, head: str, words: str) -> None:
        """Give a review of ``head`` that asks for changes, in the words or for the open threads."""
        review = {
            "commit_id": head,
            "event": "REQUEST_CHANGES",
            "body": marker.broken(words) or _SEE_THREADS,
        }
        self._client.send("POST", f"pulls/{number}/reviews", review)

    def begin_thread(
        self, number: int, head: str, place: tuple[str, int, Side], words: str
    ) -> None:
        """Say something at path, line and side of ``head``; without a path, about the whole."""
        path, line, side = place
        if not path:
            body = {"body": marker.broken(words)}
            self._client.send("POST", f"issues/{number}/comments", body)
            return
        said: dict[str, Any] = {"body": marker.broken(words), "commit_id": head, "path": path}
        said |= {"line": line, "side": _SIDES[side]} if line else {"subject_type": "file"}
        try:
            self._client.send("POST", f"pulls/{number}/comments", said)
        except Answered as error:
            if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
                raise
            raise ForgeRefusal(
                f"GitHub takes comments at lines that the change shows, and {path}:{line} is none;"
                f" say it about the file (GitHub: {error.words})"
            ) from error

    def reply(self, number: int, thread: str, words: str) -> None:
        """Say something in a thread."""
        self._threads.say(number, thread, marker.broken(words))

    def reject(self, number: int, kind: RejectionKind, words: str) -> None:
        """Close a pull request, saying why by a label that is counted, and in words."""
        if state_of(self._pulls.get(number)) != "open":
            raise ForgeRefusal(f"pull request {number} is not open any more")
        self._client.send("POST", f"issues/{number}/labels", {"labels": [f"changewright: {kind}"]})
        if words:
            body = {"body": marker.broken(words)}
            self._client.send("POST", f"issues/{number}/comments", body)
        self._pulls.close(number)
