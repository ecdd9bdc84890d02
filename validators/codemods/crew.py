"""One sandboxed process that runs a migration program, asked in batches, ended when it is slow.

It is handed contents and hands back what the program wants; no file of the tree is in its sandbox.
What it says is a stranger's: checked for form here, and judged elsewhere.
"""

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Timer
from typing import Any, Self

from scoping.languages import BY_NAME
from validators.codemods.edit import Span, Splice
from validators.codemods.frames import NOTHING, packed, unpacked
from validators.codemods.program import CodemodRefusal, Program
from validators.sandbox import (
    Channel,
    Guarantee,
    Limits,
    Mount,
    Phase,
    SandboxRefusal,
    Session,
)

_CODE, _LIBRARIES = "/opt/changewright/code", "/opt/changewright/libraries"
# Places that are mounts are words of their own: without walls those stand elsewhere.
_START = """
import os, sys
sys.path += [os.path.dirname(sys.argv[1]), *sys.argv[2:]]
from validators.codemods.worker import serve
serve()
"""
_START_S = 30.0
# More for a new process's first file: it loads the grammar.
_WARM_UP_S = 5.0
_MEMORY_BYTES = 1024**3
_MAX_REASON = 300
_MAX_PLACES = 50_000
# How a worker begins to tell of an exception, after which it goes on with the next file.
RAISED = "the program raised"
LIMITS = Limits(
    timeout_s=3_600.0,
    memory_bytes=_MEMORY_BYTES,
    processes=8,
    output_bytes=4_096,
    disk_bytes=16 * 1024**2,
    disk_files=100,
)


@dataclass(frozen=True, slots=True)
class Source:
    """One file to be looked at: its content has no byte-order mark."""

    path: str
    language: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """What the program wants of one file; ``error`` says why that cannot be told.

    ``second`` is the same of its own output: an error, and where the first edit would be.
    """

    splices: tuple[Splice, ...] = ()
    sites: tuple[Span, ...] = ()
    left: tuple[tuple[int, int, str], ...] = ()
    error: str = ""
    second: tuple[str, int | None] = ("", None)


def worker_phase(require: frozenset[Guarantee]) -> Phase:
    """Return what a worker may see: our code and the grammars, read-only, and an empty tree."""
    ours = Path(__file__).resolve().parent.parent.parent
    mounts = [Mount(ours / name, f"{_CODE}/{name}") for name in ("scoping", "validators")]
    libraries = {_library(module) for module in ("tree_sitter", *_grammar_modules())}
    mounts += [
        Mount(place, f"{_LIBRARIES}/{number}") for number, place in enumerate(sorted(libraries))
    ]
    prefix = Path(sys.base_prefix)
    if not prefix.is_relative_to("/usr"):
        mounts.append(Mount(prefix, str(prefix)))
    # The same program does the same to the same file, wherever and however often it runs.
    fixed = {"PYTHONHASHSEED": "0"}
    return Phase("codemod", mounts=tuple(mounts), environment=fixed, require=require)


def _grammar_modules() -> set[str]:
    return {grammar.module for grammar in BY_NAME.values()}


