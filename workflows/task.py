"""What somebody wants done, frozen at the moment they asked."""

import re
from dataclasses import dataclass
from typing import Literal

from validators.encoding import digest
from validators.rules import ChangeKind
from workflows.picture import Picture

TaskKind = ChangeKind | Literal["migration"]
_SLUG_LENGTH = 40
_OF_CAMPAIGN = re.compile(r"(?P<campaign>[a-z0-9-]+)-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Task:
    """One request, its text untrusted. ``number`` is the issue's, or empty where there is none.

    It ``is_pull_request`` when the number is that of somebody's pull request, for which it asks.
    ``repository`` identifies the target (a path or ``owner/name``) and ``base`` is the revision as
    the user named it; the commit it meant is recorded in the run. The bytes of ``pictures`` are
    kept in the journal. ``labels`` are the issue's when it was asked for. Of a named ``campaign``
    it is the ``shard`` of that name, and known by both, whatever its words become.
    """

    title: str
    body: str
    repository: str
    base: str = "HEAD"
    kind: TaskKind = "fix"
    number: str = ""
    author: str = ""
    pictures: tuple[Picture, ...] = ()
    is_pull_request: bool = False
    labels: tuple[str, ...] = ()
    campaign: str = ""
    shard: str = ""

    @property
    def change(self) -> ChangeKind:
        """What gates take a change for this task for: a migration changes no behaviour."""
        return "refactor" if self.kind == "migration" else self.kind

    @property
    def key(self) -> str:
        """One word for this task: the same issue asked twice is the same task, hence one branch."""
        if self.number:
            return f"{'pull' if self.is_pull_request else 'issue'}-{self.number}"
        if self.campaign:
            # Of tens of thousands of targets no two may ever meet on one branch.
            return f"{self.campaign}-{digest(self.shard.encode())[:12]}"
        words = f"{self.title}\n{self.body}"
        return f"task-{digest(words.encode())[:8]}"

    @property
    def slug(self) -> str:
        """The title in our own branch alphabet: ``a-z0-9-``, never empty, no more than 40 long."""
        words = re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")
        return words[:_SLUG_LENGTH].rstrip("-") or "change"


def campaign_of(key: str) -> str:
    """Return the campaign that a task with this key is a target of, or ""."""
    found = _OF_CAMPAIGN.fullmatch(key)
    return found["campaign"] if found else ""
