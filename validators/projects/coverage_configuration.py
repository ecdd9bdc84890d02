"""What a Python project's own coverage settings say, as far as they bear on changed lines.

They are read at the base: a patch does not say which of its lines need no test. They are a
stranger's text, parsed as data; what cannot be parsed says nothing.
"""

import configparser
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Read = Callable[[str], bytes | None]
_Section = Mapping[str, Any]

# In the order in which coverage itself looks for them, with what stands before a section's name.
_FILES = (
    (".coveragerc", ""),
    (".coveragerc.toml", ""),
    ("setup.cfg", "coverage:"),
    ("tox.ini", "coverage:"),
    ("pyproject.toml", "tool.coverage."),
)
# Lines that never run, whatever a project's settings say: stubs, and imports for type checkers.
_NEVER_RUN = (
    r"^\s*(((async )?def .*?)?[\])]+(\s*->.*?)?:\s*)?\.\.\.\s*(#|$)",
    r"^\s*if (typing\.)?TYPE_CHECKING:",
)
# What coverage leaves out of its own accord, where a project has settings and none on this.
_PRAGMA = r"#\s*(pragma|PRAGMA)[:\s]?\s*(no|NO)\s*(cover|COVER)"
_MAX_PATTERNS, _MAX_LENGTH = 100, 500
_TRUE = frozenset({"true", "yes", "on", "1"})


@dataclass(frozen=True, slots=True)
class CoverageConfiguration:
    """Patterns of lines that need no test, and how the project's own measuring keeps its data."""

    excluded: tuple[str, ...] = _NEVER_RUN
    data_file: str = ".coverage"
    relative_files: bool = False


def read_coverage_configuration(read: Read) -> CoverageConfiguration:
    """Return what the first file that configures coverage says; pragmas count only with one."""
    for name, prefix in _FILES:
        sections = _sections(name, read(name))
        run, report = sections.get(f"{prefix}run"), sections.get(f"{prefix}report")
        if run is None and report is None:
            continue
        run, report = run or {}, report or {}
        excluded = _patterns(report.get("exclude_lines")) or (_PRAGMA,)
        data_file = str(run.get("data_file") or ".coverage").strip()
        return CoverageConfiguration(
            (*_NEVER_RUN, *excluded, *_patterns(report.get("exclude_also"))),
            data_file if data_file.isprintable() else ".coverage",
            relative_files=str(run.get("relative_files", "")).strip().casefold() in _TRUE,
        )
    return CoverageConfiguration()


def _patterns(value: object) -> tuple[str, ...]:
    """Return the patterns of a list, or of an INI file's text, where each line is one."""
    rows: Sequence[object] = value.splitlines() if isinstance(value, str) else ()
    rows = value if isinstance(value, list) else rows
    texts = [row.strip() for row in rows if isinstance(row, str)]
    usable = [text for text in texts if text and len(text) <= _MAX_LENGTH and text.isprintable()]
    return tuple(usable[:_MAX_PATTERNS])


def _sections(name: str, content: bytes | None) -> Mapping[str, _Section]:
    text = (content or b"").decode("utf-8", "replace")
    return _tables(text) if name.endswith(".toml") else _ini(text)


def _ini(text: str) -> Mapping[str, _Section]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return {name: dict(parser.items(name)) for name in parser.sections()}


def _tables(text: str) -> Mapping[str, _Section]:
    """Return the tables at the top, and those below tool.coverage, by their dotted names."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
    found = {name: table for name, table in document.items() if isinstance(table, dict)}
    own = found.get("tool", {}).get("coverage", {})
    below = own.items() if isinstance(own, dict) else ()
    found |= {f"tool.coverage.{name}": table for name, table in below if isinstance(table, dict)}
    return found
