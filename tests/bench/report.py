"""How large and how slow the page of a run is, beside the bare text of its diff.

    .venv/bin/python tests/bench/report.py

The change is generated: files of code of which every third line is another, in hunks of sixteen
lines. The yardstick is the same diff escaped into one `<pre>`, which is the least that a page can
be. Times are of the processor, the least of three.
"""

import time
from collections.abc import Callable
from html import escape

from bot.pages.run_page import MAX_PAGE_BYTES, run_page
from workflows.run import RunSummary
from workflows.run_story import Story, Try
from workflows.scope_map import ScopeMap
from workflows.task import Task

AT = "2026-01-02T03:04:05Z"
HUNK_LINES = 16
CODE = '    result = total(one, "two") if value <= 3 and other else None  # {}'


def diff_of(files: int, hunks: int) -> str:
    """Return a change of ``files`` files with ``hunks`` hunks each."""
    parts = []
    for number in range(files):
        path = f"src/package/module_{number}.py"
        parts.append(f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n")
        for hunk in range(hunks):
            first = hunk * 40 + 1
            parts.append(f"@@ -{first},{HUNK_LINES} +{first},{HUNK_LINES} @@ def name():\n")
            for line in range(HUNK_LINES):
                told = CODE.format(first + line)
                parts.append(f" {told}\n" if line % 3 else f"-{told}\n+{told} now\n")
    return "".join(parts)


def story_of(diff: str) -> Story:
    """Return a run of one attempt that makes this change, and nothing else."""
    summary = RunSummary("r1", "t", "title", "repository", "proposed", "pass", AT, 1, 0.0, 0)
    return Story(
        summary=summary,
        task=Task("title", "body", "repository"),
        begun={},
        is_held=False,
        last_at=AT,
        tries=(Try(1, tree="b" * 40, diff=diff),),
        requests=(),
        scope_map=ScopeMap(),
        given=(),
        tokens_given=0,
        bundles=(),
        effects=(),
        moments=(),
        unread=0,
    )


def measured(make: Callable[[], str]) -> tuple[int, float]:
    """Return the bytes of a page and the seconds that it took."""
    times, size = [], 0
    for _ in range(3):
        begun = time.process_time()
        size = len(make().encode())
        times.append(time.process_time() - begun)
    return size, min(times)


def main() -> None:
    """Print one row for each size of a change."""
    print(f"a page is kept below {MAX_PAGE_BYTES:,} bytes")
    print(
        "| files | diff, bytes | page, bytes | x the bare text | page, s | bare text, s | whole |"
    )
    print("|--:|--:|--:|--:|--:|--:|---|")
    for files, hunks in ((1, 1), (10, 3), (100, 3), (100, 20), (1_000, 20)):
        diff = diff_of(files, hunks)
        story = story_of(diff)
        bare, bare_s = measured(lambda text=diff: f"<pre>{escape(text)}</pre>")  # type: ignore[misc]
        size, page_s = measured(lambda told=story: run_page(told))  # type: ignore[misc]
        is_whole = "left out" not in run_page(story)
        print(
            f"| {files:,} | {len(diff):,} | {size:,} | {size / bare:.2f} | {page_s:.2f} |"
            f" {bare_s:.4f} | {'yes' if is_whole else 'cut'} |"
        )


if __name__ == "__main__":
    main()
