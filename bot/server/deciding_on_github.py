"""A person's hand on GitHub, by their own token: GitHub knows who they are and what they may.

What was seen is compared with what stands there just before; GitHub has no lock over both, so two
who press within a second may both be heard, each under their own name.
"""

import threading

from bot.adapters.github_forge.person import GitHubPerson
from bot.server.deciding import Decision, Turn
from workflows.decide import Overtaken
from workflows.ports import ForgeRefusal
from workflows.pull_request import PullRequest, Seen
from workflows.threads import Side


class DecidingOnGitHub:
    """The `Decider` of one person."""

    may_accept = False

    def __init__(self, person: GitHubPerson, asking: "threading.RLock") -> None:
        self._person = person
        self._asking = asking

    def decide(self, decision: Decision, reviewer: str, seen: Seen) -> PullRequest:  # noqa: ARG002 - GitHub knows who it is
        """Ask for changes, or close it with the reason."""
        with self._asking:
            return self._decide(decision, seen)

    def _decide(self, decision: Decision, seen: Seen) -> PullRequest:
        known = self._person.pull_request(decision.number)
        if Seen.of(known) != seen:
            raise Overtaken(_what_is_new(known, seen))
        if decision.verdict == "accepted":
            raise ForgeRefusal(f"accept it on its own page: {known.url}")
        if decision.verdict == "rejected":
            self._person.reject(decision.number, decision.kind, decision.words)
        else:
            self._person.ask_for_changes(decision.number, known.head, decision.words)
        return self._person.pull_request(decision.number)

    def comment(
        self,
        number: int,
        place: tuple[str, int, Side],
        words: str,
        reviewer: str,  # noqa: ARG002 - as above
        head: str,
    ) -> str:
        """Begin a thread at a line of the commit that was looked at."""
        with self._asking:
            self._person.begin_thread(number, head, place, words)
        return "said"

    def reply(self, turn: Turn, words: str, reviewer: str) -> None:  # noqa: ARG002 - as above
        """Say something in a thread."""
        with self._asking:
            self._person.reply(turn.number, turn.thread, words)

    def resolve(self, turn: Turn) -> None:
        """Mark a thread as dealt with, if nobody has said more in it."""
        with self._asking:
            for one in self._person.threads(turn.number):
                if one.id == turn.thread and len(one.comments) > turn.turns:
                    last = one.comments[-1].author
                    raise Overtaken(f"{last} said more there meanwhile; read that first")
            self._person.resolve_thread(turn.number, turn.thread)


def _what_is_new(known: PullRequest, seen: Seen) -> str:
    news = [f"{one.reviewer} decided: {one.verdict}" for one in known.reviews[seen.reviews :]]
    if known.head != seen.head:
        news.append(f"its branch is at {known.head[:12]} now, not at {seen.head[:12]}")
    said = "; ".join(news) or f"it is {known.state} now"
    return f"pull request {known.number} is not as you saw it: {said}"
