"""What a catalogue returns: runs and campaigns as lines of lists, and words that were found."""

from dataclasses import dataclass

from workflows.run import RunSummary


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in a list. ``place`` orders runs as they began; ``number`` is its pull request's."""

    place: int
    summary: RunSummary
    number: int
    campaign: str


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """One campaign in a list: its key, and the name, title and size that its plan has."""

    place: int
    key: str
    name: str
    title: str
    targets: int


@dataclass(frozen=True, slots=True)
class Hit:
    """Words that were found: in which step of which stream, and what they are about."""

    run: str
    step: int
    kind: str
    words: str
