"""What containers hold beyond the contract, which image they show, and what is left of them."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.adapters.container_sandbox.engine import ContainerEngine, installed_engines
from bot.adapters.container_sandbox.images import Image, machine_binds
from bot.adapters.container_sandbox.leftovers import new_name, sweep
from bot.adapters.container_sandbox.sandbox import ContainerSandbox
from bot.adapters.container_sandbox.seccomp import narrowed
from bot.adapters.container_sandbox.walls import Walls
from tests.ending import ended
from validators.processes.layered_session import LayeredSession
from validators.sandbox import (
    REQUIRED_BY_DEFAULT,
    Completed,
    Limits,
    Mount,
    Phase,
    SandboxRefusal,
)

pytestmark = pytest.mark.sandbox

MIB = 1024**2
Open = Callable[..., LayeredSession]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "tree"
    folder.mkdir(parents=True)
    (folder / "file").write_text("original\n")
    folder.parent.chmod(0o700)
    return folder


@pytest.fixture
def opened(container_sandbox: ContainerSandbox, tree: Path) -> Iterator[Open]:
    sessions: list[LayeredSession] = []

    def open_session(phase: Phase | None = None, limits: Limits | None = None) -> LayeredSession:
        phase = phase or Phase("test")
        sessions.append(container_sandbox.open(tree, phase, limits or Limits(timeout_s=30)))
        return sessions[-1]

    yield open_session
    for session in sessions:
        session.close()


@pytest.fixture
def engine(container_sandbox: ContainerSandbox) -> ContainerEngine:
    told = container_sandbox.probe().version
    return next(
        one
        for one in installed_engines("runc" if "runtime runc" in told else "")
        if told.lower().startswith(one.name)
    )


def shell(session: LayeredSession, script: str) -> Completed:
    return session.run(["sh", "-c", script])


# --- the walls ------------------------------------------------------------------------------------


def test_all_that_is_required_by_default_was_measured(container_sandbox: ContainerSandbox) -> None:
    probe = container_sandbox.probe()
    assert set(REQUIRED_BY_DEFAULT) <= probe.guarantees
    assert {"no-nested-namespaces", "seccomp", "disk-quota"} <= probe.guarantees
    assert "proxy-only-network" in probe.guarantees
    if os.geteuid() == 0:  # who may always make control groups
        assert "memory-total" in probe.guarantees


def test_the_probe_says_engine_runtime_kernel_and_image(
    container_sandbox: ContainerSandbox,
) -> None:
    told = container_sandbox.probe().version
    assert ", runtime " in told
    assert " on this machine's kernel, this machine's system folders (sha256:" in told


def test_a_command_has_no_rights_and_gains_none(opened: Open) -> None:
    status = shell(opened(), "cat /proc/self/status").stdout.text
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert {facts[f"Cap{kind}"].strip("0") for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {""}
    assert facts["NoNewPrivs"] == "1"
    assert facts["Seccomp"] == "2"
    assert facts["Uid"].split()[0] != "0"


def test_nobody_makes_namespaces_or_strange_sockets(opened: Open) -> None:
    script = (
        "import socket\n"
        "for family in (40, 38, 17, 31):\n"  # vsock, alg, packet, bluetooth
        "    try:\n"
        "        socket.socket(family, socket.SOCK_STREAM)\n"
        "        print('made', family)\n"
        "    except OSError:\n"
        "        pass\n"
        "socket.socketpair()\n"
    )
    session = opened()
    assert session.run(["/usr/bin/python3", "-I", "-c", script]).stdout.text == ""
    assert shell(session, "unshare --user true").outcome == "failed"


def test_nobody_types_into_a_terminal(opened: Open) -> None:
    script = (
        "import ctypes, errno\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "for request in (0x5412, 0x541c, 0x541200005412, 0x5401, 0x5413, 0x541b):\n"
        "    libc.ioctl(0, ctypes.c_ulong(request), ctypes.byref(ctypes.c_int(1)))\n"
        "    print(errno.errorcode[ctypes.get_errno()])\n"
    )
    done = opened().run(["/usr/bin/python3", "-I", "-c", script])
    assert set(done.stdout.text.split()[:3]) <= {"EPERM", "ENOSYS"}
    assert set(done.stdout.text.split()[3:]) <= {"ENOTTY", "EINVAL"}


def test_nothing_of_the_machine_is_seen_but_its_programs(opened: Open, tree: Path) -> None:
    session = opened()
    seen = shell(
        session, "ls -A /home /root /mnt /srv /etc/shadow /var/log 2>/dev/null"
    ).stdout.text
    assert "tree" not in seen
    assert "shadow" not in seen
    assert shell(session, f"test -e {tree}").outcome == "failed"
    assert shell(session, "touch /usr/x || touch /etc/x || touch /x").outcome == "failed"


def test_a_fork_bomb_ends_at_the_limit_and_leaves_the_session_usable(opened: Open) -> None:
    session = opened(limits=Limits(timeout_s=60, processes=40))
    bomb = "bomb() { bomb | bomb & }; bomb; sleep 50"
    done = session.run(["sh", "-c", bomb], timeout_s=3)
    assert done.outcome in {"timeout", "failed", "killed"}
    after = shell(session, "echo alive")
    assert (after.outcome, after.detail, after.stdout.text) == ("ok", "", "alive\n")


def test_files_in_memory_count_as_memory(opened: Open) -> None:
    session = opened(limits=Limits(timeout_s=30, memory_bytes=128 * MIB))
    done = shell(
        session, "head -c 31000000 /dev/zero > /tmp/a && head -c 40000000 /dev/zero > /tmp/b"
    )
    assert done.outcome in {"failed", "oom", "killed"}


def test_a_command_starts_with_empty_folders_of_its_own(opened: Open) -> None:
    session = opened()
    assert shell(session, 'touch /tmp/left "$HOME/left"').outcome == "ok"
    assert shell(session, 'ls -A /tmp "$HOME"').stdout.text == "/home/changewright:\n\n/tmp:\n"


def test_who_spoils_the_note_of_its_start_only_spoils_its_own_result(opened: Open) -> None:
    session = opened()
    done = shell(session, ": > /run/changewright.started; exit 0")
    assert (done.outcome, done.code) == ("sandbox-error", None)
    assert shell(session, "true").outcome == "ok"


def test_no_word_of_a_command_stands_on_a_command_line_outside(opened: Open) -> None:
    session = opened()
    word = f"word-{os.getpid()}"
    channel = session.start(["sh", "-c", f"sleep 5 # {word}"])
    try:
        seen = [line for _ in range(20) for line in command_lines()]
    finally:
        channel.close()
    clients = [line for line in seen if b"\0exec\0" in line and b"changewright-" in line]
    assert clients
    assert not [line for line in clients if word.encode() in line]


def command_lines() -> Iterator[bytes]:
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # it ended meanwhile
            if folder.name.isdecimal():
                yield (folder / "cmdline").read_bytes()


def test_two_commands_at_once_are_refused(opened: Open) -> None:
    session = opened()
    channel = session.start(["sleep", "30"])
    outcomes = (session.run(["true"]) for _ in range(1000))  # until the first has begun
    refused = next(done for done in outcomes if done.outcome != "ok")
    assert refused.outcome == "sandbox-error"
    assert "one after the other" in refused.detail
    channel.close()


@pytest.mark.long
def test_a_measurement_is_remembered_and_looked_at_again(
    tmp_path: Path, engine: ContainerEngine, tree: Path
) -> None:
    def sandbox() -> ContainerSandbox:
        return ContainerSandbox(tmp_path, engine.runtime, "", (engine,), kept=tmp_path / "probes")

    measured = sandbox().probe()
    began = time.monotonic()
    again = sandbox()
    assert again.probe() == measured
    assert time.monotonic() - began < 60
    with again.open(tree, Phase("test"), Limits(timeout_s=20)) as session:
        assert shell(session, "sleep 30 & echo there").stdout.text == "there\n"


# --- images ---------------------------------------------------------------------------------------


def test_an_image_that_is_not_here_is_refused_with_the_command_that_gets_it(
    tmp_path: Path, engine: ContainerEngine
) -> None:
    name = "localhost/changewright-test/not-there:1"
    probe = ContainerSandbox(tmp_path, engine.runtime, name, (engine,)).probe()
    assert not probe.usable
    assert f"the image {name} is not on this machine" in probe.why_not
    assert probe.mend == f"{engine.name} pull {name}"


@pytest.fixture(scope="module")
def root_file_system(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A system small enough for a test: a shell and the few programs that the session needs."""
    busybox = shutil.which("busybox", path="/bin:/usr/bin")
    if busybox is None:
        pytest.skip("no static busybox here to make an image of: apt-get install busybox-static")
    file = tmp_path_factory.mktemp("image") / "root.tar"
    with tarfile.open(file, "w") as archive:
        for folder in ("bin", "tmp", "etc", "proc", "dev", "sys"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        archive.add(Path(busybox).resolve(), "bin/busybox")
        for name in ("sh", "env", "sleep", "find", "cat", "echo", "ls"):
            entry = tarfile.TarInfo(f"bin/{name}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(entry)
    return file


@pytest.mark.long
def test_a_root_file_system_is_what_commands_see(
    tmp_path: Path, tree: Path, engine: ContainerEngine, root_file_system: Path
) -> None:
    sandbox = ContainerSandbox(tmp_path, engine.runtime, str(root_file_system), (engine,))
    probe = sandbox.probe()
    if not probe.usable and "No such file" in probe.why_not:
        pytest.skip("this busybox is not static, so it starts in no other system")
    assert probe.usable, probe.why_not
    assert f"{root_file_system.name} (sha256:" in probe.version
    assert str(root_file_system.parent) not in probe.version
    with sandbox.open(tree, Phase("test"), Limits(timeout_s=20)) as session:
        assert "busybox" in shell(session, "ls /bin").stdout.text
        assert shell(session, "ls /usr").outcome == "failed"
        assert shell(session, "echo changed > file").outcome == "ok"
        assert [change.path for change in session.changes().files] == ["file"]
    assert (tree / "file").read_text() == "original\n"


# --- runtimes -------------------------------------------------------------------------------------


def test_a_runtime_that_is_not_there_is_refused(tmp_path: Path, engine: ContainerEngine) -> None:
    wrong = ContainerEngine(engine.binary, "no-such-runtime")
    probe = ContainerSandbox(tmp_path, "no-such-runtime", "", (wrong,)).probe()
    assert not probe.usable
    assert "no-such-runtime" in probe.why_not


@pytest.mark.long
def test_a_runtime_with_a_kernel_of_its_own_is_told_by_that_kernel(
    tmp_path: Path, engine: ContainerEngine, tree: Path
) -> None:
    if shutil.which("runsc") is None or not engine.is_podman:
        pytest.skip("gVisor's runsc or podman is not here: apt-get install runsc podman")
    own = ContainerEngine(engine.binary, "runsc")
    sandbox = ContainerSandbox(tmp_path, "runsc", "", (own,))
    probe = sandbox.probe()
    if not probe.usable:
        pytest.skip(f"runsc does not run here: {probe.why_not}")
    assert "runtime runsc on a kernel of its own (Linux version " in probe.version
    assert {"proxy-only-network", "no-host-sockets"} <= probe.guarantees
    with sandbox.open(tree, Phase("test"), Limits(timeout_s=30)) as session:
        assert shell(session, "sleep 60 & exit 7").code == 7
        told = session.start(["true"]).close()
        assert (told.outcome, told.code) == ("sandbox-error", None)
        assert "a kernel of its own carries no channel" in told.detail


# --- what is left ---------------------------------------------------------------------------------

OPENING = """
import sys
from pathlib import Path
from bot.adapters.container_sandbox.engine import ContainerEngine
from bot.adapters.container_sandbox.sandbox import ContainerSandbox
from validators.sandbox import Limits, Phase
engine = ContainerEngine(Path(sys.argv[1]), sys.argv[2])
sandbox = ContainerSandbox(Path(sys.argv[3]), sys.argv[2], "", (engine,))
session = sandbox.open(Path(sys.argv[4]), Phase("test"), Limits(timeout_s=60))
print("open", flush=True)
session.run(["sleep", "50"])
"""


def names(engine: ContainerEngine) -> list[str]:
    told = engine.ask(
        "ps", "--all", "--filter", "label=changewright=session", "--format={{.Names}}"
    )
    return told.split()


@pytest.mark.long
def test_what_a_killed_process_leaves_is_removed_by_the_next(
    tmp_path: Path, tree: Path, engine: ContainerEngine
) -> None:
    words = [str(engine.binary), engine.runtime, str(tmp_path / "scratch"), str(tree)]
    opening = subprocess.Popen(
        [sys.executable, "-P", "-c", OPENING, *words],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    with ended(opening) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        mine = [name for name in names(engine) if f"-{process.pid}-" in name]
        assert len(mine) == 1
        sweep(engine)
        assert mine[0] in names(engine)  # somebody lives who needs it
        process.send_signal(signal.SIGKILL)
    sweep(engine)
    assert mine[0] not in names(engine)


def test_a_session_that_was_closed_leaves_no_container_and_no_folder(
    opened: Open, engine: ContainerEngine
) -> None:
    session = opened()
    shell(session, "sleep 50 & exit 0")
    session.close()
    session.close()
    assert not [name for name in names(engine) if f"-{os.getpid()}-" in name]
    assert not session.tree.exists()


# --- without an engine ----------------------------------------------------------------------------


def test_without_an_engine_it_says_what_to_install(tmp_path: Path, tree: Path) -> None:
    sandbox = ContainerSandbox(tmp_path, engines=())
    probe = sandbox.probe()
    assert (probe.usable, probe.why_not) == (False, "neither podman nor docker is installed")
    with pytest.raises(SandboxRefusal, match="apt-get install podman"):
        sandbox.open(tree, Phase("test"), Limits())


def test_an_engine_that_does_not_answer_is_passed_over(tmp_path: Path) -> None:
    client = tmp_path / "docker"
    client.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n")
    client.chmod(0o755)
    probe = ContainerSandbox(tmp_path, engines=(ContainerEngine(client),)).probe()
    assert probe.why_not == "docker: Cannot connect to the Docker daemon"
    assert "usermod" in probe.mend


def test_docker_is_asked_in_its_own_words(tmp_path: Path) -> None:
    client = tmp_path / "docker"
    client.write_text("#!/bin/sh\necho '[name=seccomp,profile=builtin name=rootless]'\n")
    client.chmod(0o755)
    walls = Walls(
        ContainerEngine(client, "kata"),
        Image("abc", "an image", "sha256:abc"),
        control=tmp_path / "control",
        started=tmp_path / "started",
        mounts=(Mount(tmp_path / "a,b", "/workspace", writable=True),),
        etc=(),
        limits=Limits(memory_bytes=256 * MIB),
        seccomp=None,
        shares_kernel=True,
    )
    argv = walls.argv(new_name())
    assert argv[:4] == (str(client), "run", "--runtime", "kata")
    assert "--userns" not in argv
    assert argv[argv.index("--user") + 1] == "0:0"  # the daemon's own user, who is not root outside
    assert f'type=bind,"source={tmp_path}/a,b",destination=/workspace' in argv
    assert {"--read-only", "--cap-drop", "no-new-privileges", "none"} <= set(argv)
    assert argv[argv.index("--memory") + 1] == argv[argv.index("--memory-swap") + 1]


def test_no_secret_of_ours_is_in_the_clients_environment(tmp_path: Path) -> None:
    told = ContainerEngine(tmp_path / "podman").environment
    assert set(told) == {"PATH", "HOME", "LC_ALL"}


def test_nothing_of_etc_is_shown_that_holds_secrets() -> None:
    shown = {str(path) for path in machine_binds()}
    assert not shown & {"/etc", "/etc/shadow", "/etc/ssl", "/etc/ssl/private", "/etc/docker"}
    assert not shown & {"/etc/maven", "/etc/maven/settings.xml"}


def test_the_list_of_system_calls_only_becomes_shorter() -> None:
    before = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "syscalls": [
            {"names": ["read", "unshare", "clone", "clone3"], "action": "SCMP_ACT_ALLOW"},
            {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": []},
        ],
    }
    after = narrowed(before)
    assert after["defaultAction"] == "SCMP_ACT_ERRNO"
    allowed = [rule for rule in after["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW"]
    free = {name for rule in allowed if not rule.get("args") for name in rule["names"]}
    assert free == {"read"}
    assert "unshare" not in json.dumps(allowed)


def test_who_waits_for_a_child_that_had_too_much_memory_ends_as_oom(
    container_sandbox: ContainerSandbox, opened: Open
) -> None:
    if "memory-total" not in container_sandbox.probe().guarantees:
        pytest.skip("no control group can be made for this user")
    session = opened(limits=Limits(timeout_s=240, memory_bytes=64 * MIB))
    # Each holds less than one process may, and nobody looks in time: only the kernel has seen it.
    script = (
        "import os, time\n"
        "for _ in range(3):\n"
        "    if not os.fork():\n"
        "        held = b'x' * (30 * 2**20)\n"
        "        time.sleep(600)\n"
        "time.sleep(600)\n"
    )
    done = session.run(["/usr/bin/python3", "-I", "-S", "-c", script])
    assert (done.outcome, done.code) == ("oom", None)
    assert "memory together" in done.detail
    assert done.wall_s < 120


def test_who_multiplies_ends_near_its_limit_and_the_session_goes_on(opened: Open) -> None:
    session = opened(limits=Limits(timeout_s=240, processes=200))
    bomb = "bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 300"
    done = session.run(["sh", "-c", bomb], timeout_s=3)
    assert done.outcome in {"timeout", "failed", "killed"}
    assert done.wall_s < 20 * 3
    after = shell(session, "echo again")
    assert (after.outcome, after.detail, after.stdout.text) == ("ok", "", "again\n")
