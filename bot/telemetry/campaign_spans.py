"""A campaign as spans: its targets, each with a link to the run that worked on it.

The runs have traces of their own: one trace of ten thousand targets would be read by nobody.
"""

from collections.abc import Iterator, Sequence

from bot.telemetry.names import SPANS
from bot.telemetry.otlp import MOST_SPANS
from bot.telemetry.span import Span, Value, around, ns_of
from validators.encoding import EncodingRefusal, decode
from workflows.campaign import Campaign, Target
from workflows.ports import Journal, JournalRefusal
from workflows.run import Entry
from workflows.target_standing import TargetStanding, advanced


def stream_of(campaign: str) -> str:
    """Return the stream of the journal that a campaign's own events are in."""
    return f"campaign-{campaign}"


def campaign_spans(key: str, journal: Journal) -> tuple[Span, ...]:
    """Return the spans of a campaign, itself first; none where the journal has no plan of it."""
    entries = journal.read(stream_of(key))
    plan = _plan(entries, journal)
    if plan is None:
        return ()
    facts: dict[str, Value] = {"operation": "invoke_workflow", "workflow": "changewright"}
    facts |= {"campaign": key}
    begun = ns_of(entries[0])
    whole = Span("run", "", SPANS["campaign"].of(), begun, begun, facts)
    inner: list[Span] = []
    # One more than there is room for, so that the root says how many are not there.
    for target in plan.targets[:MOST_SPANS]:
        inner += _target(target, journal.read(f"target-{target.key}"))
    return (around(whole, inner), *inner)


def _plan(entries: Sequence[Entry], journal: Journal) -> Campaign | None:
    plans = [one.event.data for one in entries if one.event.kind == "campaign.started"]
    if not plans:
        return None
    try:
        return decode(journal.get_blob(str(plans[-1]["plan"])), Campaign)
    except (JournalRefusal, EncodingRefusal):
        return None  # pruned, or of an older program


def _target(target: Target, entries: Sequence[Entry]) -> Iterator[Span]:
    """Yield a target's span, where a worker has begun it."""
    claims = [ns_of(one) for one in entries if one.event.kind == "target.claimed"]
    if not claims:
        return
    standing = TargetStanding()
    runs: list[str] = []
    for entry in entries:
        standing = advanced(standing, entry)
        runs += [str(entry.event.data["run"])] if entry.event.kind == "target.started" else []
    ends = [ns_of(one) for one in entries if one.event.kind == "target.finished"]
    result = standing.result
    error = (result.reason or "failed") if result and result.state == "failed" else ""
    name = SPANS["target"].of(target.name or "all files")
    ended, facts = max(ends, default=claims[-1]), {"state": standing.state}
    yield Span(f"target-{target.key}", "run", name, claims[0], ended, facts, error, links=(*runs,))
