"""What pages read of a forge, by one at a time where its connection is for one thread."""

import threading
from collections.abc import Sequence
from typing import Protocol

from workflows.ports import Forge
from workflows.pull_request import PullRequest, PullRequestState
from workflows.threads import Thread


class ReadForge(Protocol):
    """The part of the Forge port that shows something."""

    def branch_head(self, branch: str) -> str | None:
        """As `Forge.branch_head`."""
        ...

    def pull_request(self, number: int) -> PullRequest:
        """As `Forge.pull_request`."""
        ...

    def pull_requests(
        self, state: PullRequestState | None = None, *, reviewed: bool = True
    ) -> Sequence[PullRequest]:
        """As `Forge.pull_requests`."""
        ...

    def threads(self, number: int) -> Sequence[Thread]:
        """As `Forge.threads`."""
        ...


class OneAtATime:
    """A forge far away, asked by one thread after the other; `asking` is held meanwhile."""

    def __init__(self, forge: Forge) -> None:
        self._forge = forge
        self.asking = threading.RLock()

    def branch_head(self, branch: str) -> str | None:
        """As `Forge.branch_head`."""
        with self.asking:
            return self._forge.branch_head(branch)

    def pull_request(self, number: int) -> PullRequest:
        """As `Forge.pull_request`."""
        with self.asking:
            return self._forge.pull_request(number)

    def pull_requests(
        self, state: PullRequestState | None = None, *, reviewed: bool = True
    ) -> Sequence[PullRequest]:
        """As `Forge.pull_requests`."""
        with self.asking:
            return self._forge.pull_requests(state, reviewed=reviewed)

    def threads(self, number: int) -> Sequence[Thread]:
        """As `Forge.threads`."""
        with self.asking:
            return self._forge.threads(number)
