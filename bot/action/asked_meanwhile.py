"""What people asked of a pull request while a run worked on it: the next run is started for it."""

from bot.action.admit import trigger_rules
from bot.action.issue_forge import IssueForge
from bot.action.report import Summary
from bot.action.surroundings import Surroundings
from bot.settings import from_process
from workflows.admission import Admission, FollowUp
from workflows.follow_up import asked_since
from workflows.ports import ForgeRefusal
from workflows.reception import asked_in, asker


def take_up_what_was_asked(
    admission: Admission, around: Surroundings, forge: IssueForge, summary: Summary
) -> None:
    """Start the workflow anew where something is open that the ended run was not shown.

    What the forge does not let us do is told in the summary: whoever asked can ask again.
    """
    asked, number = admission.follow_up, admission.issue
    if asked is None:
        return
    inputs = {"run": admission.run, "workflow-run": around.delivery, "pull-request": str(number)}
    try:
        if _is_new(number, asked, forge):
            forge.dispatch(around.workflow, admission.base_branch, inputs)
            summary.say(f"Pull request {number} was asked about meanwhile; that is taken up now.")
    except ForgeRefusal as refusal:
        summary.say(f"What was asked of pull request {number} meanwhile waits: {refusal}")


def _is_new(number: int, asked: FollowUp, forge: IssueForge) -> bool:
    rules = trigger_rules(from_process({}))
    may_ask = asker(forge, rules)
    request = forge.pull_request(number)
    if request.state != "open":
        return False
    shown = {one.id: one.comments[-1] for one in asked.threads}
    threads = asked_in(forge.threads(number), may_ask, rules.phrase)
    if any(shown.get(one.id) != one.comments[-1] for one in threads):
        return True
    return bool(asked_since(request, asked.since, may_ask, rules.phrase))
