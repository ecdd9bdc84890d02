"""A well-kept secret detector, run over texts from strangers.

Kingfisher brings its rules with it and matches them by automata: no text makes it slow. It is told
to ask no service about what it finds; it gets no environment, its own scratch folder, and limits.
"""

import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from validators.policies.secret_kinds import KIND_BY_RULE, OWN_RULES
from validators.processes.process_limits import limited
from validators.processes.supervise import Launch, supervise
from validators.sandbox import Completed, Limits

_LIMITS = Limits(
    timeout_s=60.0,
    memory_bytes=2 * 1024**3,
    output_bytes=32 * 1024**2,
    output_limit_bytes=32 * 1024**2,
    file_bytes=64 * 1024**2,
)
_NOTHING, _FOUND = 0, 200  # its exit codes
_OPTIONS = (
    "--quiet",
    "--no-validate",
    "--no-update-check",
    "--no-rule-cache",  # the few rules are built in 0.1 s; what is on a disk may be another's
    "--no-dedup",
    "--no-ignore",  # a stranger's comment does not decide what is looked at
    "--no-extract-archives",
    "--git-history=none",
    "--jobs=1",
    "--format=jsonl",
)


class DetectorFailure(Exception):
    """The detector did not look at everything; the message is one clause for a finding."""


@dataclass(frozen=True, slots=True)
class Secret:
    """One occurrence: in which of the texts, from which line on. ``value`` stays in here."""

    text: int
    line: int
    kind: str
    value: str = field(repr=False)


def find_secrets(texts: Sequence[bytes]) -> tuple[Secret, ...]:
    """Return what stands in ``texts``, by text and line; raises DetectorFailure."""
    numbers: dict[bytes, list[int]] = {}  # the detector reads a content once
    for number, text in enumerate(texts):
        numbers.setdefault(text, []).append(number)
    contents = tuple(content for content in numbers if content)
    found = [
        replace(secret, text=number)
        for secret in _scanned(contents)
        for number in numbers[contents[secret.text]]
    ]
    return tuple(sorted(found, key=lambda secret: (secret.text, secret.line)))


def _scanned(contents: Sequence[bytes]) -> tuple[Secret, ...]:
    """Run the detector over different ``contents``, none of them empty."""
    from kingfisher import get_binary_path  # noqa: PLC0415 - only for a change that needs it

    with tempfile.TemporaryDirectory(prefix="secrets-") as scratch:
        home, rules, folder = (Path(scratch, name) for name in ("home", "rules.yml", "texts"))
        home.mkdir()
        folder.mkdir()
        rules.write_text(OWN_RULES)
        for number, content in enumerate(contents):
            (folder / f"{number}.txt").write_bytes(content)
        chosen = [f"--rule={rule}" for rule in KIND_BY_RULE]
        argv = (get_binary_path(), "scan", *_OPTIONS, f"--rules-path={rules}", *chosen, folder.name)
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "TMPDIR": str(home)}
        walled = limited(argv, _LIMITS, counts_processes=False)
        launch = Launch(walled, environment, Path(scratch))
        lines = _report(supervise(launch, _LIMITS, time.monotonic))
    _require_all_read(lines, len(contents))
    return tuple(_secrets(line for line in lines if "rule" in line))


def _report(completed: Completed) -> list[dict[str, Any]]:
    """Return the lines of the detector's report, each a JSON object."""
    if completed.code not in {_NOTHING, _FOUND} or completed.stdout.dropped_bytes:
        ended = completed.outcome if completed.code is None else f"exit code {completed.code}"
        raise DetectorFailure(f"the detector of secrets ended with {ended}")
    try:
        report = (completed.stdout.head + completed.stdout.tail).splitlines()
        return [json.loads(line) for line in report if line]
    except ValueError as error:
        raise DetectorFailure("the report of the detector of secrets cannot be read") from error


def _require_all_read(lines: Iterable[Mapping[str, Any]], expected: int) -> None:
    for line in lines:
        for place in line.get("audit", {}).get("repositories", ()):
            if place["scan"]["status"] == "completed":
                expected -= place["stats"]["blobs_scanned"]
    if expected > 0:
        raise DetectorFailure(f"the detector of secrets left files unread: {expected}")


def _secrets(lines: Iterable[Mapping[str, Any]]) -> Iterator[Secret]:
    """Yield each value once per line, under the kind that comes first."""
    order = {rule: number for number, rule in enumerate(KIND_BY_RULE)}
    known = set()
    for line in sorted(lines, key=lambda line: order[line["rule"]["id"]]):
        hit = line["finding"]
        value = "".join(hit["snippet"].split())  # indented anew, it is still the same
        place = int(Path(hit["path"]).stem), hit["line"], value
        if place not in known:
            known.add(place)
            yield Secret(place[0], place[1], KIND_BY_RULE[line["rule"]["id"]].name, value)
