"""Linters that name the file once, or say where a finding is on a line after what it is.

eslint and stylelint list findings below the file's name; ruff, rustc, oxlint and biome draw the
line in question, with what is wrong above or below the place.
"""

import re
from collections.abc import Iterable, Iterator

from validators.linters.remarks import Remark, rule_in

_LISTED = re.compile(
    r"\s{2,4}(?P<line>\d{1,9}):\d{1,9}\s{1,12}(?P<level>error|warning|info|✖|⚠|\u2139)\s{1,8}"
    r"(?P<rest>\S.*)"
)
_GROUPED = re.compile(
    r"\s{2}(?P<line>\d{1,9}):\d{1,9}\s{1,12}(?P<code>[A-Z]{1,8}\d{1,6}|invalid-syntax):?"
    r" (?P<message>.*)"
)
_TWO_BLANKS = re.compile(r"\s{2,}")
_RULE = re.compile(r"\(?(?P<rule>@?[\w./@-]{1,100})\)?")
_ARROW = re.compile(r"\s{0,8}--> (?P<path>[^\s:][^:]{0,999}):(?P<line>\d{1,9}):\d{1,9}")
_CORNER = re.compile(
    r"\s{0,12}(?:,-|╭─)\[(?P<path>[^\s:\[][^:]{0,999}):(?P<line>\d{1,9}):\d{1,9}\]"
)
_RUFF_TITLE = re.compile(r"(?P<code>[A-Z]{1,8}\d{1,6}|invalid-syntax):? (?P<message>.*)")
_RUSTC_TITLE = re.compile(
    r"(?P<level>error|warning)(?:\[(?P<code>[\w:]{1,100})\])?: (?P<message>.*)"
)
_OXLINT_TITLE = re.compile(
    r"\s{2}(?P<level>[x\u00d7!⚠]) (?:(?P<code>[\w@/-]{1,60}\([\w@/-]{1,90}\)): )?(?P<message>.*)"
)
_BIOME = re.compile(
    r"(?P<path>[^\s:][^:]{0,999}):(?P<line>\d{1,9}):\d{1,9} (?P<code>[\w/-]{1,120}) .*━"
)
_BIOME_SAYS = re.compile(r"\s{2}(?P<level>[\u00d7!i]) (?P<message>.*)")


def block_remarks(lines: Iterable[str]) -> Iterator[tuple[str, Remark]]:
    """Yield tool and remark for each finding told over more than one line."""
    reader = _Reader()
    for line in lines:
        found = reader.read(line)
        if found is not None:
            yield found


class _Reader:
    """What was last said that a place, a list or a word may follow."""

    def __init__(self) -> None:
        self._file = ""
        self._title: tuple[str, Remark] | None = None
        self._biome: Remark | None = None

    def read(self, line: str) -> tuple[str, Remark] | None:
        """Return tool and remark where ``line`` makes one complete."""
        return self._listed(line) or self._placed(line) or self._worded(line)

    def _listed(self, line: str) -> tuple[str, Remark] | None:
        if line and not line[0].isspace():
            self._file = line.rstrip()
            return None
        if not self._file:
            return None
        found = _LISTED.fullmatch(line)
        if found is not None:
            parts = _TWO_BLANKS.split(found["rest"].strip())
            rule = _RULE.fullmatch(parts[-1]) if len(parts) > 1 else None
            message = " ".join(parts[:-1] if rule else parts)
            mild = found["level"] not in {"error", "✖"}
            code = rule["rule"] if rule else "parse-error"
            return "listed", Remark(self._file, int(found["line"]), code, message, mild)
        grouped = _GROUPED.fullmatch(line)
        if grouped is not None:
            path = self._file.removesuffix(":")
            return "ruff", Remark(path, int(grouped["line"]), grouped["code"], grouped["message"])
        return None

    def _placed(self, line: str) -> tuple[str, Remark] | None:
        """Return the finding whose title stood above, where ``line`` says at which place."""
        place = _ARROW.fullmatch(line) or _CORNER.fullmatch(line)
        if place is not None:
            title, self._title = self._title, None
            if title is None:
                return None
            tool, said = title
            remark = Remark(
                place["path"], int(place["line"]), said.code, said.message, said.is_mild
            )
            return tool, remark
        title = _title(line)
        if title is not None:
            self._title = title
        return None

    def _worded(self, line: str) -> tuple[str, Remark] | None:
        """Return the finding whose place stood above, where ``line`` says what it is."""
        place = _BIOME.fullmatch(line)
        if place is not None:
            self._biome = Remark(place["path"], int(place["line"]), place["code"], "")
            return None
        said = _BIOME_SAYS.fullmatch(line) if self._biome is not None else None
        if said is None or self._biome is None:
            return None
        at, self._biome = self._biome, None
        return "biome", Remark(at.path, at.line, at.code, said["message"], said["level"] in "!i")


def _title(line: str) -> tuple[str, Remark] | None:
    found = _RUFF_TITLE.fullmatch(line)
    if found is not None:
        return "ruff", Remark("", 0, found["code"], found["message"])
    found = _RUSTC_TITLE.fullmatch(line)
    if found is not None:
        mild = found["level"] == "warning"
        said = found["message"]
        return "compiler", Remark("", 0, found["code"] or rule_in(said), said, mild)
    found = _OXLINT_TITLE.fullmatch(line)
    if found is not None:
        mild = found["level"] in "!⚠"
        return "oxlint", Remark("", 0, found["code"] or "parse-error", found["message"], mild)
    return None
