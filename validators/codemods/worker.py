"""Runs inside the sandbox: loads one migration program, and answers what it wants of each file.

Each file finds the program freshly started, so that what it kept of one cannot reach another. The
sandbox is the wall; the hook here only says it in words that tell an author what to do instead.
"""

import gc
import os
import sys
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import CodeType, TracebackType
from typing import Any

from scoping.child import read_frame, write_frame
from scoping.languages import BY_NAME
from validators.codemods.edit import (
    Edit,
    OverlappingEdits,
    Splice,
    in_style,
    splices_of,
)
from validators.codemods.facade import Edits, File, flat
from validators.codemods.frames import NOTHING, SAID_NOTHING, packed, unpacked
from validators.codemods.rule import Rule, transform_of
from validators.codemods.tree import SourceTree, TooDeep

PROGRAM = "codemod.py"
_MAX_REPLY_BYTES = 12 * 1024**2
_MAX_WORDS = 400
_READS = frozenset(("r", "rb", None))
_OUTSIDE = (
    *("socket.", "subprocess.", "ctypes.", "shutil.", "sqlite3.", "urllib.", "ftplib.", "http."),
    *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.kill", "os.remove"),
    *("os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod"),
    *("pty.", "builtins.input", "signal.", "sys.addaudithook", "os.putenv", "os.unsetenv"),
)

Transform = Callable[[File], Edits]


class _Outside(Exception):
    """The program wanted something beside the file it was given."""


def serve() -> None:
    """Answer over the inherited descriptors until nobody asks any more."""
    reads, writes = map(int, os.environ["CHANGEWRIGHT_CHANNEL"].split(","))
    with os.fdopen(reads, "rb") as source, os.fdopen(writes, "wb") as sink:
        sys.addaudithook(_refuse_outside)
        gc.freeze()  # our own modules are never garbage; what a program makes may be
        fresh: Callable[[], Transform] | None = None
        while (message := read_frame(source)) is not None:
            header, contents = unpacked(message)
            if fresh is None:
                fresh, answer = _loaded(header, contents)
                write_frame(sink, answer)
            else:
                for asked, content in zip(header["files"], contents, strict=True):
                    write_frame(sink, _answer(fresh, asked, content))
                    sink.flush()
            sink.flush()


def _loaded(
    header: Mapping[str, Any], contents: list[bytes]
) -> tuple[Callable[[], Transform] | None, bytes]:
    """Return what starts the program for a file, and the answer that it could be started."""
    try:
        if header["rule"]:
            rule = Rule(**header["rule"])
            transform = transform_of(rule)
            return lambda: transform, packed({"error": ""})
        code = compile(contents[0], PROGRAM, "exec", dont_inherit=True)
        _started(code)
    except BaseException as error:  # noqa: BLE001 - whatever a stranger's program raises
        return None, packed({"error": _words(error)})
    return lambda: _started(code), packed({"error": ""})


def _started(code: CodeType) -> Transform:
    names: dict[str, Any] = {"__name__": "codemod", "__builtins__": __builtins__}
    exec(code, names)  # noqa: S102 - what this process is for, inside the sandbox
    transform = names.get("transform")
    if not callable(transform):
        raise TypeError("the program has no function transform(file)")
    found: Transform = transform
    return found


def _answer(fresh: Callable[[], Transform], asked: Mapping[str, Any], content: bytes) -> bytes:
    """Return what the program wants of a file, and what it then wants of its own output."""
    path, grammar = asked["path"], BY_NAME[asked["language"]]
    tree = SourceTree(grammar, content)
    said, splices = _wanted(fresh, File(path, grammar.name, content, tree))
    if splices and not said["error"]:
        made = tree.after(in_style(splices, content))
        second, more = _wanted(fresh, File(path, grammar.name, made.content, made))
        said["second"] = (second["error"], more[0].start if more else None)
    if said == SAID_NOTHING:
        return NOTHING
    answer = packed(said, *(one.text for one in splices))
    if len(answer) > _MAX_REPLY_BYTES:
        return packed(_failed(f"the program writes {len(answer)} bytes into one file"))
    return answer


def _wanted(
    fresh: Callable[[], Transform], file: File
) -> tuple[dict[str, Any], tuple[Splice, ...]]:
    content = file.content
    try:
        wanted = list(dict.fromkeys(flat(fresh()(file))))
        edits = [one for one in wanted if isinstance(one, Edit)]
        left = [(one.start, one.stop, one.reason) for one in wanted if not isinstance(one, Edit)]
        splices = splices_of(edits, content)
        sites = list(dict.fromkeys(edit.site for edit in edits if edit.site is not None))
    except OverlappingEdits as error:
        line = content.count(b"\n", 0, error.start) + 1
        return _failed(f"two edits of the program overlap at line {line}"), ()
    except TooDeep:
        return _failed("its syntax is nested too deeply to be walked"), ()
    except BaseException as error:  # noqa: BLE001 - whatever a stranger's program raises
        return _failed(_words(error)), ()
    spans = [one[:2] for one in splices]
    return {**_failed(""), "splices": spans, "sites": sites, "left": left}, splices


def _failed(error: str) -> dict[str, Any]:
    return {**SAID_NOTHING, "error": error}


def _words(error: BaseException) -> str:
    """Return what an author needs to know of an exception: its words, and where in the program."""
    line = _line_in_program(error.__traceback__)
    if isinstance(error, SyntaxError) and error.filename == PROGRAM:
        line = error.lineno or 0
    where = f" ({PROGRAM}, line {line})" if line else ""
    return f"the program raised {_said(error)[:_MAX_WORDS]}{where}"


def _said(error: BaseException) -> str:
    """Return an exception in one line, with the name that was likely meant."""
    if isinstance(error, _Outside):
        return str(error)
    words = " ".join(str(error).split())
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
        words = error.args[0]  # its own words are in quotes
    if isinstance(error, AttributeError) and type(error.obj).__module__.startswith("validators."):
        names = [name for name in dir(error.obj) if not name.startswith("_")]
        near = get_close_matches(str(error.name), names, 1)
        words += f"; did you mean {near[0]}?" if near else f"; it has: {', '.join(names)}"
    return f"{type(error).__name__}: {words}"


def _line_in_program(trace: TracebackType | None) -> int:
    line = 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == PROGRAM:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _refuse_outside(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        path, mode, flags = (*arguments, None, 0)[:3]
        ours = isinstance(path, str) and path.startswith(tuple(one for one in sys.path if one))
        if ours and mode in _READS and not (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return  # a module that is imported
    elif not event.startswith(_OUTSIDE):
        return
    raise _Outside(f"{event}: a codemod does no input or output, it is given the file")
