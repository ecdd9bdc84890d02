"""What a person should know about how a proposal was made, which no gate can find out again.

A view over the run's journal, so that a run that was taken up again says the same. The findings of
the gates are in the evidence; these are beside it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from validators.encoding import decode, encode
from validators.verdict import Finding
from workflows.opinion import Opinion, opinions
from workflows.run import Entry
from workflows.visible_text import NOTHING, Hidden

GATE = "adjudicator"
_PATCH = re.compile(
    r"^(?:diff --git |\*\*\* Begin Patch|<{5,} SEARCH|@@ -\d+(?:,\d+)? \+\d+)", re.MULTILINE
)


def holds_patch(text: str) -> bool:
    """Whether somebody wrote a ready-made patch into a task."""
    return _PATCH.search(text.replace("\r", "")) is not None


def remarks(entries: Sequence[Entry], attempt: int) -> tuple[Finding, ...]:
    """Return what the journal of a run tells about it, for who decides on ``attempt``."""
    return (*_about_the_texts(entries), *_about_the_opinions(opinions(entries), attempt))


def _about_the_texts(entries: Iterable[Entry]) -> Iterator[Finding]:
    by_request: dict[str, Hidden] = {}
    for entry in entries:
        kind, data = entry.event.kind, entry.event.data
        if kind == "prompt.sent" and "hidden" in data:
            by_request[data["reservation"]] = decode(encode(data["hidden"]), Hidden)
        elif kind == "run.started" and data.get("patch_in_task"):
            message = (
                "the task holds the text of a patch; what became of it was judged as any other"
                " change"
            )
            yield Finding("prompts", "patch-in-task", "note", message)
    hidden = sum(by_request.values(), NOTHING)
    if hidden:
        were = "was" if hidden.total == 1 else "were"
        message = f"{hidden} {were} not shown to the model"
        yield Finding("prompts", "hidden-text", "note", message)


def _about_the_opinions(found: Iterable[Opinion], attempt: int) -> Iterator[Finding]:
    """Yield a veto of what is proposed as questions for a person, and the rest as remarks."""
    for one in found:
        if one.decision == "veto" and one.attempt == attempt:
            for reason in one.reasons:
                message = f"{one.model} would not accept this, which passed the gates: {reason.why}"
                path, line = reason.path, reason.start_line
                yield Finding(GATE, "veto", "ask", message, path, line)
        elif one.decision == "veto":
            message = f"{one.model} vetoed attempt {one.attempt}, which passed the gates: " + (
                "; ".join(reason.why for reason in one.reasons)
            )
            yield Finding(GATE, "earlier-veto", "note", message)
        elif one.decision == "none":
            message = f"the second opinion on attempt {one.attempt} gave no verdict: {one.trouble}"
            yield Finding(GATE, "no-verdict", "warn", message)
        if one.dropped:
            count = "1 reason" if one.dropped == 1 else f"{one.dropped} reasons"
            message = f"{count} of the opinion on attempt {one.attempt} named no hunk of the change"
            yield Finding(GATE, "reasons-dropped", "note", message)
