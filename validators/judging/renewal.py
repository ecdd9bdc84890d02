"""What a change that asks for other packages is judged in, as its judge needs to know it."""

from dataclasses import dataclass
from typing import Protocol

from validators.environment import Environment
from validators.verdict import Finding


@dataclass(frozen=True, slots=True)
class Patched:
    """The environment for the patch's side, None where the base's will do, and what to say."""

    environment: Environment | None = None
    findings: tuple[Finding, ...] = ()


class Renew(Protocol):
    """Sets up again for a tree that asks for other packages than the base."""

    def asked(self, tree: str) -> bool:
        """Whether the tree changes what is installed."""
        ...

    def __call__(self, tree: str) -> Patched:
        """Return the environment in which the sources of the tree are to run."""
        ...
