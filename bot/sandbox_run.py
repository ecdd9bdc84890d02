"""One command in the sandbox for a person who asks."""

import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from bot.configuration.operator_keys import BACKENDS
from bot.sandboxes import MeasuredSandbox, backends_of
from bot.scratch import scratch
from bot.settings import Settings, from_process
from bot.tree_files import write_changes
from bot.wiring import sandbox_of, tools
from scoping.refusal import Refusal
from validators.processes.layered_session import LayeredSession
from validators.sandbox import (
    TOOLS,
    Changes,
    Completed,
    Guarantee,
    Limits,
    Output,
    Phase,
    PhaseName,
    Sandbox,
)

_TIMED_OUT, _NOT_RUN = 124, 125
_SHOWN_BYTES = 16 * 1024**2
_MOST_TIMEOUT_S = 86_400.0
_LINK = "120000"


class SandboxRunRefusal(Refusal):
    """What was asked of `sandbox run` contradicts itself: what, and what to say instead."""


@dataclass(frozen=True, slots=True)
class Order:
    """One command and where it is to run; ``backend`` None is the first that is enough."""

    command: tuple[str, ...]
    phase: PhaseName
    tree: Path
    timeout_s: float
    backend: str | None = None
    unsafe: bool = False
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """How the command ended and what it changed; ``kept`` is what was written back.

    ``why_copied`` says why it worked on a copy of the tree, where the kernel stacked nothing.
    """

    completed: Completed
    changes: Changes
    kept: tuple[str, ...]
    notes: tuple[str, ...]
    why_copied: str = ""

    def document(self) -> Mapping[str, object]:
        """Return it as `--json` prints it."""
        done = self.completed
        return {
            "outcome": done.outcome,
            "code": done.code,
            "signal": done.signal,
            "stdout": _stream(done.stdout),
            "stderr": _stream(done.stderr),
            "wall_s": done.wall_s,
            "cpu_s": done.cpu_s,
            "peak_memory_bytes": done.peak_memory_bytes,
            "backend": done.backend,
            "guarantees": sorted(done.guarantees),
            "detail": done.detail,
            "why_copied": self.why_copied,
            "changed": [change.path for change in self.changes.files],
            "refused": [{"path": path, "why": why} for path, why in self.changes.refused],
            "kept": self.kept,
        }


def run_once(order: Order, command_line: Mapping[str, object]) -> Done:
    """Run one command on a copy of the tree, and write back what it changed if that was asked."""
    _check(order)
    limits = Limits(timeout_s=order.timeout_s, output_bytes=_SHOWN_BYTES)
    with opened_backends(command_line) as backends:
        _check_apart(order.tree, backends.settings.state)
        required = frozenset() if order.unsafe else backends.required
        phase = Phase(order.phase, mounts=tools(), path=(TOOLS,), require=required)
        sandbox = _chosen(order, backends)
        with sandbox.open(order.tree.absolute(), phase, limits) as session:
            completed = session.run(order.command)
            changes = session.changes()
            why_copied = session.layer.why_copied if isinstance(session, LayeredSession) else ""
    kept = _kept(order, completed, changes) if order.keeps else ()
    return Done(completed, changes, kept, tuple(_notes(order, completed, changes)), why_copied)


def _check(order: Order) -> None:
    """Raise SandboxRunRefusal for what can be known to be wrong before anything is made."""
    if order.backend == "none" and not order.unsafe:
        raise SandboxRunRefusal(
            "--backend none has no walls; add --unsafe-no-sandbox if you mean it"
        )
    if order.unsafe and order.backend in BACKENDS:
        raise SandboxRunRefusal(
            f"give either --backend {order.backend} or --unsafe-no-sandbox, not both"
        )
    if not 0 < order.timeout_s <= _MOST_TIMEOUT_S:  # nor what is no number
        raise SandboxRunRefusal(
            f"--timeout {order.timeout_s:g} is no time limit: give seconds, more than 0 and at most"
            f" {_MOST_TIMEOUT_S:g}"
        )
    if not order.command or not order.command[0]:
        raise SandboxRunRefusal("the command has no name; write it after --, such as -- make test")


