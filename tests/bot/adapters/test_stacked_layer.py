"""Work on a tree that the kernel stacks a layer over, beside the same work on a copy of it."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.housekeeping import sweep_scratch
from bot.removal import unlocked
from tests.ending import LIMIT_S, ended
from validators.checkout import Clone, file_changes, open_clone, write_tree
from validators.clones.written_trees import TreePlace, written_tree
from validators.processes.layer import Layer, lay, spread
from validators.processes.layered_session import LayeredSession
from validators.processes.stacking import why_not_stacked
from validators.processes.staging import owner, stage
from validators.sandbox import Changes, FileChange, Limits, Mount, Phase

pytestmark = pytest.mark.sandbox

LIMIT = 100_000
ROOT = Path(__file__).parents[3]
FILES = {"a": "one\n", "d/x": "two\n", "d/e/y": "three\n", "d/e/z": "", "program": "#!/bin/sh\n"}
LINKS = {"link": "d/x", "folder-link": "d"}
NAMES = (
    *("a", "d", "d/x", "d/e", "d/e/y", "program", "link", "folder-link", "folder-link/x"),
    *("new", "new/n", "a/below", "d/.git"),
)


def git(repository: Path, *words: str, work_tree: Path | None = None) -> bytes:
    place = ("--git-dir", str(repository / ".git"), "--work-tree", str(work_tree or repository))
    who = ("-c", "user.name=x", "-c", "user.email=x@localhost")
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nowhere"}
    argv = ["git", *who, *place, *words]
    done = subprocess.run(argv, env=environment, cwd=repository, capture_output=True, check=True)
    return done.stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    for path, content in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    (folder / "program").chmod(0o755)
    for path, target in LINKS.items():
        (folder / path).symlink_to(target)
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "base")
    return folder


@pytest.fixture(scope="module")
def clone(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return open_clone(repository, "HEAD", tmp_path_factory.mktemp("clone") / "clone")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scratch")
    why_not = why_not_stacked(folder, owner())
    if why_not:
        pytest.skip(f"no overlay can be had here: {why_not}")
    return folder


@pytest.fixture(scope="module")
def tree(clone: Clone, scratch: Path) -> Path:
    return written_tree(clone, clone.base_tree, TreePlace(scratch, owner=owner()))


@pytest.fixture(scope="module")
def sandbox(scratch: Path) -> BwrapSandbox:
    bwrap = BwrapSandbox(scratch)
    if not bwrap.probe().usable:
        pytest.skip(bwrap.probe().why_not)
    return bwrap


@pytest.fixture
def session(sandbox: BwrapSandbox, tree: Path) -> Iterator[LayeredSession]:
    with sandbox.open(tree, Phase("test"), Limits(timeout_s=20)) as opened:
        yield opened


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            path.read_bytes() if path.is_file() and not path.is_symlink() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }


def overlays() -> list[str]:
    """Return where overlays like ours are mounted for everybody; other programs have theirs."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    places = [place for kind, place, *_ in mounts if kind == "overlay"]
    return [place for place in places if place.startswith("/mnt/") or "/session-" in place]


# --- the same as a copy -----------------------------------------------------------------------

name = st.sampled_from(NAMES)
one = st.one_of(
    st.tuples(st.sampled_from(["rm -rf", "mkdir -p", "touch", "rmdir"]), name),
    st.tuples(st.sampled_from(["chmod 4755", "chmod 600", "chmod 644", "chmod 0"]), name),
    st.tuples(st.sampled_from(["mv -T", "mv", "cp -r", "cp -rT", "ln -sfn", "ln"]), name, name),
    st.tuples(st.sampled_from(["echo one >", "echo more >>", "printf '' >", "true >>"]), name),
)

# Last, as writing to one waits for a reader.
last = st.one_of(st.just(()), st.tuples(st.just("mkfifo"), name))


