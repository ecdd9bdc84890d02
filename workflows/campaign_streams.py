"""Which runs a campaign is charged for: those of its targets, and those that wrote its program."""

from validators.encoding import digest, encode
from workflows.campaign import Campaign
from workflows.run import Entry

AUTHOR = "author"
# A run within a target's run, numbered by the target's tries: RUN.agent-1.
AGENT_RUN = ".agent-"


def authoring_stream(campaign: Campaign) -> str:
    """Return the stream of the program that a campaign has written for it; "" where it has none.

    Whatever decides the program is in its name: the words, the files, their commits and the gates.
    The same program serves the campaign when its other steps or its words for people change.
    """
    words = [step.words for step in campaign.steps if step.kind == AUTHOR]
    if not words:
        return ""
    files = [(one.repository, one.base, one.paths) for one in campaign.targets]
    return f"author-{digest(encode([words, campaign.gates, files]))[:14]}"


class CampaignStreams:
    """Tells of an entry whether a run of the campaign begins with it."""

    def __init__(self, campaign: Campaign) -> None:
        self.author = authoring_stream(campaign)
        self._targets = frozenset(f"target-{one.key}" for one in campaign.targets)

    def run_begun(self, entry: Entry) -> str:
        """Return the run that begins with ``entry``, or ""."""
        kind, stream = entry.event.kind, entry.run
        if (kind == "target.started" and stream in self._targets) or (
            kind == "author.started" and stream == self.author
        ):
            return str(entry.event.data["run"])
        return ""
