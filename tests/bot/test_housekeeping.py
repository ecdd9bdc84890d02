"""The state folder stays small, and nothing that lives or is not ours is touched."""

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.adapters.sqlite_journal.retention import iso
from bot.housekeeping import Bounds, sweep_scratch, tidy, tidy_once_a_day
from bot.scratch import scratch
from tests.ending import LIMIT_S, ended
from validators.building.shelf import shelved
from validators.clones.written_trees import use
from workflows.run import Event

DAY = 86_400.0
HOUR = 3_600.0
NOW = time.time()
ROOT = Path(__file__).parents[2]
LIVING = """
import sys
from pathlib import Path
from bot.scratch import scratch
with scratch(Path(sys.argv[1])) as folder:
    (folder / "clone").mkdir()
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


def made(path: Path, age_s: float, content: bytes = b"words") -> Path:
    """Make a file that was changed last some time ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (NOW - age_s, NOW - age_s))
    return path


def environment(state: Path, name: str, age_s: float, size: int = 10) -> Path:
    """Make a built environment that was used last some time ago."""
    with shelved(state / "environments", Path("/target"), name) as home:
        (home / "inside").mkdir(parents=True)
        (home / "inside" / "library").write_bytes(bytes(size))
    lock = home.with_name(f"{name}.lock")
    os.utime(lock, (NOW - age_s, NOW - age_s))
    return home


# --- scratch --------------------------------------------------------------------------------------


def test_the_scratch_of_a_killed_process_is_removed_and_that_of_a_living_one_kept(
    state: Path,
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", LIVING, str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with ended(process), scratch(state) as mine:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        assert sweep_scratch(state).scratch == 0
        assert (folder / "clone").is_dir()
        process.kill()
        process.wait(LIMIT_S)
        done = sweep_scratch(state)
        assert (done.scratch, done.troubles) == (1, ())
        assert [place.name for place in (state / "scratch").iterdir()] == [mine.name]


def test_a_folder_without_a_sign_of_life_is_removed_after_an_hour(state: Path) -> None:
    for name, age in (("old", 2 * HOUR), ("new", 60.0)):
        made(state / "scratch" / name / "clone" / "HEAD", 0)
        os.utime(state / "scratch" / name, (NOW - age, NOW - age))
    assert sweep_scratch(state, NOW).scratch == 1
    assert [place.name for place in (state / "scratch").iterdir()] == ["new"]


def test_what_may_not_be_read_or_written_is_removed_all_the_same(state: Path) -> None:
    inner = made(state / "scratch" / "x" / "work" / "inner" / "file", 0).parent
    made(state / "scratch" / "x" / ".alive", 0)
    for folder in (inner, inner.parent, inner.parents[1]):
        folder.chmod(0o000)
    done = sweep_scratch(state, NOW)
    # A folder whose sign of life cannot be read waits its hour; root reads it.
    if os.geteuid() != 0:
        assert done.scratch == 0
        done = sweep_scratch(state, NOW + 2 * HOUR)
    assert (done.scratch, done.troubles) == (1, ())
    assert list((state / "scratch").iterdir()) == []


def folders_in_folders(folder: Path, levels: int = 1500) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    here = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def test_folders_in_folders_without_end_stop_nobody(state: Path) -> None:
    made(state / "scratch" / "x" / ".alive", 0)
    folders_in_folders(state / "scratch" / "x" / "work")
    done = sweep_scratch(state, NOW)
    assert (done.scratch, done.troubles) == (1, ())
    with scratch(state) as mine:
        folders_in_folders(mine / "work")
    assert list((state / "scratch").iterdir()) == []
    home = made(state / "environments" / "target" / "key" / "environment.json", 0).parent
    made(home.with_name("key.lock"), 10 * DAY)
    folders_in_folders(home / "inside")
    done = tidy(state, Bounds(cache_days=1), NOW)
    assert (done.environments, done.troubles) == (1, ())


def test_links_are_neither_followed_nor_left_standing_inside(state: Path, tmp_path: Path) -> None:
    precious = made(tmp_path / "precious" / "file", 10 * DAY)
    dead = made(state / "scratch" / "dead" / ".alive", 0).parent
    (dead / "link").symlink_to(precious.parent)
    (dead / "file").symlink_to(precious)
    (state / "scratch" / "elsewhere").symlink_to(precious.parent)
    assert sweep_scratch(state, NOW + 10 * DAY).scratch == 1
    assert precious.read_bytes() == b"words"
    (state / "logs").symlink_to(precious.parent)
    (state / "environments").symlink_to(precious.parent)
    assert tidy(state, Bounds(days=1, cache_days=1), NOW).files == 0
    assert precious.read_bytes() == b"words"


def test_a_state_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert sweep_scratch(tmp_path / "state").troubles == ()
    assert tidy(tmp_path / "state", Bounds(), NOW).troubles == ()
    assert not (tmp_path / "state").exists()


# --- the rest -------------------------------------------------------------------------------------


def test_drafts_logs_reports_and_traces_go_when_they_are_old(state: Path) -> None:
    kept = [
        made(state / "bundles" / "r1.json", 500 * DAY),
        made(state / "bundles" / "r2.unfinished", 60.0),
        made(state / "bundles" / "r.unfinished.json", 500 * DAY),
        made(state / "logs" / "r1.jsonl", 80 * DAY),
        made(state / "traces" / "r1.jsonl", 80 * DAY),
        made(state / "songs.txt", 500 * DAY),
        made(state / "forge" / "repository.git" / "HEAD", 500 * DAY),
    ]
    gone = [
        made(state / "bundles" / "r1.unfinished", 2 * HOUR),
        made(state / ".journal.sqlite.1.2.unfinished", 2 * HOUR),
        made(state / ".journal.sqlite.1.2.unfinished-wal", 2 * HOUR),
        made(state / "environments" / "target" / "key" / "environment.unfinished", 2 * HOUR),
        made(state / "forge" / "repository" / "tmp1.unfinished", 2 * HOUR),
        made(state / "base-sides" / "target" / "tmp1.unfinished", 2 * HOUR),
        made(state / "logs" / "r2.jsonl", 100 * DAY),
        made(state / "reports" / "r2.txt", 100 * DAY),
        made(state / "traces" / "r2.jsonl", 100 * DAY),
        made(state / "traces" / "r2.sent", 100 * DAY),
        made(state / "traces" / ".r2-x.unfinished", 2 * HOUR),
        made(state / "journal.sqlite.v1.backup", 100 * DAY),
    ]
    done = tidy(state, Bounds(days=90), NOW)
    assert (done.drafts, done.files, done.troubles) == (7, 5, ())
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in gone)


