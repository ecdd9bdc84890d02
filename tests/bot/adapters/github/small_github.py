"""A small GitHub on 127.0.0.1: strict about what it is asked, and failing where a test says so.

Branches are those of a real bare repository, which `tests.github.smart_http` serves to git; all
else is kept in `tests.bot.adapters.github.hub`. What it does not know, or what breaks GitHub's own
description, is written down as a problem, and a test that ends with a problem has failed.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.bot.adapters.github.asked import Asked, Told
from tests.bot.adapters.github.hub import Hub
from tests.ending import answering
from tests.github import rig, serving
from tests.github.smart_http import GitServer
from tests.github.smart_http import serve as serve_git
from tests.github.spec_proxy import Description

TOKEN = "ghs_" + "Sm4llT0kenOfTheTests" * 2
BOT = "github-actions[bot]"
NAME = "acme/app"


@dataclass(slots=True)
class Fault:
    """What happens instead of an answer, once for each of ``times``; ``done`` does the work first.

    Status 0 drops the connection.
    """

    verb: str
    path: str
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    done: bool = False
    times: int = 1


@dataclass(slots=True)
class SmallGitHub:
    """The served hub. ``seen`` is every request in its order, refused ones too."""

    hub: Hub
    git: GitServer
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    seen: list[Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, verb: str, path: str) -> int:
        """Return how often ``verb`` was asked of a path that matches."""
        return sum(1 for one in self.seen if one.verb == verb and re.search(path, one.path))

    def answer(self, asked: Asked) -> Told | None:
        """Return what is answered; None drops the connection."""
        with self.lock:
            self.seen.append(asked)
            fault = self._fault(asked)
            told = self.hub.answer(asked) if fault is None or fault.done else None
            if fault is None:
                return told
            return Told(fault.status, fault.body, fault.headers) if fault.status else None

    def _fault(self, asked: Asked) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.verb == asked.verb and re.search(fault.path, asked.path):
                fault.times -= 1
                return fault
        return None


@contextmanager
def small_github(folder: Path) -> Iterator[SmallGitHub]:
    """Serve a hub with one empty repository, `NAME`, until the block ends; then judge it."""
    with serve_git(folder / "served", {TOKEN: "write"}) as git:
        hub = Hub(git, {TOKEN: BOT})
        hub.create(NAME)
        small = SmallGitHub(hub, git)
        handler = type("Handler", (_Handler,), {"small": small})
        listener = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        listener.daemon_threads = True
        small.url = f"http://127.0.0.1:{listener.server_address[1]}"
        with answering(listener):
            yield small
    assert hub.problems == [], hub.problems


@cache
def described() -> Description | None:
    """Return what GitHub says that a request may be, where the parts of the rig are installed."""
    if not (rig.FOLDER / "stamp").exists():
        return None
    return Description(rig.operations())


def undescribed(verb: str, target: str, headers: Message, body: bytes) -> list[str]:
    """Return what is wrong with a request by GitHub's own description, but for GraphQL."""
    if target.startswith("/store/"):  # where logs lie, which is no part of the API
        return []
    known = described()
    parts = urlsplit(target.removeprefix("/api/v3"))
    if known is None or parts.path.endswith("/graphql"):
        return []
    named = {name.lower(): value for name, value in headers.items()}
    asked = serving.Asked(verb, parts.path, parts.query, named, body)
    return [f"{verb} {target}: {wrong}" for wrong in known.complaints(asked)]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    small: SmallGitHub

    def _go(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        path = unquote(parts.path).removeprefix("/api/v3").replace("/api/graphql", "/graphql")
        self.small.hub.problems += undescribed(self.command, self.path, self.headers, body)
        asked = Asked(
            self.command,
            path,
            dict(parse_qsl(parts.query)),
            json.loads(body) if body else None,
            {name.lower(): value for name, value in self.headers.items()},
        )
        told = self.small.answer(asked)
        if told is None:
            self.close_connection = True
            return
        document = b"" if told.body is None else json.dumps(told.body).encode()
        self.send_response(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(document)))
        self.end_headers()
        self.wfile.write(document)

    do_GET = do_POST = do_PATCH = do_DELETE = _go  # noqa: N815 - the base calls them so

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Keep the output of a test its own."""
