"""What of the machine's own system a command may see, read-only: programs, and a few files of /etc.

Of /etc only what programs need to work at all; who the users are is told by files of ours.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from validators.processes.layered_session import HOME

INSIDE_UID = "1000"  # who commands are to themselves, the same on every machine
_ROOT_FOLDERS = ("/bin", "/lib", "/lib32", "/lib64", "/libx32", "/sbin")
# What programs need of /etc; no person and no service keeps a secret in it.
SHOWN_OF_ETC = (
    *("alternatives", "ca-certificates", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime"),
    *("mime.types", "nsswitch.conf", "os-release", "pki", "protocols", "services"),
    *("ssl/certs", "ssl/openssl.cnf"),
)
# Debian keeps there what Java and Maven do not start without; Maven's settings may hold passwords.
_OF_TOOLS = ("java-*", "maven/m2.conf", "maven/logging")
_OF_OURS = {
    "passwd": f"changewright:x:{INSIDE_UID}:{INSIDE_UID}::{HOME}:/bin/sh\n",
    "group": f"changewright:x:{INSIDE_UID}:\n",
    "hosts": "127.0.0.1 localhost changewright\n",
}


def root_folders() -> Mapping[str, str | None]:
    """Return what stands beside /usr on this machine: a link's target, or None for a folder."""
    found: dict[str, str | None] = {}
    for folder in map(Path, _ROOT_FOLDERS):
        if folder.is_symlink():
            found[str(folder)] = str(folder.readlink())
        elif folder.is_dir():
            found[str(folder)] = None
    return found


def shown_of_etc(etc: Path = Path("/etc")) -> tuple[str, ...]:
    """Return the names below ``etc`` that commands may see, whether or not they are there."""
    tools = [path for pattern in _OF_TOOLS for path in sorted(etc.glob(pattern))]
    return (*SHOWN_OF_ETC, *(str(path.relative_to(etc)) for path in tools))


def write_etc(folder: Path) -> tuple[str, ...]:
    """Fill ``folder`` to stand in /etc's place; return what of /etc still is to be bound over it.

    Files are copied, for each bind costs every command as much as a fork; folders are bound.
    """
    folder.mkdir()
    folder.chmod(0o755)  # whatever our umask is: it may be read by another user than us
    bound = []
    for name in shown_of_etc():
        source, place = Path("/etc", name), folder / name
        if place.parent != folder:
            place.parent.mkdir(exist_ok=True)
            place.parent.chmod(0o755)
        if source.is_dir():
            place.mkdir()
            bound.append(name)
        elif source.is_symlink() and source.resolve().is_relative_to("/usr"):
            place.symlink_to(source.readlink())  # a time zone is known by where it leads
        else:
            with suppress(OSError):  # not there, or not for us
                _write(place, source.read_bytes())
    for name, text in _OF_OURS.items():
        _write(folder / name, text.encode())
    return tuple(bound)


def _write(file: Path, contents: bytes) -> None:
    file.write_bytes(contents)
    file.chmod(0o644)
