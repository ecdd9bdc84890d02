"""A migration program as it lies in a folder: its text, the sites it must find, and what it reads.

It is read and never run here; what it says of itself is taken from literals at its top.
"""

import ast
import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from scoping.languages import BY_NAME
from scoping.refusal import Refusal
from validators.codemods.frames import packed
from validators.codemods.rule import Rule, holes_unknown
from validators.projects.yaml_document import yaml_document

PROGRAM, RULE = "codemod.py", "codemod.yml"
_MAX_BYTES = 128 * 1024
_MAX_SITES_LETTERS = 1_000
_KEYS = frozenset(
    ("id", "language", "rule", "constraints", "fix", "message", "note", "sites", "files")
)


class CodemodRefusal(Refusal):
    """A migration program cannot be used as it is: what is wrong with it, and what to write."""


@dataclass(frozen=True, slots=True)
class Program:
    """One program or rule. ``sites`` counts independently; ``files`` are globs, all when empty."""

    path: Path
    sites: str
    files: tuple[str, ...]
    source: bytes = b""
    rule: Rule | None = None

    @property
    def digest(self) -> str:
        """What identifies it: the same text does the same to the same file."""
        return hashlib.sha256(self.message()).hexdigest()

    def message(self) -> bytes:
        """Return what a worker is sent to load it."""
        return packed({"rule": asdict(self.rule) if self.rule else None}, self.source)


def read_program(path: Path) -> Program:
    """Return the program at ``path``, a file or its folder; CodemodRefusal when it is none."""
    place = path
    if path.is_dir():
        place = next((path / name for name in (PROGRAM, RULE) if (path / name).is_file()), path)
    try:
        source = place.read_bytes()
    except OSError as error:
        raise CodemodRefusal(
            f"{path}: there is no {PROGRAM} or {RULE} ({error.strerror}); make one with:"
            f" changewright codemod new {path}"
        ) from error
    if len(source) > _MAX_BYTES:
        raise CodemodRefusal(f"{place}: it has {len(source)} bytes; the limit is {_MAX_BYTES}")
    if place.suffix in {".yml", ".yaml"}:
        return _read_rule(place, source)
    return program_of(place, source)


def program_of(place: Path, source: bytes) -> Program:
    """Return the program with this text; ``place`` is what it is called where it is none."""
    said = _literals(place, source)
    return Program(place, sites_of(place, said.get("SITES")), _globs(place, said), source)


def _literals(place: Path, source: bytes) -> Mapping[str, Any]:
    """Return SITES and FILES as the program's text has them, without running it."""
    try:
        body = ast.parse(source).body
        return {
            target.id: ast.literal_eval(node.value)
            for node in body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name) and target.id in {"SITES", "FILES"}
        }
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        raise CodemodRefusal(
            f"{place}{f':{line}' if line else ''}: it cannot be read: {error}; SITES and FILES are"
            " plain texts at its top"
        ) from error


def sites_of(place: Path, sites: object) -> str:
    """Return the expression of the independent count, once it can be one."""
    if not isinstance(sites, str) or not sites:
        raise CodemodRefusal(
            f"{place}: it does not say how to count its sites without it; add, for example,"
            r" SITES = r'\bold_name\b' (sites: in a rule), a regular expression"
        )
    if len(sites) > _MAX_SITES_LETTERS:
        raise CodemodRefusal(f"{place}: SITES is longer than {_MAX_SITES_LETTERS} letters")
    try:
        matches_nothing = re.compile(sites, re.MULTILINE).match("") is not None
    except (re.error, RecursionError, OverflowError) as error:
        raise CodemodRefusal(f"{place}: SITES is no regular expression: {error}") from error
    if matches_nothing:
        raise CodemodRefusal(
            f"{place}: SITES matches the empty text, so it would count everywhere; name what is"
            " to be changed"
        )
    return sites


def _globs(place: Path, said: Mapping[str, Any]) -> tuple[str, ...]:
    files = said.get("FILES", ())
    globs = (files,) if isinstance(files, str) else files
    if not isinstance(globs, tuple | list) or not all(isinstance(one, str) for one in globs):
        raise CodemodRefusal(f"{place}: FILES is a list of globs, such as FILES = ['*.py']")
    return tuple(globs)


def _read_rule(place: Path, source: bytes) -> Program:
    document = yaml_document(source)
    if not isinstance(document, dict):
        raise CodemodRefusal(f"{place}: it is no YAML mapping; see docs/codemods.md for a rule")
    for key in document:
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, 1)
            meant = f"; did you mean {near[0]}?" if near else "; write a program for what it means"
            raise CodemodRefusal(f"{place}: unknown key {key!r}{meant}")
    body, fix = document.get("rule"), document.get("fix")
    language = str(document.get("language", "")).lower()
    if language not in BY_NAME:
        raise CodemodRefusal(f"{place}: language {language!r} is none of: {', '.join(BY_NAME)}")
    if not isinstance(body, dict) or set(body) != {"pattern"} or not isinstance(fix, str):
        raise CodemodRefusal(
            f"{place}: a rule has rule: {{pattern: ...}} and fix: ...; write a program for more"
        )
    constraints = document.get("constraints", {})
    regexes = {name: _regex(place, name, one) for name, one in dict(constraints).items()}
    rule = Rule(language, str(body["pattern"]), fix, regexes)
    unknown = holes_unknown(rule)
    if unknown:
        raise CodemodRefusal(f"{place}: its pattern has no {', '.join(unknown)}; name it there")
    globs = _globs(place, {"FILES": document.get("files", ())})
    return Program(place, sites_of(place, document.get("sites")), globs, b"", rule)


def _regex(place: Path, name: str, constraint: object) -> str:
    regex = constraint.get("regex") if isinstance(constraint, dict) else None
    try:
        re.compile(str(regex or "("))
    except re.error as error:
        raise CodemodRefusal(f"{place}: the constraint of {name} is no regex: {error}") from error
    return str(regex)