def test_environments_go_by_age_and_then_by_size(state: Path) -> None:
    mib = 1024**2
    old = environment(state, "old", 40 * DAY)
    older = environment(state, "older", 20 * DAY, 3 * mib)
    newer = environment(state, "newer", 10 * DAY, 3 * mib)
    used = environment(state, "used", 60.0, 9 * mib)
    done = tidy(state, Bounds(cache_days=30, cache_mb=13), NOW)
    assert done.environments == 2
    assert [home.exists() for home in (old, older, newer, used)] == [False, False, True, True]
    assert done.freed_bytes >= 3 * mib
    # Its lock stays: somebody may be waiting for it.
    assert older.with_name("older.lock").exists()
    assert tidy(state, Bounds(cache_days=30, cache_mb=1), NOW).environments == 1
    assert used.exists()


def tree(state: Path, name: str, age_s: float, size: int = 10) -> Path:
    """Make a written base tree that was used last some time ago."""
    home = state / "trees" / "start" / name
    home.mkdir(parents=True)
    (home / "file").write_bytes(bytes(size))
    made(home / "notes.unfinished", 500 * DAY)
    made(home.with_name(f"{name}.lock"), age_s)
    return home


def test_trees_share_the_bounds_of_environments(state: Path) -> None:
    mib = 1024**2
    built = environment(state, "key", 20 * DAY, 3 * mib)
    old = tree(state, "a" * 40, 40 * DAY)
    older = tree(state, "b" * 40, 15 * DAY, 3 * mib)
    newer = tree(state, "c" * 40, 10 * DAY, 3 * mib)
    done = tidy(state, Bounds(cache_days=30, cache_mb=7), NOW)
    assert (done.environments, done.trees, done.drafts, done.troubles) == (1, 1, 0, ())
    assert [home.exists() for home in (built, old, older, newer)] == [False, False, True, True]
    # What a tree holds is the target's, whatever it is called.
    assert (newer / "notes.unfinished").exists()
    assert tidy(state, Bounds(cache_mb=1), NOW).trees == 2


