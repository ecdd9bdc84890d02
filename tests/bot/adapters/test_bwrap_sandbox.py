"""What the walls hold: each test is a stranger that tries to get out, or around a limit."""

import contextlib
import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.adapters.none_sandbox import NoneSandbox
from validators.processes.layered_session import LayeredSession
from validators.sandbox import Completed, Guarantee, Limits, Mount, Phase, SandboxRefusal

pytestmark = pytest.mark.sandbox

PYTHON = str(Path(sys.executable).resolve())
PREFIX = Path(sys.base_prefix)
INTERPRETER = (Mount(PREFIX, str(PREFIX)),) if str(PREFIX) != "/usr" else ()
MIB = 1024**2
MEASURED: frozenset[Guarantee] = frozenset(
    {
        "clean-environment",
        "home-hidden",
        "memory-per-process",
        "memory-total",
        "no-host-sockets",
        "no-nested-namespaces",
        "no-network",
        "orphans-killed",
        "original-untouched",
        "pids-limit",
        "read-only-host",
    }
)
Open = Callable[..., LayeredSession]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> BwrapSandbox:
    bwrap = BwrapSandbox(tmp_path_factory.mktemp("scratch"))
    probe = bwrap.probe()
    if not probe.usable:
        pytest.skip(f"{probe.why_not}. {probe.mend}")
    return bwrap


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "tree"
    folder.mkdir(parents=True)
    (folder / "file").write_text("original\n")
    folder.parent.chmod(0o700)
    return folder


@pytest.fixture
def opened(sandbox: BwrapSandbox, tree: Path) -> Iterator[Open]:
    sessions: list[LayeredSession] = []

    def open_session(phase: Phase | None = None, limits: Limits | None = None) -> LayeredSession:
        phase = phase or Phase("test", mounts=INTERPRETER)
        sessions.append(sandbox.open(tree, phase, limits or Limits(timeout_s=20)))
        return sessions[-1]

    yield open_session
    for session in sessions:
        session.close()


def shell(session: LayeredSession, script: str) -> Completed:
    return session.run(["sh", "-c", script])


def python(session: LayeredSession, script: str) -> Completed:
    return session.run([PYTHON, "-I", "-S", "-c", script])


# --- the probe ------------------------------------------------------------------------------------


def test_every_guarantee_is_measured(sandbox: BwrapSandbox) -> None:
    probe = sandbox.probe()
    assert (probe.backend, probe.usable, probe.why_not, probe.mend) == ("bwrap", True, "", "")
    assert probe.guarantees == MEASURED
    assert probe.version.startswith("bubblewrap ")


def test_the_probe_is_made_once(sandbox: BwrapSandbox) -> None:
    assert sandbox.probe() is sandbox.probe()


def test_a_missing_bubblewrap_is_refused_with_what_installs_it(tmp_path: Path, tree: Path) -> None:
    sandbox = BwrapSandbox(tmp_path / "scratch", binary=tmp_path / "bwrap")
    probe = sandbox.probe()
    assert (probe.usable, probe.guarantees) == (False, frozenset())
    assert probe.why_not == f"bubblewrap is not installed ({tmp_path}/bwrap does not exist)"
    with pytest.raises(SandboxRefusal, match="apt-get install bubblewrap"):
        sandbox.open(tree, Phase("test"), Limits())


