"""Who writes a campaign's program: what it is commissioned with, and what it hands over."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from validators.codemods.trial import Shown, Trial
from workflows.campaign import FailureReason
from workflows.consultation import Consultation
from workflows.conversation import Reply
from workflows.dialogue import Dialogue
from workflows.ports import ModelRefusal
from workflows.program_reply import Found
from workflows.recorder import Recorder
from workflows.site_sample import SampleFile, SiteSample

TryOn = Callable[[Mapping[str, bytes], Sequence[SampleFile], Shown | None], Trial]
# The gates on what a program made of sampled files: why they do not pass, or "".
JudgeSample = Callable[[Mapping[str, bytes], Recorder], str]


class NotWritten(Exception):
    """There is no program: ``reason`` is the word for it, the message the cause."""

    def __init__(self, reason: FailureReason, cause: str) -> None:
        super().__init__(cause)
        self.reason: FailureReason = reason


@dataclass(frozen=True, slots=True)
class Commission:
    """What a program is written for and tried with; ``files`` is how many the campaign has."""

    words: str
    sample: SiteSample
    files: int
    consultation: Consultation
    try_on: TryOn
    judge: JudgeSample

    def estimate(self, text: str) -> int:
        """Return how many tokens a text takes."""
        return self.consultation.model_of("", "").estimate_tokens(text)


@dataclass(frozen=True, slots=True)
class Handed:
    """A program as ``model`` handed it over, or objections where that could not be read.

    ``miscounted`` says how its author's count of the sites differs from that of a trial.
    """

    found: Found
    model: str
    miscounted: Callable[[Trial], tuple[str, ...]]


class Author(Protocol):
    """A conversation in which programs are handed over, until one is accepted. Close it."""

    def seen(self, met: int) -> Sequence[SampleFile]:
        """Return the files that it may know, once ``met`` portions were shown to it."""
        ...

    def spans(self) -> Shown:
        """Return the lines in which its own count is compared; none where that is of all files."""
        ...

    def hand_over(self, number: int, before: Found) -> Handed:
        """Return the next program; NotWritten or BudgetRefusal where there will be none."""
        ...

    def told(self, found: Found, before: Found) -> None:
        """Say why it was not accepted."""
        ...

    def close(self) -> None:
        """End what it works with."""
        ...


def asked(dialogue: Dialogue, number: int, commission: Commission) -> Reply:
    """Return the author's next reply; NotWritten where it gives none."""
    try:
        reply = dialogue.ask(number, commission.consultation.workshop.watch.words)
    except ModelRefusal as refusal:
        raise NotWritten("model", f"the model gave no reply: {refusal}") from refusal
    if reply.stop == "refusal":
        raise NotWritten("model", f"the model declined: {reply.message.text.strip()[:300]}")
    return reply
