"""How fast the pages of `changewright serve` come, and whether a decision is ever lost.

    .venv/bin/python tests/bench/serve.py

Fifty reviewers, each with a connection of its own, read pages a second apart, while five runs are
written to the journal four times a second and looked at live by two people each. The yardstick is a
static page of the same size by the same server program, read by the same fifty before. Then pairs
of people decide on the same pull request at the same moment, one for it and one against. The last
column is what one request takes of the processor, alone, which other work on the machine changes
least.
"""

import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, build_opener

from tests.bench.serving import ground
from tests.bench.serving.still_pages import still_pages
from tests.browser.acted import Acted, act_briefly
from tests.browser.served import Served, served
from tests.ending import ended

SIZES = (1_000, 100_000)
REVIEWERS, TURNS, THINK_S = 50, 14, 1.0
LIVE, VIEWERS, DECISIONS = 5, 2, 50
READ_S = 600
ALONE = 20
PAGES = (
    ("inbox", "/"),
    ("review page", "/review/1"),
    ("page of a run", "/run/{run}"),
    ("live run", "/run/{live}/live"),
    ("list of runs", "/runs"),
    ("figures", "/figures"),
    ("search", "/search?q=halves+text"),
)
_REVIEWERS = Path(__file__).with_name("serving") / "reviewers.py"
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Quantiles:
    """Milliseconds that half, 95 and 99 of 100 requests took at most."""

    p50: float
    p95: float
    p99: float


def quantiles(seconds: Sequence[float]) -> Quantiles:
    """Return them of some requests."""
    ordered = sorted(seconds)

    def at(share: float) -> float:
        return 1e3 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    return Quantiles(at(0.5), at(0.95), at(0.99))


def work(kind: str, port: int, cookies: list[str], **orders: object) -> "subprocess.Popen[str]":
    """Start the people, in a process of their own."""
    argv = [sys.executable, str(_REVIEWERS)]
    process = subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT
    )
    assert process.stdin
    json.dump({"work": kind, "port": port, "cookies": cookies, **orders}, process.stdin)
    process.stdin.close()
    process.stdin = None
    return process


def done(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Return what the people saw."""
    with ended(process, READ_S):
        said = process.communicate(timeout=READ_S)[0]
    found: dict[str, Any] = json.loads(said)
    return found


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        """Follow nothing: the answer that sets the cookie is the one that is wanted."""


def signed_in(server: Served, count: int) -> list[str]:
    """Return the cookies of so many people, each of whom came by a link of their own."""
    cookies, opener = [], build_opener(_Stay)
    for _ in range(count):
        try:
            opener.open(server.invitations.get(timeout=60))
        except HTTPError as answer:
            cookies.append(answer.headers["set-cookie"].partition(";")[0])
    return cookies


@contextmanager
def running(acted: Acted, names: list[str]) -> Iterator[None]:
    """Have runs written to the journal, by a process of its own."""
    ended = multiprocessing.Event()
    process = multiprocessing.Process(target=ground.live_runs, args=(acted, names, ended))
    process.start()
    try:
        yield
    finally:
        ended.set()
        process.join(60)


def wait_until_whole(port: int, cookie: str) -> float:
    """Return the seconds until the server has read a journal that it had not seen before."""
    begun = time.monotonic()
    while True:
        page = done(work("read", port, [cookie], turns=1, think_s=0.0, pages=[["", "/runs"]]))
        if page["sizes"] and not page["failures"]:
            opener = build_opener()
            opener.addheaders = [("Cookie", cookie)]
            with opener.open(f"http://127.0.0.1:{port}/runs") as answer:
                if b"some of it is not here yet" not in answer.read():
                    return time.monotonic() - begun
        time.sleep(0.5)


def lost(acted: Acted, answers: Sequence[tuple[int, list[int]]]) -> tuple[int, int]:
    """Return how many decisions were kept, and on how many it was not one kept and one told."""
    wrong = sum(sorted(statuses) != [303, 409] for _, statuses in answers)
    kept = 0
    for number, _ in answers:
        shown = acted.run("review", "show", str(number))
        found = len(re.findall(r"\(claimed\) (accepted|rejected)", shown))
        kept += found
        wrong += found != 1
    return kept, wrong


def cpu_ms(server: Served, cookie: str, path: str) -> float:
    """Return the milliseconds of the processor that the server takes for one request."""
    port, page = port_of(server), [["", path]]
    done(work("read", port, [cookie], turns=2, think_s=0.0, pages=page))
    before = _processor_s(server.process)
    done(work("read", port, [cookie], turns=ALONE, think_s=0.0, pages=page))
    return 1e3 * (_processor_s(server.process) - before) / ALONE


def _processor_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def port_of(server: Served) -> int:
    """Return where it listens."""
    return int(server.url.rpartition(":")[2])


def measure(runs: int) -> None:
    """Print the table for a journal of ``runs`` runs."""
    with tempfile.TemporaryDirectory(prefix="bench-serve-") as folder:
        acted = act_briefly(Path(folder) / "room")
        offers = ground.offers(acted, DECISIONS)
        ground.grow(acted, runs)
        with served(acted) as server:
            cookies = signed_in(server, REVIEWERS)
            whole_s = wait_until_whole(port_of(server), cookies[0])
            print(f"\n{runs:,} runs in the journal; the server knew them all after {whole_s:.0f} s")
            at_work(acted, server, cookies, offers)


def at_work(acted: Acted, server: Served, cookies: list[str], offers: list[int]) -> None:
    """Have all of them at work at once, and print what they saw."""
    port, live = port_of(server), [f"r20260102-0304{n:02d}-00000{n}" for n in range(LIVE)]
    pages = [[n, p.format(run=acted.runs["proposed"], live=live[0])] for n, p in PAGES]
    reading = {"turns": TURNS, "think_s": THINK_S}
    with running(acted, live):
        once = done(work("read", port, cookies[:1], turns=len(PAGES), think_s=0.0, pages=pages))
        with still_pages(once["sizes"]) as (still_port, still):
            plain = done(work("read", still_port, cookies, pages=still, **reading))
        streams = [f"/run/{name}/events?after=0" for name in live] * VIEWERS
        viewers = work("watch", port, cookies, streams=streams)
        seen = done(work("read", port, cookies, pages=pages, **reading))
        answers = done(work("decide", port, cookies, decisions=offers))["answers"]
        kept, wrong = lost(acted, answers)
    events = done(viewers)["events"]
    table(seen, plain, {name: cpu_ms(server, cookies[0], path) for name, path in pages})
    print(
        f"failures: {len(seen['failures'])}; live events to {len(events)} viewers: {sum(events):,}"
    )
    print(f"decisions at the same moment: {len(answers)}, kept {kept}, lost or doubled {wrong}")


def table(seen: dict[str, Any], plain: dict[str, Any], alone: dict[str, float]) -> None:
    """Print a row for each page."""
    print(
        "| page | bytes | requests | p50, ms | p95, ms | p99, ms | static p95, ms | p95 x static"
        " | processor, ms |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for name, times in seen["times"].items():
        page, still = quantiles(times), quantiles(plain["times"][name])
        print(
            f"| {name} | {seen['sizes'][name]:,} | {len(times)} | {page.p50:.0f} | {page.p95:.0f}"
            f" | {page.p99:.0f} | {still.p95:.1f} | {page.p95 / still.p95:.1f}"
            f" | {alone[name]:.0f} |"
        )


def main() -> None:
    """Measure both sizes, or those that are named."""
    for runs in map(int, sys.argv[1:] or SIZES):
        measure(runs)


if __name__ == "__main__":
    main()
