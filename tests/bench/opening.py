"""How long a browser takes to open the page of a run, beside the bare text of its diff.

    .venv/bin/python tests/bench/opening.py

The pages are those of tests/bench/report.py, opened from a file by the Chromium of the tests, five
times each, in turn with the yardstick: the same diff escaped into one `<pre>`. Milliseconds until
everything is loaded and laid out; the least of the five.
"""

import sys
import tempfile
from html import escape
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bot.pages.run_page import run_page
from tests.bench.report import diff_of, story_of
from tests.browser import rig
from tests.browser.watch import ARGUMENTS, DESK

SIZES = ((1, 1), (10, 3), (100, 3), (100, 20))
TIMES = 5
_LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"


def opened_ms(browser: Browser, place: Path) -> float:
    """Return the milliseconds until a page is loaded and laid out."""
    context = browser.new_context(viewport={"width": DESK[0], "height": DESK[1]})
    try:
        page = context.new_page()
        page.goto(place.as_uri(), wait_until="load")
        page.locator("body").bounding_box()
        page.wait_for_function(f"{_LOADED} > 0")
        return float(page.evaluate(_LOADED))
    finally:
        context.close()


def main() -> None:
    """Print one row for each size of a change."""
    program = rig.found()
    if not program:
        sys.exit(rig.why_not())
    print("| files | page, bytes | loaded, ms | bare text loaded, ms | x |")
    print("|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS])
        for files, hunks in SIZES:
            diff = diff_of(files, hunks)
            page, bare = Path(folder, "page.html"), Path(folder, "bare.html")
            page.write_text(run_page(story_of(diff)))
            bare.write_text(f"<!doctype html><pre>{escape(diff)}</pre>")
            turns = [(opened_ms(browser, page), opened_ms(browser, bare)) for _ in range(TIMES)]
            loaded, plain = (min(one[n] for one in turns) for n in (0, 1))
            size = page.stat().st_size
            print(f"| {files} | {size:,} | {loaded:.0f} | {plain:.0f} | {loaded / plain:.1f} |")
        browser.close()


if __name__ == "__main__":
    main()
