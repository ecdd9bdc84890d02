"""What each workflow is handed, made from a `Bench`: closures that tie nouns to this machine."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bot.bundle_files import found_bundle, write_bundle
from bot.code_index import chooser
from bot.code_mode import code_mode
from bot.gate_room import GateRoom
from bot.hosting import hosted_of
from bot.models import adjudicator_of, models_of
from bot.wiring import Bench, now_iso
from validators.checkout import line_counts
from workflows.history import history_of
from workflows.opinion import LANE
from workflows.press import Press
from workflows.proposal import Proposal
from workflows.workshop import Watch, Workshop

if TYPE_CHECKING:
    from validators.evidence import Evidence
    from validators.verdict import Verdict
    from workflows.hosted import Requester
    from workflows.ports import Model
    from workflows.recorder import Recorder
    from workflows.run import Entry


def workshop(bench: Bench, watch: Watch) -> Workshop:
    """Return what `propose`, `revise` and `migrate` work with."""
    room = GateRoom(bench)

    last: list[Evidence] = []

    def judge(tree: str, recorder: "Recorder") -> "tuple[Verdict, Evidence]":
        before = last[-1:] or _judged_before(recorder)
        suspects = before[0].failing if before else frozenset()
        verdict, evidence = room.judge(
            tree, lambda kind, data: _note_gate(recorder, kind, data), suspects
        )
        last[:] = [evidence]
        return verdict, evidence

    return Workshop(
        clone=bench.clone,
        rules=bench.settings.rules,
        journal=bench.journal,
        select=chooser(bench.settings, bench.clone),
        prepare=room.prepare,
        judge=judge,
        gate=lambda kind, tree, recorder: room.ask(
            kind, tree, lambda event, data: _note_gate(recorder, event, data)
        ),
        render=lambda proposal, evidence: _render(bench, proposal, evidence),
        write_bundle=lambda name, document: write_bundle(bench.settings.state, name, document),
        find_bundle=lambda run: found_bundle(bench.settings.state, f"{run}.json"),
        now=time.monotonic,
        now_iso=now_iso,
        adjudicator=lambda run: adjudicator_for(bench, run),
        watch=watch,
        include=bench.settings.scope.include,
        exclude=bench.settings.scope.exclude,
        branch_template=bench.settings.pull_request.branch_template,
        reranks=bench.settings.scope.rerank == "model",
        code=code_mode(bench),
    )


def models_for(bench: Bench, run: str) -> "tuple[Model, ...]":
    """Return the models that the settings name, in the order of their stages.

    Replies of a file are given from where ``run`` has come to already.
    """
    adjudicator_for(bench, run)  # one that cannot be asked is refused before anything is paid
    replied = history_of(bench.journal.read(run)).replies
    return models_of(bench.settings, bench.journal, replied)


def adjudicator_for(bench: Bench, run: str) -> "Model | None":
    """Return the model of second opinions, as far on as ``run`` has asked it already."""
    replied = history_of(bench.journal.read(run)).replies_in(LANE)
    return adjudicator_of(bench.settings, bench.journal, replied)


def press(
    bench: Bench,
    observe: "Callable[[Entry], None]",
    requester: "Requester | None" = None,
    *,
    was_verified: bool = False,
) -> Press:
    """Return what `publish` works with.

    ``requester`` is who asked, and it ``was_verified`` when another job ran the gates again; both
    are told where a forge has people on it.
    """
    wanted = bench.settings.pull_request
    return Press(
        bench.clone,
        bench.settings.rules,
        bench.forge,
        bench.journal,
        labels=wanted.labels,
        reviewers=wanted.reviewers,
        draft=wanted.draft,
        observe=observe,
        branch_template=wanted.branch_template,
        hosted=hosted_of(bench, requester, was_verified=was_verified),
    )


def _judged_before(recorder: "Recorder") -> "list[Evidence]":
    """Return the evidence of the last attempt that another process judged, if there is one."""
    from validators.encoding import decode  # noqa: PLC0415 - keeps --help fast
    from validators.evidence import Evidence  # noqa: PLC0415

    attempts = recorder.history.attempts
    kept = attempts[max(attempts)]["evidence"] if attempts else ""
    return [decode(recorder.kept(kept), Evidence)] if kept else []


def _note_gate(recorder: "Recorder", kind: str, data: Mapping[str, Any]) -> None:
    if kind == "gate.finished":
        recorder.record("gate.finished", **data)


def _render(bench: Bench, proposal: Proposal, evidence: "Evidence") -> tuple[str, str]:
    from bot.pages.pull_request import pull_request_text  # noqa: PLC0415 - keeps --help fast

    changed = line_counts(bench.clone, evidence.base_tree, evidence.applied_tree)
    prefix = bench.settings.pull_request.title_prefix
    text = pull_request_text(proposal, evidence, changed, prefix)
    return text.title, text.body
