"""What every page stands on: made once when the server starts, shared by all threads."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bot.server.cards import RunCards
from bot.server.deciding import Decider
from bot.server.lookout import Lookout
from bot.server.presence import Presence
from bot.server.proposals import Proposals
from bot.server.reading import ReadForge
from bot.server.revisions import Revisions
from bot.server.session import Sessions
from bot.settings import Settings
from workflows.ports import Journal


@dataclass(frozen=True, slots=True)
class Room:
    """One repository with its forge and journal, and who may look at them.

    ``authorities`` are what a browser may write as Host, port included. ``revisions`` are None
    where no next attempt can be begun from a page. ``ending`` is set when the server is asked to
    end; the ``lookout`` lists, watches and counts, ``presence`` knows who is where. Forge and
    journal may be used from any thread.
    """

    settings: Settings
    repository: Path
    git_dir: Path
    journal: Journal
    forge: ReadForge
    forge_kind: Literal["local", "github"]
    sessions: Sessions
    authorities: frozenset[str]
    now_iso: Callable[[], str]
    run_cards: RunCards
    proposals: Proposals
    decider: Decider
    revisions: Revisions | None = None
    cookie: str = "changewright"
    ending: threading.Event = field(default_factory=threading.Event)
    presence: Presence = field(default_factory=Presence)
    lookout: Lookout = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lookout", Lookout(self.journal, self.settings.state))

    def serves(self, repository: str) -> bool:
        """Whether a repository, as tasks name it, is the one whose pull requests are shown."""
        is_path = repository.startswith("/")
        return repository == str(self.repository) if self.forge_kind == "local" else not is_path

    def is_ending(self) -> bool:
        """Whether whoever waits for more has to stop."""
        return self.ending.is_set()
