"""The page of one run: everything a person decides by, in one file, from the journal alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from bot.console import redacted
from bot.pages.diff_html import ShownFile, shown_files
from bot.pages.diff_text import files_of
from bot.pages.gate_section import measured_text
from bot.pages.html import Served, render_page
from bot.pages.run_findings import evidence_of, findings_of, remarks_of
from bot.pages.run_gates import gate_views
from bot.pages.run_scope import figure, file_rows, kinds_drawn
from bot.pages.run_state import standing_of
from bot.pages.run_timeline import duration, lanes, offset, span_s, ticks
from bot.pages.run_verify import checks
from validators.evidence import Evidence
from validators.evidence_statement import statement_of
from validators.sandbox import Guarantee
from validators.verdict import Finding, VerdictWord
from workflows.model_requests import costs_by_stage
from workflows.proposal import Bundle
from workflows.run_story import Story, Try

MAX_PAGE_BYTES = 2_000_000
_MOST_FILES = 300
# Letters of diff, tests of each sort, findings: the next is tried when a page becomes too large.
_BOUNDS = ((1_000_000, 500, 200), (300_000, 100, 60), (40_000, 10, 20))
_MEANT: Mapping[Guarantee, str] = {
    "read-only-host": "the machine's files can be read at most, not written",
    "home-hidden": "no home folder is there",
    "clean-environment": "no variable of the caller is there",
    "no-network": "no network is there",
    "proxy-only-network": "package indexes alone can be reached",
    "no-host-sockets": "no socket of the machine is there",
    "pids-limit": "the number of processes is bounded",
    "memory-per-process": "the memory of each process is bounded",
    "memory-total": "the memory of all processes together is bounded",
    "disk-quota": "the room on the disk is bounded",
    "no-nested-namespaces": "no further namespaces can be made",
    "seccomp": "dangerous system calls are closed",
    "orphans-killed": "nothing that was started outlives its command",
    "original-untouched": "the repository itself stays as it was",
}

_SIDES = {
    "base": "on the base",
    "patched": "with this change",
    "tests-on-base": "its tests over the base's sources",
    "base-tests": "the base's tests over its sources",
    "base-settings": "under the base's settings",
    "coverage": "which lines run",
}


@dataclass(frozen=True, slots=True)
class Change:
    """What a change comes to: its files as they are shown, and what a page has no room for."""

    files: tuple[ShownFile, ...]
    names: tuple[str, ...]
    added: int
    removed: int
    left_out: int
    files_left_out: int


def run_page(
    story: Story,
    bundle: Bundle | None = None,
    bundle_name: str = "",
    served: Served | None = None,
) -> str:
    """Return the page as HTML of at most about `MAX_PAGE_BYTES`.

    ``bundle`` is what the run wrote, where it is still there; ``bundle_name`` is how commands find
    it. Without ``served`` the page needs nothing beside itself.
    """
    page = ""
    for room, tests, findings in _BOUNDS:
        page = render_page(
            "run.html.j2",
            "run.css",
            "run.js",
            _values(story, bundle, bundle_name, room, tests) | {"most": findings},
            served,
        )
        if len(page.encode()) <= MAX_PAGE_BYTES:
            break
    return page


def _values(
    story: Story, bundle: Bundle | None, bundle_name: str, room: int, tests: int
) -> dict[str, Any]:
    last, evidence = story.shown, evidence_of(story, bundle)
    findings = findings_of(last, evidence, bundle)
    change = _change(last, findings, evidence, room)
    rows = file_rows(story, change.names)
    verdict = last.attempt.verdict.word if last and last.attempt else None
    return {
        "story": story,
        "run": story.summary,
        "task": story.task,
        "bundle": bundle,
        "last": last,
        "evidence": evidence,
        "findings": findings,
        "change": change,
        "contents": bundle.changes if bundle and not change.names else (),
        "gates": gate_views(evidence, tests) if evidence else (),
        "unrun": any(one.uncovered for one in (evidence and evidence.coverage) or ()),
        "measured": measured_text(evidence) if evidence and evidence.gates else "",
        "scope": rows,
        "figure": figure(rows, story.scope_map.edges),
        "kinds": kinds_drawn(story.scope_map.edges),
        "lanes": lanes(story),
        "ticks": ticks(story),
        "took": duration(span_s(story)),
        "offset": offset,
        "duration": duration,
        "costs": costs_by_stage(story.requests),
        "guarantees": _guarantees(evidence),
        "checks": checks(story, bundle, bundle_name),
        "evidence_sha256": statement_of(evidence, verdict).sha256 if evidence and verdict else "",
        "state": _state(story),
        "mood": lambda word: word if word in get_args(VerdictWord) else "none",
        "count": _count,
        "side": lambda word: _SIDES.get(word, word),
    }


def _change(
    last: Try | None, findings: Iterable[Finding], evidence: Evidence | None, room: int
) -> Change:
    # Redacted as a whole: a key may be longer than a line.
    files = files_of(redacted(last.diff)) if last else ()
    some = files[:_MOST_FILES]
    shown = shown_files(some, remarks_of(findings, evidence), room)
    return Change(
        shown,
        tuple(one.path for one in files),
        sum(one.added for one in files),
        sum(one.removed for one in files),
        sum(one.left_out for one in shown),
        len(files) - len(some),
    )


def _guarantees(evidence: Evidence | None) -> tuple[tuple[str, str, bool], ...]:
    """Return each guarantee a sandbox can give, what it means, and whether it was held."""
    if evidence is None or not evidence.backend:
        return ()
    held = frozenset(evidence.guarantees)
    return tuple((one, _MEANT[one], one in held) for one in get_args(Guarantee))


def _state(story: Story) -> tuple[str, str]:
    """Return how a run stands as a word for its colour, and in words."""
    mood, words = standing_of(story.summary, is_held=story.is_held)
    return mood, "still running" if mood == "running" else words


def _count(number: int, one: str, several: str = "") -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"
