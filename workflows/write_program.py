"""A model writes the migration program of a campaign: shown sites, tried, told, judged on others.

A run of its own, before any target begins. Each reply is landed on the files of the program, which
is then tried on its examples, on the files that the model saw, on files that it did not, and by the
gates. What it failed on is said, up to `TRIES` times; a run that was cut off goes on where it was.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from validators.codemods.outcome import Outcome
from validators.codemods.trial import Shown, Trial
from validators.encoding import decode
from workflows import author_request
from workflows.authored_program import AuthoredProgram, Counts, ExampleFile
from workflows.campaign import FailureReason
from workflows.consultation import Consultation
from workflows.conversation import Conversation, Reply
from workflows.dialogue import Dialogue
from workflows.passages import Passage, passages
from workflows.ports import ModelRefusal
from workflows.program_reply import PROGRAM, Found, contents_of, counted_otherwise, landed
from workflows.purse import BudgetRefusal
from workflows.quoting import Words
from workflows.recorder import Recorder
from workflows.site_sample import SampleFile, SiteSample
from workflows.task import Task

TRIES = 5
MOST_TOKENS = 10_000

TryOn = Callable[[Mapping[str, bytes], Sequence[SampleFile], Shown | None], Trial]
# The gates on what a program made of sampled files: why they do not pass, or "".
JudgeSample = Callable[[Mapping[str, bytes], Recorder], str]


class NotWritten(Exception):
    """There is no program: ``reason`` is the word for it, the message the cause."""

    def __init__(self, reason: FailureReason, cause: str) -> None:
        super().__init__(cause)
        self.reason: FailureReason = reason


@dataclass(frozen=True, slots=True)
class Commission:
    """What a program is written for and tried with; ``files`` is how many the campaign has."""

    words: str
    sample: SiteSample
    files: int
    consultation: Consultation
    try_on: TryOn
    judge: JudgeSample


def write_program(commission: Commission, task: Task, recorder: Recorder) -> AuthoredProgram:
    """Return the program that was accepted; NotWritten says why there is none."""
    if not commission.sample.shown:
        raise NotWritten("refused", "none of the campaign's files is text that a model may see")
    bound = commission.consultation.bound_of("")
    allowance = commission.consultation.allowance(task, bound, recorder)
    opening = Conversation(author_request.system(), ())
    dialogue = commission.consultation.dialogue(opening, "", recorder, allowance)
    shown = _passages(commission, commission.sample.shown)
    others = commission.files - len(commission.sample.shown)
    dialogue.say(author_request.first_request(commission.words, shown, others))
    tried = _tried_before(recorder)
    found = Found()
    for number in range(1, TRIES + 1):
        try:
            reply = _asked(dialogue, number, commission)
        except BudgetRefusal as refusal:
            reason: FailureReason = "spent" if bound.campaign_is_spent else "budget"
            raise NotWritten(reason, str(refusal)) from refusal
        before = found
        if number in tried:
            found = decode(recorder.kept(tried[number]), Found)
        else:
            found = _found(reply, before, (commission, shown), recorder)
            recorder.record("program.tried", attempt=number, found=recorder.keep(found))
        if not found.objections:
            return _accepted(found, commission, (recorder.run, reply.model, number))
        if found.is_final:
            break
        dialogue.say(_feedback(found, before, commission))
    last = " ".join(found.objections[0].split("\n")[:2])
    raise NotWritten("model", f"no program of {number} was accepted; the last: {last}")


def _tried_before(recorder: Recorder) -> Mapping[int, str]:
    return {
        one.event.data["attempt"]: one.event.data["found"]
        for one in recorder.entries()
        if one.event.kind == "program.tried"
    }


def _asked(dialogue: Dialogue, number: int, commission: Commission) -> Reply:
    try:
        reply = dialogue.ask(number, commission.consultation.workshop.watch.words)
    except ModelRefusal as refusal:
        raise NotWritten("model", f"the model gave no reply: {refusal}") from refusal
    if reply.stop == "refusal":
        raise NotWritten("model", f"the model declined: {reply.message.text.strip()[:300]}")
    return reply


def _found(
    reply: Reply, before: Found, on: tuple[Commission, Sequence[Passage]], recorder: Recorder
) -> Found:
    """Return what one reply comes to: tried on what was seen, then on what was not, and gated."""
    commission, shown = on
    made = landed(reply, before)
    if made.objections:
        return made
    sample = commission.sample
    seen = [*sample.shown, *(one for some in sample.unseen[: before.met] for one in some)]
    trial = commission.try_on(contents_of(made.files), seen, _spans(shown))
    digest = trial.outcome.digest if trial.outcome else ""
    found = replace(made, digest=digest, shown=_counts(trial.outcome, len(seen)))
    miscounted = counted_otherwise(reply.message.text, trial)
    idle = (trial.idle,) if trial.idle else ()
    if trial.objections or idle or miscounted:
        return replace(found, objections=(*trial.objections, *idle, *miscounted))
    contents = _contents(trial.outcome)
    fresh: Sequence[SampleFile] = ()
    if sample.unseen:
        if before.met == len(sample.unseen):
            why = "it failed on sites it had not seen, and there are no more to judge it on"
            return replace(found, objections=(why,), is_final=True)
        fresh = sample.unseen[before.met]
        trial = commission.try_on(contents_of(made.files), fresh, None)
        found = replace(found, unseen=_counts(trial.outcome, len(fresh)))
        if trial.objections:
            return replace(found, objections=trial.objections, met=before.met + 1)
        contents |= _contents(trial.outcome)
    objection = commission.judge(contents, recorder)
    return replace(found, objections=(objection,) if objection else ())


def _feedback(found: Found, before: Found, commission: Commission) -> Words:
    unseen: tuple[Passage, ...] = ()
    if found.met > before.met:
        unseen = _passages(commission, commission.sample.unseen[before.met])
    return author_request.what_is_wrong(found.objections, unseen)


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


def _passages(commission: Commission, files: Sequence[SampleFile]) -> tuple[Passage, ...]:
    """Return what is shown of files, each with its part of the tokens there are."""
    consultation = commission.consultation
    estimate = consultation.model_of("", "").estimate_tokens
    room = MOST_TOKENS // max(1, len(files)), estimate
    return tuple(
        one for file in files for one in passages(file.name, file.content, file.lines, room)
    )


def _spans(shown: Sequence[Passage]) -> Shown:
    spans: dict[str, list[tuple[int, int]]] = {}
    for one in shown:
        spans.setdefault(one.path, []).append((one.start_line, one.end_line))
    return spans


def _counts(outcome: Outcome | None, files: int) -> Counts:
    if outcome is None:
        return Counts(files)
    return Counts(files, outcome.expected, outcome.rewritten, len(outcome.all_left))


def _contents(outcome: Outcome | None) -> dict[str, bytes]:
    changed = outcome.changed if outcome else ()
    return {one.path: one.content for one in changed if one.content is not None}
