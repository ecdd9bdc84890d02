"""Comments that tell a linter, a type checker or coverage to look away: which are new.

Counted over all changed files at once, so that what moves with its code is not new. One that was
laid over code that stood there before silences it; one beside new code is for a person to weigh.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scoping.test_facts import SuiteFacts
from validators.weakenings.loosening import Loosening
from validators.weakenings.suites import Touched

_KINDS = (
    ("noqa", r"(?:ruff|flake8)\s*:\s*noqa\b|\bnoqa\b"),
    ("ruff: ignore", r"\bruff\s*:\s*(?:disable|ignore|file-ignore)\b"),
    ("type: ignore", r"\btype:\s*ignore\b"),
    ("pyright: ignore", r"\bpyright:\s*(?:ignore|basic|off|report\w+\s*=\s*false)\b"),
    ("mypy: ignore-errors", r"\bmypy:\s*(?:ignore-errors|disable-error-code|allow-\S+)"),
    ("pylint: disable", r"\bpylint:\s*(?:disable|skip-file)(?:-next)?\b"),
    ("pragma: no cover", r"\bpragma:\s*no\s*(?:cover|branch)\b"),
    ("coverage ignore", r"\b(?:istanbul|c8|v8|node:coverage)\s+(?:ignore|disable)\b"),
    (
        "eslint-disable",
        r"\b(?:eslint|oxlint|tslint:|biome-|deno-lint-|prettier-)-?(?:disable|ignore)",
    ),
    ("ts-ignore", r"@ts-(?:ignore|expect-error|nocheck)\b"),
    ("nosec", r"\bnosec\b"),
    ("nolint", r"\bnolint\b|\bNOLINT(?:NEXTLINE|BEGIN)?\b"),
    ("codespell", r"\bcodespell:ignore\b"),
)
_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _KINDS)
_IGNORED = "ignored test"
_IN_CODE = (
    ("allow", re.compile(r"#!?\[(?:cfg_attr\([^)]*,\s*)?allow\(")),
    ("SuppressWarnings", re.compile(r"@SuppressWarnings\b|@Suppress\(|\[SuppressMessage\(")),
    (
        _IGNORED,
        re.compile(r"^\s*(?:#\[ignore\b|@(?:Disabled|Ignore)\b)|\bt\.Skip(?:Now|f)?\("),
    ),
)
_WHOLE_FILE = re.compile(
    r"(?:ruff|flake8)\s*:\s*(?:noqa|disable|file-ignore)|mypy:|skip-file|@ts-nocheck"
    r"|pyright:\s*(?:basic|off|report)|eslint-disable(?!-)|ignore file|#!\[allow"
)
_NEXT_LINE = re.compile(r"next|@ts-|biome-ignore|deno-lint-ignore|ignore\s+(?:if|else|next|start)")
_CODES = re.compile(r"(?:noqa:|ignore\[|disable(?:-next)?\s*=|allow\()\s*([\w\-, /@]+)")
# Beyond this every one counts as new: only a file made for it gets there.
_MAX_COMPARED = 250_000
_PROSE = frozenset((".md", ".rst", ".txt", ".adoc"))


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment: its kind, what it names (nothing: everything), and the code it silences."""

    kind: str
    names: frozenset[str]
    silenced: str
    path: str
    line: int
    whole_file: bool


def new_suppressions(touched: Sequence[Touched]) -> Iterator[Loosening]:
    """Yield each suppression that the change adds."""
    old = [
        one for file in touched for one in _suppressions(file.old_path, file.old_text, file.before)
    ]
    new = [one for file in touched for one in _suppressions(file.path, file.text, file.after)]
    files = {file.path: file for file in touched}
    code: dict[str, tuple[Counter[str], Counter[str]]] = {}
    for one in _unmatched(old, new):
        file = files[one.path]
        if one.path not in code:
            code[one.path] = _lines(file.old_text), _lines(file.text)
        before, after = code[one.path]
        # The same words elsewhere are not the same code, so they are counted.
        is_old_code = bool(one.silenced) and 0 < after[one.silenced] <= before[one.silenced]
        certain = is_old_code or (one.whole_file and before.total() > 0)
        what = f"{one.path}:{one.line} adds a suppression ({one.kind})"
        over = "for a whole file" if one.whole_file else "over code that stood there before"
        message = f"{what} {over}" if certain else f"{what} beside new code"
        yield Loosening("suppression-added", message, one.path, one.line, certain=certain)


