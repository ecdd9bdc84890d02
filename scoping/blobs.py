"""The one git process that lives long: ``cat-file --batch``, which gives the content of objects.

GitPython leaves a child's stderr in a pipe that nobody empties, so this one is started without it.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from scoping.refusal import Refusal

_SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"
# Their names fit in a pipe that nobody empties, so that neither side waits for the other.
_AHEAD = 32
ENVIRONMENT = {
    "PATH": _SEARCH_PATH,
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    # A partial clone fetches what it lacks, through a transport that its own config chooses.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    # A path may be called what git would take for a pattern.
    "GIT_LITERAL_PATHSPECS": "1",
}


class ObjectsRefusal(Refusal):
    """The git directory does not hold what was asked for: what is missing, and what to do."""


def git_argv(git_dir: Path, *arguments: str) -> list[str]:
    """Return the command line of one reading git command; nothing is fetched by it."""
    own = [f"--git-dir={git_dir}", "--no-pager", "-c", "protocol.allow=never"]
    return ["git", *own, *arguments]


class Blobs:
    """Reads objects of one git directory; not safe for two threads at once. Close it."""

    def __init__(self, git_dir: Path) -> None:
        self._git_dir = git_dir
        self._batch: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the git that reads objects, or None while none runs."""
        return self._batch.pid if self._batch else None

    def read(self, sha: str, limit: int) -> bytes:
        """Return the content of an object of at most ``limit`` bytes.

        ObjectsRefusal when it is larger, missing or damaged.
        """
        if not sha.isalnum() or not sha.isascii():
            raise ObjectsRefusal(f"{sha!r} is no object name")
        self._ask([sha])
        return self._answer(sha, limit)

    def read_many(self, shas: Sequence[str], limit: int) -> Iterator[bytes | None]:
        """Yield the content of each object, in order; None where `read` would refuse.

        Several are asked for ahead, which saves a turn of two processes for each.
        """
        for start in range(0, len(shas), _AHEAD):
            yield from self._contents(shas[start : start + _AHEAD], limit)

    def _contents(self, shas: Sequence[str], limit: int) -> list[bytes | None]:
        """Return them all at once: an answer left in the pipe would be taken for another's."""
        found: list[bytes | None] = []
        try:
            self._ask(shas)
            found.extend(self._answer(sha, limit) for sha in shas)
        except ObjectsRefusal:
            # It ended the process, and with it what was asked for ahead.
            for sha in shas[len(found) :]:
                try:
                    found.append(self.read(sha, limit))
                except ObjectsRefusal:
                    found.append(None)
        return found

    def close(self) -> None:
        """End the process that reads objects; the next read starts another."""
        batch, self._batch = self._batch, None
        if batch is None:
            return
        batch.kill()
        batch.communicate()

    def _ask(self, shas: Sequence[str]) -> None:
        batch = self._batch or self._started()
        assert batch.stdin is not None  # noqa: S101 - for the type checker; PIPE was asked for
        try:
            batch.stdin.write("".join(f"{sha}\n" for sha in shas).encode("ascii"))
            batch.stdin.flush()
        except BrokenPipeError:
            self.close()
            raise ObjectsRefusal(f"git stopped while reading {self._git_dir}") from None

    def _answer(self, sha: str, limit: int) -> bytes:
        assert self._batch is not None  # noqa: S101 - for the type checker; it was just asked
        assert self._batch.stdout is not None  # noqa: S101 - the same
        header = self._batch.stdout.readline().split()
        if len(header) != len(("sha", "type", "size")):
            self.close()
            raise ObjectsRefusal(
                f"object {sha} is not in the repository, or is damaged; check it with: git fsck"
            )
        size = int(header[2])
        if size > limit:
            self.close()  # cheaper than reading what nobody wants
            raise ObjectsRefusal(f"object {sha} has {size} bytes; the limit here is {limit}")
        content = self._batch.stdout.read(size + 1)[:-1]
        if len(content) != size:
            self.close()
            raise ObjectsRefusal(f"object {sha} is damaged; check it with: git fsck")
        return content

    def _started(self) -> subprocess.Popen[bytes]:
        self._batch = subprocess.Popen(
            git_argv(self._git_dir, "cat-file", "--batch"),
            env=ENVIRONMENT,
            cwd=self._git_dir,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self._batch
