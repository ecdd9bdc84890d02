"""What a container's root folder is made of: this machine's own folders, an image, or a tarball.

Nothing is pulled: an image is one that is already here. Whatever it is, the walls are the same, and
it is told by its digest.
"""

import hashlib
import io
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.container_sandbox.engine import ContainerEngine
from validators.processes.layered_session import HOME, TEMPORARY
from validators.processes.staging import owner
from validators.processes.system_places import root_folders, shown_of_etc
from validators.sandbox import ENVIRONMENT, REPORTS, TOOLS, WORKSPACE, SandboxRefusal

_MACHINE = "changewright/machine"
_TARBALL = "changewright/rootfs"
_PLACES = ("/dev", "/etc", "/proc", "/run", "/sys", "/tmp", "/usr", "/var/tmp")  # noqa: S108 - inside
# Some runtimes give a file system in memory the mode of the folder that it covers.
_EVERYBODYS = {TEMPORARY, HOME}
_CHUNK_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class Image:
    """An image by the engine's own ``identity``; ``name`` is for people, and no path.

    ``binds`` are folders and files of this machine that stand in it where they stand here.
    """

    identity: str
    name: str
    digest: str
    binds: tuple[Path, ...] = ()


def image_of(engine: ContainerEngine, wanted: str) -> Image:
    """Return the image ``wanted``: "" for this machine's folders, a name, or a tarball's path."""
    if not wanted:
        return _machine(engine)
    if wanted.startswith("/"):
        return _tarball(engine, Path(wanted))
    found = _found(engine, wanted, wanted)
    if found is None:
        raise SandboxRefusal(
            f"the image {wanted} is not on this machine, and none is pulled by itself;"
            f" to mend it: {engine.name} pull {wanted}"
        )
    return found


def machine_binds() -> tuple[Path, ...]:
    """Return what of this machine commands may see: its programs, and no more of /etc than those.

    Of /etc only what no person and no service keeps a secret in.
    """
    real = [Path(name) for name, target in root_folders().items() if target is None]
    known = [Path("/etc", name) for name in shown_of_etc()]
    return (Path("/usr"), *real, *(path for path in known if path.exists()))


def written_etc(folder: Path) -> tuple[Path, ...]:
    """Return files that stand in a container's /etc: who and where commands are to themselves."""
    folder.mkdir()
    folder.chmod(0o755)
    uid = owner() or os.geteuid()
    users = f"root:x:0:0::/:/bin/sh\nchangewright:x:{uid}:{uid}::{HOME}:/bin/sh\n"
    texts = {"passwd": users, "hosts": "127.0.0.1 localhost changewright\n"}
    for name, text in texts.items():
        (folder / name).write_text(text, "ascii")
        (folder / name).chmod(0o644)
    return tuple(folder / name for name in texts)


def _machine(engine: ContainerEngine) -> Image:
    """Return an image that is empty but for places: what is in them is bound from this machine."""
    content = _skeleton()
    name = f"{_MACHINE}:{hashlib.sha256(content).hexdigest()[:16]}"
    shown = "this machine's system folders"
    found = _found(engine, name, shown)
    if found is None:
        engine.ask("import", "-", name, given=content)
        found = _found(engine, name, shown)
    if found is None:
        raise SandboxRefusal(f"{engine.name} took the image {name} and does not know it")
    # Of what was imported: an engine adds the hour to it.
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return Image(found.identity, shown, digest, machine_binds())


def _tarball(engine: ContainerEngine, path: Path) -> Image:
    try:
        with path.open("rb") as stream:
            digest = hashlib.sha256()
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise SandboxRefusal(
            f"setup.image {path} cannot be read: {error.strerror}; name a root filesystem tarball,"
            " or an image that is on this machine"
        ) from error
    name = f"{_TARBALL}:{digest.hexdigest()[:32]}"
    if _found(engine, name, str(path)) is None:
        engine.ask("import", str(path), name)
    found = _found(engine, name, str(path))
    if found is None:
        raise SandboxRefusal(f"{engine.name} imported {path} and does not know {name}")
    return Image(found.identity, path.name, f"sha256:{digest.hexdigest()}")


def _found(engine: ContainerEngine, name: str, shown: str) -> Image | None:
    form = "{{.Id}} {{range .RepoDigests}}{{.}} {{end}}"
    try:
        words = engine.ask("image", "inspect", "--format", form, name).split()
    except SandboxRefusal:
        return None
    identity = words[0].removeprefix("sha256:")
    repository = [word.partition("@")[2] for word in words[1:]]
    return Image(identity, shown, repository[0] if repository else f"sha256:{identity}")


def _skeleton() -> bytes:
    """Return a tarball of the places in a root folder, links as they are here."""
    places = {*_PLACES, WORKSPACE, ENVIRONMENT, REPORTS, TOOLS, HOME}
    folders = {parent for place in places for parent in (Path(place), *Path(place).parents)}
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for folder in sorted(folders - {Path("/")}):
            mode = 0o1777 if str(folder) in _EVERYBODYS else 0o755
            archive.addfile(_entry(folder, tarfile.DIRTYPE, mode))
        for name, target in root_folders().items():
            entry = _entry(Path(name), tarfile.DIRTYPE if target is None else tarfile.SYMTYPE)
            entry.linkname = target or ""
            archive.addfile(entry)
    return content.getvalue()


def _entry(path: Path, kind: bytes, mode: int = 0o755) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(str(path).lstrip("/"))
    entry.type = kind
    entry.mode = mode
    return entry
