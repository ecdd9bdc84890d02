"""The job publish: the one process that writes code to the forge. No model, no code of the target.

Whatever became of the author's process, what it cost is kept; what it had finished is checked again
before anything of it goes out, and before the first effect a person's "stop" counts.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from bot.action.admit import trigger_rules
from bot.action.answering import answer_what_was_asked, answered_in_words, left_out
from bot.action.held_back import held_back, kept_back, note_end
from bot.action.issue_forge import IssueForge
from bot.action.parcels import (
    PROPOSAL,
    PUBLICATION,
    admission_in,
    content_of,
    outcome_in,
    put,
    verification_in,
)
from bot.action.report import Summary
from bot.action.surroundings import ActionRefusal, Surroundings
from bot.adapters.sqlite_journal.import_run import import_run
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.adapters.sqlite_journal.run_file import MAX_FILE_BYTES
from bot.gate_room import judging
from bot.wiring import Bench, now_iso, open_bench
from bot.workshop import press
from scoping.refusal import Refusal
from validators.clones.own_repository import open_own
from validators.encoding import digest, encode
from workflows.admission import Admission, also_about, task_of, why_stopped
from workflows.handover import BundleVerification, HandoverRefusal, Publication, RunOutcome
from workflows.hosted import Requester
from workflows.journal_branch import JournalBranch, text_hash
from workflows.press import Press, StaleBase
from workflows.proposal import MAX_BUNDLE_BYTES, Bundle, BundleRefusal, unseal
from workflows.publish import publish
from workflows.recorder import Recorder, leased
from workflows.run_record import Record, booking, record_of


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What the author's process left, as far as it can be believed."""

    outcome: RunOutcome | None = None
    verification: BundleVerification | None = None
    trouble: str = ""


def publish_job(around: Surroundings, forge: IssueForge | None = None) -> Mapping[str, str]:
    """Publish what was proposed, or keep what there is of it, and write down what it cost.

    ``forge`` takes the place of the one that the settings name.
    """
    admission = admission_in(around.folder, around.handed.get("admit", {}).get("sha256", ""))
    if admission is None:
        raise ActionRefusal(f"there is no admission in {around.folder}; admit writes it")
    summary = Summary(around.summary)
    given = {"forge.kind": "github"}
    with open_bench(
        around.target, admission.base_commit, given, unsafe=True, publishes=True
    ) as opened:
        bench = judging(opened, task_of(admission).change)
        if forge is not None:
            known = forge
            bench = replace(bench, open_forge=lambda: (known, known))
        told = _publish(admission, around, bench, summary)
    summary.say(f"Run {told.run}: {told.state}. {told.why}")
    bundle = around.folder / PROPOSAL / f"{told.run}.json"
    return {
        "run": told.run,
        "state": told.state,
        "bundle": str(bundle) if told.state == "published" else "",
        "pull-request": str(told.number or ""),
    }


def _publish(
    admission: Admission, around: Surroundings, bench: Bench, summary: Summary
) -> Publication:
    forge = cast("IssueForge", bench.forge)
    has_journal = _taken_in(admission, around.folder, bench, summary)
    told = _published(admission, around, bench, has_journal=has_journal)
    # Before the journal goes out: where that fails, people still learn what stands.
    put(around.folder / PUBLICATION / "publication.json", encode(_once(told)))
    if has_journal:
        record = record_of(bench.journal.read(admission.run), forge.repository)
    else:
        task, budget = task_of(admission), bench.settings.budget
        usd = budget.usd if admission.run_usd is None else min(budget.usd, admission.run_usd)
        name = admission.run
        if admission.earlier_sha256:  # beside what was spent under that name before
            name = f"{name}.{admission.delivery}"
        revises = admission.issue if admission.follow_up else 0
        record = booking(name, task, usd, budget.tokens, now_iso(), revises=revises)
    _remember([record], forge, bench)
    put(around.folder / PUBLICATION / "publication.json", encode(told))
    return told


def _once(told: Publication) -> Publication:
    """Return what is said until the journal shows it: nothing is started anew that it lacks."""
    return replace(told, may_start_again=False)


def _taken_in(admission: Admission, folder: Path, bench: Bench, summary: Summary) -> bool:
    """Take the author's journal of the run into ours; return whether there is one."""
    run = admission.run
    path, sha256 = folder / PROPOSAL / f"{run}.jsonl", ""
    if path.is_file() and not path.is_symlink():
        journal = cast("SqliteJournal", bench.journal)
        bundles = bench.settings.state / "bundles"
        try:
            import_run(path, journal, bundles, salvage=True)
            sha256 = digest(content_of(path, MAX_FILE_BYTES) or b"")
        except Refusal as refusal:
            summary.say(f"The journal of run {run} cannot be taken in: {refusal}")
    if not bench.journal.read(run):
        return False
    task = task_of(admission)
    with leased(bench.journal, run, f"admission {run}") as pen:
        Recorder(bench.journal, pen).record(
            "run.admitted",
            answers=admission.answers,
            dispatched=admission.dispatched,
            text_sha256=text_hash(task.title, task.body),
            issue_sha256=text_hash(admission.title, admission.body),
            delivery=admission.delivery,
            journal_sha256=sha256,
            heard=admission.follow_up.since if admission.follow_up else "",
        )
    return True


