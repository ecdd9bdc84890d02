"""A run's events as a stream that a browser follows: steps as they are booked, and how it stands.

Each message carries the position of the newest event in it as its id, so that a browser that was
cut off names it (Last-Event-ID) and is sent what came after, no more and no less.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from starlette.responses import StreamingResponse
from starlette.types import Message, Send

from bot.pages.html import render
from bot.pages.live_run import LiveRun, live_run, live_steps
from bot.progress import line_of
from bot.server.hub import Viewer
from workflows.run import Entry

# Whether the server ends is looked at this often, and a silent stream says that it lives.
_LOOK_S, _SILENT_S = 1.0, 15.0
# Who takes nothing for so long is gone, or as good as.
_STUCK_S = 20.0
_RETRY_MS = 2_000
_ENDS = {
    "dropped": "This page took the events too slowly, and was left behind so that nobody else has"
    " to wait. Load it again to see all of them.",
    "abandoned": "No process writes this run any more: it died, or was stopped. Finish it with:"
    " changewright resume {run}",
    "closing": "The server is ending. What runs goes on without it.",
    "over": "The run is over: {state}.",
}


@dataclass(slots=True)
class Followed:
    """What one viewer of a run has been sent: the run so far, and up to which position."""

    entries: list[Entry]
    after: int

    def take(self, new: Sequence[Entry]) -> None:
        """Add what is new, each event once."""
        newest = self.entries[-1].position
        self.entries += [one for one in new if one.position > newest]


class EventStream(StreamingResponse):
    """A response that never ends by itself, but for a client that takes nothing."""

    media_type = "text/event-stream"

    def __init__(self, messages: AsyncIterator[bytes]) -> None:
        super().__init__(messages, headers={"cache-control": "no-store"})

    async def stream_response(self, send: Send) -> None:
        """Send each message, and give up on who does not take one in time."""

        async def hurried(message: Message) -> None:
            async with asyncio.timeout(_STUCK_S):
                await send(message)

        with suppress(TimeoutError):
            await super().stream_response(hurried)


async def messages(
    viewer: Viewer, followed: Followed, is_ending: Callable[[], bool]
) -> AsyncIterator[bytes]:
    """Yield what a browser is sent until the run ends, or nothing more can be told of it."""
    yield f"retry: {_RETRY_MS}\n\n".encode()
    view = live_run(followed.entries, is_held=not viewer.is_abandoned)
    silent_s = 0.0
    while True:
        if new := _new(followed, view):
            yield new
            silent_s = 0.0
        if why := _why_over(viewer, view, is_closing=is_ending()):
            known = _ENDS.get(why, "").format(run=view.run.id, state=view.state)
            yield _message("panel", _panel(view), 0) + over(view, why, known or viewer.trouble)
            return
        if silent_s >= _SILENT_S:
            yield b": alive\n\n"
            silent_s = 0.0
        news = await viewer.next(_LOOK_S)
        silent_s += _LOOK_S
        followed.take(news)
        if news or viewer.is_abandoned:
            view = live_run(followed.entries, is_held=not viewer.is_abandoned)


def _why_over(viewer: Viewer, view: LiveRun, *, is_closing: bool) -> str:
    if view.run.state != "running":
        return "over"
    if viewer.trouble:
        return "trouble"
    if viewer.is_dropped:
        return "dropped"
    return "abandoned" if viewer.is_abandoned else "closing" * is_closing


def over(view: LiveRun, why: str, words: str) -> bytes:
    """Return the last message of a stream: ``words`` say why no more comes."""
    text = render("serve/live_over.html.j2", {"words": words, "why": why, "view": view})
    return _message("over", text, 0)


def _new(followed: Followed, view: LiveRun) -> bytes:
    """Return the messages of all that was not sent yet."""
    steps = live_steps(followed.entries, line_of, followed.after)
    if not steps:
        return b""
    followed.after = view.position
    listed = render("serve/live_steps.html.j2", {"steps": steps[::-1], "run": view.run.id})
    return _message("panel", _panel(view), view.position) + _message("steps", listed, view.position)


def _panel(view: LiveRun) -> str:
    return render("serve/live_panel.html.j2", {"view": view})


def _message(name: str, text: str, position: int) -> bytes:
    lines = [f"event: {name}", *(f"data: {line}" for line in text.splitlines() or [""])]
    if position:
        lines.insert(0, f"id: {position}")
    return ("\n".join(lines) + "\n\n").encode()
