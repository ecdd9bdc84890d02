"""GitHub asked about itself, for who examines a repository's settings: answers, good or not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.adapters.github_forge.access import GitHubAccess
from bot.adapters.github_forge.client import Client, Patience
from bot.adapters.github_forge.faults import Answered

_OK = 200
_USUAL_PATIENCE = Patience(wait_s=10.0)


@dataclass(frozen=True, slots=True)
class Said:
    """What GitHub answered: HTTP's status, and the document where it is a good one."""

    status: int
    document: Any = None


def asking(access: GitHubAccess, patience: Patience = _USUAL_PATIENCE) -> Callable[[str], Said]:
    """Return what reads a path below the repository; ForgeRefusal where nobody answers at all."""
    client = Client(access, patience)

    def ask(path: str) -> Said:
        try:
            return Said(_OK, client.read(path, Any))
        except Answered as error:
            return Said(error.status)

    return ask
