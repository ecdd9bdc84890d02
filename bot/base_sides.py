"""What gates said of trees without a model's source, kept from one command to the next.

A file for each side. One that cannot be read, or is not what we write, is as good as none: the side
is run again. Nobody is blamed for what is kept here alone, see `validators.judging.base_runs`.
"""

import os
import re
import tempfile
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from pathlib import Path

from validators.encoding import EncodingRefusal, decode, digest, encode
from validators.judging.base_runs import Known

_KEY = re.compile(r"[0-9a-f]{64}")


class StoredSides(MutableMapping[str, Known]):
    """The sides of one target, by key; ``folder`` is made with the first that is kept."""

    def __init__(self, state: Path, target: Path) -> None:
        self.folder = state / "base-sides" / digest(os.fsencode(target))[:16]

    def __getitem__(self, key: str) -> Known:
        path = self._path(key)
        try:
            found = decode(path.read_bytes(), Known)
        except (OSError, EncodingRefusal) as error:
            raise KeyError(key) from error
        with suppress(OSError):  # on a disk that is only read, it is used none the less
            os.utime(path)
        return found

    def __setitem__(self, key: str, side: Known) -> None:
        path = self._path(key)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=self.folder, suffix=".unfinished")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(encode(side))
            Path(draft).rename(path)
        finally:
            Path(draft).unlink(missing_ok=True)

    def __delitem__(self, key: str) -> None:
        try:
            self._path(key).unlink()
        except OSError as error:
            raise KeyError(key) from error

    def __iter__(self) -> Iterator[str]:
        with suppress(FileNotFoundError):
            yield from (path.stem for path in self.folder.glob("*.json"))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise KeyError(key)
        return self.folder / f"{key}.json"
