"""One browser for the tests of a file, and a watch over the tabs of each."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import rig
from tests.browser.watch import ARGUMENTS, NOWHERE, WAIT_MS, Watch


# For a file and not for the session: while it is open, no other test of this process can have a
# loop of its own, since Playwright's is running. It takes half a second.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = rig.chromium()
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=program,
            args=[*ARGUMENTS],
            proxy={"server": NOWHERE["server"], "bypass": NOWHERE["bypass"]},
            timeout=WAIT_MS,
        )
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe() -> str:
    return rig.axe()


@pytest.fixture
def watch(browser: Browser, axe: str) -> Iterator[Watch]:
    watched = Watch(browser, axe)
    yield watched
    watched.leave()