@pytest.fixture
def fake_bwrap() -> Iterator[Callable[[str], Path]]:
    """A program in bubblewrap's place, where also the user that root becomes can start it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        binary = Path(folder, "bwrap")

        def make(script: str) -> Path:
            binary.write_text(f"#!/bin/sh\n{script}\n")
            binary.chmod(0o755)
            return binary

        yield make


def test_a_bubblewrap_that_cannot_work_here_is_refused_with_its_reason(
    tmp_path: Path, tree: Path, fake_bwrap: Callable[[str], Path]
) -> None:
    complaint = "bwrap: No permissions to create a new namespace"
    binary = fake_bwrap(f"echo '{complaint}' >&2; exit 1")
    sandbox = BwrapSandbox(tmp_path / "scratch", binary)
    probe = sandbox.probe()
    assert (probe.usable, probe.why_not) == (False, complaint)
    assert "0.8 or newer" in probe.mend
    with pytest.raises(SandboxRefusal, match="No permissions"):
        sandbox.open(tree, Phase("test"), Limits())


# Speaks bubblewrap's language, so far that it claims to have run the command.
CLAIMING = r"""
status=$(tr '\000' '\n' < /proc/self/fd/$2 | sed -n '/^--json-status-fd$/{n;p;q}')
printf '{"exit-code": 0}' > /proc/self/fd/$status
printf '[]'
"""


def test_walls_that_hold_nothing_are_found_out(
    tmp_path: Path, tree: Path, fake_bwrap: Callable[[str], Path]
) -> None:
    sandbox = BwrapSandbox(tmp_path / "scratch", fake_bwrap(CLAIMING))
    assert sandbox.probe().usable
    assert sandbox.probe().guarantees == {"original-untouched"}
    phase = Phase("test", require=frozenset({"no-network", "home-hidden"}))
    with pytest.raises(SandboxRefusal, match="does not guarantee home-hidden, no-network in the"):
        sandbox.open(tree, phase, Limits())


def test_a_scratch_folder_may_be_deeper_than_a_socket_address(
    tmp_path: Path, sandbox: BwrapSandbox
) -> None:
    probe = BwrapSandbox(tmp_path / ("deep" * 30) / "scratch").probe()
    assert (probe.usable, probe.guarantees) == (True, MEASURED)


def test_a_scratch_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    probe = BwrapSandbox(tmp_path / "file" / "scratch").probe()
    assert not probe.usable
    assert "cannot be written to: Not a directory" in probe.why_not


# --- what a phase may ask ---------------------------------------------------------------------


def test_a_phase_may_require_what_is_measured(opened: Open) -> None:
    session = opened(Phase("test", require=MEASURED))
    assert shell(session, "true").guarantees == MEASURED


def test_what_is_not_guaranteed_is_refused_by_name(opened: Open) -> None:
    with pytest.raises(SandboxRefusal, match="does not guarantee disk-quota, seccomp in the test"):
        opened(Phase("test", require=frozenset({"seccomp", "disk-quota", "no-network"})))


@pytest.mark.parametrize("name", ["lint", "build", "test", "codemod", "snippet"])
def test_only_setup_may_have_network(opened: Open, name: str) -> None:
    with pytest.raises(SandboxRefusal, match=f"only the setup phase may have network, not {name}"):
        opened(Phase(name, network=True))  # type: ignore[arg-type]


def test_setup_with_network_does_not_claim_to_have_none(opened: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        session = opened(Phase("setup", network=True, mounts=INTERPRETER))
        port = server.getsockname()[1]
        done = python(session, f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 5)")
    assert done.outcome == "ok"
    assert done.guarantees == MEASURED - {"no-network", "no-host-sockets"}
    with pytest.raises(SandboxRefusal, match="no-network"):
        opened(Phase("setup", network=True, require=frozenset({"no-network"})))


def test_without_walls_nothing_is_guaranteed(tmp_path: Path, tree: Path) -> None:
    sandbox = NoneSandbox(tmp_path / "scratch")
    assert sandbox.probe().guarantees == frozenset()
    with pytest.raises(SandboxRefusal, match="nothing guarantees no-network"):
        sandbox.open(tree, Phase("test", require=frozenset({"no-network"})), Limits())


# --- what a stranger may see ------------------------------------------------------------------


def test_a_closed_home_folder_is_hidden_and_its_tree_is_not(
    opened: Open, tree: Path, tmp_path: Path
) -> None:
    (tree.parent / "secret").write_text("secret")
    session = opened()
    assert shell(session, "cat file").stdout.text == "original\n"
    for hidden in (tree, tree.parent / "secret", tmp_path, Path.home() / ".ssh", "/etc/shadow"):
        assert shell(session, f"ls -d '{hidden}'").outcome == "failed", hidden


def test_a_strict_umask_hides_nothing_from_commands(opened: Open) -> None:
    before = os.umask(0o077)
    try:
        done = shell(opened(), "cat /etc/passwd file; touch made")
    finally:
        os.umask(before)
    assert (done.outcome, done.stdout.text.splitlines()[-1]) == ("ok", "original")


def test_only_chosen_files_of_etc_are_there(opened: Open) -> None:
    session = opened()
    listed = shell(session, "cat /etc/passwd /etc/group /etc/hosts; ls /etc").stdout.text
    users, _, rest = listed.partition("127.0.0.1")
    assert users == ("changewright:x:1000:1000::/home/changewright:/bin/sh\nchangewright:x:1000:\n")
    assert not {"shadow", "sudoers", "ssh", "pip.conf", "environment"} & set(rest.split())


def test_the_first_process_tells_no_secret(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_TOKEN", "canary-value")
    session = opened(Phase("test", environment={"GIVEN": "given-value"}))
    script = "cat /proc/*/environ /proc/*/cmdline; echo; ls /proc | grep -c '^[0-9]'"
    printed = shell(session, script).stdout.text
    assert "canary" not in printed
    assert "given-value" in printed
    assert int(printed.splitlines()[-1]) < 8


def test_what_is_set_in_the_environment_is_on_no_command_line_of_the_host(opened: Open) -> None:
    mark = f"mark-{os.getpid()}-value"
    sleeping = f"sleep\x0083{os.getpid()}\x00".encode()
    phase = Phase("test", environment={"GIVEN": mark})
    channel = opened(phase).start(["sleep", f"83{os.getpid()}"])
    until = time.monotonic() + 10
    lines: list[bytes] = []
    while sleeping not in lines and time.monotonic() < until:
        lines = command_lines()
    channel.close()
    assert sleeping in lines
    assert not [line for line in lines if mark.encode() in line]


def command_lines() -> list[bytes]:
    lines = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                lines.append((folder / "cmdline").read_bytes())
    return lines


def test_a_command_inherits_no_descriptor(opened: Open) -> None:
    listed = shell(opened(), "ls -l /proc/self/fd").stdout.text
    assert [line.split()[-3] for line in listed.splitlines()[1:]] == ["0", "1", "2", "3"]
    assert listed.rstrip().endswith("/fd")  # the listing's own


def test_the_host_cannot_be_reached_over_any_socket(opened: Open, tmp_path: Path) -> None:
    script = """
