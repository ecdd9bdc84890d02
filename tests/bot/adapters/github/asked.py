"""What the small GitHub is asked and tells, and how it says no."""

from dataclasses import dataclass, field
from typing import Any

NOW = "2026-11-21T08:11:00Z"


@dataclass(frozen=True, slots=True)
class Asked:
    verb: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class No(Exception):
    """An answer that is none of what was asked for."""

    def __init__(self, status: int, message: str, *errors: str) -> None:
        super().__init__(message)
        self.told = Told(status, {"message": message, "errors": [{"message": e} for e in errors]})


Entry = dict[str, Any]


def page(asked: Asked, entries: list[Any]) -> Told:
    """Return the page of a list that is asked for."""
    size, page = int(asked.query.get("per_page", "30")), int(asked.query.get("page", "1"))
    return Told(200, entries[size * (page - 1) : size * page])
