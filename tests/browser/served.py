"""`changewright serve` as a person starts it, and the browsers that its links let in."""

import json
import queue
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from playwright.sync_api import Page

from tests.browser.acted import Acted
from tests.browser.watch import DESK, Watch
from tests.conftest import PROGRAM
from tests.ending import beside, end, ended

_WAIT_S = 60
_INVITED = re.compile(r"for another browser: (\S+)")
# What it ends with when a signal asks it to.
INTERRUPTED = 130


@dataclass(frozen=True)
class Served:
    """A server that runs. ``url`` has no slash behind it; each invitation works once."""

    url: str
    process: int
    invitations: "queue.Queue[str]"

    def visitor(self, watch: Watch, size: tuple[int, int] = DESK, **how: object) -> Page:
        """Open a browser of somebody new, who comes by the next link that was printed."""
        page = watch.person(size, **how)
        page.goto(self.invitations.get(timeout=_WAIT_S))
        return page


def reloaded_until(page: Page, url: str, is_there: Callable[[], bool]) -> None:
    """Load a page that says how things stood, again and again until it says so."""
    until = time.monotonic() + _WAIT_S
    page.goto(url)
    while not is_there():
        assert time.monotonic() < until, f"{url} never came to say it"
        page.wait_for_timeout(100)
        page.goto(url)


@contextmanager
def served(acted: Acted, *words: str) -> Iterator[Served]:
    """Serve a repository until the end of the block; it must end in order."""
    serving = subprocess.Popen(
        [str(PROGRAM), "serve", "--json", *words],
        env=acted.environment(),
        cwd=acted.repo,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    invitations: queue.Queue[str] = queue.Queue()
    heard: list[str] = []
    assert serving.stdout
    assert serving.stderr
    listen = partial(_listen, serving.stderr, invitations, heard)
    # It ends before its listener is waited for.
    with ExitStack() as stack:
        process = stack.enter_context(ended(serving, limit_s=None))
        stack.enter_context(beside(listen))
        stack.callback(end, process)
        document = _document(serving.stdout)
        assert document, f"it did not start: {''.join(heard)}"
        invitations.put(document["url"])
        url = f"http://{document['host']}:{document['port']}"
        yield Served(url, process.pid, invitations)
        process.send_signal(signal.SIGTERM)
        assert process.wait(_WAIT_S) == INTERRUPTED, "".join(heard)


def _document(stdout: Iterator[str]) -> dict[str, str]:
    text = ""
    for line in stdout:
        text += line
        try:
            document: dict[str, str] = json.loads(text)
        except ValueError:
            continue
        return document
    return {}


def _listen(stderr: Iterator[str], invitations: "queue.Queue[str]", heard: list[str]) -> None:
    for line in stderr:
        heard.append(line)
        if found := _INVITED.search(line):
            invitations.put(found[1])
