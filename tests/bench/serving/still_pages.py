"""The yardstick: pages of given sizes that stand in memory, by the same server program."""

import multiprocessing
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from bot.server.running import Server, bound
from tests.ending import LIMIT_S


def _serve(sizes: Mapping[str, int], told: Connection) -> None:
    pages = {str(number): b"x" * size for number, size in enumerate(sizes.values())}

    async def page(request: Request) -> HTMLResponse:
        return HTMLResponse(pages[request.path_params["number"]])

    with bound("127.0.0.1", 0) as listening:
        told.send(listening.getsockname()[1])
        app = Starlette(routes=[Route("/{number}", page)])
        with suppress(KeyboardInterrupt):  # how it ends when it is told to
            Server(app, threading.Event()).serve_on(listening)


@contextmanager
def still_pages(sizes: Mapping[str, int]) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Serve a page for each name; yield the port, and names with their paths."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(sizes, theirs))
    process.start()
    try:
        assert ours.poll(LIMIT_S), "no page was ever served"
        yield ours.recv(), [(name, f"/{number}") for number, name in enumerate(sizes)]
    finally:
        process.terminate()
        process.join(LIMIT_S)
