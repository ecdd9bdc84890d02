"""The machine of a person who puts hostile repositories through the bot, and what must stay of it.

Secrets lie where secrets lie (variables, files of the home folder), the host answers on its
loopback and on two unix sockets, and everything is remembered before a command and compared after.
"""

import base64
import fcntl
import json
import os
import secrets
import socket
import sqlite3
import subprocess
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.e2e.bad_input import fingerprint
from tests.e2e.repositories import git
from tests.e2e.stage import leftovers
from validators.processes.cgroups import hierarchies

# What the repositories' programs say last.
TRIED = "all-was-tried"
REACH = Path(__file__).with_name("hostile_reach.py").read_text("utf-8")
_VARIABLES = ("ANTHROPIC_API_KEY", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "NPM_TOKEN")
_FILES = (".netrc", ".ssh/id_ed25519", ".aws/credentials", ".npmrc", ".config/gh/hosts.yml")
_PUBLIC = (".bashrc", ".gitconfig")
_LIMIT_S = 900


@dataclass(frozen=True)
class Ended:
    """How the program ended, and all that it printed."""

    code: int
    out: str
    err: str


@dataclass
class Person:
    """One person's home, original and state below ``folder``; ``canary`` is in each secret."""

    folder: Path
    canary: str = field(default_factory=lambda: f"canary{secrets.token_hex(8)}")

    def __post_init__(self) -> None:
        self.home, self.repo = self.folder / "home", self.folder / "original"
        self.state, self.out = self.folder / "state", self.folder / "bundle.json"
        for name in (*_FILES, *_PUBLIC):
            place = self.home / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text("" if name in _PUBLIC else f"//localhost/:_authToken={self.canary}\n")
        self.repo.mkdir()
        self.abstract = f"@hostile-{self.canary[-8:]}"
        self._kept = ExitStack()
        self._listeners: list[socket.socket] = []

    def __enter__(self) -> Self:
        # A path of a socket holds 107 bytes, and folders of tests are deep.
        self.socket = self._kept.enter_context(_short_socket(self.canary[-8:]))
        places = (
            (socket.AF_INET, ("127.0.0.1", 0)),
            (socket.AF_UNIX, str(self.socket)),
            (socket.AF_UNIX, self.abstract.replace("@", "\0")),
        )
        for family, address in places:
            listener = self._kept.enter_context(socket.socket(family))
            listener.bind(address)
            listener.listen()
            listener.settimeout(0)
            self._listeners.append(listener)
        self.socket.chmod(0o666)  # the walls must hold, not its mode
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.close()

    def told(self) -> str:
        """Return what a repository is told about its victim, as JSON: every place there is."""
        git_dir = self.repo / ".git"
        return json.dumps(
            {
                "read": [str(self.home / name) for name in _FILES],
                "write": [
                    *(str(self.home / name) for name in (*_FILES, *_PUBLIC)),
                    *(str(self.repo / "README.md"), str(git_dir / "config"), str(git_dir / "HEAD")),
                    str(self.state / "journal.sqlite"),
                ],
                "plant": [
                    *(str(self.home), str(self.repo), str(git_dir / "hooks"), str(self.state)),
                    str(self.folder),
                ],
                "ports": [str(self._listeners[0].getsockname()[1])],
                "sockets": [str(self.socket), self.abstract],
            }
        )

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """Return a careless person's environment; ``more`` counts over it."""
        secrets = {name: f"{self.canary}-{name.lower()}" for name in _VARIABLES}
        own = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8"}
        return {**secrets, **own, "CHANGEWRIGHT_STATE": str(self.state), **more}

    def remember(self) -> None:
        """Take everything as it is now for how it must be afterwards."""
        self._before = (fingerprint(self.repo), fingerprint(self.home), mounts())

    def run(self, argv: Sequence[str | Path], more: Mapping[str, str]) -> Ended:
        """Run the program to its end."""
        done = subprocess.run(
            [str(word) for word in argv],
            cwd=self.folder,
            env=self.environment(more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LIMIT_S,
            check=False,
        )
        out, err = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
        return Ended(done.returncode, out, err)

    def wrong(self, ended: Ended) -> list[str]:
        """Return whatever is not as it must be after the program ended."""
        repo, home, mounted = self._before
        found = [f"original changed: {one}" for one in _changed(repo, fingerprint(self.repo))]
        found += [f"home changed: {one}" for one in _changed(home, fingerprint(self.home))]
        found += [f"mounted: {one}" for one in sorted(mounts() - mounted) if self._is_ours(one)]
        found += [f"somebody called at {one}" for one in self._called()]
        found += [f"{one} holds a secret" for one in self.holders(self.canary)]
        found += [f"{name} shows a secret" for name, text in _texts(ended) if self.canary in text]
        found += [f"{one} is locked" for one in locked(self.state, self.repo)]
        found += abandoned_cgroups()
        found += [f"{one} is there" for one in self.folder.rglob("SPOILT")]
        found += [f"{one} was planted" for one in self.folder.glob("planted")]
        return found + leftovers(self.folder, self.repo, self.state)

    def holders(self, text: str) -> list[str]:
        """Return where in the state folder, or in what was handed out, ``text`` is to be found."""
        forms = _forms(text.encode())
        return [
            name
            for name, content in (*self._files(), *self._blobs())
            if any(form in content for form in forms)
        ]

    def _files(self) -> Iterator[tuple[str, bytes]]:
        for place in (self.out, *self.state.rglob("*")):
            if place.is_file() and not place.is_symlink():
                yield str(place.relative_to(self.folder)), place.read_bytes()

    def _blobs(self) -> Iterator[tuple[str, bytes]]:
        place = self.state / "journal.sqlite"
        if not place.exists():
            return
        with closing(sqlite3.connect(place)) as journal:
            for name, content in journal.execute("SELECT sha256, content FROM blobs"):
                yield f"the journal's blob {name}", zlib.decompress(content)

    def _called(self) -> Iterator[str]:
        for listener in self._listeners:
            with suppress(BlockingIOError):
                listener.accept()[0].close()
                yield str(listener.getsockname())

    def _is_ours(self, mount: str) -> bool:
        return str(self.folder) in mount or mount.startswith(("/mnt/", "/tmp/changewright"))  # noqa: S108 - read


@contextmanager
def _short_socket(name: str) -> Iterator[Path]:
    place = Path("/tmp", f"hostile-{name}")  # noqa: S108 - a name that nobody guesses
    try:
        yield place
    finally:
        place.unlink(missing_ok=True)


def _forms(word: bytes) -> list[bytes]:
    """Return how a word is written in what we keep: as it is, and in base64 wherever it begins."""
    shifted = (base64.b64encode(bytes(skip) + word) for skip in range(3))
    # What stands at the ends depends on what is beside the word.
    return [word, *(code[4:-4] for code in shifted)]


def locked(state: Path, repo: Path) -> Iterator[str]:
    """Yield the locks of a state folder, and those of a repository's git, that somebody holds."""
    yield from map(str, repo.glob(".git/**/*.lock"))
    for place in state.rglob("*.lock"):
        with place.open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield str(place)


def _texts(ended: Ended) -> tuple[tuple[str, str], ...]:
    return (("standard output", ended.out), ("standard error", ended.err))


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    paths = before.keys() | after.keys()
    return sorted(path for path in paths if before.get(path) != after.get(path))


def mounts() -> set[str]:
    """Return where something is mounted."""
    return {line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()}


def abandoned_cgroups(within_s: float = 60.0) -> list[str]:
    """Return our cgroups that nobody uses and that stay: of other processes some come and go."""
    until = time.monotonic() + within_s
    left = _cgroups()
    while left and time.monotonic() < until:
        time.sleep(0.05)
        left &= _cgroups()
    return [f"the cgroup {place} is left" for place in sorted(left)]


def _cgroups() -> set[Path]:
    return {
        folder for place in hierarchies() for folder in abandoned(place.folder, "changewright-*")
    }


def abandoned(place: Path, pattern: str) -> set[Path]:
    """Return the folders in ``place`` that whoever made them would hold locked, and does not."""
    found = set()
    for folder in place.glob(pattern):
        with suppress(OSError):  # in use, or gone
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                found.add(folder)
            finally:
                os.close(descriptor)
    return found


def commit(person: Person) -> str:
    """Commit all there is in the person's repository."""
    git(person.repo, "init", "-q", "-b", "main")
    git(person.repo, "add", "--all")
    git(person.repo, "commit", "-q", "-m", "base")
    return git(person.repo, "rev-parse", "HEAD")