import socket
for kind, address in {calls}:
    caller = socket.socket(kind)
    caller.settimeout(1)
    try:
        caller.connect(address)
    except OSError:
        continue
    print("reached", address)
print([name for _, name in socket.if_nameindex()])
"""
    abstract = f"\0changewright-test-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as unnamed,
    ):
        unnamed.bind(abstract)
        unnamed.listen()
        calls = [(int(socket.AF_INET), tcp.getsockname()), (int(socket.AF_UNIX), abstract)]
        done = python(opened(), script.replace("{calls}", repr(calls)))
    assert done.stdout.text == "['lo']\n"


# --- what a stranger may change ---------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    ["/", "/usr", "/usr/bin", "/etc", "/dev", "/home", "/proc/sys/kernel", "/opt/changewright"],
)
def test_nothing_can_be_written_outside_of_ones_own(opened: Open, place: str) -> None:
    session = opened(Phase("test", mounts=(Mount(Path("/usr/bin/true"), "/opt/changewright/t"),)))
    assert shell(session, f"touch '{place}/planted'").outcome == "failed"


def test_a_mount_is_read_only_unless_it_was_asked_to_be_writable(
    opened: Open, tmp_path: Path
) -> None:
    source = tmp_path / "environment"
    source.mkdir()
    source.chmod(0o777)
    mounts = (Mount(source, "/environment"),)
    assert shell(opened(Phase("test", mounts=mounts)), "touch /environment/a").outcome == "failed"
    assert list(source.iterdir()) == []


def test_kernel_settings_cannot_be_written(opened: Open) -> None:
    before = Path("/proc/sys/kernel/core_pattern").read_text()
    settings = "/proc/sys/kernel/core_pattern /proc/sys/vm/overcommit_memory /proc/sysrq-trigger"
    done = shell(opened(), f"for f in {settings}; do echo x > $f && echo wrote $f; done")
    assert done.stdout.text == ""
    assert Path("/proc/sys/kernel/core_pattern").read_text() == before


def test_nobody_gains_rights(opened: Open) -> None:
    script = """
