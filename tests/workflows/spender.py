"""One of many processes that spend from one purse: asks a model that never stops until it may not.

``spender.py JOURNAL RUN CAP`` prints the refusal that ended it.
"""

import random
import sys
from collections.abc import Callable
from pathlib import Path

from bot.adapters.sqlite_journal.journal import SqliteJournal
from workflows.budget import Budget, Caps
from workflows.conversation import ActionCall, Conversation, Message, Reply, ReplyLimits, Usage
from workflows.dialogue import Dialogue
from workflows.ledger import Ledger
from workflows.picture import Picture
from workflows.purse import Allowance, BudgetRefusal
from workflows.recorder import recording
from workflows.task import Task

NOW = "2026-11-21T09:00:00Z"
RESERVE_USD = 0.05


class NeverStops:
    """Wants one thing more, at any price up to the one that it named."""

    name = "never-stops"

    def __init__(self) -> None:
        self._asked = 0

    def estimate_tokens(self, text: str) -> int:
        return len(text)

    def picture_tokens(self, picture: Picture) -> int:
        return 0

    def price_usd(self, input_tokens: int, output_tokens: int) -> float | None:
        return RESERVE_USD

    def reply(
        self,
        conversation: Conversation,
        limits: ReplyLimits,
        observe: Callable[[str], None] = lambda _: None,
    ) -> Reply:
        self._asked += 1
        call = ActionCall(f"c{self._asked}", "look", {"at": self._asked})
        usd = RESERVE_USD * random.choice((0.5, 1.0))  # noqa: S311 - any will do
        return Reply(Message("model", "", (call,)), "actions", Usage(10, 5, usd=usd), self.name)


def main(path: str, run: str, cap: str) -> None:
    """Spend until it is refused."""
    journal = SqliteJournal(Path(path), lambda: NOW, lambda: 1_000.0)
    task = Task(f"task of {run}", "", "/repo")
    budget = Budget(usd=1e6, tokens=10**9, turns=10**6)
    ledger = Ledger(journal, task, Caps(day_usd=float(cap)), lambda: NOW)
    start = {"task": task, "task_key": task.key, "base_commit": "b"}
    sys.stdin.readline()  # all begin together
    with recording(journal, run, start) as recorder:
        allowance = Allowance(budget, ReplyLimits(10), lambda: 0.0, 0.0, 0.0, ledger)
        opening = Conversation("system", (Message("user", "Go."),))
        dialogue = Dialogue(NeverStops(), recorder, allowance, opening)
        try:
            while True:
                dialogue.ask(1, lambda _: None)
                dialogue.say("Go on.")
        except BudgetRefusal as refusal:
            sys.stdout.write(f"{refusal}\n")
    journal.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
