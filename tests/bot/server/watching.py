"""A browser that is none: asks the application in process, as one who is signed in."""

import asyncio
import re
import subprocess
from asyncio import FIRST_COMPLETED
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.types import ASGIApp

from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.server.address import Address
from bot.server.app import application
from bot.server.opening import open_room
from bot.server.room import Room
from workflows.ports import Journal
from workflows.recorder import leased
from workflows.run import Event

AT = "2026-01-02T03:04:05Z"
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>\u202e\x1b[2J'
PATIENCE_S = 60.0
# Any for an EventKind: mypy takes a tuple of literals for one of strings.
Told = tuple[Any, dict[str, Any]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str


@dataclass
class Stream:
    """The messages of a stream as (event, id, data); ``task`` is the application at work on it."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    messages: asyncio.Queue[tuple[str, str, str]] = field(default_factory=asyncio.Queue)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None

    async def next(self, event: str = "") -> tuple[str, str, str]:
        """Return the next message, or the next of one kind."""
        assert self.task is not None
        while True:
            coming = asyncio.ensure_future(self.messages.get())
            await asyncio.wait({coming, self.task}, timeout=PATIENCE_S, return_when=FIRST_COMPLETED)
            if not coming.done():
                coming.cancel()
                message = "the stream ended, or stood still"
                raise AssertionError(message)
            if not event or coming.result()[0] == event:
                return coming.result()

    async def end(self) -> None:
        """Wait until the application has ended it."""
        assert self.task is not None
        async with asyncio.timeout(PATIENCE_S):
            await self.task


class Browser:
    def __init__(self, room: Room) -> None:
        self.room = room
        self.app: ASGIApp = application(room)
        secret = room.sessions.admit(room.sessions.invite())
        session = room.sessions.of(secret)
        assert session is not None
        self.csrf = session.csrf
        self.host = min(room.authorities)
        self._cookie = f"{room.cookie}={secret}"

    def get(self, path: str, **headers: str) -> Answer:
        return asyncio.run(self.ask("GET", path, b"", headers))

    def post(self, path: str, **fields: object) -> Answer:
        body = urlencode({"csrf": self.csrf, **fields}).encode()
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "content-length": str(len(body)),
            "origin": f"http://{self.host}",
        }
        return asyncio.run(self.ask("POST", path, body, headers))

    async def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(self._scope(method, path, headers), receive, send)
        start = sent[0]
        named = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], named, b"".join(m["body"] for m in sent[1:]).decode())

    @asynccontextmanager
    async def stream(self, path: str, **headers: str) -> AsyncIterator[Stream]:
        """Follow a stream until the block ends, as a browser that is closed then."""
        stream = Stream()
        asked: list[bool] = []

        async def receive() -> dict[str, Any]:
            if not asked:
                asked.append(True)
                return {"type": "http.request", "body": b"", "more_body": False}
            await stream.gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                stream.status = message["status"]
                stream.headers |= {n.decode(): v.decode() for n, v in message["headers"]}
            for one in message.get("body", b"").decode().split("\n\n"):
                if found := parsed(one):
                    stream.messages.put_nowait(found)

        scope = self._scope("GET", path, headers)
        stream.task = asyncio.create_task(_of(self.app, scope, receive, send))
        try:
            yield stream
        finally:
            stream.gone.set()
            await stream.end()

    def _scope(self, method: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
        parts = urlsplit(path)
        known = {"host": self.host, "cookie": self._cookie, **headers}
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [
                (name.replace("_", "-").encode(), value.encode()) for name, value in known.items()
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
        }


async def _of(app: ASGIApp, scope: Any, receive: Any, send: Any) -> None:
    await app(scope, receive, send)


def parsed(message: str) -> tuple[str, str, str] | None:
    """Return a message as (event, id, data), None for a comment or the pace of coming back."""
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(event|id|data): ?(.*)$", message, re.MULTILINE):
        fields.setdefault(name, []).append(value)
    if "event" not in fields:
        return None
    return fields["event"][0], "".join(fields.get("id", [])), "\n".join(fields["data"])


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Serve a repository without a commit and a state folder that is empty."""
    repository = folder / "repository"
    repository.mkdir()
    subprocess.run(["git", "init", "--quiet", repository], check=True)
    told: list[str] = []
    state = {"state": folder / "state"}
    with open_room(repository, state, Address("127.0.0.1", 8000), "ada", told.append) as room:
        try:
            yield Browser(room)
        finally:
            room.lookout.close()


def journal_of(browser: Browser) -> SqliteJournal:
    journal: Journal = browser.room.journal
    assert isinstance(journal, SqliteJournal)
    return journal


def tell(journal: Journal, run: str, *events: Told) -> None:
    with leased(journal, run, "me") as pen:
        for kind, data in events:
            journal.append(pen, Event(kind, data))


def started(title: str = "Totals are wrong", **more: object) -> Told:
    task = {"title": title, "body": "", "repository": "ada/tally"}
    return "run.started", {"task": task, "task_key": "issue-7", "model": "small", **more}


def ended(state: str, why: str = "") -> Told:
    return "run.finished", {"state": state, "verdict": "pass", "why": why}
