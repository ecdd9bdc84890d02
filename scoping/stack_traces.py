"""The frames of stack traces, as the languages print them: file, line and function.

A line is a frame when it holds a place (a file with its line) and, around it or above it, what its
language prints with one. The text is a stranger's: lines are cut, and each is read from its left
end once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

_MAX_FOUND = 200
_MAX_LINE = 1_000
_MAX_PLACES = 3

_PYTHON = re.compile(r'File "([^"\n]{1,300})", line (\d{1,7})(?:, in ([\w.<>]{1,100}))?')
_PLACE = re.compile(
    r"(?<![^\s:(\"'\[|`])(?P<path>[^\s:()\"'\[\]|`?]{1,300}\.(?P<ending>[A-Za-z]{1,6}))"
    r"(?:\?[\w=&.-]{0,60})?(?::line |:|\(| on line )(?P<line>\d{1,7})\b"
)
# What an address or a drive puts before a path: `file:`, `http://localhost:`, `C:`.
_SCHEME = re.compile(r"[A-Za-z][\w+.-]{0,30}:(?://[\w.-]{0,100}:)?\Z")
_CAUSE = re.compile(r"\s*Caused by: ")
# Where compilers and runtimes were built: no repository of the reporter's.
_OF_RUNTIMES = ("/rustc/", "/usr/local/go/src/")


class _Style(NamedTuple):
    """What stands before a place, after it and on the line above; each may name the function."""

    before: str = ""
    after: str = ""
    above: str = ""


_SCRIPT = (
    _Style(before=r"\bat (?:(?:async|new) )*(?:(?P<f>[\w.$<>#]+)(?: \[as [\w.$]+\])? )?\(?\Z"),
    _Style(before=r"(?:^|\s)(?P<f>[\w.$/<>*]*)@\Z"),
)
_JVM = (_Style(before=r"\bat (?:[\w.@-]*/){0,3}(?P<f>[\w.$<>]+)\(\Z"),)
_NATIVE = (
    _Style(before=r"#\d+\s+(?:0x[0-9a-f]+ in )?(?P<f>\S.*?)\s+(?:at )?\Z"),
    _Style(before=r"frame #\d+: (?P<f>\S.*) at \Z"),
    _Style(before=r"(?:at|by) 0x[0-9A-Fa-f]+: (?P<f>\S.*) \(\Z"),
)
_SCRIPTS = ("js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte")
_JVMS = ("java", "kt", "kts", "scala", "groovy", "clj")
_NATIVES = ("c", "cc", "cpp", "cxx", "h", "hh", "hpp", "hxx", "m", "mm", "swift", "cu", "zig")
_STYLES: dict[str, tuple[_Style, ...]] = {
    **dict.fromkeys(_SCRIPTS, _SCRIPT),
    **dict.fromkeys(_JVMS, _JVM),
    **dict.fromkeys(_NATIVES, _NATIVE),
    "go": (
        _Style(before=r"\A\s+\Z", above=r"\A(?P<f>\S+?(?:\(\*?\w+\)\S*?)?)\("),
        _Style(before=r"\A\s+\Z", after=r"\A \+0x"),
    ),
    "rs": (
        _Style(before=r"\A\s+at \Z", above=r"\A\s*\d+:\s+(?:0x[0-9a-f]+ - )?(?P<f>\S.*)"),
        _Style(before=r"\bpanicked at (?:'.*', )?\Z"),
    ),
    **dict.fromkeys(
        ["rb", "erb", "rake", "ru"],
        (_Style(after=r"\A:in [`'](?:[^`'\n]* in )?(?P<f>[^`'\s]+)'"),),
    ),
    # The function that PHP names in a line is the one that is called there.
    "php": (_Style(before=r"#\d+ \Z"), _Style(before=r"\bin \Z")),
    **dict.fromkeys(["cs", "fs", "vb"], (_Style(before=r"\bat (?P<f>\S.*) in \Z"),)),
    **dict.fromkeys(["ex", "exs"], (_Style(after=r"\A: (?P<f>[\w.?!]+)(?:/\d|\()"),)),
    "dart": (_Style(before=r"#\d+\s+(?P<f>[\w.<>]+) \(\Z"),),
    "lua": (_Style(after=r"\A: in (?:function|method|upvalue|local|field) <?'?(?P<f>[\w.:]+)"),),
}
_READ = {
    ending: tuple(tuple(re.compile(part) if part else None for part in style) for style in styles)
    for ending, styles in _STYLES.items()
}
_GIVEN = re.compile(r"<[^<>]*>")
# What compilers call a function inside of another, or a constructor.
_INNER = re.compile(r"<(\w+)>[bdg]__|\blambda\$(\w+)\$")
_CLOSURE = re.compile(r"(?:\.func\d+|\.\d+|-fm|::\{\{closure\}\}|::h[0-9a-f]{16})+\Z")
_RECEIVER = re.compile(r"\(\*?(\w+)\)(?=\.)")
_NAME = re.compile(r"[\w~?!]+")


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a traceback as the issue shows it; ``function`` may be empty."""

    path: str
    line: int
    function: str


