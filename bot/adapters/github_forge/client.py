"""GitHub's API with manners: reads are repeated within bounds, writes never, limits are kept.

A read that fails is asked again, a few times. A write is sent once: where its outcome is not known
that is `Unsettled`, and whoever wrote looks before doing anything else. What a rate limit refused
was not done, so it alone is sent again, after the wait that GitHub asks for, if that is short.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, TypeVar

from bot.adapters.github_forge import answers
from bot.adapters.github_forge.access import GitHubAccess
from bot.adapters.github_forge.faults import (
    Answered,
    Moved,
    Unsettled,
    answered,
    limited,
    mended,
    wait_s,
)
from bot.adapters.github_forge.tokens import Tokens
from bot.adapters.github_forge.transport import PAGE, Answer, Request, Transport, Verb
from validators.encoding import EncodingRefusal, decode
from workflows.ports import ForgeRefusal

T = TypeVar("T")
Parameters = Mapping[str, str | int]

_MOST_PAGES = 100
_KEPT_ANSWERS = 200
_NO_PARAMETERS: Parameters = {}


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a read is sent, and how long all waiting of one request may last together."""

    reads: int = 4
    first_pause_s: float = 0.5
    wait_s: float = 120.0
    pause: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time


class Client:
    """Requests to one repository. A path without a leading slash stands below the repository."""

    def __init__(self, access: GitHubAccess, patience: Patience) -> None:
        self.access = access
        self.tokens = Tokens(access, patience.now)
        self._patience = patience
        self._transport = Transport(access.api_url, access.network.ca_file)
        self._repository: answers.Repository | None = None
        self._kept: dict[str, tuple[str, Answer]] = {}

    def repository(self) -> answers.Repository:
        """Return the repository as it is named now: it may have been renamed or transferred."""
        if self._repository is None:
            path = f"/repos/{self.access.repository}"
            self._repository = self.read(path, answers.Repository)
        return self._repository

    def read(self, path: str, shape: type[T], parameters: Parameters = _NO_PARAMETERS) -> T:
        """Return what is at ``path``; `Answered` where there is nothing."""
        request = Request("GET", self._full(path), parameters)
        return self._decoded(request, self._accepted(request), shape)

    def find(self, path: str, shape: type[T], absent: tuple[int, ...] = (404,)) -> T | None:
        """Return what is at ``path``, or None where the status says that there is nothing."""
        try:
            return self.read(path, shape)
        except Answered as error:
            if error.status in absent:
                return None
            raise

    def pages(
        self, path: str, shape: type[T], parameters: Parameters = _NO_PARAMETERS
    ) -> Iterator[T]:
        """Yield the entries of a list, all its pages."""
        for page in range(1, _MOST_PAGES + 1):
            wanted = {**parameters, "per_page": PAGE, "page": page}
            request = Request("GET", self._full(path), wanted)
            answer = self._accepted(request)
            entries = self._decoded(request, answer, tuple[shape, ...])  # type: ignore[valid-type]
            yield from entries
            if len(entries) < PAGE and 'rel="next"' not in answer.headers.get("link", ""):
                return
        raise ForgeRefusal(
            f"{self._full(path)} has more than {PAGE * _MOST_PAGES} entries, and not all were read;"
            " name the one you mean"
        )

    def write(self, verb: Verb, path: str, shape: type[T], body: object = None) -> T:
        """Send a change once and return what it made. `Unsettled` where that is not known."""
        answer = self.send(verb, path, body)
        try:
            return self._decoded(Request(verb, path), answer, shape)
        except ForgeRefusal as error:
            raise Unsettled(str(error)) from error

    def send(self, verb: Verb, path: str, body: object = None) -> Answer:
        """Send a change whose answer holds nothing of interest."""
        self._require_writable()
        try:
            return self._accepted(Request(verb, self._full(path), body=body))
        except Moved:
            # Nothing was written. What it is called now is read, and only then is it sent there.
            self._repository = None
            return self._accepted(Request(verb, self._full(path), body=body))

    def graphql(self, query: str, variables: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
        """Ask what the other API cannot; a change is sent once like any other."""
        prefix = self.access.api_url.removesuffix("/v3")
        path = f"{prefix}/graphql"
        request = Request("POST", path, body={"query": query, "variables": dict(variables)})
        told = self._decoded(request, self._accepted(request), dict[str, Any])
        if told.get("errors") or not isinstance(told.get("data"), dict):
            refused = Answer(HTTPStatus.UNPROCESSABLE_ENTITY, {}, json.dumps(_first_error(told)))
            raise answered(request, refused)
        return told["data"]

    def _full(self, path: str) -> str:
        if path.startswith(("/", "http")):
            return path
        return f"/repos/{self.repository().full_name}/{path}".rstrip("/")

    def _require_writable(self) -> None:
        if self.repository().archived:
            raise ForgeRefusal(
                f"{self.repository().full_name} is archived, and so can only be read; unarchive it"
                " in its settings, or name another repository"
            )

    def _accepted(self, request: Request) -> Answer:
        """Return a good answer; what was read before and has not changed is not read again."""
        key = f"{request.path}?{sorted(request.parameters.items())}"
        etag, kept = self._kept.get(key, ("", None)) if request.verb == "GET" else ("", None)
        answer = self._exchange(replace(request, etag=etag))
        if answer.status == HTTPStatus.NOT_MODIFIED and kept is not None:
            return kept
        if request.verb != "GET" and answer.is_redirect:
            raise Moved(f"{request.path} has moved, and where to could not be found out")
        if not answer.is_good:
            refusal = answered(request, answer)
            raise type(refusal)(self.tokens.redacted(str(refusal)), answer.status, answer.words)
        if request.verb == "GET" and answer.headers.get("etag"):
            if len(self._kept) >= _KEPT_ANSWERS:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = (answer.headers["etag"], answer)
        return answer

    def _exchange(self, request: Request) -> Answer:
        """Send until there is an answer to act on; at most `Patience` says how long."""
        spent, waited, is_renewed = 1, 0.0, not self.tokens.can_renew
        while True:
            answer = self._once(request, is_last=spent >= self._patience.reads)
            if answer is not None and answer.status == HTTPStatus.UNAUTHORIZED and not is_renewed:
                is_renewed = True
                self.tokens.forget()
                continue
            wait = None if answer is None else wait_s(answer, self._patience.now())
            if answer is not None and wait is None:
                return answer
            if wait is None:
                wait = self._patience.first_pause_s * 2 ** (spent - 1)
                spent += 1
            waited += wait
            if waited > self._patience.wait_s:
                raise limited(self._patience.now() + wait)
            self._patience.pause(wait)

    def _once(self, request: Request, *, is_last: bool) -> Answer | None:
        """Return the answer; None for a failed read that may be sent again."""
        is_read = request.verb == "GET"
        try:
            answer = self._transport.send(request, self.tokens.current())
        except OSError as error:
            if is_read and not is_last:
                return None
            what = f"{request.verb} {request.path}: no answer from {self.access.api_url}"
            told = f"{what} ({type(error).__name__})"
            if is_read:
                raise ForgeRefusal(f"{told}; {mended(error)}, then run it again") from error
            raise Unsettled(f"{told}, so it is not known whether it was done") from error
        if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return answer
        if is_read:
            return answer if is_last else None
        raise Unsettled(
            f"{request.verb} {request.path}: GitHub answered with status {answer.status}, so it is"
            " not known whether it was done"
        )

    def _decoded(self, request: Request, answer: Answer, shape: type[T]) -> T:
        try:
            return decode(answer.text.encode() or b"null", shape)
        except EncodingRefusal as error:
            raise ForgeRefusal(
                f"{request.verb} {request.path}: GitHub's answer is not what it says it is"
                f" ({error}); is something between us and GitHub?"
            ) from error


def _first_error(told: dict[str, Any]) -> object:
    """Return why GraphQL gave nothing, in the form that the other API has for it."""
    errors = told.get("errors")
    return errors[0] if isinstance(errors, list) and errors else {}
