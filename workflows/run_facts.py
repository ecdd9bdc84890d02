"""What each run of a journal comes to in figures, for whoever counts over many of them.

One pass over the events, whatever made them: a journal on a disk, or records without words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scoping.refusal import Refusal
from validators.encoding import decode, encode
from workflows.budget import Charge, charged
from workflows.pull_request_outcome import PullRequestOutcome
from workflows.run import Entry

# How a command ended, in the words of verdicts; on the base it says nothing of the change.
_WORDS = {"ok": "pass", "failed": "fail"}
# As `validators.judging.sides` has them, which would take a tenth of a second to import.
_OF_THE_BASE = frozenset({"base", "tests-on-base", "base-coverage"})


class FactsRefusal(Refusal):
    """A journal cannot be counted: which run, which event, and what to do."""


@dataclass(slots=True)
class RunFacts:
    """One run, filled as its events are read.

    ``base`` is the commit that it worked on.
    ``gates`` are (attempt, gate, word) of what each came to, ``opinions`` the decisions of second
    opinions in their order. ``given``, ``changed`` and ``met`` count files: shown to the
    model, changed by it, both.
    ``number`` is its pull request's, ``drafted`` when that was opened; ``revises`` is that of one
    which was there before, about which it was told what people had asked until ``heard``. It
    ``answered`` that where it said something in a thread, or that nothing needs to be changed.
    ``issue_sha256`` is `text_hash` of the issue as it was asked about. ``hosted`` is the number of
    its pull request where people are on the forge, 0 for none. ``outcome`` is the last collected.
    """

    run: str
    repository: str = ""
    task: str = ""
    base: str = ""
    started: str = ""
    model: str = ""
    state: str = ""
    attempts: set[int] = field(default_factory=set)
    gates: list[tuple[int, str, str]] = field(default_factory=list)
    opinions: list[str] = field(default_factory=list)
    charges: dict[str, Charge] = field(default_factory=dict)
    given: int | None = None
    changed: int = 0
    met: int = 0
    number: int = 0
    hosted: int = 0
    revises: int = 0
    heard: str = ""
    answered: bool = False
    issue_sha256: str = ""
    drafted: str = ""
    outcome: PullRequestOutcome | None = None
    is_proposed: bool = False
    _effects: dict[str, str] = field(default_factory=dict)
    _ended: list[tuple[str, str]] = field(default_factory=list)

    @property
    def usd(self) -> float:
        """What it cost, reservations nobody settled included."""
        return sum(charge.usd or 0.0 for charge in self.charges.values())

    def note(self, entry: Entry) -> None:
        """Take one event in."""
        reader = _READERS.get(entry.event.kind)
        if reader is not None:
            reader(self, entry, entry.event.data)


def facts_of(entries: Iterable[Entry]) -> Mapping[str, RunFacts]:
    """Return the facts of every run that began, by its name."""
    found: dict[str, RunFacts] = {}
    for entry in entries:
        if entry.run not in found:
            found[entry.run] = RunFacts(entry.run)
        try:
            found[entry.run].note(entry)
        except (KeyError, TypeError, ValueError) as error:
            raise FactsRefusal(
                f"what run {entry.run} says of {entry.event.kind} cannot be read"
                f" ({type(error).__name__}: {error}), so nothing is counted: set its record back to"
                " what it was, or remove that run"
            ) from error
    return {run: facts for run, facts in found.items() if facts.started}


def _started(facts: RunFacts, entry: Entry, data: Mapping[str, Any]) -> None:
    if not facts.started:
        facts.started, facts.task = entry.at, str(data.get("task_key", ""))
        facts.repository = str(data["task"].get("repository", ""))
        facts.model = str(data.get("model", ""))
        facts.base = str(data.get("base_commit", ""))
        facts.revises = int(data.get("revises") or 0)


def _admitted(facts: RunFacts, _: Entry, data: Mapping[str, Any]) -> None:
    facts.heard = str(data.get("heard") or "")
    facts.issue_sha256 = str(data.get("issue_sha256") or "")


def _charge(facts: RunFacts, entry: Entry, data: Mapping[str, Any]) -> None:
    key = str(data.get("reservation", ""))
    facts.charges[key] = charged(entry, facts.charges.get(key))


def _gate(facts: RunFacts, _: Entry, data: Mapping[str, Any]) -> None:
    if data.get("side") in _OF_THE_BASE:
        return
    word = _WORDS.get(str(data["outcome"]), str(data["outcome"]))
    facts._ended.append((str(data["gate"]), word))  # noqa: SLF001 - its own module


def _attempt(facts: RunFacts, _: Entry, data: Mapping[str, Any]) -> None:
    number = int(data["attempt"]["number"])
    facts.attempts.add(number)
    # Earlier versions did not write down what gates came to, and only how their commands ended.
    judged = data.get("gates", facts._ended)  # noqa: SLF001 - its own module
    facts.gates += [(number, str(gate), str(word)) for gate, word in judged]
    facts._ended = []  # noqa: SLF001 - as above
    facts.model = str(data["attempt"].get("model") or facts.model)


def _opinion(facts: RunFacts, _: Entry, data: Mapping[str, Any]) -> None:
    facts.opinions.append(str(data["opinion"]["decision"]))


def _bundle(facts: RunFacts, _: Entry, data: Mapping[str, Any]) -> None:
    if data.get("partial"):
        return
    facts.is_proposed = True
    if isinstance(data.get("files_given"), int):
        facts.given = data["files_given"]
        facts.changed, facts.met = data["files_changed"], data["files_met"]


def _intended(facts: RunFacts, _: Entry, data: Mapping[str, Any]) -> None:
    facts._effects[data["key"]] = data["kind"]  # noqa: SLF001 - its own module
    if data["kind"] == "check":  # it is shown beside a commit only where people are on the forge
        facts.hosted = facts.number


def _settled(facts: RunFacts, entry: Entry, data: Mapping[str, Any]) -> None:
    number, kind = data["outcome"].get("number"), facts._effects.get(data["key"])  # noqa: SLF001
    facts.answered = facts.answered or kind == "thread-reply"
    if kind == "pull-request" and number:
        facts.number, facts.drafted = int(number), facts.drafted or entry.at


def _outcome(facts: RunFacts, _: Entry, data: Mapping[str, Any]) -> None:
    facts.outcome = decode(encode(data["outcome"]), PullRequestOutcome)


def _finished(facts: RunFacts, _: Entry, data: Mapping[str, Any]) -> None:
    facts.state = str(data["state"])
    facts.answered = facts.answered or data.get("code") == "no-change-needed"


_READERS = {
    "run.started": _started,
    "run.admitted": _admitted,
    "budget.reserved": _charge,
    "budget.settled": _charge,
    "gate.finished": _gate,
    "attempt.finished": _attempt,
    "adjudication.finished": _opinion,
    "bundle.written": _bundle,
    "effect.intended": _intended,
    "effect.settled": _settled,
    "outcome.collected": _outcome,
    "run.finished": _finished,
}
