"""A model's second opinion on a change that passed its gates; it may only veto.

Each opinion is a fresh conversation that sees the task, the change and the evidence, and nothing of
how the change was made. What gates refuse is never asked about, and no reply can make a change
pass: the best a model that was talked round can do is to say nothing. It is paid from the run's
budget, and kept in the journal like every other request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from validators.checkout import Clone, diff_text, raw_changes
from validators.encoding import EncodingRefusal, decode, encode
from workflows import opinion_prompts
from workflows.conversation import Conversation, Reply
from workflows.dialogue import Dialogue
from workflows.opinion import LANE, Decision, FileDiff, Opinion, Reason, opinions
from workflows.ports import Model, ModelRefusal
from workflows.proposal import Attempt
from workflows.purse import Allowance, BudgetRefusal
from workflows.recorder import Recorder
from workflows.task import Task
from workflows.workshop import Workshop

_MAX_FILE_BYTES = 40_000
_MAX_CHARACTERS = 120_000
_MAX_REASONS = 20
_MAX_WHY = 2_000


@dataclass(frozen=True, slots=True)
class _Case:
    """What is judged: the attempt, and the change as far as it is shown."""

    attempt: Attempt
    files: tuple[FileDiff, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class _Verdict:
    decision: Decision
    reasons: tuple[Reason, ...]


def adjudicate(
    task: Task,
    workshop: Workshop,
    recorder: Recorder,
    allowance: Allowance,
    attempt: Attempt,
    *,
    may_go_back: bool,
) -> Opinion | None:
    """Return the second opinion on ``attempt``, asked for once; None where nobody is to be asked.

    The first veto of a run goes back to the author where it ``may_go_back``; a later one, or one
    that the author cannot answer, is for the person who decides.
    """
    earlier = {one.attempt: one for one in opinions(recorder.entries())}
    if attempt.number in earlier:
        return earlier[attempt.number]
    model = workshop.adjudicator(recorder.run)
    if model is None:
        return None
    case = _case(attempt, workshop.clone)
    opinion = _asked(task, case, model, recorder, allowance)
    is_first = all(one.decision != "veto" for one in earlier.values())
    goes_back = opinion.decision == "veto" and is_first and may_go_back
    opinion = replace(opinion, goes_back=goes_back)
    recorder.record("adjudication.finished", opinion=opinion)
    return opinion


def changed_files(clone: Clone, old: str, new: str) -> tuple[tuple[FileDiff, ...], int]:
    """Return what differs between two trees, file by file, and how many files more there are."""
    changes = raw_changes(clone, old, new)
    files: list[FileDiff] = []
    left = _MAX_CHARACTERS
    for change in changes:
        if left <= 0:
            break
        paths = tuple(dict.fromkeys((change.old_path, change.path)))
        text = diff_text(clone, old, new, paths, min(_MAX_FILE_BYTES, left))
        files.append(FileDiff(change.path, change.old_path, text))
        left -= len(text)
    return tuple(files), len(changes) - len(files)


def _case(attempt: Attempt, clone: Clone) -> _Case:
    files, left_out = changed_files(clone, clone.base_tree, attempt.applied_tree)
    return _Case(attempt, files, left_out)


def _asked(
    task: Task, case: _Case, model: Model, recorder: Recorder, allowance: Allowance
) -> Opinion:
    attempt = case.attempt
    if attempt.evidence is None:
        raise ValueError(f"attempt {attempt.number} was not judged")
    request = opinion_prompts.opinion_request(
        task, case.files, case.left_out, attempt.verdict, attempt.evidence
    )
    opening = Conversation(opinion_prompts.ADJUDICATOR, (), (opinion_prompts.VERDICT,))
    dialogue = Dialogue(model, recorder, allowance, opening, f"{LANE}-{attempt.number}")
    dialogue.say(request)
    none = Opinion(attempt.number, "none", model.name)
    try:
        reply = dialogue.ask(attempt.number, lambda _: None)
    except (BudgetRefusal, ModelRefusal) as refusal:
        return replace(none, trouble=str(refusal))
    return _read(reply, case.files, none)


def _read(reply: Reply, files: Sequence[FileDiff], none: Opinion) -> Opinion:
    """Return what a reply says about ``files``; one that cannot be used is ``none``."""
    calls = reply.message.calls
    if reply.stop != "actions" or [call.name for call in calls] != [opinion_prompts.VERDICT.name]:
        return replace(none, trouble=f"it did not call `verdict` once ({reply.stop})")
    try:
        verdict = _checked(calls[0].arguments)
    except (EncodingRefusal, ValueError, RecursionError) as error:
        return replace(none, trouble=f"its verdict is not of the form asked for: {error}"[:500])
    if verdict.decision == "accept":
        return replace(none, decision="accept")
    by_path = {path: file for file in files for path in (file.old_path, file.path)}
    tied = [
        replace(reason, why=reason.why.strip()[:_MAX_WHY])
        for reason in verdict.reasons
        if reason.path in by_path
        and by_path[reason.path].touches(reason.start_line, reason.end_line)
        and reason.why.strip()
    ]
    dropped = len(verdict.reasons) - len(tied)
    if not tied:
        trouble = "it vetoed the change for no reason that names a hunk of it"
        return replace(none, dropped=dropped, trouble=trouble)
    return replace(none, decision="veto", reasons=tuple(tied[:_MAX_REASONS]), dropped=dropped)


def _checked(arguments: Mapping[str, Any]) -> _Verdict:
    """Return the arguments of a call, every one of which was asked for and no other."""
    verdict = decode(encode(arguments), _Verdict)
    reasons = arguments["reasons"]
    strange = arguments.keys() - {"decision", "reasons"}
    strange |= {name for one in reasons for name in one.keys() - set(Reason.__match_args__)}
    if strange or verdict.decision == "none":
        raise ValueError(f"it holds {', '.join(sorted(strange)) or 'the decision none'}")
    return verdict
