"""Nouns to canonical JSON and back, so that the same noun always has the same hash.

Everything that is stored or crosses a process boundary (events, evidence, bundles) goes through
here, strictly: a missing field or a wrong type is refused, never guessed.
"""

import hashlib
import json
from typing import Any, TypeVar

from scoping.refusal import Refusal

T = TypeVar("T")


class EncodingRefusal(Refusal):
    """A document does not have the shape of the noun it is said to hold."""


def encode(noun: object) -> bytes:
    """Return ``noun`` (frozen dataclasses, tuples, mappings) as canonical JSON: sorted, compact.

    Only ASCII: a path that is not UTF-8 holds surrogate escapes, which no other JSON may carry.
    """
    import msgspec  # noqa: PLC0415 - 18 ms that --help does not need

    plain = msgspec.to_builtins(noun, order="sorted")
    return json.dumps(plain, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()


def decode(document: bytes, shape: type[T]) -> T:
    """Return the ``shape`` in ``document``; raise EncodingRefusal naming the field at fault."""
    import msgspec  # noqa: PLC0415 - 18 ms that --help does not need

    try:
        return msgspec.convert(json.loads(document), type=shape)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        name = shape.__name__.lstrip("_")
        raise EncodingRefusal(f"not a valid {name}: {error}") from error


def builtins(noun: object) -> Any:  # noqa: ANN401 - JSON is any of its six kinds
    """Return ``noun`` as the plain values JSON knows, for an event or a ``--json`` document."""
    import msgspec  # noqa: PLC0415 - 18 ms that --help does not need

    return msgspec.to_builtins(noun)


def digest(content: bytes) -> str:
    """Return the lower-case hexadecimal SHA-256 of ``content``."""
    return hashlib.sha256(content).hexdigest()
