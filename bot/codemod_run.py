"""A migration program run for a person who asks: in this machine's sandbox, on a plain folder."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from bot.sandbox_run import opened_backends
from bot.tree_files import write_changes
from bot.wiring import sandbox_of, tools
from validators.codemods.crew import LIMITS, Worker, worker_phase
from validators.codemods.examples import Verdict, read_examples, run_examples
from validators.codemods.formatting import formatted
from validators.codemods.outcome import Outcome
from validators.codemods.program import CodemodRefusal, Program, read_program
from validators.codemods.run import OpenWorker, run_program
from validators.sandbox import TOOLS, FileChange, Guarantee, Limits, Phase, Sandbox

MOST_WORKERS = 64
_MOST_TIMEOUT_S = 600.0


@dataclass(frozen=True, slots=True)
class Order:
    """One program on one tree; ``timeout_s`` is for one file, ``formatter`` a command or none."""

    program: Path
    tree: Path
    include: tuple[str, ...] = ()
    workers: int | None = None
    timeout_s: float = 10.0
    formatter: tuple[str, ...] = ()
    unsafe: bool = False


def run_order(order: Order, command_line: Mapping[str, object]) -> Outcome:
    """Return what the program makes of the tree; nothing is written."""
    program, workers = read_program(order.program), _workers(order)
    with _opened(order, program, command_line) as (open_worker, sandbox, required):
        outcome = run_program(program, order.tree, order.include, open_worker, workers)
        if order.formatter and outcome.changed:
            phase = Phase("codemod", mounts=tools(), path=(TOOLS,), require=required)
            with sandbox.open(order.tree.absolute(), phase, Limits()) as session:
                outcome = formatted(outcome, session, order.formatter)
    return outcome


def judge_examples(order: Order, command_line: Mapping[str, object]) -> tuple[Verdict, ...]:
    """Return what came of each example beside the program."""
    program = read_program(order.program)
    examples = read_examples(program.path.parent)
    with _opened(order, program, command_line) as (open_worker, _, _):
        return run_examples(program, examples, open_worker)


def write_outcome(tree: Path, outcome: Outcome) -> None:
    """Write all new contents into ``tree``, or none; CodemodRefusal where a file has changed."""
    for file in outcome.changed:
        if (tree / file.path).read_bytes() != file.before:
            raise CodemodRefusal(
                f"{file.path} changed while the program ran; nothing was written, run it again"
            )
    write_changes(
        tree,
        [FileChange(file.path, _mode(tree, file.path), file.content) for file in outcome.changed],
    )


def diff_of(outcome: Outcome) -> Iterator[str]:
    """Yield the lines of one unified diff over all changed files, without their line ends."""
    for file in outcome.changed:
        before, after = (
            content.decode("utf-8", "backslashreplace").splitlines(keepends=True)
            for content in (file.before, file.content or b"")
        )
        for line in unified_diff(before, after, f"a/{file.path}", f"b/{file.path}"):
            yield line.removesuffix("\n")
            if not line.endswith("\n"):
                yield "\\ No newline at end of file"


@contextmanager
def _opened(
    order: Order, program: Program, command_line: Mapping[str, object]
) -> Iterator[tuple[OpenWorker, Sandbox, frozenset[Guarantee]]]:
    """Yield what opens a worker for ``program`` on this machine, and the sandbox it is in."""
    if not 0 < order.timeout_s <= _MOST_TIMEOUT_S:  # nor what is no number
        raise CodemodRefusal(
            f"--timeout {order.timeout_s:g} is no time limit for a file: give seconds, more than 0"
            f" and at most {_MOST_TIMEOUT_S:g}"
        )
    with opened_backends(command_line) as backends:
        required: frozenset[Guarantee] = frozenset() if order.unsafe else backends.required
        sandbox = sandbox_of(backends.settings, unsafe=order.unsafe, scratch=backends.place)
        phase = worker_phase(required)
        empty = backends.place / "no-tree"
        empty.mkdir()

        def open_worker() -> Worker:
            return Worker(
                program, phase, lambda: sandbox.open(empty, phase, LIMITS), order.timeout_s
            )

        yield open_worker, sandbox, required


def _workers(order: Order) -> int:
    if order.workers is None:
        return min(len(os.sched_getaffinity(0)), 8)
    if not 1 <= order.workers <= MOST_WORKERS:
        raise CodemodRefusal(f"--workers {order.workers}: give 1 to {MOST_WORKERS}")
    return order.workers


def _mode(tree: Path, path: str) -> str:
    return "100755" if (tree / path).stat().st_mode & 0o100 else "100644"
