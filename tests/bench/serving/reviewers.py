"""Fifty people with a browser each, as a process: they read pages, look at runs, and decide.

Run as a program it reads its orders as JSON from standard input and prints what it measured. Only
127.0.0.1 is asked, each reviewer asks for a fixed number of pages, and all of it ends by itself.
"""

import asyncio
import json
import random
import re
import sys
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

_HOST = "127.0.0.1"
_LIMIT_S = 600.0
_HIDDEN = re.compile(rb'<input type="hidden" name="(\w+)" value="([^"]*)"')
_DECIDE = re.compile(rb'<form method="post" action="/review/\d+/decide".*?</form>', re.DOTALL)


@dataclass
class Browser:
    """One connection that is kept, and the cookie that it is known by."""

    port: int
    cookie: str
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, bytes]:
        """Return status and body of a page, or of a form that was sent."""
        if self.writer is None or self.writer.is_closing():
            self.reader, self.writer = await asyncio.open_connection(_HOST, self.port)
        assert self.reader is not None
        body = urlencode(form).encode() if form is not None else b""
        origin = f"http://{_HOST}:{self.port}"
        head = [f"{'GET' if form is None else 'POST'} {path} HTTP/1.1"]
        head += [f"Host: {_HOST}:{self.port}", f"Cookie: {self.cookie}"]
        if form is not None:
            head += [f"Origin: {origin}", "Content-Type: application/x-www-form-urlencoded"]
            head += [f"Content-Length: {len(body)}"]
        self.writer.write("\r\n".join([*head, "", ""]).encode() + body)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        status = int(answer.split(b" ", 2)[1])
        length = re.search(rb"(?i)content-length: *(\d+)", answer)
        content = await self.reader.readexactly(int(length[1])) if length else b""
        if re.search(rb"(?i)connection: *close", answer):
            self.writer.close()
        return status, content


async def read_pages(orders: dict[str, Any]) -> dict[str, Any]:
    """Let each reviewer read pages, a while apart; return seconds, bytes and failures by page."""
    times: dict[str, list[float]] = {}
    sizes: dict[str, int] = {}
    failures: list[str] = []

    async def one(number: int, cookie: str) -> None:
        draw = random.Random(number)  # noqa: S311 - who looks at what, and for how long
        browser = Browser(orders["port"], cookie)
        for turn in range(orders["turns"]):
            await asyncio.sleep(draw.uniform(0.5, 1.5) * orders["think_s"])
            name, path = orders["pages"][(number + turn) % len(orders["pages"])]
            begun = time.perf_counter()
            status, content = await browser.ask(path)
            times.setdefault(name, []).append(time.perf_counter() - begun)
            sizes[name] = len(content)
            if status != 200:
                failures.append(f"{path}: {status}")

    await asyncio.gather(*(one(n, cookie) for n, cookie in enumerate(orders["cookies"])))
    return {"times": times, "sizes": sizes, "failures": failures}


async def watch_runs(orders: dict[str, Any]) -> dict[str, Any]:
    """Look at live runs until the server's streams end; return how many events came to each."""

    async def one(path: str, cookie: str) -> int:
        reader, writer = await asyncio.open_connection(_HOST, orders["port"])
        head = f"GET {path} HTTP/1.1\r\nHost: {_HOST}:{orders['port']}\r\nCookie: {cookie}\r\n\r\n"
        writer.write(head.encode())
        events = 0
        while line := await reader.readline():
            events += line.startswith(b"event:")
        writer.close()
        return events

    paths = [
        (path, orders["cookies"][n % len(orders["cookies"])])
        for n, path in enumerate(orders["streams"])
    ]
    return {"events": await asyncio.gather(*(one(*each) for each in paths))}


async def decide(orders: dict[str, Any]) -> dict[str, Any]:
    """Have two people decide on each pull request at the same moment; return their answers."""

    async def pair(number: int, cookies: tuple[str, str]) -> tuple[int, list[int]]:
        path = f"/review/{number}"
        both = [Browser(orders["port"], cookie) for cookie in cookies]
        pages = await asyncio.gather(*(one.ask(path) for one in both))
        forms = [
            {name.decode(): value.decode() for name, value in _HIDDEN.findall(_decide_form(page))}
            | {"words": f"words of {who}", "decision": ("accept", "reject:not-wanted")[who]}
            for who, (_, page) in enumerate(pages)
        ]
        asked = (one.ask(f"{path}/decide", form) for one, form in zip(both, forms, strict=True))
        answers = await asyncio.gather(*asked)
        return number, [status for status, _ in answers]

    cookies = orders["cookies"]
    pairs = [
        pair(number, (cookies[2 * n % len(cookies)], cookies[(2 * n + 1) % len(cookies)]))
        for n, number in enumerate(orders["decisions"])
    ]
    return {"answers": await asyncio.gather(*pairs)}


def _decide_form(page: bytes) -> bytes:
    found = _DECIDE.search(page)
    return found[0] if found else b""


_WORK = {"read": read_pages, "watch": watch_runs, "decide": decide}


def main() -> None:
    """Carry out the orders on standard input."""
    orders = json.load(sys.stdin)
    work = _WORK[orders["work"]](orders)
    json.dump(asyncio.run(asyncio.wait_for(work, _LIMIT_S)), sys.stdout)


if __name__ == "__main__":
    main()
