"""A whole proposal that is not shown: its workflow was cancelled, or its job did not end in order.

It is kept as unfinished work on the branch, from where the same label goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.wiring import Bench
from scoping.refusal import Refusal
from workflows.handover import Publication
from workflows.ports import Forge
from workflows.press import Press
from workflows.proposal import Bundle
from workflows.publish import publish
from workflows.recorder import Recorder, leased
from workflows.sealing import unfinished

# How a forge says that a job was to run and did not come to its end, or to its beginning.
_NOT_DONE = frozenset({"cancelled", "skipped"})


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Why a proposal is not shown, and what becomes of its publication."""

    state: Literal["cancelled", "branch-only"]
    why: str


def held_back(results: Mapping[str, str]) -> HeldBack | None:
    """Return why nothing may be shown, by how the jobs before ended; None where it may.

    A job cannot see that its own workflow was cancelled. So publish is one that a cancellation
    stops, and the job after it, which a cancellation does not stop, sees how it ended.
    """
    if results.get("publish") in _NOT_DONE or results.get("propose") == "cancelled":
        why = "the workflow was cancelled before the pull request was opened"
        return HeldBack("cancelled", why)
    proposed = results.get("propose", "success")
    if proposed != "success":
        why = (
            f"the job propose ended ({proposed}) after its proposal was made, so that no other job"
            " looked at it; it is kept as unfinished work"
        )
        return HeldBack("branch-only", why)
    return None


def kept_back(bundle: Bundle, sha256: str, held: HeldBack, press: Press) -> Publication:
    """Keep ``bundle`` on its branch, unless it is shown already."""
    run = bundle.proposal.run
    shown = _shown(bundle, sha256, press.forge)
    if shown is not None:
        return shown
    try:
        done = publish(unfinished(bundle), sha256, press)
    except Refusal as refusal:
        return Publication(run, held.state, f"{held.why}. It is not on a branch: {refusal}")
    return Publication(run, held.state, held.why, branch=done.branch, head=done.head)


def note_end(run: str, told: Publication, bench: Bench) -> None:
    """Write down that a run which came to a proposal ended without one."""
    state = "cancelled" if told.state == "cancelled" else "failed"
    verdict = "cancelled" if told.state == "cancelled" else "infrastructure"
    with leased(bench.journal, run, f"publication {run}") as pen:
        recorder = Recorder(bench.journal, pen)
        recorder.record("run.finished", state=state, verdict=verdict, why=told.why)


def _shown(bundle: Bundle, sha256: str, forge: Forge) -> Publication | None:
    """Return the publication that stands, where the cancellation came too late for it."""
    run = bundle.proposal.run
    for known in forge.pull_requests("open", reviewed=False):
        if (known.draft.run, known.draft.bundle_sha256) == (run, sha256):
            why = "the workflow was cancelled when the pull request was open already"
            branch, head = known.draft.branch, known.head
            return Publication(run, "published", why, known.number, known.url, branch, head)
    return None