def work(layer: Layer, script: str) -> str:
    """Run a script in the layer as commands are run, without walls; return what it printed."""
    staging = stage((layer.tree,), layer.overlay)
    try:
        place = staging.places[layer.tree]
        # An ordinary user is root in the namespace of an overlay, which commands behind walls never
        # see: their rights are taken away.
        bare = ("/usr/bin/setpriv", "--inh-caps=-all", "--bounding-set=-all", "--")
        prefix = (*staging.prefix, *(bare if staging.prefix and owner() is None else ()))
        argv = [*prefix, "/bin/sh", "-c", f'cd "$1"; {script}', "sh", place]
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
        done = subprocess.run(argv, cwd="/", env=environment, capture_output=True, check=False)
        return done.stdout.decode()
    finally:
        staging.close()


def diff(repository: Path, tree: Path) -> list[tuple[str, str]]:
    """Return modes and paths that differ from the base, as git itself sees the folder."""
    git(repository, "add", "--all", "--", ":/", work_tree=tree)
    raw = git(repository, "diff", "--cached", "--raw", "--no-renames", "-z", "HEAD").decode()
    git(repository, "reset", "--quiet")
    fields = raw.split("\0")[:-1]
    return sorted(
        (path, facts.split()[1]) for facts, path in zip(fields[::2], fields[1::2], strict=True)
    )


# Each example mounts, and starts dozens of processes: a third of what is usual, in either form.
@settings(
    max_examples=settings.default.max_examples // 3 if settings.default else 1,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.tuples(st.lists(one, min_size=1, max_size=7), last),
    limit=st.sampled_from([LIMIT, LIMIT, 5]),
)
def test_an_upper_folder_tells_what_a_comparison_and_git_tell(
    steps: tuple[list[tuple[str, ...]], tuple[str, ...]],
    limit: int,
    repository: Path,
    clone: Clone,
    tree: Path,
) -> None:
    scratch = tree.parents[1]
    words = [" ".join(step) for step in (*steps[0], steps[1]) if step]
    script = "; ".join(f"{step} 2>/dev/null && printf y || printf n" for step in words)
    stacked, copied = lay(tree, scratch, owner()), spread(tree, scratch, owner())
    try:
        assert stacked.overlay is not None
        assert work(stacked, script) == work(copied, script)
        changes = stacked.changes(limit)
        assert changes == copied.changes(limit)
        if any("pipe" not in why for _, why in changes.refused):  # git sees what we refuse
            return
        told = [(change.path, change.mode) for change in changes.files]
        assert told == diff(repository, copied.tree)
        applied = write_tree(clone, clone.base_tree, changes.files)
        assert (applied == clone.base_tree) == (not told)
        assert file_changes(clone, clone.base_tree, applied) == changes.files
    finally:
        stacked.close()
        copied.close()
    assert len(contents(tree)) == len(FILES) + len(LINKS) + 2


# --- in a session -----------------------------------------------------------------------------

CHANGING = """
echo after > a; rm -r d; mkdir d; echo new > d/x; ln -s /etc/passwd d/link; mkfifo pipe
chmod 6755 a; mkdir -p deep/.git; touch program; cat link
"""


def shell(session: LayeredSession, script: str) -> str:
    done = session.run(["sh", "-ec", script])
    assert done.outcome == "ok", done
    return done.stdout.text


def test_a_session_on_a_written_tree_is_stacked_and_tells_what_was_done(
    session: LayeredSession, tree: Path
) -> None:
    before = contents(tree)
    assert session.layer.overlay is not None
    assert session.layer.why_copied == ""
    assert shell(session, CHANGING) == "new\n"
    changes = session.changes()
    assert changes.files == (
        FileChange("a", "100755", b"after\n"),
        FileChange("d/e/y", "000000"),
        FileChange("d/e/z", "000000"),
        FileChange("d/link", "120000", b"/etc/passwd"),
        FileChange("d/x", "100644", b"new\n"),
    )
    assert [path for path, _ in changes.refused] == ["deep/.git", "pipe"]
    assert contents(tree) == before
    assert overlays() == []