[ "$(id -u)" = 1000 ] || exit 9
id -u; echo $(grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status)
cp /usr/bin/id own; chmod 4755 own; ./own -u
unshare -U true; mount -t tmpfs none /tmp; mount -o remount,rw /usr
mknod device c 1 3; chroot / true
"""
    done = shell(opened(), script)
    own, rights, after = done.stdout.text.splitlines()
    assert (own, after) == ("1000", "1000")
    assert rights.split() == ["CapEff:", "0" * 16, "CapBnd:", "0" * 16, "NoNewPrivs:", "1"]
    assert len(done.stderr.text.splitlines()) >= 5  # each of the last five was refused


def test_links_lead_nowhere_but_inside(opened: Open, tree: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("outside")
    (tree / "in").symlink_to(outside)
    (tree / "passwd").symlink_to("/etc/passwd")
    session = opened()
    done = shell(session, f"cat in; echo x > in; ln -sf {outside} file; cat passwd")
    assert "changewright:x:1000" in done.stdout.text
    assert outside.read_text() == "outside"
    (change,) = [change for change in session.changes().files if change.path == "file"]
    assert (change.mode, change.content) == ("120000", os.fsencode(outside))


def test_a_setuid_file_never_leaves(opened: Open) -> None:
    session = opened()
    assert shell(session, "cp /usr/bin/true rights; chmod 6755 rights").outcome == "ok"
    mode = (session.tree / "rights").stat().st_mode
    owner = (session.tree / "rights").stat().st_uid
    assert owner != 0 or not mode & stat.S_ISUID
    assert [change.mode for change in session.changes().files] == ["100755"]


# --- what a stranger may use ------------------------------------------------------------------

BOMB = """
import os, signal
count = 0
try:
    while count < 200:
        if not os.fork():
            signal.pause()
        count += 1
except BlockingIOError:
    print("held", flush=True)
"""


def test_a_fork_bomb_is_held(opened: Open) -> None:
    done = python(opened(limits=Limits(timeout_s=10, processes=24)), BOMB)
    assert (done.outcome, done.stdout.text) == ("ok", "held\n")


def test_files_in_memory_are_limited(opened: Open) -> None:
    session = opened(limits=Limits(timeout_s=20, memory_bytes=32 * MIB))
    script = "for d in /tmp /dev/shm $HOME; do head -c 20M /dev/zero > $d/large || echo held; done"
    assert shell(session, script).stdout.text == "held\n" * 3


def test_a_daemon_does_not_outlive_its_command(opened: Open) -> None:
    session = opened()
    mark = f"84{os.getpid()}"
    assert shell(session, f"setsid -f sleep {mark}").outcome == "ok"
    found = subprocess.run(["pgrep", "-f", f"sleep {mark}"], capture_output=True, check=False)
    assert found.stdout == b""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give away")
def test_root_gives_its_rights_away_first(opened: Open) -> None:
    session = opened()
    assert shell(session, "touch made").outcome == "ok"
    assert (session.tree / "made").stat().st_uid == 60777
    assert session.tree.parent.stat().st_mode & 0o077 == 0
