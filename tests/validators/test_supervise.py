"""The supervisor alone, with no walls: ends, limits, streams, and what it reads off the kernel."""

import os
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ending import LIMIT_S, ended
from tests.hurried import leaping
from validators.processes.excess import Excess
from validators.processes.kept_output import KeptOutput
from validators.processes.layer import remove, spread
from validators.processes.layered_session import Ground, LayeredSession, Request
from validators.processes.memory_watch import MemoryWatch
from validators.processes.process_limits import limited
from validators.processes.process_tree import (
    Member,
    descendants,
    family,
    proportional_bytes,
    resident_bytes,
)
from validators.processes.staging import UNPRIVILEGED_UID, owner, stage
from validators.processes.supervise import Launch, supervise
from validators.processes.user_namespaces import how_to_allow
from validators.sandbox import Completed, Limits, Output, Phase, SandboxRefusal

MIB = 1024**2
QUICK = Limits(timeout_s=120)


def launch(*argv: str, stdin: bytes = b"") -> Launch:
    return Launch(argv, {"PATH": "/usr/bin:/bin"}, Path("/"), stdin)


def run(*argv: str, limits: Limits = QUICK) -> Completed:
    return supervise(launch(*argv), limits, time.monotonic)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


# --- ends -----------------------------------------------------------------------------------------


def test_a_process_that_cannot_be_started_is_said_by_name(tmp_path: Path) -> None:
    done = run(str(tmp_path / "nothing"))
    assert (done.outcome, done.code) == ("sandbox-error", None)
    assert done.detail == f"{tmp_path}/nothing: No such file or directory"


def test_descriptors_that_are_handed_over_are_closed_here_either_way() -> None:
    for program in ("/usr/bin/true", "/no/such/program"):
        reads, writes = os.pipe()
        started = Launch((program,), {}, Path("/"), handed_over=(writes,))
        supervise(started, QUICK, time.monotonic)
        assert os.read(reads, 1) == b""  # the last writer is gone
        os.close(reads)


def test_what_happened_can_be_explained_by_who_built_the_walls() -> None:
    def explain(completed: Completed) -> Completed:
        assert completed.code == 7
        return Completed("sandbox-error", None)

    walls = Launch(("/bin/sh", "-c", "exit 7"), {}, Path("/"), explain=explain)
    assert supervise(walls, QUICK, time.monotonic).outcome == "sandbox-error"


def test_a_readable_stop_ends_the_command() -> None:
    reads, writes = os.pipe()
    os.write(writes, b"x")
    started = time.monotonic()
    done = supervise(launch("sleep", "100"), QUICK, time.monotonic, stop=reads)
    os.close(reads)
    os.close(writes)
    assert (done.outcome, done.code, done.signal) == ("killed", None, signal.SIGKILL)
    assert time.monotonic() - started < 90


def test_a_watch_may_end_a_command_and_says_why() -> None:
    seen: list[int] = []

    def watch(members: tuple[Member, ...]) -> Excess | None:
        seen.append(len(members))
        return Excess("oom", "too many sheep", 4711 * MIB) if len(seen) == 3 else None

    sleeping = Launch(("/bin/sleep", "100"), {}, Path("/"), watches=(watch,))
    done = supervise(sleeping, QUICK, time.monotonic)
    assert (done.outcome, done.detail) == ("oom", "too many sheep")
    assert done.peak_memory_bytes == 4711 * MIB
    assert seen == [1, 1, 1]


def test_what_a_watch_sees_when_all_is_over_counts_as_well() -> None:
    def watch(members: tuple[Member, ...]) -> Excess | None:
        return Excess("output-limit", "found late") if all(one.ended for one in members) else None

    short = Launch(("/usr/bin/true",), {}, Path("/"), watches=(watch,))
    done = supervise(short, QUICK, time.monotonic)
    assert (done.outcome, done.code, done.detail) == ("output-limit", None, "found late")


