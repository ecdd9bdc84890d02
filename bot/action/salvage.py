"""After a job propose whose process was killed: what it had done, before its machine is gone.

It runs on the same machine, as a step of the same job, with neither key nor token. Where the
process could leave its parcel itself, there is nothing to do.
"""

from collections.abc import Mapping

from bot.action.beginning import admitted_in, as_asked, wishes_for
from bot.action.leaving import leave, stopped, told
from bot.action.parcels import outcome_in
from bot.action.report import Summary
from bot.action.surroundings import Surroundings
from bot.progress import line_of
from bot.wiring import Bench, open_bench
from bot.workshop import workshop
from scoping.refusal import Refusal
from workflows.admission import Admission, task_of
from workflows.cut_short import gone_over
from workflows.workshop import Outcome, Watch

_SHOWN = 30


def salvage_job(around: Surroundings) -> Mapping[str, str]:
    """Leave what a killed process had not come to leave, as far as its journal tells."""
    admission = admitted_in(around)
    if outcome_in(around.folder, admission.run) is not None:
        return {}
    ended, steps = stopped(admission.run), ""
    try:
        with open_bench(around.target, admission.base_commit, {}, unsafe=False) as opened:
            bench = as_asked(opened, admission)
            steps = _steps(admission.run, bench)
            ended = _gone_over(admission, bench)
    except Refusal as refusal:
        ended = stopped(admission.run, "failed", str(refusal))
    finally:
        outcome = leave(ended, steps, around)
    Summary(around.summary).say(f"Run {outcome.run}, as far as it came: {outcome.why}")
    return told(outcome)


def _gone_over(admission: Admission, bench: Bench) -> Outcome:
    task, run = task_of(admission), admission.run
    return gone_over(task, run, workshop(bench, Watch()), wishes_for(admission, bench))


def _steps(run: str, bench: Bench) -> str:
    """Return what the process had written down last, for who looks for what ended it."""
    told = ((entry.at, line_of(entry)) for entry in bench.journal.read(run))
    return "\n".join([f"{at} {line}" for at, line in told if line][-_SHOWN:])
