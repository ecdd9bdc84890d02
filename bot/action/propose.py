"""The job propose: the author's process. It has the model's key and no token of the forge.

However it ends, it leaves what it has (`leaving`); what it leaves when it is killed, the step after
it makes of its state folder (`salvage`).
"""

from collections.abc import Mapping
from dataclasses import replace

from bot.action.beginning import REMOTE, admitted_in, as_asked, wishes_for
from bot.action.leaving import leave, stopped, told
from bot.action.parcels import EARLIER, PROPOSAL, picture_in
from bot.action.report import Summary
from bot.action.surroundings import Surroundings
from bot.action.taking_up import spent_beside, take_up
from bot.bug_report import write_report
from bot.progress import Progress
from bot.wiring import Bench, open_bench
from bot.workshop import models_for, workshop
from scoping.refusal import Refusal
from validators.clones.branches import head_of
from workflows.admission import Admission, task_of
from workflows.branching import JOURNAL_BRANCH
from workflows.journal_branch import RecordedRuns, records_at
from workflows.propose import propose
from workflows.run import Entry
from workflows.run_record import Record
from workflows.workshop import Outcome, Watch


def propose_job(around: Surroundings) -> Mapping[str, str]:
    """Work on what was admitted and leave what came of it, whatever flies out on the way."""
    admission = admitted_in(around)
    summary = Summary(around.summary)
    ended, tail = stopped(admission.run), ""
    try:
        ended = _worked_on(admission, around, summary)
    except KeyboardInterrupt:
        why = "the workflow was cancelled, or the job ran out of its time"
        ended = stopped(admission.run, "cancelled", why)
        raise
    except Refusal as refusal:
        ended = stopped(admission.run, "failed", str(refusal))
        raise
    except Exception as bug:  # whatever it is, people on the issue are told with the report
        tail = write_report(bug, ()).path.read_text("utf-8", "replace")
        why = f"a fault of changewright: {type(bug).__name__}"
        ended = stopped(admission.run, "failed", why)
        raise
    finally:
        outcome = leave(ended, tail, around)
    summary.say(f"Run {outcome.run}: {outcome.state}, verdict {outcome.verdict}. {outcome.why}")
    summary.say(f"All of it on one page: {outcome.run}.html in the artifact {PROPOSAL}.")
    return told(outcome)


def _worked_on(admission: Admission, around: Surroundings, summary: Summary) -> Outcome:
    task = task_of(admission)
    with (
        open_bench(around.target, admission.base_commit, {}, unsafe=False) as opened,
        Progress(quiet=False) as progress,
    ):
        bench = as_asked(opened, admission)
        for picture in admission.attachments:
            bench.journal.put_blob(picture_in(around.folder, picture))

        def observe(entry: Entry) -> None:
            progress.entry(entry)
            summary.entry(entry)

        records = _recorded(bench)
        if admission.earlier_sha256:
            records = _gone_on_with(admission, around, bench, records, summary)
        shop = workshop(bench, Watch(observe, progress.words))
        shop = replace(shop, spent_elsewhere=RecordedRuns(records))
        models, wishes = models_for(bench, admission.run), wishes_for(admission, bench)
        return propose(task, admission.run, models, shop, wishes)


def _gone_on_with(
    admission: Admission,
    around: Surroundings,
    bench: Bench,
    records: tuple[Record, ...],
    summary: Summary,
) -> tuple[Record, ...]:
    """Take up what an earlier workflow run left, if it can be; return what is spent beside it."""
    run = admission.run
    try:
        take_up(around.folder / EARLIER / f"{run}.jsonl", admission, bench)
    except Refusal as refusal:
        summary.say(f"Run {run} begins anew: {refusal}")
        return records
    summary.say(f"Run {run} goes on with what an earlier workflow run left.")
    return spent_beside(run, bench, records)


def _recorded(bench: Bench) -> tuple[Record, ...]:
    """Return what the journal's branch tells of other runs, as it was checked out with the rest."""
    head = head_of(bench.clone.original_git_dir, JOURNAL_BRANCH, among=REMOTE)
    return records_at(bench.clone, head)
