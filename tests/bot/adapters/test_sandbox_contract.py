"""What every Sandbox must do, run against each; what only walls can do is beside the walls."""

import errno
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.adapters.none_sandbox import NoneSandbox
from tests.hurried import HANGS, hurry
from validators.processes.layered_session import LayeredSession
from validators.sandbox import (
    TOOLS,
    WORKSPACE,
    FileChange,
    Limits,
    Mount,
    Phase,
    Sandbox,
    SandboxRefusal,
    Session,
)

pytestmark = pytest.mark.sandbox

PYTHON = str(Path(sys.executable).resolve())
PREFIX = Path(sys.base_prefix)
INTERPRETER = (Mount(PREFIX, str(PREFIX)),) if str(PREFIX) != "/usr" else ()
MIB = 1024**2
Open = Callable[..., Session]


@pytest.fixture(scope="module", params=["bwrap", "none", "container"])
def sandbox(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    scratch = tmp_path_factory.mktemp("scratch")
    if request.param == "none":
        return NoneSandbox(scratch)
    if request.param == "container":
        container: Sandbox = request.getfixturevalue("container_sandbox")
        return container
    bwrap = BwrapSandbox(scratch)
    probe = bwrap.probe()
    if not probe.usable:
        pytest.skip(f"{probe.why_not}. {probe.mend}")
    return bwrap


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "kept.txt").write_text("kept\n")
    (folder / "changed.txt").write_text("before\n")
    (folder / "deleted.txt").write_text("gone\n")
    (folder / "link").symlink_to("kept.txt")
    (folder / "sub").mkdir()
    (folder / "sub" / "program.sh").write_text("echo program\n")
    (folder / "sub" / "program.sh").chmod(0o755)
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("[core]\n")
    return folder


@pytest.fixture
def opened(sandbox: Sandbox, tree: Path) -> Iterator[Open]:
    sessions: list[Session] = []

    def open_session(limits: Limits | None = None, phase: Phase | None = None) -> Session:
        limits = limits or Limits(timeout_s=60)
        phase = phase or Phase("test", mounts=INTERPRETER)
        sessions.append(sandbox.open(tree, phase, limits))
        return sessions[-1]

    yield open_session
    for session in sessions:
        session.close()


def python(script: str, *words: str) -> list[str]:
    return [PYTHON, "-I", "-S", "-c", script, *words]


def still_runs(mark: str) -> bool:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if mark.encode() in words:
                return True
    return False


# --- how a command ends ---------------------------------------------------------------------------


def test_a_command_that_succeeds_is_ok(opened: Open, sandbox: Sandbox) -> None:
    done = opened().run(["sh", "-c", "echo out; echo err >&2"])
    assert (done.outcome, done.code, done.signal) == ("ok", 0, None)
    assert (done.stdout.text, done.stderr.text) == ("out\n", "err\n")
    assert done.backend == sandbox.name
    assert done.guarantees == sandbox.probe().guarantees
    assert 0 < done.wall_s < 10


@pytest.mark.parametrize("code", [1, 2, 42, 125, 126, 127, 128])
def test_an_exit_code_is_kept(opened: Open, code: int) -> None:
    done = opened().run(["sh", "-c", f"exit {code}"])
    assert (done.outcome, done.code, done.signal) == ("failed", code, None)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_signal_is_told_from_a_code(opened: Open, number: signal.Signals) -> None:
    done = opened().run(["sh", "-c", f"ulimit -c 0; kill -{int(number)} $$"])
    assert (done.outcome, done.code, done.signal) == ("killed", None, number)


def test_a_missing_program_is_a_failure_that_names_it(opened: Open) -> None:
    done = opened().run(["no-such-program"])
    assert (done.outcome, done.code) == ("failed", 127)
    assert "no-such-program" in done.stderr.text


def test_a_folder_that_is_not_there_is_the_sandbox_error(opened: Open) -> None:
    done = opened().run(["true"], cwd="/workspace/nowhere")
    assert (done.outcome, done.code) == ("sandbox-error", None)
    assert "nowhere" in done.detail


@pytest.mark.parametrize("argv", [[], ["echo", "a\0b"]])
def test_a_command_that_cannot_be_one_is_refused(opened: Open, argv: list[str]) -> None:
    with pytest.raises(SandboxRefusal, match="NUL"):
        opened().run(argv)


@pytest.mark.parametrize("name", ["", "A=B", "A\0B"])
def test_a_variable_that_cannot_be_one_is_refused(opened: Open, name: str) -> None:
    with pytest.raises(SandboxRefusal, match="environment"):
        opened().run(["true"], environment={name: "value"})