def test_who_is_within_walls_elsewhere_is_charged_and_ended() -> None:
    elsewhere = subprocess.Popen(
        ["/bin/sh", "-c", "exec sleep 600"], start_new_session=True, stdout=subprocess.DEVNULL
    )
    (member,) = family(elsewhere.pid)
    seen: list[int] = []

    def watch(members: tuple[Member, ...]) -> Excess | None:
        seen.extend(one.pid for one in members)
        return Excess("oom")

    client = Launch(
        ("/bin/sleep", "600"),
        {},
        Path("/"),
        walled=True,
        watches=(watch,),
        within=lambda: frozenset({member.identity}),
    )
    with ended(elsewhere):
        done = supervise(client, QUICK, time.monotonic)
        assert (done.outcome, elsewhere.wait(LIMIT_S)) == ("oom", -signal.SIGKILL)
    assert set(seen) == {elsewhere.pid}


def test_an_interrupt_leaves_nothing_running(tmp_path: Path) -> None:
    note = tmp_path / "pid"

    def clock() -> float:
        if note.exists() and note.read_text().endswith("\n"):
            raise KeyboardInterrupt
        return time.monotonic()

    with pytest.raises(KeyboardInterrupt):
        supervise(launch("sh", "-c", f"echo $$ > {note}; sleep 100"), QUICK, clock)
    assert not is_running(int(note.read_text()))


def hurried(tmp_path: Path, shell: str, script: str, last_s: float) -> Completed:
    """Run a script with no more than ``last_s`` of its limit left once it made the file $0."""
    mark = tmp_path / "hangs"
    clock = leaping(mark, QUICK.timeout_s, last_s)
    return supervise(launch(shell, "-c", script, str(mark)), QUICK, clock)


def test_a_family_that_leaves_the_group_is_ended_all_the_same(tmp_path: Path) -> None:
    inner = '\'echo $$; trap "" TERM HUP; touch "$0"; sleep 300 & wait\''
    done = hurried(tmp_path, "sh", f'setsid sh -c {inner} "$0" & wait', last_s=0.2)
    assert done.outcome == "timeout"
    assert not is_running(int(done.stdout.text))


def test_a_command_out_of_time_may_say_what_it_has_so_far(tmp_path: Path) -> None:
    script = (
        "trap 'echo so far; exit 3' INT; echo begun; touch \"$0\"; while :; do sleep 0.05; done"
    )
    done = hurried(tmp_path, "bash", script, last_s=3.0)
    assert (done.outcome, done.code, done.stdout.text) == ("timeout", None, "begun\nso far\n")


def test_a_command_that_ignores_the_interrupt_is_killed_soon(tmp_path: Path) -> None:
    started = time.monotonic()
    script = "trap '' INT TERM; touch \"$0\"; sleep 300"
    done = hurried(tmp_path, "sh", script, last_s=0.2)
    assert (done.outcome, done.signal) == ("timeout", signal.SIGKILL)
    assert time.monotonic() - started < QUICK.timeout_s


def test_a_stranger_that_holds_the_output_does_not_hold_us(tmp_path: Path) -> None:
    started = time.monotonic()
    # It leaves before anybody looks, and nobody's walls keep it: only then is a process left.
    note = tmp_path / "pid"
    script = 'setsid -f sh -c \'echo $$ > "$0"; exec sleep 300\' "$0"'
    done = run("sh", "-c", script, str(note))
    assert (done.outcome, time.monotonic() - started < 100) == ("ok", True)
    while note.exists() and not note.read_text():
        time.sleep(0.01)
    if note.exists() and is_running(int(note.read_text())):
        os.kill(int(note.read_text()), signal.SIGKILL)


# --- limits and figures ---------------------------------------------------------------------------


def test_both_streams_count_towards_the_limit_of_output() -> None:
    script = "head -c 600000 /dev/zero; head -c 600000 /dev/zero >&2; sleep 100"
    done = run("sh", "-c", script, limits=replace(QUICK, output_limit_bytes=1_000_000))
    assert done.outcome == "output-limit"


def test_the_input_of_a_command_that_never_reads_does_not_hold_us() -> None:
    waiting = launch("sleep", "0.2", stdin=bytes(MIB))
    assert supervise(waiting, QUICK, time.monotonic).outcome == "ok"


