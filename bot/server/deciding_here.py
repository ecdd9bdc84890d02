"""A person's hand on the local forge, where the name is claimed and nobody vouches for it."""

import threading
from collections.abc import Callable
from pathlib import Path

from bot.desk import Desk
from bot.server.deciding import Decision, Turn
from workflows.decide import Overtaken
from workflows.pull_request import PullRequest, Seen
from workflows.review import Review
from workflows.threads import Side, ThreadComment


class DecidingHere:
    """The `Decider` of one repository's local forge."""

    may_accept = True

    def __init__(self, desk: Desk, repository: Path, now_iso: Callable[[], str]) -> None:
        self._desk = desk
        self._repository = repository
        self._now_iso = now_iso
        # The journal takes two threads of one process for one writer.
        self._writing = threading.Lock()

    def decide(self, decision: Decision, reviewer: str, seen: Seen) -> PullRequest:
        """Keep a decision on the forge, then in the journal of the run it is about."""
        review = Review(
            decision.number,
            decision.verdict,
            reviewer,
            decision.words,
            self._now_iso(),
            decision.kind,
            merged=decision.merge,
        )
        with self._writing:
            decided = self._desk.forge.decide(review, seen, merge=decision.merge)
            self._desk.note(review, decided)
        return decided

    def comment(
        self, number: int, place: tuple[str, int, Side], words: str, reviewer: str, head: str
    ) -> str:
        """Begin a thread at a line that is there."""
        now = self._desk.forge.pull_request(number).head
        if now != head:
            raise Overtaken(
                f"the branch of pull request {number} is at {now[:12]} now, not at {head[:12]} as"
                " you saw it; look whether your words still fit the line"
            )
        if place[0]:
            self._desk.require_line(self._repository, number, place)
        said = ThreadComment(reviewer, words, self._now_iso())
        return f"thread-{self._desk.forge.begin_thread(number, place, said).id}"

    def reply(self, turn: Turn, words: str, reviewer: str) -> None:
        """Say something in a thread, which opens it again."""
        said = ThreadComment(reviewer, words, self._now_iso())
        self._desk.forge.reply(turn.number, turn.thread, said)

    def resolve(self, turn: Turn) -> None:
        """Mark a thread as dealt with, if nobody has said more in it."""
        self._desk.forge.resolve_thread(turn.number, turn.thread, turn.turns)
