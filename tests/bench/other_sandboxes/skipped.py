"""Why another sandbox is not measured here."""

from collections.abc import Callable, Sequence

Run = Callable[[Sequence[str]], object]


class Skipped(Exception):
    """It is not here; the message says what would bring it."""