def _library(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise CodemodRefusal(f"{module} is not installed; install Changewright anew")
    return Path(spec.origin).resolve().parent.parent


def _argv(phase: Phase) -> list[str]:
    python = str(Path(sys.executable).resolve())
    places = [mount.inside for mount in phase.mounts if mount.inside.startswith(_LIBRARIES)]
    # No -I: it would leave PYTHONHASHSEED unread, and this environment is all ours.
    return [python, "-S", "-B", "-P", "-s", "-c", _START, f"{_CODE}/validators", *places]


class Worker:
    """One program in one sandbox, started when first asked, and anew once it was ended.

    ``timeout_s`` is what the program has for one file. Not safe for two threads at once.
    """

    def __init__(
        self, program: Program, phase: Phase, open_session: Callable[[], Session], timeout_s: float
    ) -> None:
        self._program = program
        self._argv = _argv(phase)
        self._open_session = open_session
        self._timeout_s = timeout_s
        self._is_new = True
        self._session: Session | None = None
        self._channel: Channel | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and its sandbox, if there is one."""
        session, self._session, self._channel = self._session, None, None
        if session is not None:
            session.close()

    def start(self) -> None:
        """Load the program; CodemodRefusal says why it cannot be."""
        self._is_new = True
        self._session = session = self._open_session()
        self._channel = channel = session.start(self._argv)
        try:
            channel.send(self._program.message())
            answer = channel.receive(_START_S)
        except TimeoutError:
            answer = packed({"error": f"the program did not load within {_START_S:g} s"})
        if answer is None:
            ended = channel.close()
            detail = ended.detail or ended.stderr.text.strip()[-_MAX_REASON:] or ended.outcome
            raise CodemodRefusal(f"{self._program.path}: its process ended as it began: {detail}")
        error = str(unpacked(answer)[0].get("error", ""))
        if error:
            self.close()
            raise CodemodRefusal(f"{self._program.path}: {error}")

    def submit(self, files: Sequence[Source]) -> None:
        """Hand over files; `answers` is to be called before the next ones."""
        if self._channel is None:
            self.start()
        assert self._channel is not None  # noqa: S101 - for the type checker; it was just started
        asked = [{"path": one.path, "language": one.language} for one in files]
        message = packed({"files": asked}, *(one.content for one in files))
        late = Timer(self._timeout_s, self.close)  # whoever does not read blocks who writes
        late.start()
        try:
            self._channel.send(message)
        except (SandboxRefusal, OSError):
            self.close()
        finally:
            late.cancel()

    def answers(self, files: Sequence[Source]) -> Iterator[Said]:
        """Yield the answer about each file; a file that breaks the process is told by itself.

        What was handed over behind such a file is handed over again.
        """
        left = list(files)
        while left:
            said = self._received(left[0])
            yield said if said is not None else Said(error=self._how_it_ended())
            left = left[1:]
            if self._channel is None and left:
                self.submit(left)

    def _received(self, file: Source) -> Said | None:
        if self._channel is None:
            return None
        try:
            more_s = _WARM_UP_S if self._is_new else 0.0
            answer = self._channel.receive(self._timeout_s + more_s)
        except (TimeoutError, SandboxRefusal):
            answer = None
        self._is_new = False
        return _said(answer, file) if answer is not None else None

    def _how_it_ended(self) -> str:
        """End the process that did not answer, and say what became of it."""
        channel = self._channel
        if channel is None:
            return "the program's process took no more files"
        ended = channel.close()
        self.close()
        if ended.outcome == "oom":
            return f"the program took more than {_MEMORY_BYTES // 1024**2} MiB on it"
        if ended.outcome == "killed" and ended.signal == 9:  # noqa: PLR2004 - by our own hand
            return f"the program did not come to an end within {self._timeout_s:g} s"
        return f"the program's process ended on it ({ended.outcome})"


def _said(answer: bytes, file: Source) -> Said:
    """Return a worker's words as ours; an error where they have not the form that was asked for."""
    if answer == NOTHING:
        return Said()
    try:
        header, texts = unpacked(answer)
        if header["error"]:
            return Said(error=str(header["error"])[:_MAX_REASON])
        spans = [_span(one, file) for one in header["splices"]]
        splices = tuple(Splice(*one, text) for one, text in zip(spans, texts, strict=True))
        _check_order(splices)
        sites = tuple(_span(one, file) for one in header["sites"])
        _check_number(header["sites"], header["left"])
        left = tuple((*_span(one, file), str(one[2])[:_MAX_REASON]) for one in header["left"])
        second = _second(header["second"])
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        return Said(error=f"the program's process answered with no answer: {error}"[:_MAX_REASON])
    return Said(splices, sites, left, second=second)


def _second(said: Any) -> tuple[str, int | None]:  # noqa: ANN401 - a stranger's JSON
    error, at = said
    if at is not None and (type(at) is not int or at < 0):
        raise ValueError("an edit outside its file")
    return str(error)[:_MAX_REASON], at


def _check_order(splices: Sequence[Splice]) -> None:
    if any(after.start < before.stop for before, after in pairwise(splices)):
        raise ValueError("edits overlap")


def _check_number(*lists: Sequence[object]) -> None:
    if any(len(one) > _MAX_PLACES for one in lists):
        raise ValueError(f"more than {_MAX_PLACES} places in one file")


def _span(said: Any, file: Source) -> Span:  # noqa: ANN401 - a stranger's JSON
    start, stop = said[0], said[1]
    if (
        type(start) is not int
        or type(stop) is not int
        or not 0 <= start <= stop <= len(file.content)
    ):
        raise ValueError("an edit outside its file")
    return start, stop
