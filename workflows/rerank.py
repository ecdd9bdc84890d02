"""A model asked once, over the outlines of the first files, which of them a task is about.

It only puts in order what the ranker found, and what it says is data: a reply that cannot be used,
or none, leaves the order as it was, and why is in the journal. It is paid from the run's budget.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scoping.reordering import Order, Outline, Reorder
from validators.encoding import EncodingRefusal, decode, encode
from workflows import rerank_prompts
from workflows.conversation import Conversation, Reply
from workflows.dialogue import Dialogue
from workflows.ports import Model, ModelRefusal
from workflows.purse import Allowance, BudgetRefusal
from workflows.recorder import Recorder
from workflows.task import Task

# The kind of conversation that this is asked in.
LANE = "order"
_MOST_OUTPUT_TOKENS = 4_000
_ATTEMPT = 0  # before the first of the run's own


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a usable reply says, or why it is none."""

    order: Order | None = None
    trouble: str = ""


def is_about_order(reservation: str) -> bool:
    """Whether a request of a run was for an order of files."""
    return reservation.startswith(f"{LANE}-")


def reranker(
    task: Task,
    model: Model,
    recorder: Recorder,
    allowance: Allowance,
    observe: Callable[[str], None] = lambda _: None,
) -> Reorder:
    """Return what asks ``model`` for the order of a task's first files, once, in this run."""
    reply = replace(
        allowance.reply, max_tokens=min(allowance.reply.max_tokens, _MOST_OUTPUT_TOKENS)
    )
    within = replace(allowance, reply=reply)

    def reorder(outlines: tuple[Outline, ...]) -> Order | None:
        opening = Conversation(rerank_prompts.SYSTEM, (), (rerank_prompts.ORDER,))
        dialogue = Dialogue(model, recorder, within, opening, f"{LANE}-1")
        dialogue.say(rerank_prompts.order_request(task, outlines))
        try:
            answer = _read(dialogue.ask(_ATTEMPT, observe), outlines)
        except (BudgetRefusal, ModelRefusal) as refusal:
            answer = _Answer(trouble=str(refusal))
        order = answer.order or Order()
        recorder.record(
            "scope.reranked",
            model=model.name,
            files=order.files,
            functions=order.functions,
            trouble=answer.trouble,
        )
        return answer.order

    return reorder


def _read(reply: Reply, outlines: Sequence[Outline]) -> _Answer:
    """Return the order that a reply asks for; one that names anything else is no order."""
    calls = reply.message.calls
    if reply.stop != "actions" or [call.name for call in calls] != [rerank_prompts.ORDER.name]:
        return _Answer(trouble=f"it did not call `order` once ({reply.stop})")
    try:
        order = _checked(calls[0].arguments)
    except (EncodingRefusal, ValueError, RecursionError) as error:
        return _Answer(trouble=f"its order is not of the form asked for: {error}"[:500])
    known = {f"{one.path}::{name}" for one in outlines for name in one.names}
    strange = [
        *(path for path in order.files if path not in {one.path for one in outlines}),
        *(name for name in order.functions if name not in known),
    ]
    if strange:
        return _Answer(trouble=f"it names {strange[0][:200]!r}, which it was not shown")
    if not order.files:
        return _Answer(trouble="it names no file")
    return _Answer(order)


def _checked(arguments: Mapping[str, Any]) -> Order:
    """Return the arguments of a call, all of which were asked for."""
    if strange := arguments.keys() - {"files", "functions"}:
        raise ValueError(f"it holds {', '.join(sorted(strange))}")
    return decode(encode(arguments), Order)