def _published(
    admission: Admission, around: Surroundings, bench: Bench, *, has_journal: bool
) -> Publication:
    run = admission.run
    parcel = _parcel(around.folder, run)
    try:
        content = _bundle(parcel.outcome, around.folder, run)
        if not has_journal or content is None:
            why = parcel.trouble or "there is no bundle, so nothing is published"
            told = Publication(run, "nothing", why)
            if held_back(around.results):
                return told
            return answered_in_words(told, parcel.outcome, admission, bench)
        return _checked(content, admission, around, bench, parcel)
    except StaleBase as late:
        again = late.base.state == "stale" and not admission.is_pull_request
        return Publication(run, "stale-base", str(late), may_start_again=again)
    except Refusal as refusal:
        return Publication(run, "refused", str(refusal))


def _checked(
    content: bytes, admission: Admission, around: Surroundings, bench: Bench, parcel: _Parcel
) -> Publication:
    """Publish a bundle that is what was admitted, if nobody has stopped it since."""
    rules, tracker = trigger_rules(bench.settings), cast("IssueForge", bench.forge)
    if stopped := why_stopped(admission, tracker, rules, also_about(admission, bench.forge)):
        return _unshown(Publication(admission.run, "cancelled", stopped), bench)
    bundle, sha256 = unseal(content)
    _require_admitted(bundle, admission)
    press = _press(bench, admission, parcel)
    held = held_back(around.results)
    if admission.follow_up and (bundle.partial or held):
        told = left_out(admission.run, held)
        return _unshown(told, bench) if held else told
    if not bundle.partial:
        if held:
            return _unshown(kept_back(bundle, sha256, held, press), bench)
        _require_verified(parcel, around.results.get("verify", "skipped"))
    done = publish(bundle, sha256, press)
    why, branch = " ".join(done.notes), done.branch
    told = Publication(admission.run, "branch-only", why, branch=branch, head=done.head)
    if done.pull_request is None:
        return told
    number, url = done.pull_request.number, done.pull_request.url
    told = replace(told, state="published", number=number, url=url)
    return answer_what_was_asked(told, bundle, done, press, admission)


def _unshown(told: Publication, bench: Bench) -> Publication:
    """Return ``told`` with its run ended by it, unless it stands on the forge all the same."""
    if told.state != "published":
        note_end(told.run, told, bench)
    return told


def _press(bench: Bench, admission: Admission, parcel: _Parcel) -> Press:
    verified = parcel.verification is not None and parcel.verification.same
    # Whoever only made a check run asked for nothing.
    is_asker = admission.role != "none"
    requester = Requester(admission.sender, admission.sender_id) if is_asker else None
    return press(bench, lambda _: None, requester, was_verified=verified)


def _parcel(folder: Path, run: str) -> _Parcel:
    try:
        return _Parcel(outcome_in(folder, run), verification_in(folder, run))
    except HandoverRefusal as refusal:
        return _Parcel(trouble=str(refusal))


def _bundle(outcome: RunOutcome | None, folder: Path, run: str) -> bytes | None:
    """Return the bundle that counts: a whole one only when its process said that it is."""
    is_whole = outcome is not None and outcome.state == "proposed"
    name = f"{run}.json" if is_whole else f"{run}.partial.json"
    return content_of(folder / PROPOSAL / name, MAX_BUNDLE_BYTES)


def _require_admitted(bundle: Bundle, admission: Admission) -> None:
    """Refuse a bundle about anything else than what was admitted, whoever sealed it."""
    asked = admission.follow_up
    made = (bundle.proposal.run, bundle.proposal.task, bundle.base_commit)
    revised = (0, "") if asked is None or bundle.partial else (admission.issue, asked.head)
    is_about_it = made == (admission.run, task_of(admission), admission.base_commit)
    # A run that begins with unfinished work revises that, which has no number and no head.
    if not is_about_it or (bundle.revises, bundle.revised_head) != revised:
        raise BundleRefusal(
            f"the bundle is not about what was admitted as run {admission.run}; do not trust it"
        )


def _require_verified(parcel: _Parcel, result: str) -> None:
    """Refuse what another machine was asked about and did not confirm."""
    verification = parcel.verification
    if verification is not None and verification.same:
        return
    if verification is not None:
        raise BundleRefusal("another machine came to another result, so nothing is published")
    if result not in {"skipped", ""}:
        raise BundleRefusal(f"the job verify ended ({result}) before it could say what it found")


def _remember(records: Sequence[Record], forge: IssueForge, bench: Bench) -> None:
    own = open_own(bench.scratch / "journal.git")
    JournalBranch(forge, own, _wait).append(records, now_iso())


def _wait(number: int) -> None:
    time.sleep(min(0.2 * number, 5.0))
