"""A model writes the migration program of a campaign: shown sites, tried, told, judged on others.

A run of its own, before any target begins. Each reply is landed on the files of the program, which
is then tried on its examples, on the files that the model saw, on files that it did not, and by the
gates. What it failed on is said, up to `TRIES` times; a run that was cut off goes on where it was.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace

from validators.codemods.outcome import Outcome
from validators.encoding import decode
from workflows.author_by_reply import AuthorByReply
from workflows.authored_program import AuthoredProgram, Counts, ExampleFile
from workflows.campaign import FailureReason
from workflows.program_author import Author, Commission, Handed, NotWritten
from workflows.program_reply import PROGRAM, Found, contents_of
from workflows.purse import Allowance, BudgetRefusal
from workflows.recorder import Recorder
from workflows.task import Task

TRIES = 5


def write_program(commission: Commission, task: Task, recorder: Recorder) -> AuthoredProgram:
    """Return the program that was accepted; NotWritten says why there is none."""
    if not commission.sample.shown:
        raise NotWritten("refused", "none of the campaign's files is text that a model may see")
    bound = commission.consultation.bound_of("")
    allowance = commission.consultation.allowance(task, bound, recorder)
    with closing(_author(commission, recorder, allowance)) as author:
        try:
            return _written(author, commission, recorder)
        except BudgetRefusal as refusal:
            reason: FailureReason = "spent" if bound.campaign_is_spent else "budget"
            raise NotWritten(reason, str(refusal)) from refusal


def _author(commission: Commission, recorder: Recorder, allowance: Allowance) -> Author:
    code = commission.consultation.workshop.code
    if code is None:
        return AuthorByReply(commission, recorder, allowance)
    from workflows.author_by_snippets import AuthorBySnippets  # noqa: PLC0415 - in code mode alone

    return AuthorBySnippets(commission, code, recorder, allowance)


def _written(author: Author, commission: Commission, recorder: Recorder) -> AuthoredProgram:
    tried = _tried_before(recorder)
    found = Found()
    for number in range(1, TRIES + 1):
        before = found
        handed = author.hand_over(number, before)
        if number in tried:
            found = decode(recorder.kept(tried[number]), Found)
        else:
            found = _found(handed, before, (author, commission), recorder)
            recorder.record("program.tried", attempt=number, found=recorder.keep(found))
        if not found.objections:
            return _accepted(found, commission, (recorder.run, handed.model, number))
        if found.is_final:
            break
        author.told(found, before)
    last = " ".join(found.objections[0].split("\n")[:2])
    raise NotWritten("model", f"no program of {number} was accepted; the last: {last}")


def _tried_before(recorder: Recorder) -> Mapping[int, str]:
    return {
        one.event.data["attempt"]: one.event.data["found"]
        for one in recorder.entries()
        if one.event.kind == "program.tried"
    }


def _found(
    handed: Handed, before: Found, by: tuple[Author, Commission], recorder: Recorder
) -> Found:
    """Return what one program comes to: tried on what was seen, then on what was not, and gated."""
    made, (author, commission) = handed.found, by
    if made.objections:
        return made
    seen = author.seen(before.met)
    trial = commission.try_on(contents_of(made.files), seen, author.spans())
    digest = trial.outcome.digest if trial.outcome else ""
    found = replace(made, digest=digest, shown=_counts(trial.outcome, len(seen)))
    miscounted = handed.miscounted(trial)
    idle = (trial.idle,) if trial.idle else ()
    if trial.objections or idle or miscounted:
        return replace(found, objections=(*trial.objections, *idle, *miscounted))
    contents = _contents(trial.outcome)
    unseen = commission.sample.unseen
    if unseen:
        if before.met == len(unseen):
            why = "it failed on sites it had not seen, and there are no more to judge it on"
            return replace(found, objections=(why,), is_final=True)
        fresh = unseen[before.met]
        trial = commission.try_on(contents_of(made.files), fresh, None)
        found = replace(found, unseen=_counts(trial.outcome, len(fresh)))
        if trial.objections:
            return replace(found, objections=trial.objections, met=before.met + 1)
        contents |= _contents(trial.outcome)
    objection = commission.judge(contents, recorder)
    return replace(found, objections=(objection,) if objection else ())


def _accepted(found: Found, commission: Commission, made: tuple[str, str, int]) -> AuthoredProgram:
    run, model, tries = made
    examples = (
        ExampleFile(path.partition("/")[2], text)
        for path, text in sorted(found.files.items())
        if path != PROGRAM
    )
    return AuthoredProgram(
        found.digest,
        found.files[PROGRAM],
        tuple(examples),
        commission.words,
        found.shown,
        found.unseen,
        model,
        run,
        tries,
        found.about,
    )


def _counts(outcome: Outcome | None, files: int) -> Counts:
    if outcome is None:
        return Counts(files)
    return Counts(files, outcome.expected, outcome.rewritten, len(outcome.all_left))


def _contents(outcome: Outcome | None) -> dict[str, bytes]:
    changed = outcome.changed if outcome else ()
    return {one.path: one.content for one in changed if one.content is not None}
