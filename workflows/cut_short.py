"""What a run had come to when its process was killed, made again from its journal alone.

The replies that were paid for land once more, what was judged stays judged, and there it ends: no
model is asked and no command of the target runs. What had landed is then kept as unfinished work.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

from scoping.refusal import Refusal
from workflows.conversation import Conversation, Reply, ReplyLimits
from workflows.history import history_of
from workflows.picture import Picture
from workflows.propose import propose
from workflows.task import Task
from workflows.tool_servers import OfferedTools, ToolAnswer
from workflows.workshop import Outcome, Wishes, Workshop


class CutShort(Refusal):
    """The journal holds no more of a run whose process was killed."""


def gone_over(task: Task, run: str, workshop: Workshop, wishes: Wishes) -> Outcome:
    """Take ``run`` to the end that its journal tells; CutShort where it tells none.

    A proposal is not made of it: nobody heard the process say that it was done.
    """
    begun = history_of(workshop.journal.read(run)).started
    if begun is None:
        raise CutShort(f"the process that worked on run {run} was killed before it had begun")
    end = _End(run)
    code = workshop.code
    if code is not None and code.servers is not None:
        code = replace(code, servers=lambda: _Gone(end))
    still = replace(
        workshop,
        code=code,
        select=end.reached,
        prepare=lambda _: "",
        judge=end.reached,
        gate=end.reached,
        adjudicator=lambda _: _Silent("", end),
    )
    names = str(begun.get("model", "")).split(" > ")
    return propose(task, run, tuple(_Silent(name, end) for name in names), still, wishes)


class _End:
    """Where the journal ends: whatever would add to what it tells stops there."""

    def __init__(self, run: str) -> None:
        self._run = run

    def reached(self, *_: Any) -> NoReturn:  # noqa: ANN401 - in place of any step
        raise CutShort(
            f"the process that worked on run {self._run} was killed from outside, perhaps because"
            " the machine had too little memory. What it had done by then is kept, and what it"
            " spent is known"
        )


class _Gone:
    """Tool servers of which none can be asked any more; what they said is in the journal."""

    def __init__(self, end: _End) -> None:
        self._end = end

    def offered(self) -> tuple[OfferedTools, ...]:
        """Raise CutShort."""
        self._end.reached()

    def call(self, *asked: Any) -> ToolAnswer:  # noqa: ANN401 - in place of any call
        """Raise CutShort."""
        self._end.reached(asked)

    def close(self) -> None:
        """Do nothing: none was started."""


class _Silent:
    """A model that is not asked: it refuses before anything is reserved for it."""

    def __init__(self, name: str, end: _End) -> None:
        self.name = name
        self._end = end

    def estimate_tokens(self, text: str) -> int:
        """Raise CutShort: whoever would ask estimates first."""
        self._end.reached(text)

    def picture_tokens(self, picture: Picture) -> int:
        """Raise CutShort."""
        self._end.reached(picture)

    def price_usd(self, input_tokens: int, output_tokens: int) -> float | None:
        """Raise CutShort."""
        self._end.reached(input_tokens, output_tokens)

    def reply(
        self,
        conversation: Conversation,
        limits: ReplyLimits,
        observe: Callable[[str], None] = lambda _: None,
    ) -> Reply:
        """Raise CutShort."""
        self._end.reached(conversation, limits, observe)
