"""An order asked of a model outside of any run, and paid for like everything that one is asked."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.code_index import Target
from bot.models import models_of
from bot.wiring import new_name, now_iso, opened_journal
from workflows.conversation import ReplyLimits
from workflows.ledger import Ledger
from workflows.purse import Allowance
from workflows.recorder import Recorder, leased
from workflows.rerank import reranker

if TYPE_CHECKING:
    from scoping.reordering import Reorder
    from workflows.run import Entry
    from workflows.task import Task


@contextmanager
def reranking(
    target: Target,
    task: "Task",
    command_line: Mapping[str, object],
    observe: "Callable[[Entry], None]",
) -> "Iterator[Reorder]":
    """Yield what asks the first of the models for an order.

    The journal books it under a name of its own: within a run's budget, and the caps over several.
    """
    settings, name = target.settings, new_name("scope-")
    with opened_journal(command_line) as journal, leased(journal, name, name) as fence:
        model = models_of(settings, journal)[0]
        recorder = Recorder(journal, fence, observe)
        recorder.record(
            "scope.asked",
            repository=task.repository,
            task_key=task.key,
            base_commit=target.clone.base_commit,
            model=model.name,
        )
        ledger = Ledger(journal, task, settings.caps, now_iso)
        allowance = Allowance(
            settings.budget, ReplyLimits(), time.monotonic, time.monotonic(), ledger=ledger
        )
        yield reranker(task, model, recorder, allowance)