def test_a_tree_that_a_sandbox_is_shown_is_left_alone(state: Path) -> None:
    home = tree(state, "a" * 40, 99 * DAY)
    with use(home) as is_ours:
        assert is_ours
        assert tidy(state, Bounds(), NOW).trees == 0
    assert home.exists()
    assert tidy(state, Bounds(), NOW).trees == 1
    with use(home) as is_ours:
        assert not is_ours


def test_half_of_what_was_removed_is_removed_later_and_never_used(state: Path) -> None:
    home = tree(state, "a" * 40, 1 * DAY)
    home.rename(home.with_name(f"{home.name}.unfinished"))
    os.utime(home.with_name(f"{home.name}.unfinished"), (NOW - 2 * HOUR, NOW - 2 * HOUR))
    assert tidy(state, Bounds(), NOW).drafts == 1
    assert [path.name for path in home.parent.iterdir()] == [f"{home.name}.lock"]


def test_an_environment_that_is_being_built_is_left_alone(state: Path) -> None:
    home = environment(state, "key", 0)
    with shelved(state / "environments", Path("/target"), "key"):
        lock = home.with_name("key.lock")
        os.utime(lock, (NOW - 99 * DAY, NOW - 99 * DAY))
        assert tidy(state, Bounds(), NOW).environments == 0
    assert home.exists()
    os.utime(lock, (NOW - 99 * DAY, NOW - 99 * DAY))
    assert tidy(state, Bounds(), NOW).environments == 1


def test_bundles_and_blobs_of_runs_that_ended_long_ago_go(state: Path) -> None:
    then = NOW - 100 * DAY
    finished = Event("run.finished", {"state": "failed", "verdict": "fail", "why": ""})
    path = state / "journal.sqlite"
    with closing(SqliteJournal(path, lambda: iso(then), lambda: then)) as journal:
        for run in ("over", "open"):
            fence = journal.lease(run, "me")
            blob = journal.put_blob(run.encode() * 100)
            journal.append(fence, Event("prompt.sent", {"conversation": blob}))
            if run == "over":
                journal.append(fence, finished)
            journal.release(fence)
            made(state / "bundles" / f"{run}.json", 0)
    done = tidy(state, Bounds(days=90), NOW)
    assert (done.bundles, done.blobs, done.troubles) == (1, 1, ())
    assert [place.name for place in (state / "bundles").iterdir()] == ["open.json"]


def test_a_damaged_journal_is_a_trouble_and_no_end(state: Path) -> None:
    made(state / "journal.sqlite", 0, b"words " * 1_000)
    made(state / "logs" / "r1.jsonl", 100 * DAY)
    done = tidy(state, Bounds(), NOW)
    assert done.files == 1
    assert "journal.sqlite: file is not a database" in done.troubles[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root removes what it may not")
def test_what_cannot_be_removed_is_reported(state: Path) -> None:
    log = made(state / "logs" / "r1.jsonl", 100 * DAY)
    log.parent.chmod(0o500)
    done = tidy(state, Bounds(), NOW)
    log.parent.chmod(0o700)
    assert (done.files, done.troubles) == (0, (f"{log}: Permission denied",))


def test_tidying_is_done_once_a_day(state: Path) -> None:
    log = made(state / "logs" / "r1.jsonl", 100 * DAY)
    first = tidy_once_a_day(state, Bounds(), NOW)
    assert first is not None
    assert first.files == 1
    made(log, 100 * DAY)
    assert tidy_once_a_day(state, Bounds(), NOW + HOUR) is None
    assert tidy_once_a_day(state, Bounds(), NOW - HOUR) is None
    assert log.exists()
    again = tidy_once_a_day(state, Bounds(), NOW + DAY)
    assert again is not None
    assert again.files == 1
    # A clock that was set back by more than a day does not stop it for ever.
    assert tidy_once_a_day(state, Bounds(), NOW - 9 * DAY) is not None


def test_a_state_folder_that_cannot_be_written_is_a_trouble(tmp_path: Path) -> None:
    done = tidy_once_a_day(tmp_path / "never", Bounds(), NOW)
    assert done is not None
    assert done.troubles == (f"{tmp_path}/never/.tidied: No such file or directory",)
