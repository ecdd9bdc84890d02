"""A model's snippet and how it ended: the nouns of the Interpreter port."""

from dataclasses import dataclass
from typing import Literal

SnippetOutcome = Literal["ok", "raised", "type-error", "timeout", "memory", "refused", "crashed"]


@dataclass(frozen=True, slots=True)
class SnippetLimits:
    """Bounds of one snippet; ``output_bytes`` is what it may print before the rest is dropped."""

    timeout_s: float = 5.0
    memory_bytes: int = 256 * 1024**2
    output_bytes: int = 10_000
    host_calls: int = 5_000


@dataclass(frozen=True, slots=True)
class SnippetResult:
    """How a snippet ended. ``snapshot`` restores the interpreter's state, where it can be kept."""

    outcome: SnippetOutcome
    printed: str
    dropped_bytes: int = 0
    message: str = ""
    host_calls: int = 0
    wall_s: float = 0.0
    snapshot: bytes | None = None
