"""Workers of a campaign: this process alone, or several of which this one only watches."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bot.campaigns.authoring import ensure_program
from bot.campaigns.opening import begun
from bot.campaigns.yard import Ground, Yard
from bot.wiring import engine_of, opened_journal
from scoping.threads import whole
from workflows.board import Board
from workflows.campaign import EngineLimits
from workflows.ports import Journal
from workflows.workshop import Watch

_LEASE_S = 30.0
_POLL_S = 0.25


def limits_of(workers: int) -> EngineLimits:
    """Return the bounds that all workers of a campaign keep together."""
    return EngineLimits(workers=workers, lease_s=_LEASE_S)


def work(key: str, ground: Ground, workers: int, watch: Watch) -> None:
    """Be one worker of the campaign, of at most ``workers`` that there are."""
    with (
        opened_journal(ground.given) as journal,
        Yard(ground, watch, _LEASE_S) as yard,
    ):
        campaign, _ = begun(journal, key)
        ensure_program(campaign, journal, yard, watch, _LEASE_S)
        for _ in engine_of(journal).execute(campaign, yard.run, limits_of(workers)):
            continue


def work_together(
    words: Sequence[str], workers: int, journal: Journal, key: str, show: Callable[[Board], None]
) -> None:
    """Keep ``workers`` processes at work until the campaign is over or held.

    ``words`` start one. One that was killed is replaced, as long as it had begun something.
    """
    board = Board(journal, begun(journal, key)[0])
    board.refresh()
    with _crew(words, workers) as crew:
        while crew:
            time.sleep(_POLL_S)
            board.refresh()
            show(board)
            for number, (child, claims) in enumerate(crew):
                code = child.poll()
                if code is None:
                    continue
                if code < 0 and board.claims > claims and not board.is_over and not board.hold():
                    with whole:
                        crew[number] = (_start(words), board.claims)
                else:
                    crew.pop(number)
                break
    board.refresh()
    show(board)


@contextmanager
def _crew(
    words: Sequence[str], workers: int
) -> Iterator[list[tuple[subprocess.Popen[bytes], int]]]:
    crew: list[tuple[subprocess.Popen[bytes], int]] = []
    try:
        with whole:
            for _ in range(workers):
                crew.append((_start(words), 0))  # noqa: PERF401 - those before one that fails
        yield crew
    finally:
        # Each is told once, by us, and settles what it is at.
        for child, _ in crew:
            child.terminate()
        for child, _ in crew:
            child.wait()


def _start(words: Sequence[str]) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-P", "-c", "from bot.cli import main; main()", *words]
    return subprocess.Popen(
        argv, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
