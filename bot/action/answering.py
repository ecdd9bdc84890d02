"""What a revision says in the threads it was about, once its change stands or none was needed."""

from dataclasses import replace
from functools import partial

from bot.action.held_back import HeldBack
from bot.hosting import answers_out
from bot.pages.threads import answer_text
from bot.wiring import Bench
from scoping.refusal import Refusal
from workflows.admission import Admission
from workflows.answer_threads import answer_threads
from workflows.handover import Publication, RunOutcome
from workflows.press import Press, Published
from workflows.proposal import Bundle
from workflows.recorder import Recorder, leased
from workflows.thread_answers import answers_of
from workflows.threads import ThreadAnswer


def answer_what_was_asked(
    told: Publication, bundle: Bundle, done: Published, press: Press, admission: Admission
) -> Publication:
    """Answer the admitted threads of what was published; the change stands whatever hinders that.

    Threads that are not answered wait for the next run.
    """
    told = replace(told, threads=_count_of_threads(admission))
    answers = _admitted(bundle.proposal.answers, admission)
    about = replace(bundle, proposal=replace(bundle.proposal, answers=answers))
    try:
        return replace(told, answered=len(answers_out(about, done, press)))
    except Refusal as refusal:
        return replace(told, why=f"{told.why} Not every thread was answered: {refusal}".strip())


def answered_in_words(
    told: Publication, outcome: RunOutcome | None, admission: Admission, bench: Bench
) -> Publication:
    """Answer the threads of a revision that had nothing to change; else return ``told`` as it is.

    Only a run that came to its own end has answers: what a stopped one said may be half of it.
    """
    asked, run = admission.follow_up, admission.run
    if asked is None or outcome is None or outcome.code != "no-change-needed":
        return told
    if bench.forge.pull_request(admission.issue).state != "open":
        return told
    answers = answers_of(bench.journal.read(run), bench.journal.get_blob)
    with leased(bench.journal, run, f"answers {run}") as pen:
        recorder = Recorder(bench.journal, pen)
        said = answer_threads(
            admission.issue,
            _admitted(answers, admission),
            bench.forge,
            recorder,
            partial(answer_text, head=""),
        )
    if not said:
        return told
    number, url = admission.issue, bench.forge.pull_request(admission.issue).url
    made = Publication(run, "answered", outcome.why, number, url)
    return replace(made, answered=len(said), threads=_count_of_threads(admission))


def left_out(run: str, held: HeldBack | None) -> Publication:
    """Return what becomes of a revision that is not whole: its pull request stays as it was."""
    if held is None:
        why = "what was made before the run was stopped is not put on an open pull request"
        return Publication(run, "nothing", why)
    return Publication(run, held.state, f"{held.why}; the pull request is as it was")


def _count_of_threads(admission: Admission) -> int:
    """Return how many threads were to be dealt with."""
    return len(admission.follow_up.threads) if admission.follow_up else 0


def _admitted(answers: tuple[ThreadAnswer, ...], admission: Admission) -> tuple[ThreadAnswer, ...]:
    """Return the answers for threads that were admitted, heard as far as those were shown."""
    threads = admission.follow_up.threads if admission.follow_up else ()
    heard = {one.id: one.comments[-1].at for one in threads}
    return tuple(replace(one, heard=heard[one.thread]) for one in answers if one.thread in heard)
