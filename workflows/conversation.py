"""What goes to a model and what comes back: the nouns of the Model port."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from workflows.picture import Picture

StopReason = Literal["end", "actions", "length", "refusal", "other"]


@dataclass(frozen=True, slots=True)
class Action:
    """Something the model may ask us to do; ``schema`` is the JSON Schema of its arguments."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ActionCall:
    """One request by the model, its ``arguments`` checked against nothing yet."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ActionResult:
    """Our answer to the call with the same ``id``."""

    id: str
    text: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. A user turn has ``text`` or ``results``; a model turn also ``calls``.

    ``opaque`` is what only the vendor's adapter understands (thinking blocks, signatures) and needs
    back unchanged in the next request of the same conversation. ``pictures`` are not set where
    there are none, so that a turn without any is encoded, and hashed, as it is without the field.
    """

    role: Literal["user", "model"]
    text: str = ""
    calls: tuple[ActionCall, ...] = ()
    results: tuple[ActionResult, ...] = ()
    opaque: tuple[Mapping[str, Any], ...] = ()
    pictures: tuple[Picture, ...] | UnsetType = UNSET

    @property
    def shown(self) -> tuple[Picture, ...]:
        """The pictures of the turn, if it has any."""
        return () if isinstance(self.pictures, UnsetType) else self.pictures

    def showing(self, pictures: tuple[Picture, ...]) -> "Message":
        """Return the turn with these pictures and no others."""
        return replace(self, pictures=pictures or UNSET)


@dataclass(frozen=True, slots=True)
class Conversation:
    """Everything one request sends: instructions, actions and turns, in the order of the cache."""

    system: str
    messages: tuple[Message, ...]
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplyLimits:
    """Bounds of one reply. ``max_tokens`` are output tokens; ``timeout_s`` the whole exchange.

    ``pause_s`` is about how long to wait before it is asked for, because it just went wrong.
    """

    max_tokens: int = 16_000
    timeout_s: float = 600.0
    pause_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Usage:
    """Raw token counts as the vendor reports them. ``usd`` is None where the price is unknown.

    ``at_least`` marks a stream that broke: what was used may be more, never less. ``is_batch`` is
    what was asked for in a batch, and ``cache_write_1h_tokens`` are those of ``cache_write_tokens``
    that are kept for an hour: both have a price of their own.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    requests: int = 1
    usd: float | None = None
    at_least: bool = False
    is_batch: bool = False
    cache_write_1h_tokens: int = 0

    @property
    def tokens(self) -> int:
        """All tokens, cached ones included: what the token cap counts."""
        return (
            self.input_tokens
            + self.output_tokens
            + self.cache_read_tokens
            + self.cache_write_tokens
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """One finished turn of the model. ``calls`` are only there when ``stop`` is ``actions``."""

    message: Message
    stop: StopReason
    usage: Usage
    model: str