def test_what_was_closed_to_its_owner_is_told_and_nothing_stays_setuid(
    session: LayeredSession,
) -> None:
    shell(
        session,
        "mkdir shut; cp a shut/own; chmod 7777 shut/own; chmod 0 shut d/e"
        "; echo more >> a; chmod 0 a d .",
    )
    changes = session.changes()
    assert changes.refused == ()
    assert [(change.path, change.mode) for change in changes.files] == [
        ("a", "100644"),
        ("shut/own", "100755"),
    ]
    assert not [path for path in session.tree.rglob("*") if path.lstat().st_mode & 0o7000]


def test_sessions_over_one_tree_do_not_see_each_other(
    session: LayeredSession, sandbox: BwrapSandbox, tree: Path
) -> None:
    with sandbox.open(tree, Phase("test"), Limits(timeout_s=20)) as other:
        shell(session, "echo mine > a; rm program")
        assert shell(other, "cat a; ls program") == "one\nprogram\n"
        assert other.changes() == Changes()
    assert shell(session, "cat a") == "mine\n"


def test_what_commands_write_belongs_to_nobody_of_rank(session: LayeredSession) -> None:
    shell(session, "cp /bin/true own; chmod 6755 own; echo more >> a; mkdir folder")
    for name in ("own", "a", "folder"):
        assert (session.tree / name).stat().st_uid == (owner() or os.getuid())
    assert session.layer.folder.stat().st_mode & 0o077 == 0
    done = session.run(["sh", "-c", "mknod white c 0 0"])
    assert done.outcome == "failed"
    assert [change.path for change in session.changes().files] == ["a", "own"]


FORGING = """
import os
for name in ("user.overlay.opaque", "user.overlay.whiteout", "trusted.overlay.opaque"):
    for path in ("d", "a"):
        try:
            os.setxattr(path, name, b"y")
        except OSError:
            pass
try:
    os.mknod("d/e/y-gone", 0o20600, os.makedev(0, 0))
except OSError as error:
    print("refused")
"""


def test_nobody_can_forge_what_stands_for_a_deletion(sandbox: BwrapSandbox, tree: Path) -> None:
    prefix = Path(sys.base_prefix)
    mounts = (Mount(prefix, str(prefix)),) if str(prefix) != "/usr" else ()
    with sandbox.open(tree, Phase("test", mounts=mounts), Limits(timeout_s=20)) as session:
        python = str(Path(sys.executable).resolve())
        done = session.run([python, "-I", "-S", "-c", FORGING])
        assert (done.outcome, done.stdout.text) == ("ok", "refused\n"), done
        assert shell(session, "ls d d/e") == "d:\ne\nx\n\nd/e:\ny\nz\n"
        assert session.changes() == Changes()


def test_where_the_tree_stands_on_the_host_is_not_told(
    session: LayeredSession, scratch: Path
) -> None:
    lines = shell(session, "cat /proc/self/mountinfo").splitlines()
    (workspace,) = [line for line in lines if " /workspace " in line]
    assert " overlay " in workspace
    assert str(scratch) not in workspace


@pytest.mark.parametrize("name", ["poetry", "f" * 40])
def test_a_tree_that_we_did_not_write_is_copied(
    name: str, sandbox: BwrapSandbox, tmp_path: Path
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "file").write_text("one\n")
    (tmp_path / "poetry.lock").write_text("")
    with sandbox.open(folder, Phase("test"), Limits(timeout_s=20)) as session:
        assert session.layer.overlay is None
        assert session.layer.why_copied == "the tree is none that was written out for this"
        shell(session, "echo two > file; touch file")
        assert session.changes().files == (FileChange("file", "100644", b"two\n"),)


