"""Steps of a run that its journal may hold already: done once, and taken from there ever after."""

from dataclasses import replace

from scoping.excerpts import Excerpt
from scoping.reordering import Reorder
from scoping.scope import Scope
from validators.checkout import diff_text
from validators.encoding import decode, encode
from validators.evidence import Evidence
from validators.rules import GateKind
from validators.verdict import Verdict
from workflows.edits import Landed
from workflows.proposal import Attempt
from workflows.recorder import Recorder, ResumeRefusal
from workflows.scope_map import scope_map
from workflows.task import Task
from workflows.workshop import Workshop

# Of a larger change a page shows the beginning; its bundle holds the whole.
_MOST_DIFF_BYTES = 4_000_000


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
        profile=scope.profile,
        excerpts=recorder.keep(scope.excerpts),
        map=recorder.keep(scope_map(scope)),
    )
    return scope


def kept_diff(tree: str, workshop: Workshop, recorder: Recorder) -> str:
    """Keep what ``tree`` changes of the base, for whoever has the journal and not the repository.

    Returns the blob's hash, or "" where nothing changed.
    """
    clone = workshop.clone
    diff = diff_text(clone, clone.base_tree, tree, limit_bytes=_MOST_DIFF_BYTES)
    return recorder.keep(diff) if diff else ""


def note_landing(number: int, landed: Landed, recorder: Recorder, diff: str = "") -> None:
    """Write down what a reply became; ResumeRefusal when it became another tree before.

    ``diff`` is what `kept_diff` returned for its tree.
    """
    known = recorder.history.landed.get(number)
    if known is None:
        told = {"attempt": number, "tree": landed.tree, "edits": landed.edits}
        recorder.record("patch.landed", **told, **_known_diff(diff))
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


def note_attempt(attempt: Attempt, recorder: Recorder, diff: str = "") -> None:
    """Write down a judged attempt, once; its evidence, which names every test, as a blob.

    ``diff`` is as with `note_landing`, where no landing was noted.
    """
    if attempt.number not in recorder.history.attempts:
        evidence = recorder.keep(attempt.evidence) if attempt.evidence else ""
        plain = replace(attempt, evidence=None)
        told: dict[str, object] = {"attempt": plain, "evidence": evidence}
        if attempt.evidence is not None:
            # What each gate came to: how its commands ended does not say that, since a test that is
            # planted to fail has a test command end with 1 also where all is well.
            told["gates"] = [(one.name, one.outcome) for one in attempt.evidence.gates]
        recorder.record("attempt.finished", **told, **_known_diff(diff))


def _known_diff(diff: str) -> dict[str, str]:
    return {"diff": diff} if diff else {}
