"""Git's smart HTTP as a forge speaks it: `git http-backend` behind a small server on 127.0.0.1.

`<root>/owner/name.git` is served at `<url>/owner/name` with and without `.git`. A password is a
token; who holds one may read or write as `tokens` says at that moment, so a test may take it away.
"""

import base64
import binascii
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from tests.ending import answering

Right = Literal["read", "write"]

_SERVICES = ("/info/refs", "/git-upload-pack", "/git-receive-pack")
_TIMEOUT_S = 60
_PROBE = b"0000"  # git asks first whether it may, before it sends much


@dataclass(slots=True)
class GitServer:
    """A served folder of bare repositories. ``seen`` is each request: method, path, user.

    ``received`` is called with the repository after each push that git took.
    """

    root: Path
    url: str = ""
    tokens: dict[str, Right] = field(default_factory=dict)
    is_public: bool = True
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    received: Callable[[Path], None] = lambda _: None

    def create(self, name: str, *, branch: str = "main") -> Path:
        """Make an empty bare repository ``owner/name`` that takes pushes."""
        place = self.root / f"{name}.git"
        argv = ["git", "init", "-q", "--bare", "-b", branch, str(place)]
        subprocess.run(argv, check=True, capture_output=True)
        with (place / "config").open("a") as config:
            config.write(
                "[http]\n\treceivepack = true\n[uploadpack]\n\tallowAnySHA1InWant = true\n"
            )
        return place

    def clone_url(self, name: str) -> str:
        """Return where git finds ``owner/name``."""
        return f"{self.url}/{name}.git"


@contextmanager
def serve(root: Path, tokens: dict[str, Right], *, is_public: bool = True) -> Iterator[GitServer]:
    """Serve ``root`` until the block ends."""
    server = GitServer(root, tokens=tokens, is_public=is_public)
    handler = type("Handler", (_Handler,), {"git": server})
    listener = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    listener.daemon_threads = True
    server.url = f"http://127.0.0.1:{listener.server_address[1]}"
    with answering(listener):
        yield server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    git: GitServer

    def do_GET(self) -> None:
        self._go(b"")

    def do_POST(self) -> None:
        self._go(self._body())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Keep the output of a test its own."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _go(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        user, token = self._credentials()
        self.git.seen.append((self.command, self.path, user))
        repository, service = self._repository(unquote(urlsplit(path).path))
        is_push = service == "/git-receive-pack" or query == "service=git-receive-pack"
        right = self.git.tokens.get(token)
        if token and right is None:
            self._refuse(401, "Invalid username or password.")
        elif is_push and right != "write":
            self._refuse(403 if right else 401, "Write access to repository not granted.")
        elif not (right or self.git.is_public):
            self._refuse(401, "Authentication required.")
        elif repository is None:
            self._refuse(404, "Repository not found.")
        else:
            answer = _backend(self._environment(repository, service, query, user, body), body)
            # Before the answer: whoever pushed may look at once for what came of it.
            if service == "/git-receive-pack" and body != _PROBE:
                self.git.received(repository)
            self._answer(*answer)

    def _credentials(self) -> tuple[str, str]:
        kind, _, encoded = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "basic":
            return "", ""
        try:
            user, _, token = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", "not base64"
        return user, token

    def _repository(self, path: str) -> tuple[Path | None, str]:
        for service in _SERVICES:
            name = path.removesuffix(service).strip("/").removesuffix(".git")
            if path.endswith(service) and name.count("/") == 1 and ".." not in name:
                place = self.git.root / f"{name}.git"
                return (place if place.is_dir() else None), service
        return None, ""

    def _environment(
        self, repository: Path, service: str, query: str, user: str, body: bytes
    ) -> dict[str, str]:
        return {
            "PATH": os.defpath,
            "GIT_PROJECT_ROOT": str(self.git.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": f"/{repository.relative_to(self.git.root)}{service}",
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_USER": user or "anonymous",
            "REMOTE_ADDR": "127.0.0.1",
        }

    def _refuse(self, status: int, words: str) -> None:
        challenge = {"WWW-Authenticate": 'Basic realm="git"'} if status == 401 else {}
        self._answer(status, {"Content-Type": "text/plain", **challenge}, words.encode())

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _backend(environment: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    """Run git's CGI program and return status, headers and body of its answer."""
    done = subprocess.run(
        ["git", "http-backend"],
        env=environment,
        input=body,
        capture_output=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    head, _, answer = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    status = headers.pop("Status", "200 OK" if done.returncode == 0 else "500 git failed")
    return int(status.split()[0]), headers, answer