def test_memory_that_is_shared_counts_once(tmp_path: Path) -> None:
    # Eight processes over the same 24 MiB are 192 MiB resident and 24 MiB in truth.
    script = """
import mmap, os, sys, time
memory = mmap.mmap(-1, 24 * 1024**2)
memory.write(b"x" * len(memory))
for _ in range(7):
    if not os.fork():
        break
for offset in range(0, len(memory), 4096):
    memory[offset]
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
"""
    memory, seen = MemoryWatch(110 * MIB), tmp_path / "seen"

    def watch(members: tuple[Member, ...]) -> Excess | None:
        excess = memory.excess(members)
        if resident_bytes(members) > 110 * MIB:
            seen.touch()
        return excess

    argv = (sys.executable, "-I", "-S", "-c", script, str(seen))
    done = supervise(Launch(argv, {}, Path("/"), watches=(watch,)), QUICK, time.monotonic)
    assert done.outcome == "ok"
    assert done.peak_memory_bytes > 110 * MIB


def started(script: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["/bin/sh", "-c", script], process_group=0)


def test_a_process_knows_its_family() -> None:
    with ended(started("sleep 300 & sleep 300 & wait")) as parent:
        deadline = time.monotonic() + 60
        while len(family(parent.pid)) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        members = family(parent.pid)
        assert [member.parent for member in members].count(parent.pid) == 2
        assert 0 < proportional_bytes(members) <= resident_bytes(members)
        known = [member.identity for member in members]
        parent.kill()
        parent.wait(LIMIT_S)
        orphans = family(parent.pid, known)
        assert {member.identity for member in orphans} == {
            member.identity for member in members if member.pid != parent.pid
        }
        for orphan in orphans:
            os.kill(orphan.pid, signal.SIGKILL)
    impostor = [(pid, start + 1) for pid, start in known]
    assert family(parent.pid, impostor) == ()


def test_descendants_are_the_family_without_a_look_at_everybody() -> None:
    with ended(started("(sleep 310 & sleep 310 & wait) & wait")) as parent:
        deadline = time.monotonic() + 60
        while len(family(parent.pid)) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        members = descendants(parent.pid)
        wanted = [member.identity for member in family(parent.pid)]
        assert [member.identity for member in members] == wanted
        parent.kill()
        parent.wait(LIMIT_S)
        orphans = descendants(parent.pid, wanted)
        assert {member.identity for member in orphans} == set(wanted[1:])
        assert descendants(parent.pid, [(pid, start + 1) for pid, start in wanted]) == ()
        for orphan in orphans:
            os.kill(orphan.pid, signal.SIGKILL)


def test_a_process_that_ended_meanwhile_has_no_memory_any_more() -> None:
    (member,) = (found for found in family(os.getpid()) if found.pid == os.getpid())
    with ended(subprocess.Popen(["/usr/bin/true"])) as other:
        other.wait(LIMIT_S)
    gone = type(member)(other.pid, 0, 0, 0, ended=False, cpu_s=0.0, resident_bytes=4711)
    assert proportional_bytes([gone]) == 0


@pytest.mark.parametrize("sizes", [[1], [10], [3, 3, 3], [9, 1], [1] * 30, [100_000] * 3])
@pytest.mark.parametrize("keep", [0, 1, 10, 11])
def test_a_stream_is_its_head_its_tail_and_a_number(sizes: list[int], keep: int) -> None:
    stream = bytes(number % 251 for number in range(sum(sizes)))
    kept, start = KeptOutput(keep), 0
    for size in sizes:
        kept.add(stream[start : start + size])
        start += size
    output = kept.output()
    assert len(output.head) + len(output.tail) + output.dropped_bytes == len(stream)
    assert len(output.head) + len(output.tail) == min(keep, len(stream))
    assert stream.startswith(output.head)
    assert stream.endswith(output.tail)
    assert kept.output() == output


def test_a_stream_that_fits_is_kept_whole() -> None:
    kept = KeptOutput(10)
    kept.add(b"0123456789")
    assert kept.output() == Output(b"01234", b"56789", 0)
    assert kept.output().text == "0123456789"


def test_limits_never_ask_for_more_than_we_have_ourselves() -> None:
    script = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