def _unmatched(old: Sequence[Suppression], new: Sequence[Suppression]) -> list[Suppression]:
    """Leave out of ``new`` what stood there before: at the same code first, then at any."""
    same = Counter(_essence(one) for one in old) & Counter(_essence(one) for one in new)
    left, right = _beyond(old, Counter(same)), _beyond(new, Counter(same))
    if len(left) * len(right) > _MAX_COMPARED:
        return right
    for fits in (_same_place, _same_kind):
        for one in list(right):
            found = next((other for other in left if fits(other, one)), None)
            if found is not None:
                left.remove(found)
                right.remove(one)
    return right


def _essence(one: Suppression) -> tuple[object, ...]:
    return one.path, one.kind, one.names, one.silenced, one.whole_file


def _beyond(all_of: Sequence[Suppression], known: Counter[tuple[object, ...]]) -> list[Suppression]:
    found = []
    for one in all_of:
        if known[_essence(one)] > 0:
            known[_essence(one)] -= 1
        else:
            found.append(one)
    return found


def _same_place(old: Suppression, new: Suppression) -> bool:
    return (old.path, old.silenced) == (new.path, new.silenced) and _same_kind(old, new)


def _same_kind(old: Suppression, new: Suppression) -> bool:
    if (old.kind, old.whole_file) != (new.kind, new.whole_file):
        return False
    return not old.names or (bool(new.names) and new.names <= old.names)


def _suppressions(path: str, text: bytes, facts: object) -> Iterator[Suppression]:
    """Yield the suppressions of one file: in comments where its grammar shows them."""
    if path[path.rfind(".") :].lower() in _PROSE or b"\0" in text:
        return
    lines = text.decode("utf-8", "replace").split("\n")
    comments: Mapping[int, str] | None = None
    if isinstance(facts, SuiteFacts) and facts.language:
        comments = dict(facts.comments)
    for number, line in enumerate(lines, 1):
        said = line if comments is None else comments.get(number, "")
        patterns = _PATTERNS if comments is not None else (*_PATTERNS, *_IN_CODE)
        for kind, pattern in patterns:
            found = pattern.search(said)
            if found is None:
                continue
            silenced = _code(line, said if comments is not None else line[found.start() :])
            if not silenced and (kind == _IGNORED or _NEXT_LINE.search(said)):
                silenced = _code(lines[number], "") if number < len(lines) else ""
            whole = bool(_WHOLE_FILE.search(said)) or (not silenced and kind == "type: ignore")
            yield Suppression(kind, _names(said, found.start()), silenced, path, number, whole)


def _names(said: str, start: int) -> frozenset[str]:
    found = _CODES.search(said, start)
    return frozenset(re.split(r"[\s,]+", found[1].strip())) if found else frozenset()


def _lines(text: bytes) -> Counter[str]:
    """Return the lines of code of a file, without suppressions and other comments at their ends."""
    lines = text.decode("utf-8", "replace").split("\n") if text else []
    return Counter(_code(line, "") for line in lines)


def _code(line: str, comment: str) -> str:
    """Return the code of a line, one space between words, without the comment behind it."""
    code = line.replace(comment, "") if comment else line
    for kind, pattern in _PATTERNS:
        found = pattern.search(code)
        if found is not None and kind:
            code = code[: found.start()]
    return " ".join(code.split()).rstrip("#/* ")
