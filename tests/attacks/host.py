"""The host that is attacked: made of bait, all of it writable for whoever gets to it.

Modes protect nothing here, and the bait process belongs to the very user that commands run as, so
that what holds is the sandbox's walls and nothing else.
"""

import ctypes
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.attacks.prelude import syscall
from tests.e2e.repositories import git
from tests.ending import end
from validators.processes.staging import owner

TREE = {
    "README.md": "# A project\n",
    "pyproject.toml": '[tool.ruff.lint]\nselect = ["ALL"]\n',
    "src/code.py": "VALUE = 1\n",
    "src/data/words.txt": "one\ntwo\n",
    "tests/test_code.py": "def test_value():\n    assert True\n",
    "run.sh": "echo run\n",
}
_IPC_CREATE = 0o1000
_IPC_REMOVE = 0


@dataclass(frozen=True, slots=True)
class Host:
    """What is there to be reached. ``kept`` holds every file that must stay as it is.

    ``listeners`` are sockets nobody of the sandbox may reach. ``own`` are the ids of our bait
    processes. ``namespaces`` names those of the host.
    """

    token: str
    folder: Path
    kept: Path
    original: Path
    listeners: Mapping[str, socket.socket]
    victim: int
    own: frozenset[int]
    segment: int
    namespaces: str

    @property
    def secret_text(self) -> str:
        """What no command may come to know; never in an argument, nor in a snippet."""
        return f"HOST-{self.token[::-1]}"

    def variables(self) -> dict[str, str]:
        """Return what a snippet may be told about its host."""
        addresses = {
            name: str(listener.getsockname()[1])
            for name, listener in self.listeners.items()
            if listener.family != socket.AF_UNIX
        }
        return addresses | {
            "token": self.token,
            "secret": str(self.kept / "vault" / "secret.txt"),
            "vault": str(self.kept / "vault"),
            "home": str(self.kept / "home"),
            "original": str(self.original),
            "git_dir": str(self.original / ".git"),
            "environment": str(self.kept / "environment"),
            "folder": str(self.folder),
            "host_pid": str(self.victim),
            "socket": str(self.folder / "socket"),
            "abstract": f"attacked-{self.folder.name}",
            "segment": str(self.segment),
            "shared_memory": f"/dev/shm/{self.folder.name}",  # noqa: S108 - bait of the host
            "namespaces": self.namespaces,
        }


@contextmanager
def bait(base: Path = Path("/var/tmp")) -> Iterator[Host]:  # noqa: S108 - open to all, as bait is
    """Set the host up below ``base``, and clear it away after."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="attacked-", dir=base))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        token = f"mark{secrets.token_hex(6)}"
        secret = f"HOST-{token[::-1]}"
        kept = folder / "kept"
        lay_out(kept, secret)
        memory = Path("/dev/shm", folder.name)  # noqa: S108 - bait of the host
        memory.write_text(secret, "ascii")
        memory.chmod(0o666)
        stack.callback(memory.unlink, missing_ok=True)
        listeners = dict(_listeners(folder, stack))
        victim = _victim(kept, secret, stack)
        segment = _segment(secret, stack)
        _variables(secret, folder, kept, stack)
        names = " ".join(str(path.readlink()) for path in sorted(Path("/proc/self/ns").iterdir()))
        own = frozenset({victim, os.getpid()})
        original = kept / "original"
        _open_to_all(folder)
        yield Host(token, folder, kept, original, listeners, victim, own, segment, names)


def lay_out(kept: Path, secret: str) -> None:
    """Write the files that must stay as they are: a repository, a home, an environment, a vault."""
    files = {f"original/{path}": text for path, text in TREE.items()} | {
        "vault/secret.txt": f"{secret}\n",
        "home/.netrc": f"machine localhost login bot password {secret}\n",
        "home/.ssh/id_ed25519": f"{secret}\n",
        "home/.aws/credentials": f"[default]\naws_secret_access_key = {secret}\n",
        "home/.docker/config.json": f'{{"auths": {{"localhost": {{"auth": "{secret}"}}}}}}\n',
        "home/.config/gh/hosts.yml": f"localhost: {{oauth_token: {secret}}}\n",
        "home/.gitconfig": f"[http]\n\textraheader = AUTHORIZATION: basic {secret}\n",
        "home/.cache/pip/kept": "kept\n",
        "home/.npmrc": f"//localhost/:_authToken={secret}\n",
        "environment/bin/tool": "#!/bin/sh\necho tool\n",
        "environment/lib/module.py": "VALUE = 1\n",
    }
    for path, text in files.items():
        place = kept / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    (kept / "environment/bin/tool").chmod(0o755)
    original = kept / "original"
    git(original, "init", "-q", "-b", "main")
    git(original, "add", "--all")
    git(original, "commit", "-q", "-m", "base")
    _open_to_all(kept)


def _open_to_all(folder: Path) -> None:
    subprocess.run(["chmod", "--recursive", "a+rwX", "--", str(folder)], check=True)


def _listeners(folder: Path, stack: ExitStack) -> Iterator[tuple[str, socket.socket]]:
    places: list[tuple[str, int, int, object]] = [
        ("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        ("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        ("tcp6", socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)),
        ("path", socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "socket")),
        ("abstract", socket.AF_UNIX, socket.SOCK_STREAM, f"\0attacked-{folder.name}"),
    ]
    for name, family, kind, address in places:
        listener = stack.enter_context(socket.socket(family, kind))
        try:
            listener.bind(address)  # type: ignore[arg-type] # an address of its own family
        except OSError:
            if family != socket.AF_INET6:  # a machine without IPv6 has nothing to reach by it
                raise
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.settimeout(0)
        if kind == socket.SOCK_STREAM:
            listener.listen(64)
        yield name, listener


def _victim(kept: Path, secret: str, stack: ExitStack) -> int:
    """Start a process of the host that knows the secret in three ways: variable, memory, file."""
    user = owner()
    with (kept / "vault" / "secret.txt").open("rb") as held:
        process = subprocess.Popen(
            ["/bin/sleep", "98765.4321"],
            env={"BOT_SECRET_TOKEN": secret, "BOT_SECRET": "hunter2"},
            stdin=held,
            stdout=subprocess.DEVNULL,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
    stack.callback(end, process)
    return process.pid


def _segment(secret: str, stack: ExitStack) -> int:
    """Make a System V shared memory segment that holds the secret, and return its key."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    key = secrets.randbelow(2**30) + 1
    with suppress(OSError):  # a kernel without them has none to steal
        number = syscall("shmget", key, 4096, _IPC_CREATE | 0o666)
        stack.callback(syscall, "shmctl", number, _IPC_REMOVE, 0)
        place = libc.shmat(number, None, 0)
        ctypes.memmove(place, secret.encode(), len(secret))
        libc.shmdt(ctypes.c_void_p(place))
    return key


def _variables(secret: str, folder: Path, kept: Path, stack: ExitStack) -> None:
    """Put into our own environment what a careless bot has in its."""
    ours = {
        "BOT_SECRET_TOKEN": secret,
        "SSH_AUTH_SOCK": str(folder / "socket"),
        "NETRC": str(kept / "home" / ".netrc"),
    }
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)

    def restore() -> None:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value

    stack.callback(restore)
