import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from validators.checkout import (
    CheckoutRefusal,
    Clone,
    apply_diff,
    commit,
    diff_text,
    file_changes,
    line_counts,
    list_files,
    materialise,
    not_ignored,
    open_clone,
    raw_changes,
    read_blobs,
    read_file,
    resolve_tree,
    uncommitted,
    uncommitted_paths,
    working_tree,
    write_tree,
)
from validators.clones.tree_names import why_unsafe
from validators.git import GitRefusal, git
from validators.sandbox import Changes, FileChange

ODD_NAMES = ('new\nline "quoted" \ttab.txt', "caf\udce9.txt", "dir\\back.txt", ":(top)magic", "-x")
AUTHOR = "Ada Lovelace <ada@example.org>"

MakeClone = Callable[..., Clone]


def plain(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    """Git as a person runs it, for setting the stage."""
    argv = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments]
    done = subprocess.run(argv, cwd=folder, capture_output=True, check=True, input=stdin)
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def write(path: Path, content: bytes = b"one\ntwo\nthree\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    plain(folder, "init", "-q", "-b", "main")
    for name in ("a.txt", "src/b.py", *ODD_NAMES):
        write(folder / name)
    write(folder / "run.sh").chmod(0o4755)
    (folder / "link").symlink_to("/etc/passwd")
    write(folder / ".gitignore", b"*.pyc\nbuild/\nkept.pyc\n")
    write(folder / "src/.gitignore", b"!wanted.pyc\n")
    write(folder / "kept.pyc")
    plain(folder, "add", ".")
    plain(folder, "add", "-f", "kept.pyc")
    plain(folder, "commit", "-q", "-m", "first")
    return folder


@pytest.fixture
def make_clone(tmp_path: Path) -> MakeClone:
    def make(repository: Path, revision: str = "HEAD") -> Clone:
        number = sum(1 for _ in tmp_path.glob("clone-*"))
        return open_clone(repository, revision, tmp_path / f"clone-{number}")

    return make


@pytest.fixture
def clone(repository: Path, make_clone: MakeClone) -> Clone:
    return make_clone(repository)


def fingerprint(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Everything a change could leave in ``folder``: names, modes, times, bytes."""
    found = {}
    for path in sorted(folder.rglob("*"), key=str):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        digest = hashlib.sha256(content).hexdigest()
        found[str(path)] = (status.st_mode, status.st_mtime_ns, digest)
    return found


def trap(repository: Path, canary: Path) -> None:
    """Let every way a repository has to name a program touch ``canary``."""
    program = f"sh -c 'touch {canary}; cat'"
    hooks = repository / "hooks"
    for name in ("post-index-change", "reference-transaction", "post-checkout", "pre-commit"):
        write(hooks / name, f"#!/bin/sh\ntouch {canary}\n".encode()).chmod(0o755)
    included = write(repository / "more.config", f"[core]\n\tpager = {program}\n".encode())
    attributes = b"* filter=evil diff=evil merge=evil\n"
    write(repository / ".gitattributes", attributes)
    write(repository / ".git/info/attributes", attributes)
    for key, value in {
        "core.fsmonitor": f"touch {canary}; false",
        "core.hooksPath": str(hooks),
        "core.pager": program,
        "core.sshCommand": program,
        "core.editor": program,
        "core.alternateRefsCommand": program,
        "alias.status": f"!{program}",
        "alias.diff-tree": f"!{program}",
        "diff.external": program,
        "diff.evil.command": program,
        "diff.evil.textconv": program,
        "filter.evil.clean": program,
        "filter.evil.smudge": program,
        "filter.evil.process": program,
        "filter.evil.required": "true",
        "merge.evil.driver": program,
        "gpg.program": program,
        "commit.gpgSign": "true",
        "include.path": str(included),
    }.items():
        plain(repository, "config", key, value)


# --- opening -------------------------------------------------------------------------------------


def test_a_clone_is_at_the_commit_and_outside_the_repository(
    repository: Path, clone: Clone
) -> None:
    assert clone.base_commit == plain(repository, "rev-parse", "HEAD")
    assert clone.base_tree == plain(repository, "rev-parse", "HEAD^{tree}")
    assert clone.repository == repository
    assert clone.original_git_dir == repository / ".git"
    assert not clone.git_dir.is_relative_to(repository)


def test_nothing_of_the_original_changes_and_nothing_it_names_runs(
    repository: Path, make_clone: MakeClone, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    trap(repository, canary)
    write(repository / "a.txt", b"changed\n")
    write(repository / "untracked.txt", b"untracked\n")
    before = fingerprint(repository)
    clone = make_clone(repository)
    materialise(clone, clone.base_tree, tmp_path / "tree")
    # Contents and a folder the original has already: git would renew their time stamps there.
    known = b"one\ntwo\nthree\n"
    changes = [
        FileChange("src/b.py", "100644", b"new\n"),
        FileChange("copy.txt", "100644", known),
        FileChange("moved/b.py", "100644", known),
        FileChange("moved/.gitignore", "100644", b"!wanted.pyc\n"),
    ]
    tree = write_tree(clone, clone.base_tree, changes)
    assert diff_text(clone, clone.base_tree, tree)
    assert raw_changes(clone, clone.base_tree, tree)
    assert uncommitted(clone, repository) == 8
    assert working_tree(clone, repository) != clone.base_tree
    commit(clone, tree, clone.base_commit, "words", AUTHOR, "2026-01-01T00:00:00+00:00")
    assert fingerprint(repository) == before
    assert not canary.exists()
    subprocess.run(["git", "diff"], cwd=repository, check=False, capture_output=True)
    assert canary.exists(), "the trap itself must work, or this test proves nothing"


def test_a_folder_of_the_repository_or_one_with_files_is_no_place_for_a_clone(
    repository: Path, tmp_path: Path
) -> None:
    for place in (repository / ".git" / "clone", tmp_path):
        with pytest.raises(CheckoutRefusal, match="not an empty folder"):
            open_clone(repository, "HEAD", place)


def test_a_linked_work_tree_opens_at_its_own_commit(
    repository: Path, make_clone: MakeClone, tmp_path: Path
) -> None:
    plain(repository, "worktree", "add", "-q", "-b", "side", str(tmp_path / "linked"))
    write(tmp_path / "linked/side.txt")
    plain(tmp_path / "linked", "add", ".")
    plain(tmp_path / "linked", "commit", "-q", "-m", "second")
    clone = make_clone(tmp_path / "linked")
    assert read_file(clone, clone.base_tree, "side.txt") is not None
    assert uncommitted(clone, tmp_path / "linked") == 0


def test_a_bare_repository_and_one_that_borrows_from_another_open_too(
    repository: Path, make_clone: MakeClone, tmp_path: Path
) -> None:
    plain(tmp_path, "clone", "-q", "--bare", "--shared", str(repository), "bare.git")
    clone = make_clone(tmp_path / "bare.git")
    assert clone.repository == tmp_path / "bare.git"
    assert uncommitted(clone, clone.repository) == 0
    assert working_tree(clone, clone.repository) == clone.base_tree
    assert read_file(clone, clone.base_tree, "a.txt") == ("100644", b"one\ntwo\nthree\n")


def test_a_repository_with_longer_hashes_opens_too(make_clone: MakeClone, tmp_path: Path) -> None:
    folder = tmp_path / "long"
    folder.mkdir()
    plain(folder, "init", "-q", "--object-format=sha256")
    write(folder / "a.txt")
    plain(folder, "add", ".")
    plain(folder, "commit", "-q", "-m", "first")
    clone = make_clone(folder)
    tree = write_tree(clone, clone.base_tree, [FileChange("a.txt", "000000")])
    assert len(tree) == 64
    assert list_files(clone, tree) == ()


def test_a_shallow_clone_opens_at_what_it_has(
    repository: Path, make_clone: MakeClone, tmp_path: Path
) -> None:
    plain(repository, "commit", "-q", "--allow-empty", "-m", "second")
    plain(tmp_path, "clone", "-q", "--depth=1", repository.as_uri(), "shallow")
    clone = make_clone(tmp_path / "shallow")
    made = commit(clone, clone.base_tree, clone.base_commit, "w", AUTHOR, "2026-01-01T00:00:00")
    assert git(clone.git_dir, "rev-list", "--count", made.sha).strip() == b"2"


def test_a_partial_clone_says_what_is_missing_and_how_to_get_it(
    repository: Path, make_clone: MakeClone, tmp_path: Path
) -> None:
    plain(repository, "config", "uploadpack.allowFilter", "true")
    arguments = ("--no-checkout", "--filter=blob:none", repository.as_uri(), "partial")
    plain(tmp_path, "clone", "-q", *arguments)
    with pytest.raises(CheckoutRefusal, match=r"4 objects .*git fetch --refetch --no-filter"):
        make_clone(tmp_path / "partial")
    plain(tmp_path / "partial", "fetch", "-q", "--refetch", "--no-filter")
    clone = make_clone(tmp_path / "partial")
    materialise(clone, clone.base_tree, tmp_path / "tree")
    assert (tmp_path / "tree/a.txt").exists()


def test_a_path_with_a_line_break_can_be_borrowed_from(
    repository: Path, make_clone: MakeClone, tmp_path: Path
) -> None:
    odd = tmp_path / 'odd "\\\n folder'
    repository.rename(odd)
    clone = open_clone(odd, "HEAD", tmp_path / "odd \n clone")
    tree = write_tree(clone, clone.base_tree, [FileChange("x", "100644", b"x\n")])
    assert read_file(clone, tree, "x") == ("100644", b"x\n")


# --- reading -------------------------------------------------------------------------------------


def test_every_file_is_listed_with_mode_and_size_whatever_its_name(clone: Clone) -> None:
    files = {file.path: (file.mode, file.size) for file in list_files(clone, clone.base_tree)}
    assert files["run.sh"] == ("100755", 14)
    assert files["link"] == ("120000", len("/etc/passwd"))
    assert set(ODD_NAMES) < set(files)


def test_a_file_is_read_by_its_exact_name(clone: Clone) -> None:
    for name in ODD_NAMES:
        assert read_file(clone, clone.base_tree, name) == ("100644", b"one\ntwo\nthree\n")
    assert read_file(clone, clone.base_tree, "link") == ("120000", b"/etc/passwd")
    for name in ("src", "src/", "missing", "../a.txt", "/a.txt", "*.txt", "", "a.txt/x"):
        assert read_file(clone, clone.base_tree, name) is None


def test_a_blob_that_is_missing_is_a_refusal(clone: Clone) -> None:
    with pytest.raises(CheckoutRefusal, match=r"lacks object eeee.*git fsck"):
        list(read_blobs(clone, ["e" * 40]))


def test_what_is_no_hash_is_never_handed_to_git(clone: Clone) -> None:
    for text in ("HEAD", "--help", "g" * 40, ""):
        with pytest.raises(CheckoutRefusal, match="not the hash"):
            list_files(clone, text)


# --- writing trees -------------------------------------------------------------------------------


def test_contents_come_back_byte_for_byte(clone: Clone) -> None:
    contents = (b"", b"\r\n\r", b"\0\xff", b"\xef\xbb\xbfbom", b"$Id$\n")
    attributes = FileChange(".gitattributes", "100644", b"* text eol=crlf ident\n")
    changes = [FileChange(f"{n}.bin", "100644", content) for n, content in enumerate(contents)]
    tree = write_tree(clone, clone.base_tree, [attributes, *changes])
    for number, content in enumerate(contents):
        assert read_file(clone, tree, f"{number}.bin") == ("100644", content)


def test_a_file_may_replace_a_folder_and_a_folder_a_file(clone: Clone) -> None:
    changes = [
        FileChange("src", "100644", b"now a file\n"),
        FileChange("a.txt/inner", "100755", b"now a folder\n"),
        FileChange("src/b.py", "000000"),
    ]
    tree = write_tree(clone, clone.base_tree, changes)
    paths = {file.path for file in list_files(clone, tree)}
    assert {"src", "a.txt/inner"} <= paths
    assert not {"a.txt", "src/b.py", "src/.gitignore"} & paths


def test_deleting_what_is_not_there_and_changing_nothing_leave_the_tree(clone: Clone) -> None:
    assert write_tree(clone, clone.base_tree, []) == clone.base_tree
    gone = FileChange("never/was", "000000")
    assert write_tree(clone, clone.base_tree, [gone]) == clone.base_tree


@pytest.mark.parametrize(
    "path",
    [
        "../out", "a/../../out", "/etc/passwd", "", ".", "a//b", "a/", ".git/config",
        "sub/.GIT/hooks/x", ".g\u200cit/config", "git~1/config", ".git ./config",
        ".git::$INDEX_ALLOCATION/config", "a\\.git\\config", "nul\0byte",
    ],
)  # fmt: skip
def test_a_path_that_leaves_the_tree_or_is_gits_own_is_refused(clone: Clone, path: str) -> None:
    assert why_unsafe(path)
    for mode, content in (("100644", b"x"), ("000000", None)):
        with pytest.raises(CheckoutRefusal, match="refused"):
            write_tree(clone, clone.base_tree, [FileChange(path, mode, content)])


@pytest.mark.parametrize("path", [".gitignore", ".github/x", "a.git/x", "digit", "git", *ODD_NAMES])
def test_a_path_that_is_merely_odd_is_taken(clone: Clone, path: str) -> None:
    tree = write_tree(clone, clone.base_tree, [FileChange(path, "100644", b"odd\n")])
    assert read_file(clone, tree, path) == ("100644", b"odd\n")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ([FileChange("a", "100666", b"")], "no file mode"),
        ([FileChange("a", "100644")], "has no content"),
        ([FileChange("a", "000000", b"")], "has no content"),
        ([FileChange("a", "100644", b""), FileChange("a", "000000")], "twice"),
        ([FileChange("a", "100644", b""), FileChange("a/b", "100644", b"")], "is a file, too"),
        ([FileChange("a", "160000", b"HEAD")], "not the hash"),
        ([FileChange(".gitmodules", "120000", b"x")], "git does not take"),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    clone: Clone, changes: list[FileChange], why: str
) -> None:
    with pytest.raises(CheckoutRefusal, match=why):
        write_tree(clone, clone.base_tree, changes)


def test_a_diff_is_applied_without_a_work_tree_or_refused(clone: Clone) -> None:
    diff = b"--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"
    tree = apply_diff(clone, clone.base_tree, diff)
    assert read_file(clone, tree, "a.txt") == ("100644", b"one\n2\nthree\n")
    with pytest.raises(CheckoutRefusal, match="does not apply"):
        apply_diff(clone, tree, diff)
    with pytest.raises(CheckoutRefusal, match="does not apply"):
        apply_diff(clone, tree, diff.replace(b"a.txt", b"../a.txt"))


# --- differences ---------------------------------------------------------------------------------


def test_differences_are_told_by_entry_by_content_and_by_line(clone: Clone) -> None:
    odd = ODD_NAMES[0]
    changes = [
        FileChange("a.txt", "000000"),
        FileChange("moved.txt", "100644", b"one\ntwo\nthree\nfour\n"),
        FileChange("run.sh", "100644", b"one\ntwo\nthree\n"),
        FileChange(odd, "100644", b"one\nthree\n"),
        FileChange("data.bin", "100644", b"\0"),
        FileChange("module", "160000", b"a" * 40),
        FileChange("link", "100644", b"no link\n"),
    ]
    tree = write_tree(clone, clone.base_tree, changes)
    raw = {change.path: change for change in raw_changes(clone, clone.base_tree, tree)}
    assert {path: change.status for path, change in raw.items()} == {
        "moved.txt": "R", "run.sh": "M", odd: "M", "data.bin": "A", "module": "A", "link": "T",
    }  # fmt: skip
    assert raw["moved.txt"].old_path == "a.txt"
    assert (raw["run.sh"].old_mode, raw["run.sh"].new_mode) == ("100755", "100644")
    assert sorted(file_changes(clone, clone.base_tree, tree), key=lambda c: c.path) == sorted(
        changes, key=lambda c: c.path
    )
    counts = {c.path: (c.added, c.removed, c.binary) for c in line_counts(
        clone, clone.base_tree, tree
    )}  # fmt: skip
    assert counts["moved.txt"] == (1, 0, False)
    assert counts[odd] == (0, 1, False)
    assert counts["data.bin"] == (0, 0, True)


def test_file_changes_rebuild_the_tree_they_were_taken_from(clone: Clone) -> None:
    diff = b"--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+new\n"
    tree = apply_diff(clone, clone.base_tree, diff)
    changes = file_changes(clone, clone.base_tree, tree)
    assert write_tree(clone, clone.base_tree, changes) == tree
    assert file_changes(clone, tree, tree) == ()


def test_a_tree_cannot_hide_a_change_by_calling_it_binary(clone: Clone) -> None:
    hide = FileChange(".gitattributes", "100644", b"* binary -diff\n")
    change = FileChange("a.txt", "100644", b"hidden\n")
    tree = write_tree(clone, clone.base_tree, [hide, change])
    counts = {count.path: count for count in line_counts(clone, clone.base_tree, tree)}
    assert (counts["a.txt"].added, counts["a.txt"].binary) == (1, False)
    assert "+hidden" in diff_text(clone, clone.base_tree, tree)


def test_a_diff_shows_the_asked_paths_and_says_what_was_cut(clone: Clone) -> None:
    changes = [FileChange("a.txt", "100644", b"x\n"), FileChange("-x", "100644", b"y\n")]
    tree = write_tree(clone, clone.base_tree, changes)
    only = diff_text(clone, clone.base_tree, tree, ["-x"])
    assert "+y" in only
    assert "+x" not in only
    cut = diff_text(clone, clone.base_tree, tree, limit_bytes=20)
    assert cut.startswith("diff --git a/-x b/-x\n[... ")
    assert cut.endswith(" bytes left out ...]\n")


# --- written out ---------------------------------------------------------------------------------


def test_a_tree_is_written_out_as_it_is_stored(clone: Clone, tmp_path: Path) -> None:
    changes = [
        FileChange(".gitattributes", "100644", b"* text eol=crlf ident filter=lfs\n"),
        FileChange("module", "160000", b"a" * 40),
        FileChange("dangling/link", "120000", b"../\xff"),
    ]
    tree = write_tree(clone, clone.base_tree, changes)
    out = tmp_path / "tree"
    before = os.umask(0o077)
    try:
        materialise(clone, tree, out)
    finally:
        os.umask(before)
    for name in ODD_NAMES:
        assert (out / name).read_bytes() == b"one\ntwo\nthree\n"
    assert (out / "run.sh").stat().st_mode & 0o7777 == 0o755
    assert (out / "a.txt").stat().st_mode & 0o7777 == 0o644
    assert (out / "src").stat().st_mode & 0o7777 == 0o755
    assert os.fsencode((out / "dangling/link").readlink()) == b"../\xff"
    assert (out / "link").readlink() == Path("/etc/passwd")
    assert list((out / "module").iterdir()) == []
    assert not (out / ".git").exists()


def test_files_are_written_to_a_new_folder_only(clone: Clone, tmp_path: Path) -> None:
    with pytest.raises(CheckoutRefusal, match="not empty"):
        materialise(clone, clone.base_tree, tmp_path)


def test_many_bytes_are_read_in_batches(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("validators.clones.materialise._BATCH_BYTES", 20)
    materialise(clone, clone.base_tree, tmp_path / "tree")
    assert (tmp_path / "tree/src/b.py").read_bytes() == b"one\ntwo\nthree\n"


def hostile_tree(clone: Clone, entries: bytes) -> str:
    """A tree no honest git makes: written as raw bytes, unchecked."""
    arguments = ("hash-object", "-w", "-t", "tree", "--literally", "--stdin")
    return git(clone.git_dir, *arguments, stdin=entries).decode().strip()


@pytest.mark.parametrize("name", [b"..", b".git", b".GIT", b"git~1"])
def test_a_tree_that_would_write_elsewhere_is_refused(
    clone: Clone, tmp_path: Path, name: bytes
) -> None:
    blob = git(clone.git_dir, "hash-object", "-w", "--stdin", stdin=b"x").decode().strip()
    inner = hostile_tree(clone, b"100644 hooks\0" + bytes.fromhex(blob))
    tree = hostile_tree(clone, b"40000 " + name + b"\0" + bytes.fromhex(inner))
    with pytest.raises(CheckoutRefusal, match="refused"):
        materialise(clone, tree, tmp_path / "tree")
    with pytest.raises((CheckoutRefusal, GitRefusal)):
        write_tree(clone, tree, [])


def test_a_tree_that_writes_through_its_own_link_is_refused(clone: Clone, tmp_path: Path) -> None:
    blob = git(clone.git_dir, "hash-object", "-w", "--stdin", stdin=b"/etc").decode().strip()
    inner = hostile_tree(clone, b"100644 passwd\0" + bytes.fromhex(blob))
    link = b"120000 a\0" + bytes.fromhex(blob)
    for entries, why in (
        (link + b"40000 a\0" + bytes.fromhex(inner), "is a file, too"),
        (link + b"100644 a\0" + bytes.fromhex(blob), "twice"),
    ):
        tree = hostile_tree(clone, entries)
        with pytest.raises(CheckoutRefusal, match=why):
            materialise(clone, tree, tmp_path / "tree")
    assert list((tmp_path / "tree").iterdir()) == []


# --- commits -------------------------------------------------------------------------------------


def test_the_same_words_make_the_same_commit_in_another_clone(
    repository: Path, make_clone: MakeClone
) -> None:
    made = []
    for clone in (make_clone(repository), make_clone(repository)):
        tree = write_tree(clone, clone.base_tree, [FileChange("a.txt", "100644", b"x\n")])
        at = "2026-11-21T08:11:00.123456+02:00"
        made.append(commit(clone, tree, clone.base_commit, "Füll\n\nwords\n", AUTHOR, at))
    assert made[0] == made[1]
    git(make_clone(repository).git_dir, "unpack-objects", "-q", "--strict", stdin=made[0].pack)


def test_a_commit_says_who_and_when(clone: Clone) -> None:
    made = commit(clone, clone.base_tree, clone.base_commit, "w\n", AUTHOR, "2026-01-01T00:00:00Z")
    shown = git(clone.git_dir, "log", "-1", "--format=%an|%ae|%cI|%P|%s", made.sha).decode()
    assert shown == f"Ada Lovelace|ada@example.org|2026-01-01T00:00:00+00:00|{made.parent}|w\n"


def test_a_commit_at_no_time_is_refused(clone: Clone) -> None:
    with pytest.raises(CheckoutRefusal, match="'yesterday' is not a time"):
        commit(clone, clone.base_tree, clone.base_commit, "w\n", AUTHOR, "yesterday")


# --- the user's uncommitted work -----------------------------------------------------------------


def test_uncommitted_work_is_what_differs_and_what_is_new(repository: Path, clone: Clone) -> None:
    assert uncommitted_paths(clone, repository) == ()
    write(repository / "a.txt", b"one\ntwo\nTHREE\n")
    (repository / "src/b.py").unlink()
    (repository / "run.sh").chmod(0o644)
    plain(repository, "rm", "-q", "--cached", "link")
    write(repository / "new/file\n.txt")
    write(repository / "build/ignored")
    write(repository / "mine.txt")
    write(repository / ".git/info/exclude", b"mine.txt\n")
    assert uncommitted(clone, repository / "src") == 5
    expected = ("a.txt", "link", "new/file\n.txt", "run.sh", "src/b.py")
    assert uncommitted_paths(clone, repository) == expected
    assert uncommitted(clone, repository) == 5
    tracked_only = uncommitted_paths(clone, repository, untracked=False)
    assert tracked_only == ("a.txt", "link", "run.sh", "src/b.py")


def test_a_file_changed_in_the_instant_of_the_index_is_seen(repository: Path, clone: Clone) -> None:
    status = (repository / "a.txt").stat()
    (repository / "a.txt").write_bytes(b"ONE\ntwo\nthree\n")
    for path in (repository / "a.txt", repository / ".git/index"):
        os.utime(path, ns=(status.st_mtime_ns, status.st_mtime_ns))
    assert uncommitted_paths(clone, repository) == ("a.txt",)


def test_settings_on_line_ends_and_modes_are_the_users(repository: Path, clone: Clone) -> None:
    plain(repository, "config", "core.autocrlf", "true")
    plain(repository, "config", "core.fileMode", "false")
    plain(repository, "config", "core.eol", "nonsense")
    write(repository / "a.txt", b"one\r\ntwo\r\nthree\r\n")
    (repository / "run.sh").chmod(0o644)
    assert uncommitted_paths(clone, repository) == ()


def test_an_index_in_two_halves_is_read_whole(repository: Path, clone: Clone) -> None:
    plain(repository, "update-index", "--split-index")
    write(repository / "staged.txt")
    plain(repository, "add", "staged.txt")
    assert list((repository / ".git").glob("sharedindex.*"))
    assert uncommitted_paths(clone, repository) == ("staged.txt",)


def test_the_uncommitted_work_makes_a_tree(repository: Path, clone: Clone) -> None:
    assert working_tree(clone, repository) == clone.base_tree
    plain(repository, "config", "core.autocrlf", "true")
    write(repository / "a.txt", b"one\r\nTWO\r\nthree\r\n")
    write(repository / "new.txt", b"new\n")
    (repository / "src/b.py").unlink()
    (repository / "src/.gitignore").unlink()
    (repository / "src").rmdir()
    write(repository / "src", b"no folder\n")
    (repository / "run.sh").unlink()
    write(repository / "run.sh/inner", b"a folder\n")
    write(repository / ODD_NAMES[0], b"changed\n")
    plain(repository, "init", "-q", "nested")
    before = fingerprint(repository)
    tree = working_tree(clone, repository)
    assert fingerprint(repository) == before
    changed = {change.path: change.content for change in file_changes(clone, clone.base_tree, tree)}
    assert changed == {
        "a.txt": b"one\nTWO\nthree\n",
        "new.txt": b"new\n",
        "src": b"no folder\n",
        "src/b.py": None,
        "src/.gitignore": None,
        "run.sh": None,
        "run.sh/inner": b"a folder\n",
        ODD_NAMES[0]: b"changed\n",
    }


def test_a_commit_younger_than_the_clone_has_a_tree_too(repository: Path, clone: Clone) -> None:
    write(repository / "a.txt", b"younger\n")
    plain(repository, "commit", "-qam", "second")
    tree = resolve_tree(clone, "main")
    assert read_file(clone, tree, "a.txt") == ("100644", b"younger\n")
    with pytest.raises(CheckoutRefusal, match="no commit 'nowhere'"):
        resolve_tree(clone, "nowhere")


def test_without_an_index_every_file_of_the_base_is_gone(repository: Path, clone: Clone) -> None:
    (repository / ".git/index").unlink()
    assert "a.txt" in uncommitted_paths(clone, repository)


def test_a_config_that_cannot_be_read_is_said(repository: Path, clone: Clone) -> None:
    write(repository / ".git/config", b"[core\n")
    with pytest.raises(GitRefusal, match="bad config"):
        uncommitted(clone, repository)


# --- what a tree asks to ignore ------------------------------------------------------------------


def test_new_files_the_tree_ignores_are_no_change(clone: Clone) -> None:
    paths = (
        "x.pyc", "src/x.pyc", "src/wanted.pyc", "build/out", "deep/build/out", "kept.pyc",
        "plain.txt", ":(top)y", ":(top)y.pyc", "caf\udce9.pyc", "n\nl.pyc",
    )  # fmt: skip
    changes = Changes(
        tuple(FileChange(path, "100644", b"") for path in paths), (("pipe", "it is a pipe"),)
    )
    kept = not_ignored(clone, clone.base_tree, changes)
    assert [change.path for change in kept.files] == [
        "src/wanted.pyc", "kept.pyc", "plain.txt", ":(top)y",
    ]  # fmt: skip
    assert kept.refused == changes.refused


def test_nothing_is_ignored_where_nothing_says_so(clone: Clone) -> None:
    changes = Changes((FileChange("plain.txt", "100644", b""),))
    assert not_ignored(clone, clone.base_tree, changes) == changes
    gone = [
        FileChange(".gitignore", "000000"),
        FileChange("src/.gitignore", "120000", b"/etc/passwd"),
    ]
    tree = write_tree(clone, clone.base_tree, gone)
    changes = Changes((FileChange("x.pyc", "100644", b""),))
    assert not_ignored(clone, tree, changes) == changes


def test_a_clone_that_was_damaged_is_said(clone: Clone) -> None:
    (clone.git_dir / "config").write_text("[core\n")
    with pytest.raises(GitRefusal):
        not_ignored(clone, clone.base_tree, Changes((FileChange("new", "100644", b""),)))