# --- limits ---------------------------------------------------------------------------------------

STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
if not os.fork():
    os.setsid()
    if not os.fork():
        print("grandchild", flush=True)
        open(sys.argv[2], "x").close()
        time.sleep(600)
time.sleep(600)
"""


def test_a_stubborn_family_ends_at_the_time_limit(opened: Open) -> None:
    session = opened(Limits(timeout_s=120))
    mark = f"stubborn-{os.getpid()}"
    hurry(session, 120, last_s=0.5)
    started = time.monotonic()
    done = session.run(python(STUBBORN, mark, HANGS))
    assert time.monotonic() - started < 120
    assert (done.outcome, done.code) == ("timeout", None)
    assert done.stdout.text == "grandchild\n"
    assert not still_runs(mark)


def test_a_command_may_not_run_longer_than_the_session(opened: Open) -> None:
    session = opened(Limits(timeout_s=0.2))
    assert session.run(["sleep", "30"], timeout_s=30).outcome == "timeout"


def test_a_child_that_outlives_its_command_is_ended(opened: Open) -> None:
    session = opened()
    mark = f"86{os.getpid()}"
    started = time.monotonic()
    done = session.run(["sh", "-c", f"sleep {mark} & echo started"])
    assert time.monotonic() - started < 20
    assert (done.outcome, done.stdout.text) == ("ok", "started\n")
    assert not still_runs(mark)


def test_a_flood_of_output_is_stopped_in_bounded_memory(opened: Open) -> None:
    session = opened(Limits(timeout_s=20, output_bytes=1000, output_limit_bytes=50 * MIB))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    flood = "import sys\nfor _ in range(200): sys.stdout.write('x' * 1024**2)"
    done = session.run(python(flood))
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert (done.outcome, done.code) == ("output-limit", None)
    assert len(done.stdout.head) == len(done.stdout.tail) == 500
    assert done.stdout.dropped_bytes > 50 * MIB - 1000
    assert grown_kib < 20 * 1024


def test_head_and_tail_of_long_output_are_kept(opened: Open) -> None:
    session = opened(Limits(timeout_s=20, output_bytes=10))
    done = session.run(["sh", "-c", "seq 1 100000 | tr -d '\\n'"])
    assert (done.outcome, done.stdout.head, done.stdout.tail) == ("ok", b"12345", b"00000")
    assert done.stdout.dropped_bytes == 488_895 - 10
    assert "488885 bytes left out" in done.stdout.text


def test_output_that_is_no_text_is_kept_as_it_is(opened: Open) -> None:
    done = opened().run(["printf", r"\377\376\000caf\303"])
    assert done.stdout.head == b"\xff\xfe\x00caf\xc3"


HUNGRY = """
import mmap, os, time
children = [os.fork() for _ in range(2)]
memory = mmap.mmap(-1, 30 * 1024**2, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for offset in range(0, len(memory), mmap.PAGESIZE):
    memory[offset] = 1
time.sleep(300)
"""


def test_processes_that_are_too_large_together_end_as_oom(opened: Open) -> None:
    done = opened(Limits(timeout_s=120, memory_bytes=64 * MIB)).run(python(HUNGRY))
    assert (done.outcome, done.code) == ("oom", None)
    assert done.peak_memory_bytes >= 64 * MIB


def test_one_process_gets_no_more_than_its_share(opened: Open) -> None:
    done = opened(Limits(timeout_s=120, memory_bytes=64 * MIB)).run(
        python("bytearray(80 * 1024**2)")
    )
    assert done.outcome == "failed"
    assert "MemoryError" in done.stderr.text


def test_a_file_may_not_grow_past_its_limit(opened: Open) -> None:
    script = "open('large', 'wb').write(bytes(2 * 1024**2))"
    done = opened(Limits(timeout_s=20, file_bytes=MIB)).run(python(script))
    assert done.outcome in {"failed", "killed"}
    assert os.strerror(errno.EFBIG) in done.stderr.text or done.signal == signal.SIGXFSZ


def test_what_a_command_costs_is_told(opened: Open) -> None:
    script = "import time\nheld = bytearray(30 * 1024**2)\nuntil = time.process_time() + 0.3\n"
    script += "while time.process_time() < until: pass\ntime.sleep(0.4)  # somebody looks"
    done = opened().run(python(script))
    assert 0.1 < done.cpu_s < 5
    assert done.peak_memory_bytes > 30 * MIB


# --- what a command is given ----------------------------------------------------------------------


def test_standard_input_is_what_was_given(opened: Open) -> None:
    session = opened()
    large = bytes(range(256)) * 4096
    counted = session.run(["wc", "-c"], stdin=large)
    assert counted.stdout.text.strip() == str(len(large))
    assert session.run(["cat"]).stdout == session.run(["true"]).stdout
    assert session.run(["true"], stdin=large).outcome == "ok"


def test_the_working_folder_is_the_tree_or_below(opened: Open) -> None:
    session = opened()
    assert session.run(["cat", "kept.txt"]).stdout.text == "kept\n"
    assert session.run(["sh", "./program.sh"], cwd=f"{WORKSPACE}/sub").stdout.text == "program\n"
    assert session.run(["cat", f"{WORKSPACE}/link"]).stdout.text == "kept\n"


def test_the_environment_is_what_was_asked_for_and_no_more(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_TOKEN", "secret")
    phase = Phase("test", mounts=INTERPRETER, environment={"A": "1", "B": "2"}, path=("/opt/x",))
    script = "import json, os\nprint(json.dumps(dict(os.environ)))"
    done = opened(phase=phase).run(python(script), environment={"B": "3", "C": "ü ="})
    found = json.loads(done.stdout.text)
    inside = {name: found.pop(name) for name in ("HOME", "TMPDIR", "PWD")}
    assert all(Path(folder).is_absolute() for folder in inside.values())
    assert found == {
        "PATH": "/opt/x:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "A": "1",
        "B": "3",
        "C": "ü =",
    }


def test_home_and_temporary_folder_are_there_and_empty(opened: Open) -> None:
    session = opened()
    written = session.run(["sh", "-ec", 'ls -A "$HOME" "$TMPDIR"; touch "$HOME/a" "$TMPDIR/b"'])
    assert written.outcome == "ok"
    assert len(written.stdout.text.splitlines()) == 3  # two headings and the line between


def test_mounts_are_seen_where_they_were_put(opened: Open, tmp_path: Path) -> None:
    environment, reports = tmp_path / "environment", tmp_path / "reports"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "tool").write_text('#!/bin/sh\necho tool "$1"\n')
    (environment / "bin" / "tool").chmod(0o755)
    reports.mkdir()
    reports.chmod(0o777)
    note = tmp_path / "note.txt"
    note.write_text("note\n")
    own = tmp_path / "own-tool"
    own.write_text("#!/bin/sh\necho own\n")
    own.chmod(0o755)
    mounts = (
        Mount(own, f"{TOOLS}/own"),
        Mount(environment, "/environment"),
        Mount(reports, "/reports", writable=True),
        Mount(note, "/opt/note.txt"),
    )
    phase = Phase("test", mounts=mounts, path=("/environment/bin", TOOLS))
    session = opened(phase=phase)
    assert session.run(["own"]).stdout.text == "own\n"
    assert session.run(["tool", "x"]).stdout.text == "tool x\n"
    assert session.run(["cat", "/opt/note.txt"]).stdout.text == "note\n"
    options = {"ADDOPTS": "--report=/reports/a.xml -q"}
    done = session.run(
        ["sh", "-c", 'path=${ADDOPTS#--report=}; echo report > "${path%% *}"'], environment=options
    )
    assert (done.outcome, done.stderr.text) == ("ok", "")
    assert (reports / "a.xml").read_text() == "report\n"


def test_a_mount_that_does_not_exist_is_refused(opened: Open, tmp_path: Path) -> None:
    phase = Phase("test", mounts=(Mount(tmp_path / "nowhere", "/environment"),))
    with pytest.raises(SandboxRefusal, match="nowhere"):
        opened(phase=phase)


@pytest.mark.parametrize("inside", ["", "/", "//a", "relative", "/a/../../b", "/a/"])
def test_a_mount_in_no_proper_place_is_refused(opened: Open, tmp_path: Path, inside: str) -> None:
    with pytest.raises(SandboxRefusal, match="no place"):
        opened(phase=Phase("test", mounts=(Mount(tmp_path, inside),)))


# --- the tree -------------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            path.read_bytes() if path.is_file() and not path.is_symlink() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }


CHANGING = """
echo after > changed.txt; rm deleted.txt; mkdir new; echo new > new/file; chmod +x new/file
ln -s /etc/passwd new/link; mkfifo pipe; chmod 4755 kept.txt; rm -r sub; mkdir -p x/.git
"""


def test_the_tree_stays_and_changes_are_told(opened: Open, tree: Path) -> None:
    before = contents(tree)
    session = opened()
    assert session.changes().files == ()
    assert session.run(["sh", "-ec", CHANGING]).outcome == "ok"
    changes = session.changes()
    assert contents(tree) == before
    # A setuid bit is no part of what git keeps; an execute bit is.
    assert changes.files == (
        FileChange("changed.txt", "100644", b"after\n"),
        FileChange("deleted.txt", "000000", None),
        FileChange("kept.txt", "100755", b"kept\n"),
        FileChange("new/file", "100755", b"new\n"),
        FileChange("new/link", "120000", b"/etc/passwd"),
        FileChange("sub/program.sh", "000000", None),
    )
    assert [path for path, _ in changes.refused] == ["pipe", "x/.git"]


CLOSING = """
mkdir -p shut/deep; echo one > shut/deep/file; chmod 4755 shut/deep/file; chmod 0 shut/deep shut
echo after > changed.txt; chmod 0 changed.txt; rm deleted.txt; chmod 0 sub; chmod 0 .
"""


def test_what_a_command_closed_to_its_owner_is_told_and_goes_with_the_session(
    sandbox: Sandbox, tree: Path, tmp_path: Path
) -> None:
    with sandbox.open(tree, Phase("test"), Limits(timeout_s=20)) as session:
        done = session.run(["sh", "-c", CLOSING])
        assert done.outcome == "ok", done
        changes = session.changes()
        assert changes.refused == ()
        assert changes.files == (
            FileChange("changed.txt", "100644", b"after\n"),
            FileChange("deleted.txt", "000000"),
            FileChange("shut/deep/file", "100755", b"one\n"),
        )
        assert isinstance(session, LayeredSession)
        left = session.layer.folder
        assert not [
            path
            for path in session.tree.rglob("*")
            if path.lstat().st_mode & 0o7000 and not path.is_symlink()
        ]
    assert not left.exists()


def test_a_session_with_closed_and_deep_folders_that_nobody_read_leaves_nothing(
    sandbox: Sandbox, tree: Path
) -> None:
    with sandbox.open(tree, Phase("test"), Limits(timeout_s=20)) as session:
        assert isinstance(session, LayeredSession)
        left = session.layer.folder
        deep = "for n in $(seq 300); do mkdir d; cd -P d 2>/dev/null || exit 0; done"
        session.run(["sh", "-c", f"mkdir -p a/b/c; chmod 0 a/b/c a/b a; {deep}"])
    assert not left.exists()


def test_sessions_over_one_tree_do_not_see_each_other(opened: Open) -> None:
    one, two = opened(), opened()
    assert one.run(["sh", "-c", "echo one > changed.txt"]).outcome == "ok"
    assert two.run(["cat", "changed.txt"]).stdout.text == "before\n"
    assert one.run(["cat", "changed.txt"]).stdout.text == "one\n"


def test_a_git_directory_does_not_come_along(opened: Open) -> None:
    assert opened().run(["ls", "-A"]).stdout.text.split() == [
        *("changed.txt", "deleted.txt", "kept.txt", "link", "sub")
    ]


GIT = """
if git status 2>/dev/null || git log 2>/dev/null; then exit 9; fi
test -z "$(git config --list --global 2>/dev/null)"
printf 'before\\n' | git hash-object --stdin
git diff --no-index --quiet kept.txt changed.txt || echo differs
printf -- '--- a/changed.txt\\n+++ b/changed.txt\\n@@ -1 +1 @@\\n-before\\n+after\\n' | git apply
cat changed.txt
git config --global user.name x; git config --global user.email x@localhost
git init --quiet "$TMPDIR/own" && cd "$TMPDIR/own"
git commit --quiet --allow-empty --message own && git rev-list --count HEAD
"""


@pytest.mark.skipif(not Path("/usr/bin/git").exists(), reason="git is not in /usr/bin")
def test_git_knows_no_repository_and_works_on_files_and_on_one_of_its_own(opened: Open) -> None:
    done = opened().run(["sh", "-ec", GIT])
    assert done.outcome == "ok", done
    assert done.stdout.text == ("90be1f3056c4f471f977a28497b8d4b392c55a02\ndiffers\nafter\n1\n")


def test_an_empty_tree_can_be_worked_on(sandbox: Sandbox, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with sandbox.open(empty, Phase("codemod"), Limits(timeout_s=10)) as session:
        assert session.run(["sh", "-c", "echo a > a"]).outcome == "ok"
        assert session.changes().files == (FileChange("a", "100644", b"a\n"),)


def test_a_tree_that_is_no_folder_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(SandboxRefusal, match="no folder"):
        sandbox.open(tmp_path / "nowhere", Phase("test"), Limits())


def test_closing_twice_is_closing_once_and_leaves_nothing(
    sandbox: Sandbox, tree: Path, tmp_path: Path
) -> None:
    session = sandbox.open(tree, Phase("test"), Limits(timeout_s=20))
    deep = "mkdir -p locked/in; touch locked/in/file; chmod 000 locked/in; chmod 500 locked"
    assert session.run(["sh", "-c", deep]).outcome == "ok"
    session.close()
    session.close()
    for act in (session.changes, lambda: session.run(["true"]), lambda: session.start(["true"])):
        with pytest.raises(SandboxRefusal, match="closed"):
            act()


# --- channels -------------------------------------------------------------------------------------

ECHO = """
import os, struct, sys
reads, writes = map(int, os.environ["CHANGEWRIGHT_CHANNEL"].split(","))
source, target = open(reads, "rb"), open(writes, "wb")
print("started", flush=True)
while header := source.read(4):
    message = source.read(struct.unpack(">I", header)[0])
    target.write(header + message)
    target.flush()
"""


def test_a_command_that_was_begun_ends_as_one_that_was_run(opened: Open) -> None:
    session = opened()
    told = ["sh", "-c", "env | grep -c CHANGEWRIGHT; ls /proc/self/fd | wc -l; exit 3"]
    run, begun = session.run(told), session.begin(told)
    waited = begun.wait()
    assert (waited.outcome, waited.code, waited.stdout) == (run.outcome, run.code, run.stdout)
    assert begun.close() == waited


def test_a_channel_carries_messages_both_ways(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("validators.processes.channel._GRACE_S", 60.0)
    channel = opened().start(python(ECHO))
    for message in (b"", b"hello", bytes(range(256)) * 100):
        channel.send(message)
        assert channel.receive(60) == message
    with pytest.raises(TimeoutError):
        channel.receive(0.05)
    completed = channel.close()
    assert (completed.outcome, completed.code, completed.stdout.text) == ("ok", 0, "started\n")
    assert channel.close() == completed


def test_a_channel_to_a_dead_command_ends(opened: Open) -> None:
    channel = opened().start(["sh", "-c", "exit 3"])
    assert channel.receive(60) is None
    with pytest.raises(SandboxRefusal, match="ended"):
        channel.send(b"hello")
    assert channel.close().code == 3
    with pytest.raises(SandboxRefusal, match="closed"):
        channel.send(b"hello")


def test_a_message_that_claims_to_be_huge_is_refused(opened: Open) -> None:
    liar = (
        'import os\nos.write(int(os.environ["CHANGEWRIGHT_CHANNEL"].split(",")[1]), b"\\xff" * 9)'
    )
    channel = opened().start(python(liar))
    with pytest.raises(SandboxRefusal, match="4294967295 bytes"):
        channel.receive(60)
    channel.close()


def test_a_message_larger_than_a_frame_is_refused(opened: Open) -> None:
    channel = opened().start(["cat"])
    with pytest.raises(SandboxRefusal, match="larger than a frame"):
        channel.send(bytes(17 * MIB))
    assert channel.receive(60) is None  # it has ended by itself, however long its start took
    assert channel.close().outcome == "ok"
    with pytest.raises(SandboxRefusal, match="closed"):
        channel.receive(1)


def test_closing_a_session_ends_the_commands_that_talk(sandbox: Sandbox, tree: Path) -> None:
    mark = f"85{os.getpid()}"
    with sandbox.open(tree, Phase("snippet"), Limits(timeout_s=30)) as session:
        channel = session.start(["sleep", mark])
    assert not still_runs(mark)
    assert channel.close().outcome == "killed"


def test_closing_a_session_ends_what_was_begun_in_it(sandbox: Sandbox, tree: Path) -> None:
    mark = f"86{os.getpid()}"
    with sandbox.open(tree, Phase("test"), Limits(timeout_s=30)) as session:
        begun = session.begin(["sleep", mark])
    assert not still_runs(mark)
    assert begun.close().outcome == "killed"


def test_running_without_walls_is_told_once(tree: Path, tmp_path: Path) -> None:
    told: list[str] = []
    sandbox = NoneSandbox(tmp_path / "scratch", told.append)
    assert sandbox.probe().usable
    assert told == []
    for _ in range(2):
        sandbox.open(tree, Phase("test"), Limits()).close()

    (words,) = told
    assert words.startswith(
        "NO SANDBOX (--unsafe-no-sandbox): commands of the repository run as this"
    )
