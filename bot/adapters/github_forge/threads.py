"""Review threads on GitHub, which its GraphQL API alone knows: read, answered once, resolved."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.adapters.github_forge import marker
from bot.adapters.github_forge.client import Client
from bot.adapters.github_forge.faults import Answered, Unsettled
from bot.adapters.github_forge.home import Home
from validators.encoding import EncodingRefusal, decode, encode
from workflows.ports import ForgeRefusal
from workflows.threads import Thread, ThreadComment

_MOST_PAGES = 20
_NO_RIGHT = "not accessible by"
_THREADS = """query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 50, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id isResolved isOutdated path line originalLine diffSide
          comments(last: 100) {
            nodes { author { login __typename } body createdAt }
          }
        }
      }
    }
  }
}"""
_REPLY = """mutation($thread: ID!, $body: String!) {
  addPullRequestReviewThreadReply(input: {pullRequestReviewThreadId: $thread, body: $body}) {
    comment { id }
  }
}"""
_RESOLVE = """mutation($thread: ID!) {
  resolveReviewThread(input: {threadId: $thread}) { thread { isResolved } }
}"""


@dataclass(frozen=True, slots=True)
class _Comment:
    body: str
    createdAt: str  # noqa: N815 - GitHub's own names, here and below
    author: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Page:
    hasNextPage: bool  # noqa: N815
    endCursor: str | None = None  # noqa: N815


@dataclass(frozen=True, slots=True)
class _Comments:
    nodes: tuple[_Comment, ...]


@dataclass(frozen=True, slots=True)
class _Thread:
    id: str
    path: str
    isResolved: bool  # noqa: N815
    isOutdated: bool  # noqa: N815
    diffSide: str  # noqa: N815
    comments: _Comments
    line: int | None = None
    originalLine: int | None = None  # noqa: N815


@dataclass(frozen=True, slots=True)
class _Threads:
    pageInfo: _Page  # noqa: N815
    nodes: tuple[_Thread, ...]


class ReviewThreads:
    """The threads of one repository's pull requests."""

    def __init__(self, client: Client, home: Home) -> None:
        self._client = client
        self._home = home

    def of(self, number: int) -> tuple[Thread, ...]:
        """Return them, oldest first; ForgeRefusal when there is no such pull request."""
        login = self._home.login().lower()
        return tuple(_noun(found, login) for found in self._read(number))

    def answer(self, number: int, thread: str, body: str, key: str) -> None:
        """Say something once, whatever becomes of GitHub's answer."""
        if self._is_said(number, thread, key):
            return
        text = marker.keyed(marker.broken(body), key)
        try:
            self._client.graphql(_REPLY, {"thread": thread, "body": text})
        except Unsettled:
            if not self._is_said(number, thread, key):
                raise

    def say(self, number: int, thread: str, text: str) -> None:
        """Say something, in a thread that is this pull request's."""
        self._known(number, thread)
        self._client.graphql(_REPLY, {"thread": thread, "body": text})

    def resolve(self, number: int, thread: str) -> None:
        """Mark one as dealt with; one that is resolved stays so."""
        if self._known(number, thread).resolved:
            return
        try:
            self._client.graphql(_RESOLVE, {"thread": thread})
        except Unsettled:
            if not self._known(number, thread).resolved:
                raise
        except Answered as error:
            if _NO_RIGHT not in error.words.lower():
                raise
            raise ForgeRefusal(
                "GitHub has threads resolved only by who may write contents, too:"
                f" grant it contents: write beside pull-requests: write (GitHub: {error.words})"
            ) from error

    def _is_said(self, number: int, thread: str, key: str) -> bool:
        said = self._known(number, thread).comments
        return any(one.is_ours and marker.is_keyed(one.body, key) for one in said)

    def _known(self, number: int, thread: str) -> Thread:
        found = next((one for one in self.of(number) if one.id == thread), None)
        if found is None:
            raise ForgeRefusal(f"pull request {number} has no thread {thread[:80]!r} any more")
        return found

    def _read(self, number: int) -> Iterator[_Thread]:
        owner, _, name = self._client.repository().full_name.partition("/")
        asked: dict[str, Any] = {"owner": owner, "name": name, "number": number, "after": None}
        for _ in range(_MOST_PAGES):
            page = _threads_in(self._client.graphql(_THREADS, asked), number)
            yield from page.nodes
            if not page.pageInfo.hasNextPage:
                return
            asked["after"] = page.pageInfo.endCursor
        raise ForgeRefusal(
            f"pull request {number} has more than {50 * _MOST_PAGES} threads, and not all were"
            " read; resolve what is dealt with, or open a new pull request"
        )


def _threads_in(data: Mapping[str, Any], number: int) -> _Threads:
    pull = (data.get("repository") or {}).get("pullRequest")
    if pull is None:
        raise ForgeRefusal(f"there is no pull request {number}")
    try:
        return decode(encode(pull["reviewThreads"]), _Threads)
    except (EncodingRefusal, KeyError) as error:
        raise ForgeRefusal(
            f"GitHub's answer about the threads of pull request {number} is not what it says it is"
            f" ({error})"
        ) from error


def _noun(found: _Thread, login: str) -> Thread:
    comments = tuple(_comment(one, login) for one in found.comments.nodes)
    return Thread(
        id=found.id,
        path=found.path,
        line=found.line or found.originalLine or 0,
        side="base" if found.diffSide == "LEFT" else "head",
        comments=comments,
        resolved=found.isResolved,
        outdated=found.isOutdated,
    )


def _comment(found: _Comment, login: str) -> ThreadComment:
    author = found.author or {}
    name = author.get("login", "")
    # The other API writes this behind the name of every App.
    if author.get("__typename") == "Bot" and not name.endswith("[bot]"):
        name += "[bot]"
    is_ours = name.lower() == login and marker.is_marked(found.body)
    key = marker.key_of(found.body) if is_ours else ""
    return ThreadComment(name, found.body, found.createdAt, is_ours, verified=bool(name), key=key)
