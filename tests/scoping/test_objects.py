"""Objects are read from exactly the git directory given, without a secret and without a fetch."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from scoping.blobs import ObjectsRefusal
from scoping.objects import TreeEntry, open_objects
from tests.ending import LIMIT_S, ended

MAKE = Any
CANARY = "CHANGEWRIGHT_CANARY_KEY"


def test_a_branch_a_tag_and_a_short_sha_are_the_same_commit(make_repository: MAKE) -> None:
    repository = make_repository({"a.py": "x = 1\n"})
    repository.git("tag", "-a", "-m", "one", "v1")
    sha = repository.git("rev-parse", "HEAD")

    with open_objects(repository.git_dir) as reader:
        assert {reader.resolve(name) for name in ("HEAD", "main", "v1", sha[:8], sha)} == {sha}


@pytest.mark.parametrize("revision", ["", "nowhere", "--all", "-x", "a\nb", "a\0b", "HEAD:a.py"])
def test_what_is_no_commit_is_refused(make_repository: MAKE, revision: str) -> None:
    with (
        open_objects(make_repository({"a.py": "x"}).git_dir) as reader,
        pytest.raises(ObjectsRefusal, match="commit"),
    ):
        reader.resolve(revision)


def test_a_folder_that_is_no_git_directory_is_refused(make_repository: MAKE) -> None:
    folder = make_repository().folder

    with pytest.raises(ObjectsRefusal, match="not a git directory"), open_objects(folder):
        pass


def test_a_damaged_git_directory_is_refused_with_gits_words(tmp_path: Path) -> None:
    (tmp_path / "HEAD").write_text("ref: refs/heads/main\n")

    with (
        open_objects(tmp_path) as reader,
        pytest.raises(ObjectsRefusal, match=r"ls-tree failed .* not a git repository"),
    ):
        reader.entries("HEAD")


def test_every_kind_of_entry_is_listed(make_repository: MAKE) -> None:
    repository = make_repository()
    (repository.folder / "run").write_bytes(b"#!/bin/sh\n")
    (repository.folder / "run").chmod(0o755)
    (repository.folder / "link").symlink_to("run")
    Path(os.fsdecode(os.fsencode(repository.folder) + b"/caf\xe9\n.txt")).write_bytes(b"")
    repository.git("add", "-A")
    sub = "1" * 40
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{sub},sub")
    repository.git("commit", "-qm", "y")

    with open_objects(repository.git_dir) as reader:
        entries = reader.entries("HEAD")

    empty = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert entries[0] == TreeEntry("caf\udce9\n.txt", "100644", empty, 0)
    assert [(entry.path, entry.mode, entry.size) for entry in entries[1:]] == [
        ("link", "120000", 3),
        ("run", "100755", 10),
        ("sub", "160000", 0),
    ]


def test_an_empty_commit_has_no_entries(make_repository: MAKE) -> None:
    with open_objects(make_repository().git_dir) as reader:
        assert reader.entries("HEAD") == ()


def test_blobs_are_read_one_after_the_other(make_repository: MAKE) -> None:
    contents = {"a": b"", "b": b"one\n", "c": b"\0" * 300_000, "d": b"no end"}

    with open_objects(make_repository(contents).git_dir) as reader:
        read = {entry.path: reader.read(entry.sha, 400_000) for entry in reader.entries("HEAD")}

    assert read == contents


def test_a_bare_and_a_shallow_clone_are_read(make_repository: MAKE, tmp_path: Path) -> None:
    repository = make_repository({"a": "1"})
    repository.commit({"a": "2"})
    repository.git("clone", "-q", "--bare", "--depth=1", f"file://{repository.folder}", "../bare")

    with open_objects(tmp_path / "bare") as reader:
        (entry,) = reader.entries(reader.resolve("HEAD"))
        assert reader.read(entry.sha, 10) == b"2"


def test_a_sha256_repository_is_read(make_repository: MAKE, tmp_path: Path) -> None:
    repository = make_repository()
    other = tmp_path / "other"
    repository.git("init", "-q", "--object-format=sha256", str(other))
    (other / "a").write_text("hello")
    repository.git("-C", str(other), "add", "a")
    repository.git("-C", str(other), "commit", "-qm", "x")

    with open_objects(other / ".git") as reader:
        (entry,) = reader.entries(reader.resolve("HEAD"))
        assert len(entry.sha) == 64
        assert reader.read(entry.sha, 10) == b"hello"


def test_too_large_missing_and_senseless_objects_are_refused_and_reading_goes_on(
    make_repository: MAKE,
) -> None:
    with open_objects(make_repository({"a": "123456"}).git_dir) as reader:
        (entry,) = reader.entries("HEAD")
        with pytest.raises(ObjectsRefusal, match="has 6 bytes; the limit here is 5"):
            reader.read(entry.sha, 5)
        with pytest.raises(ObjectsRefusal, match="is not in"):
            reader.read("0" * 40, 5)
        for senseless in ("", "a\nb", "HEAD^{tree}"):
            with pytest.raises(ObjectsRefusal, match="no object name"):
                reader.read(senseless, 5)
        assert reader.read(entry.sha, 6) == b"123456"


def test_a_damaged_object_is_refused(make_repository: MAKE) -> None:
    repository = make_repository({"a": os.urandom(50_000)})
    with open_objects(repository.git_dir) as reader:
        (entry,) = reader.entries("HEAD")
        loose = repository.git_dir / "objects" / entry.sha[:2] / entry.sha[2:]
        loose.chmod(0o644)
        loose.write_bytes(loose.read_bytes()[:1000])

        with pytest.raises(ObjectsRefusal, match="damaged"):
            reader.read(entry.sha, 100_000)


def test_a_reader_whose_git_was_killed_says_so_and_starts_another(make_repository: MAKE) -> None:
    with open_objects(make_repository({"a": "1"}).git_dir) as reader:
        (entry,) = reader.entries("HEAD")
        reader.read(entry.sha, 10)
        pid = reader.pid
        assert pid is not None
        os.kill(pid, 9)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(ObjectsRefusal):
            reader.read(entry.sha, 10)
        assert reader.read(entry.sha, 10) == b"1"


def test_a_partial_clone_is_refused_and_fetches_nothing(
    make_repository: MAKE, tmp_path: Path
) -> None:
    repository = make_repository({"a": "x" * 100})
    repository.git("config", "uploadpack.allowFilter", "true")
    url = f"file://{repository.folder}"
    repository.git("clone", "-q", "--bare", "--filter=blob:none", url, "../partial")
    canary = tmp_path / "fetched"
    upload = tmp_path / "upload"
    upload.write_text(f'#!/bin/sh\ntouch {canary}\nexec git-upload-pack "$@"\n')
    upload.chmod(0o755)
    config = tmp_path / "partial" / "config"
    repository.git("config", "--file", str(config), "remote.origin.uploadpack", str(upload))

    with open_objects(tmp_path / "partial") as reader:
        with pytest.raises(ObjectsRefusal, match="partial clone: run `git fetch --refetch`"):
            reader.entries("HEAD")
        with pytest.raises(ObjectsRefusal, match="is not in"):
            reader.read(repository.git("rev-parse", "HEAD:a"), 1000)
    assert not canary.exists()


def test_a_missing_object_is_listed_as_missing(make_repository: MAKE) -> None:
    repository = make_repository({"a": "x" * 100, "b": "y"})
    sha = repository.git("rev-parse", "HEAD:a")
    (repository.git_dir / "objects" / sha[:2] / sha[2:]).unlink()

    with open_objects(repository.git_dir) as reader:
        assert [entry.is_missing for entry in reader.entries("HEAD")] == [True, False]


def test_no_child_inherits_a_secret(make_repository: MAKE, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CANARY, "sk-secret")
    with open_objects(make_repository({"a": "1"}).git_dir) as reader:
        (entry,) = reader.entries("HEAD")
        reader.read(entry.sha, 10)
        environ = Path(f"/proc/{reader.pid}/environ").read_bytes()
        # An alias is a command of git's that prints what those started by GitPython inherit.
        one_shot = reader.ask("-c", "alias.canary=!env", "canary")

    assert b"GIT_NO_REPLACE_OBJECTS" in environ
    assert b"GIT_NO_REPLACE_OBJECTS" in one_shot
    assert CANARY.encode() not in environ
    assert CANARY.encode() not in one_shot


def test_no_process_is_left_behind(make_repository: MAKE) -> None:
    with open_objects(make_repository({"a": "1"}).git_dir) as reader:
        (entry,) = reader.entries("HEAD")
        reader.read(entry.sha, 10)
        pid = reader.pid
    assert not Path(f"/proc/{pid}").exists()
    assert reader.pid is None


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a repository to another user")
def test_a_repository_of_another_owner_is_read(make_repository: MAKE) -> None:
    repository = make_repository({"a": "1"})
    for path in (repository.git_dir, *repository.git_dir.rglob("*")):
        os.chown(path, 65534, 65534)
    assert stat.S_ISDIR(repository.git_dir.stat().st_mode)
    control = subprocess.run(
        ["git", "log"],
        cwd=repository.folder,
        env={"PATH": os.defpath},
        capture_output=True,
        check=False,
    )

    with open_objects(repository.git_dir) as reader:
        (entry,) = reader.entries(reader.resolve("HEAD"))
        assert reader.read(entry.sha, 10) == b"1"
    assert b"dubious" in control.stderr


def test_a_replaced_object_is_read_as_it_was_committed(make_repository: MAKE) -> None:
    repository = make_repository({"a": "true"})
    old = repository.git("rev-parse", "HEAD:a")
    new = repository.git("hash-object", "-w", "--stdin", stdin=b"false")
    repository.git("replace", old, new)

    with open_objects(repository.git_dir) as reader:
        assert reader.read(old, 10) == b"true"


def test_the_history_of_a_path_is_that_path_s_alone(make_repository: MAKE) -> None:
    repository = make_repository({"a.py": "x = 1\n", "b.py": "y = 1\n"})
    for number in (2, 3):
        (repository.folder / "a.py").write_text(f"x = {number}\n")
        repository.git("commit", "-q", "-a", "-m", f"x is {number}\x1f now\n\nA body.")

    with open_objects(repository.git_dir) as reader:
        newest, *rest = reader.history("HEAD", "a.py", 2)

        assert newest.sha == repository.git("rev-parse", "HEAD")
        assert [one.subject for one in (newest, *rest)] == ["x is 3\x1f now", "x is 2\x1f now"]
        assert len(reader.history("HEAD", "b.py", 9)) == 1
        assert reader.history("HEAD", ":(glob)*", 9) == ()
        assert reader.history("HEAD", "*.py", 9) == ()


_WAITING = """
import sys
from pathlib import Path
from bot.interrupts import settling
from scoping.objects import open_objects
with settling(), open_objects(Path(sys.argv[1])) as reader:
    reader.entries("HEAD")
