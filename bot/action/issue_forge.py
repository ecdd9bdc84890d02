"""A forge that has issues and people: what admit, publish and settle ask."""

from typing import Protocol

from workflows.ports import Forge
from workflows.tracker import Tracker


class IssueForge(Forge, Tracker, Protocol):
    """One repository on a forge where people ask for changes and decide on them."""
