"""The changes of a session, read while a command still makes them, and names that git knows."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from scoping.refusal import Refusal
from tests.ending import beside
from validators.sandbox import Changes, Session


def is_git(name: str) -> bool:
    """Whether some file system takes ``name`` for that of git's own directory."""
    plain = "".join(c for c in name.casefold() if c.isascii() and c.isprintable())
    return plain.strip(" .") in {".git", "git~1", "git"} and name.casefold() != "git"


@contextmanager
def reading(session: Session, *, wanted: bool) -> Iterator[tuple[list[Changes], list[OSError]]]:
    """Read the session's changes again and again; yield what was read, and why one failed.

    A refusal to read them is no failure.
    """
    readings: list[Changes] = []
    failures: list[OSError] = []
    stop = threading.Event()

    def read() -> None:
        while not (stop.is_set() or failures):
            try:
                with suppress(Refusal):
                    readings.append(session.changes())
            except OSError as error:
                failures.append(error)

    with beside(*[read] * wanted):
        try:
            yield readings, failures
        finally:
            stop.set()
