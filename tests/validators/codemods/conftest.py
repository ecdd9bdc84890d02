"""Programs as texts: what they want of a file in this process, and what a real run makes."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bot.adapters.bwrap_sandbox import BwrapSandbox
from tests.found_out import lend
from validators.codemods.crew import LIMITS, Worker, worker_phase
from validators.codemods.edit import Edit, spliced, splices_of
from validators.codemods.facade import Edits, File, flat
from validators.codemods.outcome import Outcome
from validators.codemods.program import read_program
from validators.codemods.run import run_program

HEAD = "from validators.codemod import Edits, File\n"
Run = Callable[..., Outcome]


def made(language: str, content: str | bytes, transform: Callable[[File], Edits]) -> str:
    """Return what a transformation makes of a file, without a sandbox."""
    before = content.encode() if isinstance(content, str) else content
    edits = [one for one in flat(transform(File("a", language, before))) if isinstance(one, Edit)]
    return spliced(before, splices_of(edits, before)).decode("utf-8", "surrogateescape")


def left(language: str, content: str, transform: Callable[[File], Edits]) -> list[str]:
    """Return the reasons for which a transformation leaves places of a file."""
    wanted = flat(transform(File("a", language, content.encode())))
    return [one.reason for one in wanted if not isinstance(one, Edit)]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a program on files in the real sandbox."""
    sandbox = BwrapSandbox(
        tmp_path / "scratch", kept=lend(tmp_path / "state") / "probes/bwrap.json"
    )
    probe = sandbox.probe()
    if not probe.usable:
        pytest.skip(f"{probe.why_not}. {probe.mend}")
    empty = tmp_path / "no-tree"
    empty.mkdir()

    def go(
        source: str,
        files: Mapping[str, str | bytes],
        *,
        include: tuple[str, ...] = (),
        timeout_s: float = 10.0,
        workers: int = 1,
    ) -> Outcome:
        place = tmp_path / "program" / ("codemod.yml" if "rule:" in source else "codemod.py")
        place.parent.mkdir(exist_ok=True)
        place.write_text(source)
        tree = tmp_path / "tree"
        for path, content in files.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_bytes(content.encode() if isinstance(content, str) else content)
        program, phase = read_program(place), worker_phase(frozenset())

        def open_worker() -> Worker:
            return Worker(program, phase, lambda: sandbox.open(empty, phase, LIMITS), timeout_s)

        return run_program(program, tree, include, open_worker, workers)

    return go


def reasons(outcome: Outcome) -> dict[str, str]:
    """Return by ``path:line`` why places were left."""
    return {f"{one.path}:{one.line}": one.reason for one in outcome.all_left}
