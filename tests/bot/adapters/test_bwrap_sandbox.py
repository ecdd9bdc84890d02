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
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.adapters.none_sandbox import NoneSandbox
from bot.probing.bait import lay_bait
from bot.probing.kept_probe import KeptProbe
from validators.processes.cgroups import hierarchies
from validators.processes.layered_session import LayeredSession
from validators.processes.measuring import measure
from validators.processes.seccomp import seccomp_filter
from validators.processes.stacking import why_not_stacked
from validators.processes.staging import owner
from validators.sandbox import Completed, Guarantee, Limits, Mount, Phase, SandboxRefusal

pytestmark = pytest.mark.sandbox

PYTHON = str(Path(sys.executable).resolve())
PREFIX = Path(sys.base_prefix)
INTERPRETER = (Mount(PREFIX, str(PREFIX)),) if str(PREFIX) != "/usr" else ()
MIB = 1024**2
MEASURED: frozenset[Guarantee] = frozenset(
    {
        "clean-environment",
        "disk-quota",
        "home-hidden",
        "memory-per-process",
        *(("memory-total",) if hierarchies() else ()),
        "no-host-sockets",
        "no-nested-namespaces",
        "no-network",
        "orphans-killed",
        "original-untouched",
        "pids-limit",
        "proxy-only-network",
        "read-only-host",
        *(("seccomp",) if seccomp_filter(os.uname().machine) else ()),
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
    assert probe.kept_by["disk-quota"] == "a watch that looks every tenth of a second"
    assert set(probe.kept_by) == set(get_args(Guarantee))
    assert probe.kept_by["memory-total"].startswith(
        "the kernel (cgroup v" if hierarchies() else "a watch"
    )


def test_the_original_is_measured_where_it_is_copied_and_where_it_is_stacked(
    tmp_path: Path, sandbox: BwrapSandbox
) -> None:
    layers = {}

    def opened(tree: Path, phase: Phase, limits: Limits) -> LayeredSession:
        session = sandbox._open(tree, phase, limits, frozenset())
        layers[tree.name] = session.layer
        if tree.name == spoiled:
            (tree / "file").write_bytes(b"spoiled")
        return session

    for spoiled in ("", "0" * 40, "plain"):
        with ExitStack() as stack:
            held = measure(opened, lay_bait(tmp_path, stack))
        assert ("original-untouched" in held) == (not spoiled)
    assert layers["plain"].why_copied
    why_not = why_not_stacked(tmp_path / "scratch", owner())
    assert (layers["0" * 40].overlay is None) == bool(why_not)


def test_the_probe_is_made_once(sandbox: BwrapSandbox) -> None:
    assert sandbox.probe() is sandbox.probe()


def test_what_was_measured_is_kept_and_only_looked_at_again(
    tmp_path: Path, sandbox: BwrapSandbox
) -> None:
    kept = tmp_path / "state" / "probe.json"
    KeptProbe(kept).write(sandbox._circumstances(), replace(sandbox.probe(), version="of old"))
    assert BwrapSandbox(tmp_path / "scratch", kept=kept).probe().version == "of old"
    fewer = replace(sandbox.probe(), guarantees=MEASURED - {"seccomp"}, version="of old")
    KeptProbe(kept).write(sandbox._circumstances(), fewer)
    assert BwrapSandbox(tmp_path / "scratch", kept=kept).probe() == fewer
    assert KeptProbe(kept).read(sandbox._circumstances()) == fewer
    assert KeptProbe(kept).read("other circumstances") is None


def test_a_look_that_disagrees_with_what_was_kept_measures_again(
    tmp_path: Path, sandbox: BwrapSandbox, fake_bwrap: Callable[[str], Path]
) -> None:
    kept = tmp_path / "probe.json"
    binary = fake_bwrap(CLAIMING)
    lying = BwrapSandbox(tmp_path / "scratch", binary, kept)
    KeptProbe(kept).write(lying._circumstances(), sandbox.probe())
    assert lying.probe().guarantees == {"original-untouched"}
    assert KeptProbe(kept).read(lying._circumstances()) == lying.probe()
    broken = BwrapSandbox(tmp_path / "scratch", fake_bwrap("exit 1"), kept)
    KeptProbe(kept).write(broken._circumstances(), sandbox.probe())
    assert not broken.probe().usable


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
    impossible: Any = frozenset({"no-sound", "no-network"})
    with pytest.raises(SandboxRefusal, match="does not guarantee no-sound in the test phase"):
        opened(Phase("test", require=impossible))


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
    until = time.monotonic() + 60
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
    done = python(opened(limits=Limits(timeout_s=60, processes=24)), BOMB)
    assert (done.outcome, done.stdout.text) == ("ok", "held\n")


def test_files_in_memory_are_limited(opened: Open) -> None:
    session = opened(limits=Limits(timeout_s=20, memory_bytes=32 * MIB))
    script = "for d in /tmp /dev/shm $HOME; do head -c 20M /dev/zero > $d/large || echo held; done"
    assert shell(session, script).stdout.text == "held\n" * 3


EVERY_WAY = {
    "shared": "import mmap, time; m = mmap.mmap(-1, {n})\nfor i in range(0, {n}, 4096): m[i] = 1",
    "nameless": "import os; d = os.memfd_create('x')\n"
    "for _ in range({n} >> 20): os.write(d, bytes(1 << 20))",
    "segments": "import ctypes; c = ctypes.CDLL(None); c.shmat.restype = ctypes.c_void_p\n"
    "for _ in range(3):\n"
    " a = ctypes.c_void_p(c.shmat(c.shmget(0, ctypes.c_size_t({n} // 3), 0o1600), None, 0))\n"
    " ctypes.memset(a, 1, {n} // 3); c.shmdt(a)",
    "many": "import os; os.fork(); os.fork(); m = bytearray({n} // 3)",
}


@pytest.mark.parametrize("way", EVERY_WAY)
def test_memory_is_limited_for_all_together(opened: Open, way: str) -> None:
    if way == "segments" and not hierarchies():
        pytest.skip("nobody but a cgroup, which this user may not make, sees them")
    session = opened(limits=Limits(timeout_s=120, memory_bytes=48 * MIB))
    script = EVERY_WAY[way].replace("{n}", str(96 * MIB)) + "\nimport time; time.sleep(100)"
    done = python(session, script)
    assert (done.outcome, done.code) == ("oom", None), done
    assert str(48 * MIB) in done.detail
    assert done.peak_memory_bytes >= 48 * MIB
    # The next command of the session is not held to account for it.
    assert shell(session, "true").outcome == "ok"


@pytest.mark.parametrize(
    "script",
    [
        "for i in 1 2 3 4 5 6 7 8; do head -c 8M /dev/zero > large$i; done",
        "seq 2000 | xargs touch",
        "exec 7>a 8>b 9>c; rm a b c; head -c 20M /dev/zero >&7; head -c 20M /dev/zero >&8",
        "mkdir -p a/b; head -c 20M /dev/zero > a/b/x; head -c 20M /dev/zero > a/b/y; chmod 0 a/b",
    ],
)
def test_the_disk_is_limited_for_all_files_together(opened: Open, script: str) -> None:
    limits = Limits(timeout_s=120, disk_bytes=24 * MIB, disk_files=1000)
    done = shell(opened(limits=limits), f"{script}; sleep 100")
    assert (done.outcome, done.code) == ("output-limit", None), done
    assert done.wall_s < 100
    assert done.detail.startswith("it wrote ")


def test_a_mount_that_may_be_written_counts_as_well(opened: Open, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    reports.mkdir()
    reports.chmod(0o777)
    phase = Phase("test", mounts=(Mount(reports, "/reports", writable=True),))
    limits = Limits(timeout_s=120, disk_bytes=8 * MIB)
    script = "head -c 20M /dev/zero > /reports/large; sleep 100"
    assert shell(opened(phase, limits), script).outcome == "output-limit"


TOOLS = {
    "git": "git init -q r && cd r && git -c user.name=a -c user.email=b commit -qm a --allow-empty",
    "gcc": "echo 'int main(){return 0;}' > a.c && gcc a.c -o a && ./a",
    "node": 'node -e \'new Worker;\' 2>/dev/null; node -e \'require("fs").promises.readFile("file")'
    '.then(()=>new (require("worker_threads").Worker)("0",{eval:true}))\'',
    "npm": "npm --version",
    "java": "echo 'class A { public static void main(String[] words) {} }' > A.java && java A.java",
    "mvn": "mvn --version && ! cat /etc/maven/settings.xml",
    "go": "go version",
    "gdb": "gdb -batch -ex run -ex quit /usr/bin/true",
    "strace": "strace -f -o out true",
}


@pytest.mark.sampled(2)
@pytest.mark.skipif("seccomp" not in MEASURED, reason="no filter was written for this machine")
@pytest.mark.parametrize("tool", TOOLS)
def test_tools_of_test_suites_work_behind_the_filter(opened: Open, tool: str) -> None:
    if not Path("/usr/bin", tool).exists():
        pytest.skip(f"{tool} is not installed in /usr/bin")
    done = shell(opened(limits=Limits(timeout_s=240)), TOOLS[tool])
    assert (done.outcome, done.code) == ("ok", 0), done.stderr.text


def test_python_uses_threads_processes_and_event_loops_behind_the_filter(opened: Open) -> None:
    script = """
import asyncio, concurrent.futures, multiprocessing, socket, subprocess, sys
with concurrent.futures.ThreadPoolExecutor() as pool:
    assert list(pool.map(abs, [-1, -2])) == [1, 2]
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(abs, [-1, -2]) == [1, 2]
async def talk():
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    reader, _ = await asyncio.open_connection(*server.sockets[0].getsockname())
    assert await reader.read() == b""
    process = await asyncio.create_subprocess_exec("true")
    assert await process.wait() == 0
asyncio.run(talk())
assert subprocess.run(["true"], close_fds=False).returncode == 0
socket.getaddrinfo("localhost", 80)
"""
    done = python(opened(), script)
    assert done.outcome == "ok", done.stderr.text


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