def frames_of(text: str) -> tuple[Frame, ...]:
    """Return the frames in ``text``, at most 200, the one that failed last."""
    # Python prints the frame that failed last, all others first; what caused it comes after.
    python = [
        Frame(_slashes(found[1]), int(found[2]), found[3] or "") for found in _PYTHON.finditer(text)
    ]
    others = sorted(_others(text.split("\n")), key=lambda placed: placed[0])
    return (*(frame for _, frame in others), *python)[-_MAX_FOUND:]


def _others(lines: list[str]) -> Iterator[tuple[tuple[int, int], Frame]]:
    """Yield the frames of all other languages, each with where it belongs in their order."""
    causes, above = 0, ""
    for number, whole in enumerate(lines):
        line = whole[:_MAX_LINE]
        causes += _CAUSE.match(line) is not None
        if (frame := _frame(line, above)) is not None:
            yield (causes, -number), frame
        above = line


def _frame(line: str, above: str) -> Frame | None:
    for place in islice(_PLACE.finditer(line), _MAX_PLACES):
        ending, path = place["ending"].lower(), _slashes(place["path"])
        before = _SCHEME.sub("", line[: place.start()])
        for style in _READ.get(ending, ()):
            found = _around(style, before, line[place.end() :], above)
            if found is None or path.startswith(_OF_RUNTIMES):
                continue
            if _STYLES[ending] is _JVM:
                path = _in_package(path, found)
            function = found if _STYLES[ending] is _SCRIPT else _plain(found)
            return Frame(path, int(place["line"]), function)
    return None


def _around(
    style: tuple[re.Pattern[str] | None, ...], before: str, after: str, above: str
) -> str | None:
    """Return the function as it stands around a place, or None where this is no such frame."""
    function = ""
    for pattern, text in zip(style, (before, after, above), strict=True):
        if pattern is None:
            continue
        if (found := pattern.search(text)) is None:
            return None
        function = (found["f"] if "f" in pattern.groupindex else None) or function
    return function


def _in_package(path: str, function: str) -> str:
    """Return a file's likely path, by the package of its class: Java prints its name alone."""
    *package, _, _ = ("", "", *function.split("."))
    return "/".join((*filter(None, package), path))


def _plain(function: str) -> str:
    """Return the plain name of a function that a runtime writes with all that is around it."""
    own = _RECEIVER.sub(r"\1", function).partition("(")[0]
    if inner := _INNER.search(own):
        return inner[1] or inner[2]
    own = _CLOSURE.sub("", own.removesuffix(".<init>"))
    while (bare := _GIVEN.sub("", own)) != own:
        own = bare
    return (_NAME.findall(own.replace("$", ".")) or ("",))[-1]


def _slashes(path: str) -> str:
    return path.replace("\\", "/").removeprefix("./")
