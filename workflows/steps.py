"""Steps of a run that its journal may hold already: done once, and taken from there ever after."""

from dataclasses import replace

from scoping.excerpts import Excerpt
from scoping.reordering import Reorder
from scoping.scope import Scope
from validators.encoding import decode, encode
from validators.evidence import Evidence
from validators.rules import GateKind
from validators.verdict import Verdict
from workflows.edits import Landed
from workflows.proposal import Attempt
from workflows.recorder import Recorder, ResumeRefusal
from workflows.task import Task
from workflows.workshop import Workshop


def scoped(
    task: Task, workshop: Workshop, recorder: Recorder, reorder: Reorder | None = None
) -> Scope:
    """Choose what the model reads, and keep every excerpt: all that is left of a known choice."""
    known = recorder.history.scope
    if known is not None:
        excerpts = decode(recorder.kept(known["excerpts"]), tuple[Excerpt, ...])
        return Scope(workshop.clone.base_commit, excerpts=excerpts)
    scope = workshop.select(task, reorder)
    recorder.record(
        "scope.selected",
        files=[ranked.path for ranked in scope.files],
        functions=[ranked.id for ranked in scope.functions],
        skipped=scope.skipped,
        tokens=scope.tokens,
        excerpts=recorder.keep(scope.excerpts),
    )
    return scope


def note_landing(number: int, landed: Landed, recorder: Recorder) -> None:
    """Write down what a reply became; ResumeRefusal when it became another tree before."""
    known = recorder.history.landed.get(number)
    if known is None:
        recorder.record("patch.landed", attempt=number, tree=landed.tree, edits=landed.edits)
    elif known != landed.tree:
        raise ResumeRefusal(
            f"run {recorder.run} cannot go on: the reply of attempt {number} made the tree"
            f" {known[:12]} then and makes {landed.tree[:12]} now, so this changewright lands edits"
            " in another way than the one that began it; start anew with `changewright propose`"
        )


def judged(
    number: int, tree: str, workshop: Workshop, recorder: Recorder
) -> tuple[Verdict, Evidence | None]:
    """Return what the gates say about ``tree``, or what they said about this attempt before."""
    known = recorder.history.attempts.get(number)
    if known is None:
        return workshop.judge(tree, recorder)
    verdict = decode(encode(known["attempt"]["verdict"]), Verdict)
    evidence = known["evidence"]
    return verdict, decode(recorder.kept(evidence), Evidence) if evidence else None


def asked_gate(kind: GateKind, tree: str, workshop: Workshop, recorder: Recorder) -> Verdict:
    """Return what the gates of one kind say about ``tree``, or said when the model asked before."""
    known = recorder.history.answered.get((kind, tree))
    if known is not None:
        return decode(recorder.kept(known), Verdict)
    verdict = workshop.gate(kind, tree, recorder)
    answer = recorder.keep(verdict)
    recorder.record("gate.answered", gate=kind, tree=tree, outcome=verdict.word, answer=answer)
    return verdict


def note_attempt(attempt: Attempt, recorder: Recorder) -> None:
    """Write down a judged attempt, once; its evidence, which names every test, as a blob."""
    if attempt.number not in recorder.history.attempts:
        evidence = recorder.keep(attempt.evidence) if attempt.evidence else ""
        plain = replace(attempt, evidence=None)
        recorder.record("attempt.finished", attempt=plain, evidence=evidence)