def _check_apart(tree: Path, state: Path) -> None:
    if state.resolve().is_relative_to(tree.resolve()):
        raise SandboxRunRefusal(
            f"the state folder {state} lies in --tree {tree}, so a copy of the tree would have to"
            " hold itself; name a folder below, or another --state"
        )


def exit_code(completed: Completed) -> int:
    """Return the command's own code, 128 and its signal, 124 at its limit, 125 for our own end."""
    if completed.outcome == "timeout":
        return _TIMED_OUT
    if completed.outcome in {"output-limit", "sandbox-error"}:
        return _NOT_RUN
    if completed.code is not None:
        return completed.code
    return 128 + (completed.signal or signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Backends:
    """What makes the operator's backends, measured anew unless a folder says what was."""

    settings: Settings
    place: Path

    @property
    def named(self) -> tuple[str, ...]:
        """The names in the operator's order."""
        return self.settings.sandbox.backends

    @property
    def required(self) -> frozenset[Guarantee]:
        """What the operator requires."""
        return frozenset(cast("tuple[Guarantee, ...]", self.settings.rules.require))

    def made(
        self, names: Sequence[str] | None = None, kept: Path | None = None
    ) -> tuple[MeasuredSandbox, ...]:
        """Return the backends of these names, the operator's when there are none.

        What was measured before counts where a folder ``kept`` is named.
        """
        asked = self.settings.sandbox
        wanted = asked.backends if names is None else names
        return tuple(backends_of(wanted, self.place, asked.runtime, asked.image, kept))


@contextmanager
def opened_backends(command_line: Mapping[str, object]) -> Iterator[Backends]:
    """Yield the backends of this machine; their folders are gone when the block ends."""
    settings = from_process(command_line)
    _sweep_others(settings.state)
    with scratch(settings.state) as place:
        yield Backends(settings, place)


def _sweep_others(state: Path) -> None:
    """Remove what killed processes left, where anything is there."""
    try:
        is_left = any((state / "scratch").iterdir())
    except OSError:  # whoever makes a folder in it will say so
        return
    if is_left:
        from bot.housekeeping import sweep_scratch  # noqa: PLC0415 - it knows the journal

        sweep_scratch(state)


def _chosen(order: Order, backends: Backends) -> Sandbox:
    """Return the sandbox that was asked for: by name, none at all, or the first that is enough."""
    if order.backend in BACKENDS:
        return backends.made([order.backend], kept=backends.settings.state / "probes")[0]
    return sandbox_of(backends.settings, unsafe=order.unsafe, scratch=backends.place)


def _kept(order: Order, completed: Completed, changes: Changes) -> tuple[str, ...]:
    """Write back what may be: no links, and nothing of a command that did not come to its end."""
    if completed.outcome not in {"ok", "failed"}:
        return ()
    written = sorted(
        (change for change in changes.files if change.mode != _LINK),
        key=lambda change: change.content is not None,  # what is deleted makes room
    )
    write_changes(order.tree, written)
    return tuple(sorted(change.path for change in written))


def _notes(order: Order, completed: Completed, changes: Changes) -> Iterator[str]:
    how = completed.outcome if completed.code is None else f"{completed.outcome} {completed.code}"
    detail = f": {completed.detail}" if completed.detail else ""
    yield f"sandbox: {how} after {completed.wall_s:.1f} s in {completed.backend}{detail}"
    for path, why in changes.refused:
        yield f"sandbox: {path} is not kept: {why}"
    if order.keeps:
        links = (change.path for change in changes.files if change.mode == _LINK)
        yield from (f"sandbox: {path} is not kept: it is a link" for path in links)
    elif changes.files:
        yield f"sandbox: {len(changes.files)} changed files were dropped; --keep writes them back"


def _stream(output: Output) -> Mapping[str, object]:
    """Return one stream: all of it is its head, unless some bytes were dropped before its tail."""
    tail = output.tail if output.dropped_bytes else b""
    head = output.head if output.dropped_bytes else output.head + output.tail
    return {
        "head": head.decode("utf-8", "backslashreplace"),
        "dropped_bytes": output.dropped_bytes,
        "tail": tail.decode("utf-8", "backslashreplace"),
    }