from validators.processes.layered_session import Ground, LayeredSession, Request
from validators.processes.process_limits import limited
from validators.sandbox import Limits
sys.stdout.write(" ".join(limited(["a"], Limits(memory_bytes=5), counts_processes=True)))
"""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT_S,
    )
    assert done.stdout == (
        "/usr/bin/prlimit --data=5 --fsize=4096 --nofile=64 --core=0 --nproc=512 -- a"
    )


def test_processes_are_only_counted_where_they_are_our_own() -> None:
    assert not [
        word for word in limited(["a"], Limits(), counts_processes=False) if "nproc" in word
    ]


# --- layers and staging ---------------------------------------------------------------------------


def test_a_layer_keeps_times_modes_and_odd_names(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    odd = [b"-rf", b"--help", b"new\nline", b"caf\xe9", b" ", b".hidden"]
    for name in odd:
        path = os.path.join(os.fsencode(tree), name)  # noqa: PTH118 - names that are no text
        with open(path, "wb") as stream:  # noqa: PTH123 - the same
            stream.write(name)
        os.utime(path, (1_000_000, 1_000_000))
    layer = spread(tree, tmp_path / "new" / "scratch")
    assert sorted(os.listdir(os.fsencode(layer.tree))) == sorted(odd)  # noqa: PTH208 - the same
    assert (layer.tree / ".hidden").stat().st_mtime == 1_000_000
    assert layer.folder.stat().st_mode & 0o777 == 0o700
    remove(layer.folder)
    assert list((tmp_path / "new" / "scratch").iterdir()) == []


def test_a_layer_as_deep_as_can_be_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "layer"
    folder.mkdir()
    script = "import os\nfor _ in range(1500): os.mkdir('d'); os.chdir('d')"
    subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], cwd=folder, check=True, timeout=LIMIT_S
    )
    remove(folder)
    assert not folder.exists()


def test_a_scratch_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SandboxRefusal, match="file/scratch: Not a directory"):
        spread(tmp_path / "tree", tmp_path / "file" / "scratch")


def test_a_tree_that_cannot_be_copied_leaves_nothing(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "a").mkdir(parents=True)
    # A copy of the scratch folder into itself has no end.
    with pytest.raises(SandboxRefusal, match="cp failed on the sandbox's copy"):
        spread(tree, tree / "a" / "scratch")
    assert list((tree / "a" / "scratch").iterdir()) == []


def test_walls_that_cannot_be_prepared_are_refused_and_nothing_is_left(tmp_path: Path) -> None:
    def prepare(request: Request, limits: Limits) -> AbstractContextManager[Launch]:
        raise SandboxRefusal("no walls today")

    (tmp_path / "tree").mkdir()
    layer = spread(tmp_path / "tree", tmp_path / "scratch")
    ground = Ground("none", prepare)
    session = LayeredSession(layer, Phase("test"), QUICK, ground, time.monotonic)
    with pytest.raises(SandboxRefusal, match="no walls"):
        session.run(["true"])
    channel = session.start(["true"])
    assert channel.receive(60) is None
    with pytest.raises(SandboxRefusal, match="no walls"):
        session.close()
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root walks everywhere")
def test_an_ordinary_user_needs_no_stage(tmp_path: Path) -> None:
    staging = stage([tmp_path])
    assert (staging.places, staging.prefix, owner()) == ({tmp_path: str(tmp_path)}, (), None)
    staging.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give away")
def test_root_shows_closed_folders_to_who_has_no_rights(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    note = closed / "note"
    note.write_text("note")
    mounts = Path("/proc/self/mountinfo").read_text()
    staging = stage([note, tmp_path])
    assert Path("/proc/self/mountinfo").read_text() == mounts
    script = f"id -u; id -g; id -G; cat {staging.places[note]}; cat {note}"
    done = run(*staging.prefix, "/bin/sh", "-c", script)
    identity = str(UNPRIVILEGED_UID)
    assert done.stdout.text.split() == [identity, identity, identity, "note"]
    assert "Permission denied" in done.stderr.text
    staging.close()
    assert run(*staging.prefix, "/usr/bin/true").outcome == "failed"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give away")
def test_what_cannot_be_staged_is_named(tmp_path: Path) -> None:
    with pytest.raises(SandboxRefusal, match="gone: No such file"):
        stage([tmp_path / "gone"])


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "bwrap-userns-restrict"),
        ("kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "user.max_user_namespaces=15000"),
        ("user/max_user_namespaces", "15000", "allows user namespaces"),
    ],
)
def test_the_setting_that_forbids_walls_is_named(
    tmp_path: Path, setting: str, value: str, says: str
) -> None:
    (tmp_path / setting).parent.mkdir()
    (tmp_path / setting).write_text(f"{value}\n")
    assert says in how_to_allow(tmp_path)


def test_without_a_known_setting_the_machine_is_to_blame(tmp_path: Path) -> None:
    assert "allows user namespaces" in how_to_allow(tmp_path)
