"""What each sandbox of a machine guarantees, as a table for a security review and as JSON."""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from bot.console import one_line
from validators.sandbox import Guarantee, Probe

_COLUMNS = 80
_HELD, _NOT_HELD, _UNUSABLE = "held", "NOT HELD", "-"


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What was measured on a ``machine``; ``chosen`` is the backend commands run in, or ""."""

    machine: str
    required: tuple[Guarantee, ...]
    chosen: str
    probes: tuple[Probe, ...]


def probe_text(report: ProbeReport) -> str:
    """Return the page: one row a guarantee, one column a backend, then what is behind each.

    It is 80 columns wide, wherever it is pasted.
    """
    names = [probe.backend for probe in report.probes]
    rows = [("guarantee", "required", *names)]
    for guarantee in get_args(Guarantee):
        is_required = "yes" if guarantee in report.required else "no"
        rows.append((guarantee, is_required, *(_cell(probe, guarantee) for probe in report.probes)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [*_wrapped(f"sandboxes of this machine: {report.machine}"), ""]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join(cells).rstrip())
    for probe in report.probes:
        lines += ["", *_behind(probe)]
    lines += ["", "none: guarantees nothing; only with --unsafe-no-sandbox", ""]
    lines.append(
        f"commands of a target run in: {report.chosen}"
        if report.chosen
        else "NO SANDBOX holds all that is required: no command of a target runs here"
    )
    return "\n".join(lines)


def _behind(probe: Probe) -> Iterator[str]:
    """Yield which release it is and by what each guarantee is kept, or why it cannot be used."""
    if not probe.usable:
        yield from _wrapped(f"{probe.backend}: cannot be used: {one_line(probe.why_not)}", "  ")
        yield from _wrapped(f"  to mend it: {one_line(probe.mend)}", "  ")
        return
    yield from _wrapped(f"{probe.backend}: {one_line(probe.version)}", "  ")
    names: tuple[Guarantee, ...] = get_args(Guarantee)
    width = max(map(len, names)) + 2
    for guarantee in names:
        way = one_line(probe.kept_by.get(guarantee, ""))
        if guarantee not in probe.guarantees:
            way = f"{_NOT_HELD}: {way or 'what it forbids could be done'}"
        if way:
            yield from _wrapped(f"  {guarantee:<{width}}{way}", " " * (width + 2))


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        _COLUMNS,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        # What aligns a column is kept.
        replace_whitespace=False,
    )


def probe_document(report: ProbeReport) -> Mapping[str, object]:
    """Return the same as `--json` prints it."""
    return {
        "machine": report.machine,
        "required": report.required,
        "chosen": report.chosen or None,
        "backends": [
            {
                "backend": probe.backend,
                "usable": probe.usable,
                "version": probe.version,
                "held": sorted(probe.guarantees),
                "not_held": sorted(set(get_args(Guarantee)) - probe.guarantees),
                "kept_by": probe.kept_by,
                "why_not": probe.why_not,
                "mend": probe.mend,
            }
            for probe in report.probes
        ],
    }


def _cell(probe: Probe, guarantee: Guarantee) -> str:
    if not probe.usable:
        return _UNUSABLE
    return _HELD if guarantee in probe.guarantees else _NOT_HELD