"""


def test_an_interruption_ends_a_git_that_hangs_and_waits_for_nothing(make_repository: MAKE) -> None:
    git_dir = make_repository({"a.py": "x"}).git_dir
    (git_dir / "objects/info").mkdir(exist_ok=True)
    os.mkfifo(git_dir / "objects/info/alternates")  # whoever reads it waits for a writer

    argv = [sys.executable, "-P", "-c", _WAITING, str(git_dir)]
    waiting = subprocess.Popen(argv, stderr=subprocess.PIPE, start_new_session=True)
    with ended(waiting) as child:
        while not _is_listing(git_dir):
            assert child.poll() is None
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=40)  # a third of what git may take
        until = time.monotonic() + LIMIT_S
        while _is_listing(git_dir):  # it was killed, and takes its time to go
            assert time.monotonic() < until

    assert b"KeyboardInterrupt" in said


def _is_listing(git_dir: Path) -> bool:
    argv = ["ps", "-e", "-ww", "-o", "stat=,args="]
    listed = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    lines = [line for line in listed.splitlines() if not line.startswith("Z")]
    return any(f"--git-dir={git_dir} " in line and " ls-tree " in line for line in lines)


def test_past_commits_are_told_with_what_each_changed(make_repository: MAKE) -> None:
    repository = make_repository({"a.py": "1\n"})
    repository.commit({"a.py": "2\n", "näme\n.py": "3\n"})
    message = "A \x1e1\x1f message\n\nof \x1f two parts"
    repository.git("commit", "-q", "--allow-empty", "-m", message)
    # A setting of a stranger's that would run a program of his for each commit.
    repository.git("config", "log.showSignature", "true")
    repository.git("config", "gpg.program", "/nonexistent/gpg")

    with open_objects(repository.git_dir) as reader:
        found = reader.past("HEAD", 10)

    assert found[-1].paths == ("a.py", "näme\n.py")
    assert found[0].message.startswith("A ")
    assert found[-1].time_s == 1767225600
