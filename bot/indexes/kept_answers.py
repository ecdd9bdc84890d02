"""An answer kept for a day, as long as the files are the same that it hangs on."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.private_file import read_private, write_private

_MOST_AGE_S = 24 * 3600


def digest(places: Sequence[Path], *facts: object) -> str:
    """Return what stands for a question: ``facts``, and the files at ``places`` as they are."""
    told = repr((facts, [_look(place) for place in places]))
    return hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()


def read_answer(file: Path, question: str) -> dict[str, Any] | None:
    """Return what was answered to ``question``, or None where that does not hold any more."""
    told = read_private(file)
    if told is None or told.get("question") != question:
        return None
    try:
        looks = [_look(Path(look[0])) for look in told["read"]]
        is_young = 0 <= time.time() - told["at"] <= _MOST_AGE_S
        answer = told["answer"] if looks == told["read"] and is_young else None
    except (LookupError, TypeError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None


def write_answer(
    file: Path, question: str, answer: Mapping[str, Any], read: Sequence[Path]
) -> None:
    """Keep ``answer`` for as long as the files ``read`` stay as they are."""
    looks = [_look(place) for place in read]
    write_private(file, {"question": question, "at": time.time(), "read": looks, "answer": answer})


def _look(place: Path) -> list[str | int]:
    """Return what changes when the file at ``place`` does."""
    try:
        status = place.stat()
    except OSError:
        return [str(place)]
    return [str(place), status.st_ino, status.st_size, status.st_mtime_ns]
