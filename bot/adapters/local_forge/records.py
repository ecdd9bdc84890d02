"""Pull requests as files: one JSON document each, written whole, by one writer at a time."""

import fcntl
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.local_forge.register import Register, Standing
from scoping.refusal import Refusal
from validators.encoding import EncodingRefusal, decode, encode
from workflows.ports import ForgeRefusal
from workflows.pull_request import PullRequest
from workflows.threads import Thread

FORMAT = "changewright-pull-request/1"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something said on a pull request once, known by its key."""

    key: str
    body: str
    at: str


@dataclass(frozen=True, slots=True)
class Record:
    """What one file holds. ``merge_commit`` is empty until `LocalForge.merge` made one.

    ``answers`` are the threads and keys of what we said in them, each said once.
    """

    format: str
    pull_request: PullRequest
    remarks: tuple[Remark, ...] = ()
    merge_commit: str = ""
    threads: tuple[Thread, ...] = ()
    answers: tuple[str, ...] = ()


class Records:
    """The records of one repository in a ``folder`` of our own; ``name`` is whose they are."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._register = Register(folder)

    def standings(self) -> Sequence[Standing]:
        """Return how each pull request stands, newest first, without reading what did not change.

        One that cannot be read stands as open, so that whoever looks for it is told.
        """
        return self._register.standings()

    def numbers(self) -> list[int]:
        """Return the numbers given so far, in no order."""
        names = (entry.stem for entry in self._folder.glob("*.json"))
        return [int(name) for name in names if name.isdecimal()]

    def read(self, number: int) -> Record:
        """Return one record; ForgeRefusal when there is none, or none that can be read."""
        file = self._folder / f"{number}.json"
        try:
            return decode(file.read_bytes(), Record)
        except FileNotFoundError:
            raise ForgeRefusal(f"there is no pull request {number} for {self._name}") from None
        except EncodingRefusal as error:
            raise ForgeRefusal(f"{file} is damaged; move it away ({error})") from error

    def write(self, record: Record) -> None:
        """Replace one file whole, and have it on the disk before anybody is told."""
        descriptor, name = tempfile.mkstemp(dir=self._folder, suffix=".unfinished")
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(encode(record))
            stream.flush()
            os.fsync(descriptor)
        Path(name).rename(self._folder / f"{record.pull_request.number}.json")
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One writer of this repository's records at a time, over all processes."""
        with refusing():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (self._folder / "lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what git, the repository and the disk refuse into the port's own refusal."""
    try:
        yield
    except ForgeRefusal:
        raise
    except Refusal as error:
        raise ForgeRefusal(str(error)) from error
    except OSError as error:
        raise ForgeRefusal(f"a file cannot be read or written: {error}") from error
