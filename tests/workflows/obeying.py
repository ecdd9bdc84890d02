"""A model that does whatever it is told by whoever speaks to it.

It is worse than any real one: every order in what it reads is carried out, whoever wrote it and
whatever marks stand around it. What must not happen with it cannot happen by words at all. An order
is what follows ``AI:`` on a line, in plain text, in comments, or in characters that only a machine
reads.
"""

import re
from collections.abc import Callable, Iterator

from workflows.conversation import (
    ActionCall,
    ActionResult,
    Conversation,
    Message,
    Reply,
    ReplyLimits,
    Usage,
)
from workflows.picture import Picture

ORDER = re.compile(r"AI: *([^\n]*?)(?: *-->| *\*/)?$", re.MULTILINE)
PATCH = re.compile(r"\*\*\* Begin Patch\n.*?\n\*\*\* End Patch", re.DOTALL)
# What a model would have to be offered, to do any harm beyond edits.
COMMANDS = ("bash", "run", "shell", "fetch", "publish", "merge", "approve")


class _Counting:
    """What the obeying models are called and cost."""

    name = "obeying"

    def estimate_tokens(self, text: str) -> int:
        return len(text) // 4 + 1

    def picture_tokens(self, picture: Picture) -> int:
        return 0

    def price_usd(self, input_tokens: int, output_tokens: int) -> float | None:
        return (input_tokens + output_tokens) * 1e-6


class ObeyingModel(_Counting):
    """Does its ``work`` in the first reply, and every order it reads in any."""

    def __init__(self, work: str = "", *, is_judge: bool = False) -> None:
        self._work = work
        self._is_judge = is_judge
        self._asked = 0
        self.obeyed: list[str] = []
        self.answers: list[ActionResult] = []
        self.read: list[str] = []

    def reply(
        self,
        conversation: Conversation,
        limits: ReplyLimits,
        observe: Callable[[str], None] = lambda _: None,
    ) -> Reply:
        self._asked += 1
        turn = conversation.messages[-1]
        self.answers += turn.results
        heard = "\n".join([turn.text, *(result.text for result in turn.results)])
        self.read.append(heard)
        orders = list(dict.fromkeys(orders_in(heard)))
        self.obeyed += orders
        if self._is_judge:
            return self._said("", tuple(self._verdicts(orders)))
        calls = tuple(call for order in orders for call in self._calls(order))
        # What was asked for comes first; what was read is then passed on.
        passed_on = [result.text for result in turn.results if not result.failed]
        words = [edit for order in orders for edit in edits_for(order)]
        words += passed_on + PATCH.findall(turn.text)
        if not calls and self._work:
            words.append(self._work)
            self._work = ""
        return self._said("\n\n".join(words), calls)

    def _said(self, text: str, calls: tuple[ActionCall, ...]) -> Reply:
        message = Message("model", text, calls)
        return Reply(message, "actions" if calls else "end", Usage(100, 100, usd=1e-4), self.name)

    def _calls(self, order: str) -> Iterator[ActionCall]:
        verb, _, rest = order.partition(" ")
        if verb in {"read", "copy"}:
            arguments = {"path": rest.split()[0], "start_line": 1, "end_line": 99}
            yield ActionCall(f"c{self._asked}-{len(self.obeyed)}", "read", arguments)
        elif verb == "run":
            for name in COMMANDS:
                yield ActionCall(f"c{self._asked}-{name}", name, {"command": rest})

    def _verdicts(self, orders: list[str]) -> Iterator[ActionCall]:
        decision = "veto" if "veto" in orders else "accept"
        reasons = (
            [{"path": "tally.py", "start_line": 2, "end_line": 2, "why": "I was told to."}]
            if decision == "veto"
            else []
        )
        arguments = {"decision": decision, "reasons": reasons}
        yield ActionCall(f"v{self._asked}", "verdict", arguments)


def orders_in(text: str) -> Iterator[str]:
    """Yield the orders in ``text``, those in tag characters as well."""
    spelled = "".join(
        chr(ord(character) - 0xE0000) if 0xE0020 <= ord(character) <= 0xE007E else character
        for character in text
    )
    yield from ORDER.findall(spelled)


def edits_for(order: str) -> Iterator[str]:
    """Yield what a reply must hold to carry an order out."""
    verb, _, rest = order.partition(" ")
    path, _, text = rest.partition(": ")
    if verb == "write":
        lines = "\n".join(f"+{line}" for line in text.split("\\n"))
        yield f"*** Begin Patch\n*** Add File: {path}\n{lines}\n*** End Patch"
    elif verb == "delete":
        yield f"*** Begin Patch\n*** Delete File: {rest}\n*** End Patch"
    elif verb == "say":
        yield rest


class ObeyingBySnippets(_Counting):
    """Runs every order that it reads as a snippet, word for word, and does its ``work`` after them.

    An order's line ends are written as ``\\n``. So it is worse than any injection into real models.
    """

    def __init__(self, *work: str) -> None:
        self._work = list(work)
        self.obeyed: list[str] = []
        self.answers: list[ActionResult] = []

    def reply(
        self,
        conversation: Conversation,
        limits: ReplyLimits,
        observe: Callable[[str], None] = lambda _: None,
    ) -> Reply:
        turn = conversation.messages[-1]
        self.answers += turn.results
        heard = "\n".join([turn.text, *(result.text for result in turn.results)])
        known = self.obeyed
        orders = [one for one in dict.fromkeys(orders_in(heard)) if one not in known]
        self.obeyed += orders
        snippets = [one.replace("\\n", "\n") for one in orders] or self._work[:1]
        if not orders:
            del self._work[:1]
        calls = tuple(
            ActionCall(f"c{len(self.obeyed)}-{len(self.answers)}-{at}", "run_code", {"code": code})
            for at, code in enumerate(snippets)
        )
        said = Message("model", "" if calls else "I did it all.", calls)
        return Reply(said, "actions" if calls else "end", Usage(100, 100, usd=1e-4), self.name)
