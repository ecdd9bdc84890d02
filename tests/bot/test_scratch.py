"""One command's folder: gone when it ends, known for dead when its process was killed."""

import errno
import fcntl
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bot.scratch import ALIVE, StateRefusal, private, require_room, scratch
from tests.ending import ended

# Holds a folder of the state that it is given, says so, and waits to be killed.
HOLDER = """
import sys, time
from pathlib import Path
from bot.scratch import scratch
with scratch(Path(sys.argv[1])) as folder:
    print(folder, flush=True)
    time.sleep(60)
"""


def is_held(folder: Path) -> bool:
    """Whether a living process holds the lock of a scratch folder."""
    descriptor = os.open(folder / ALIVE, os.O_WRONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def folders(state: Path) -> list[Path]:
    return list((state / "scratch").iterdir())


def test_a_command_has_a_folder_of_its_own_while_it_runs(tmp_path: Path) -> None:
    state = tmp_path / "new" / "state"

    with scratch(state) as one, scratch(state) as other:
        (one / "clone").mkdir()
        assert sorted(folders(state)) == sorted([one, other])
        assert is_held(one)
        assert [entry.name for entry in other.iterdir()] == [ALIVE]

    assert folders(state) == []


def test_nobody_else_may_look_into_it(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with scratch(state) as folder:
        modes = {stat.S_IMODE(path.stat().st_mode) for path in (state, folder.parent, folder)}
        assert modes == {0o700}
        assert stat.S_IMODE((folder / ALIVE).stat().st_mode) == 0o600


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, StateRefusal])
def test_it_is_gone_also_when_the_command_fails(tmp_path: Path, error: type[BaseException]) -> None:
    def fail() -> None:
        with scratch(tmp_path) as folder:
            (folder / "work").mkdir()
            (folder / "work" / "file").write_text("x")
            raise error

    with pytest.raises(error):
        fail()

    assert folders(tmp_path) == []


def test_what_a_killed_process_left_is_there_and_nobody_holds_it(tmp_path: Path) -> None:
    argv = [sys.executable, "-P", "-c", HOLDER, str(tmp_path)]
    with ended(subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)) as child:
        assert child.stdout is not None
        folder = Path(child.stdout.readline().strip())
        assert is_held(folder)

    assert folders(tmp_path) == [folder]
    assert not is_held(folder)
    # Another command neither minds it nor takes it for its own.
    with scratch(tmp_path) as own:
        assert own != folder


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up_is_told_in_words(tmp_path: Path, number: int) -> None:
    def fill() -> None:
        with scratch(tmp_path):
            raise OSError(number, os.strerror(number))

    with pytest.raises(StateRefusal) as refused:
        fill()

    assert str(refused.value) == (
        f"the disk of {tmp_path} is full; free some space on it, or use another --state."
        " What the journal holds is kept: `changewright resume` goes on from there"
    )
    assert folders(tmp_path) == []


def test_another_trouble_with_a_file_is_not_called_a_full_disk(tmp_path: Path) -> None:
    def stumble() -> None:
        with scratch(tmp_path):
            raise OSError(errno.EIO, "the disk is broken")

    with pytest.raises(OSError, match="the disk is broken"):
        stumble()

    assert folders(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    for make in (private, require_room):
        with pytest.raises(
            StateRefusal, match=r"cannot make the state folder .*/file/state: Not a"
        ):
            make(tmp_path / "file" / "state")
    with (
        pytest.raises(StateRefusal, match="choose another with --state"),
        scratch(tmp_path / "file"),
    ):
        pytest.fail("it was begun")


def test_a_folder_that_is_there_is_used_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o755)

    assert private(folder) == folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


# In a mount namespace of its own, so that the machine's disk is never filled.
IN_SMALL_DISK = """
set -e
mount -t tmpfs -o size="$1" none "$2"
exec "$3" -P -c "$4" "$2"
"""


def on_a_small_disk(tmp_path: Path, size: str, script: str) -> str:
    """Run a script whose argument is a folder on a disk of ``size``; return what it says."""
    place = tmp_path / "disk"
    place.mkdir()
    unshare = shutil.which("unshare") or "unshare"
    made = [unshare, "--user", "--map-root-user", "--mount"] if os.geteuid() else [unshare, "-m"]
    words = [*made, "sh", "-c", IN_SMALL_DISK, "sh", size, str(place), sys.executable, script]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no mount namespace here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_on_a_disk_without_room_nothing_is_begun(tmp_path: Path) -> None:
    said = on_a_small_disk(
        tmp_path,
        "4m",
        "import sys; from pathlib import Path; from bot.scratch import StateRefusal, scratch\n"
        "state = Path(sys.argv[1])\n"
        "try:\n"
        "    with scratch(state): print('begun')\n"
        "except StateRefusal as refusal: print(refusal)\n"
        "print(sorted(path.name for path in state.iterdir()))\n",
    )

    assert said == (
        f"only 4 MiB are free in the state folder {tmp_path / 'disk'}, and a run needs 32; free"
        " some space on its disk, or use another --state\n[]\n"
    )


def test_a_disk_that_really_fills_up_is_told_and_cleared(tmp_path: Path) -> None:
    said = on_a_small_disk(
        tmp_path,
        "40m",
        "import sys; from pathlib import Path; from bot.scratch import StateRefusal, scratch\n"
        "state = Path(sys.argv[1])\n"
        "try:\n"
        "    with scratch(state) as folder: (folder / 'large').write_bytes(bytes(48 << 20))\n"
        "except StateRefusal as refusal: print(refusal)\n"
        "print(list((state / 'scratch').iterdir()))\n",
    )

    assert said.startswith(f"the disk of {tmp_path / 'disk'} is full; free some space on it")
    assert said.endswith("\n[]\n")


def test_temporary_files_of_the_command_stand_in_its_folder(tmp_path: Path) -> None:
    before = tempfile.gettempdir()
    with scratch(tmp_path) as folder, tempfile.TemporaryDirectory() as temporary:
        assert Path(temporary).parent == folder
    assert tempfile.gettempdir() == before