# --- where there is none ------------------------------------------------------------------------

ON_RAMFS = """
import sys
from pathlib import Path
from validators.processes.layer import lay
from validators.processes.staging import owner
layer = lay(Path(sys.argv[1]), Path(sys.argv[2]), owner())
print(layer.overlay, "|", layer.why_copied)
(layer.written / "a").write_text("two")
print(layer.changes(1000).files)
layer.close()
print(list(Path(sys.argv[2]).iterdir()))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount another file system")
def test_where_nothing_can_be_stacked_the_tree_is_copied(tree: Path, tmp_path: Path) -> None:
    # A file system without attributes, in which a replaced folder cannot be marked.
    mount = f'mount -t ramfs ramfs {tmp_path} && exec {sys.executable} -c "$0" {tree} {tmp_path}'
    done = subprocess.run(
        ["/usr/bin/unshare", "--mount", "sh", "-c", mount, ON_RAMFS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(done.stderr)
    layer, changes, left = done.stdout.splitlines()
    assert layer.startswith("None | ")
    assert len(layer) > len("None | ")
    assert changes == str((FileChange("a", "100644", b"two"),))
    assert left == "[]"


# --- what is left -------------------------------------------------------------------------------


def test_a_closed_session_leaves_nothing(sandbox: BwrapSandbox, tree: Path, scratch: Path) -> None:
    before = sorted(scratch.iterdir())
    descriptors = os.listdir("/proc/self/fd")  # noqa: PTH208 - numbers, not paths
    with sandbox.open(tree, Phase("test"), Limits(timeout_s=20)) as session:
        shell(session, "mkdir -p locked/in; touch locked/in/file; rm -r d; chmod 0 locked/in a")
        assert len(sorted(scratch.iterdir())) == len(before) + 1
    assert sorted(scratch.iterdir()) == before
    assert os.listdir("/proc/self/fd") == descriptors  # noqa: PTH208 - the same
    assert overlays() == []


KILLED = """
import os, sys
from pathlib import Path
from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.scratch import scratch
from validators.sandbox import Changes, FileChange, Limits, Mount, Phase
with scratch(Path(sys.argv[1])) as place:
    session = BwrapSandbox(place).open(Path(sys.argv[2]), Phase("test"), Limits(timeout_s=60))
    assert session.layer.overlay is not None
    session.run(["sh", "-c", "rm -r d; echo more >> a"])
    channel = session.start(["sh", "-c", "echo > running; exec sleep " + sys.argv[3]])
    while not (session.tree / "running").exists():
        pass
    print("running", flush=True)
    channel.receive(60)
"""


def running(mark: str) -> bool:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                if mark.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                    return True
    return False


def test_a_killed_process_leaves_a_folder_that_the_next_start_removes(
    sandbox: BwrapSandbox, tree: Path, tmp_path: Path
) -> None:
    mark = f"86{os.getpid()}"
    argv = [sys.executable, "-c", KILLED, str(tmp_path), str(tree), mark]
    with ended(subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"running\n"
        assert running(mark)
        process.kill()
    until = time.monotonic() + 60
    while running(mark) and time.monotonic() < until:
        time.sleep(0.01)
    assert not running(mark)
    assert overlays() == []
    done = sweep_scratch(tmp_path)
    assert (done.scratch, done.troubles) == (1, ())
    assert list((tmp_path / "scratch").iterdir()) == []
    # The tree may be removed by who needs the room: nobody holds it any more.
    with unlocked(tree.with_name(f"{tree.name}.lock"), otherwise=False) as is_free:
        assert is_free


def test_a_tree_in_use_is_held(session: LayeredSession, tree: Path) -> None:
    lock = tree.with_name(f"{tree.name}.lock")
    with unlocked(lock, otherwise=True) as is_free:
        assert not is_free
    session.close()
    with unlocked(lock, otherwise=False) as is_free:
        assert is_free
