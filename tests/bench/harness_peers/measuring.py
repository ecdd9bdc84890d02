"""One run of one harness beside an oracle, and what it took: by the same means for each.

*Own memory* is the kernel's high-water mark of the harness' first process. *With children* is the
highest sum of the resident sizes of it and all its descendants at one moment, looked at ten times a
second: what two share is counted twice, and what lives shorter may be missed.
"""

import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.bench.harness_peers.oracle import Exchange, listening
from tests.bench.harness_peers.parcel_repository import ISSUE, is_mended, make_repository
from tests.bench.harness_peers.rivals import Harness, Place, environment_of
from tests.ending import beside, ended

_LIMIT_S = 300
_OWN_S, _TREE_TURNS = 0.02, 5


@dataclass(frozen=True, slots=True)
class Run:
    """One run. ``trouble`` is why it does not count, or "". Sizes in MB, times in seconds."""

    exchanges: Sequence[Exchange]
    own_mb: float
    tree_mb: float
    whole_s: float
    trouble: str

    @property
    def steps_s(self) -> list[float]:
        """The times from a reply to the next request, but for those in which tests ran."""
        pairs = zip(self.exchanges, self.exchanges[1:], strict=False)
        return [after.came - one.gone for one, after in pairs if not one.turn.runs_tests]


class Memory:
    """How much memory a process takes at most, alone and with its descendants."""

    def __init__(self) -> None:
        self.own_kb = self.tree_kb = 0

    @contextmanager
    def watching(self, pid: int) -> Iterator[None]:
        """Look at ``pid`` until the block is left."""
        over = threading.Event()
        with beside(lambda: self._watch(pid, over)):
            try:
                yield
            finally:
                over.set()

    def _watch(self, pid: int, over: threading.Event) -> None:
        turn = 0
        while not over.wait(_OWN_S):
            self.own_kb = max(self.own_kb, _status_kb(pid, "VmHWM:"))
            if turn % _TREE_TURNS == 0:
                tree = sum(_status_kb(one, "VmRSS:") for one in _family(pid))
                self.tree_kb = max(self.tree_kb, tree)
            turn += 1


def _status_kb(pid: int, key: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(key):
                return int(line.split()[1])
    return 0


def _family(pid: int) -> list[int]:
    """Return ``pid`` and its descendants, whichever of their threads started them."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += _family(int(child))
    return found


def played(harness: Harness, folder: Path, state: Path, bystanders: int = 0) -> Run:
    """Let ``harness`` work once on a new repository in ``folder``."""
    repository, issue = folder / "parcels", folder / "issue.md"
    make_repository(repository, bystanders)
    issue.write_text(ISSUE)
    memory = Memory()
    with listening(harness.script) as oracle:
        place = Place(repository, issue, state, oracle.url)
        environment = dict(harness.environment(place))
        log = folder / "output.txt"
        started = time.perf_counter()
        with log.open("w") as output:
            process = subprocess.Popen(
                harness.argv(place),
                cwd=repository,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            with ended(process, _LIMIT_S), memory.watching(process.pid):
                code = process.wait(_LIMIT_S)
        whole = time.perf_counter() - started
        asked = tuple(oracle.exchanges)
        trouble = _trouble(harness, place, code, len(asked))
    if trouble:
        trouble += f"\n{log.read_text()[-2000:]}"
    return Run(asked, memory.own_kb / 1024, memory.tree_kb / 1024, whole, trouble)


def _trouble(harness: Harness, place: Place, code: int, asked: int) -> str:
    if code:
        return f"ended with exit code {code}"
    harness.finish(place)
    if asked != len(harness.script):
        return f"sent {asked} requests, and the script has {len(harness.script)} replies"
    return "" if is_mended(place.repository) else "left tests red, or the fix out"


def importing_s(harness: Harness, place: Place) -> float:
    """Return how much longer Python takes when it imports what the harness runs on."""
    environment = environment_of(place) | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    environment |= {"MSWEA_GLOBAL_CONFIG_DIR": str(place.state), "MSWEA_SILENT_STARTUP": "1"}

    def seconds(code: str) -> float:
        started = time.perf_counter()
        argv = [str(harness.python), "-c", code]
        subprocess.run(argv, cwd=place.state, env=environment, check=True)
        return time.perf_counter() - started

    words = f"import {', '.join(harness.modules)}"
    seconds(words)  # compiles, and warms the disk's cache
    return min(seconds(words) for _ in range(3)) - min(seconds("pass") for _ in range(3))
