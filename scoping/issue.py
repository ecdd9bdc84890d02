"""What an issue says about code: its words, and the names, paths and lines it mentions.

The text is a stranger's: it is cut to a length first, and read with expressions that take time in
proportion to it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from scoping.stack_traces import Frame, frames_of
from scoping.words import spellings, split, tokens, words_of

_MAX_TITLE = 500
_MAX_BODY = 60_000
_MAX_FOUND = 200

_PATH = re.compile(r"[\w.@+-]{1,100}(?:[/\\][\w.@+-]{1,100}){0,12}")
_DOTTED = re.compile(r"[A-Za-z_]\w{0,80}(?:\.[A-Za-z_]\w{0,80}){1,8}")
_CODE = re.compile(r"`{1,3}([^`\n]{1,300})`{1,3}")
_ADDRESS = re.compile(r"\bhttps?://[^\s<>()\"']{1,500}")
# "numpy: 1.18", "- Python version: 3.7.1": what a form asks for and every reporter fills in.
_VERSION = re.compile(
    r"[\s*+-]{0,8}[\w.-]{1,40}[\s*]{0,8}(?:[:=]{1,2}|version:?)?"
    r"[\s*`]{0,8}v?\d+\.\d+[\w.+-]{0,40}[\s*`]*$"
)
_VERSION_LETTERS = 120
# What a form prints for every reporter, and the answers that only describe a machine.
_HEADING = re.compile(r"#{1,6}[ \t]|\*\*[^*]{1,80}\*\*:?\s*$")
_BOX = re.compile(r"\s{0,8}[-*] \[[ xX]?\]")
_OF_MACHINE = re.compile(
    r"\b(versions?|environment|operating system|system details|installation|install|os|platform"
    r"|backend|conduct|willing|checks?|checklist|confirmation)\b",
    re.IGNORECASE,
)
_PROMPTS = (">>>", "...", "In [", "$ ", "File ")
_SET_AS_CODE = re.compile(r"\s*(?:>>>|\.\.\.|In \[|\$ |File \"|Traceback|at )|\s{4}")
_CALL = re.compile(r"([A-Za-z_]\w{0,80})\(")
_LINK = re.compile(
    r"/(?:blob|blame|tree)/([\w.-]{1,60}(?:/[\w.@+-]{1,100}){1,12})#L(\d{1,7})(?:-L?(\d{1,7}))?"
)


@dataclass(frozen=True, slots=True)
class Link:
    """Lines that the issue links to, both included, as some revision of the file had them."""

    path: str
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue, read: counted words of its parts, and what it mentions, in order.

    ``text`` is title and body as cut, ``tokens`` its names and words as written, ``code_tokens``
    those set as code, ``prose_tokens`` those outside code and tracebacks, ``spelled`` the spelling
    of each split word. ``names`` look like code (they are quoted, called, or have capitals or
    underscores inside); ``dotted`` are names with dots in them; ``paths`` use ``/``.
    """

    text: str
    tokens: Counter[str]
    code_tokens: Counter[str]
    prose_tokens: Counter[str]
    words: Counter[str]
    title_words: Counter[str]
    code_words: Counter[str]
    prose_words: Counter[str]
    spelled: Mapping[str, str]
    names: tuple[str, ...] = ()
    dotted: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    links: tuple[Link, ...] = ()


def told(issue: Issue, words: Iterable[str]) -> str:
    """Return words as the issue spells them, quoted, for a reason."""
    return ", ".join(f"`{issue.spelled.get(word, word)}`" for word in words)


def read_issue(title: str, body: str) -> Issue:
    """Return what the issue says; past some 60,000 characters it is not read."""
    title, body = title[:_MAX_TITLE], body[:_MAX_BODY]
    text = f"{title}\n{body}"
    said = _said(text)
    counted = tokens(said)
    code = tokens(_code(said))
    prose = tokens(_prose(said))
    frames = frames_of(text)
    return Issue(
        text,
        counted,
        code,
        prose,
        words_of(counted),
        words_of(tokens(title)),
        words_of(code),
        words_of(prose),
        spellings(counted),
        _names(said, counted),
        _distinct(found.group() for found in _DOTTED.finditer(text)),
        _distinct((*(frame.path for frame in frames), *_paths(text))),
        frames,
        _links(text),
    )


def _names(text: str, counted: Counter[str]) -> tuple[str, ...]:
    quoted = [name for code in _CODE.findall(text) for name in tokens(code)]
    called = _CALL.findall(text)
    shaped = [name for name in counted if len(split(name)) > 1 or "_" in name.strip("_")]
    return _distinct([*quoted, *called, *shaped])


def _said(text: str) -> str:
    """Return what the reporter said: no hints of a form, no addresses, nothing of the machine."""
    start, *commented = text.split("<!--")
    outside = (part.partition("-->")[2] if "-->" in part else part for part in commented)
    lines = _ADDRESS.sub(" ", " ".join((start, *outside))).split("\n")
    return "\n".join(_own(lines))


def _own(lines: Iterable[str]) -> Iterator[str]:
    """Yield the title and the lines that no form asked for and that describe no machine."""
    is_code = is_of_machine = False
    for place, line in enumerate(lines):
        if line.lstrip().startswith("```"):
            is_code = not is_code
        elif place and not is_code and (_HEADING.match(line) or _BOX.match(line)):
            if not _BOX.match(line):
                is_of_machine = _OF_MACHINE.search(line) is not None
            continue
        if not is_of_machine and not _VERSION.match(line[:_VERSION_LETTERS]):
            yield line


def _code(text: str) -> str:
    """Return what is set as code: fenced, quoted, or typed at a prompt."""
    typed = [line for line in text.split("\n") if line.lstrip().startswith(_PROMPTS)]
    return "\n".join((*text.split("```")[1::2], *_CODE.findall(text), *typed))


def _prose(text: str) -> str:
    """Return what is set neither as code nor as a traceback."""
    lines = "\n".join(text.split("```")[::2]).split("\n")
    return "\n".join(line for line in lines if not _SET_AS_CODE.match(line))


def _links(text: str) -> tuple[Link, ...]:
    found = (
        Link(found[1], int(found[2]), int(found[3] or found[2])) for found in _LINK.finditer(text)
    )
    return tuple(dict.fromkeys(found))[:_MAX_FOUND]


def _paths(text: str) -> list[str]:
    """Return what looks like a file: a name with an ending, with or without its folders."""
    found = [_slashes(found.group()).rstrip(".") for found in _PATH.finditer(text)]
    return [path for path in found if "." in path.rpartition("/")[2].strip(".")]


def _slashes(path: str) -> str:
    return path.replace("\\", "/").removeprefix("./")


def _distinct(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:_MAX_FOUND]
