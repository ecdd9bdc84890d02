"""Files that are odd, huge, elsewhere or no files at all: named, left alone, and never a hang."""

import os
import socket
import stat
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.bad_input import NotHereError, Row, Setting, judge
from tests.e2e.repositories import (
    as_nobody,
    at,
    gated,
    git,
    made,
    proposed,
    save,
    scoped,
    write,
)

pytestmark = pytest.mark.sandbox

LISTED = r"^files:"
PROPOSED = r"^run \S+: proposed"
PASSES = r"^verdict: pass"
ODD_NAMES = (
    b"caf\xe9.txt",
    b"two  words.txt",
    b"quote'and\"more.txt",
    b"line\nbreak.txt",
    b"tab\there.txt",
    b"-dash.txt",
    b"--output=x",
    b":(top)magic.txt",
    b"back\\slash.txt",
    b"*.txt",
    b"\x1b[31mred.txt",
    "\N{RIGHT-TO-LEFT OVERRIDE}txt.exe".encode(),
    "\N{SNOWMAN}\N{GRINNING FACE}.txt".encode(),
    b"n" * 251 + b".txt",
)
ODD_CONTENTS = {
    b"latin-1.txt": b"caf\xe9\r\n",
    b"utf-16.txt": "one\ntwo\n".encode("utf-16"),
    b"nul.txt": b"one\0two\n",
    b"no-line-end.py": b"x = 1",
    b"empty.py": b"",
    b"latin-1.py": b"# -*- coding: latin-1 -*-\nx = 'caf\xe9'\n",
    b"invalid.py": b"\xff\xfe\x00def (",
}

Command = Callable[..., Setting]


def odd(command: Command, *, changed: bool = False) -> Callable[[Path], Setting]:
    """A repository of files with odd names and contents, which are then changed."""

    def build(folder: Path) -> Setting:
        repo = made(folder)
        for name in ODD_NAMES:
            put(repo, name, b"one\n")
        for name, content in ODD_CONTENTS.items():
            put(repo, name, content)
        save(repo)
        for name in (*ODD_NAMES, *ODD_CONTENTS) if changed else ():
            put(repo, name, b"two\n")
            put(repo, b"new " + name[:200], b"new\n")
        return command(repo)

    return build


def put(repo: Path, name: bytes, content: bytes) -> None:
    Path(os.fsdecode(os.fsencode(repo) + b"/" + name)).write_bytes(content)


def deep(command: Command) -> Callable[[Path], Setting]:
    """A file behind a path of 4,000 bytes, which no file system here can write in one piece."""

    def build(folder: Path) -> Setting:
        repo = made(folder)
        long = "/".join(["d" * 199] * 20) + "/f.txt"
        blob = git(repo, "hash-object", "-w", "--stdin", stdin=b"deep\n")
        tree = git(repo, "ls-tree", "-r", "-z", "HEAD") + f"100644 blob {blob}\t{long}\0"
        listed = tree.replace(" blob ", " ").encode()
        git(repo, "update-index", "-z", "--index-info", stdin=listed)
        git(repo, "update-index", "--skip-worktree", "-z", "--stdin", stdin=f"{long}\0".encode())
        git(repo, "commit", "-q", "-m", "deep")
        return command(repo)

    return build


def twins(command: Command) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        write(repo, {"README.md": "one\n", "readme.md": "another\n"})
        name = "caf\N{LATIN SMALL LETTER E WITH ACUTE}.txt"
        write(repo, {name: "one\n", unicodedata.normalize("NFD", name): "another\n"})
        save(repo)
        write(repo, {"readme.md": "changed\n"})
        return command(repo)

    return build


def linked(command: Command, *, committed: bool = True) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        for name, target in (
            ("loop", "loop"),
            ("there", "back"),
            ("back", "there"),
            ("up", ".."),
            ("outside", "/etc/passwd"),
            ("devices", "/dev"),
            ("dangling", "nowhere/at all"),
        ):
            (repo / name).symlink_to(target)
        if committed:
            save(repo)
        return command(repo)

    return build


def special(command: Command, *, tracked: bool = False) -> Callable[[Path], Setting]:
    """A pipe, a socket and a device among the user's files; opening the pipe would hang."""

    def build(folder: Path) -> Setting:
        repo = made(folder)
        os.mkfifo(repo / "pipe")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.path.relpath(repo / "socket"))
        if os.geteuid() == 0:
            os.mknod(repo / "device", stat.S_IFCHR | 0o666, os.makedev(1, 5))
        write(repo, {"b.txt": "new\n"})
        if tracked:
            (repo / "a.txt").unlink()
            os.mkfifo(repo / "a.txt")
        return command(repo)

    return build


def pipe_named(name: str, command: Command) -> Callable[[Path], Setting]:
    """A pipe where git itself reads a file of the user's; nobody ever writes into it."""

    def build(folder: Path) -> Setting:
        repo = made(folder)
        (repo / "sub").mkdir()
        os.mkfifo(repo / "sub" / name)
        write(repo, {"sub/b.txt": "new\n"})
        return command(repo)

    return build


def huge(command: Command, *, committed: bool) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        with (repo / "huge.bin").open("wb") as file:
            file.truncate(200 * 1024**2)
        if committed:
            git(repo, "-c", "core.compression=0", "add", "huge.bin")
            git(repo, "commit", "-q", "-m", "huge")
        return command(repo)

    return build


def many(command: Command) -> Callable[[Path], Setting]:
    """50,000 small files, made without writing them out."""

    def build(folder: Path) -> Setting:
        repo = made(folder)
        stream = ["commit refs/heads/many\ncommitter ada <a@localhost> 1767323045 +0000\ndata 4\n"]
        stream.append("many\nfrom refs/heads/main\n")
        for number in range(50_000):
            text = f"def f{number}():\n    return {number}\n"
            path = f"d{number % 500}/f{number}.txt"
            stream.append(f"M 100644 inline {path}\ndata {len(text)}\n{text}\n")
        git(repo, "fast-import", "--quiet", stdin="".join(stream).encode())
        return command(repo, "--base", "many")

    return build


def unreadable(folder: Path, command: Command) -> Setting:
    repo = made(folder)
    before = as_nobody(folder)
    write(repo, {"a.txt": "changed\n", "closed/b.txt": "new\n"})
    (repo / "a.txt").chmod(0o600 if before else 0)
    (repo / "closed").chmod(0o700 if before else 0)

    def after() -> None:
        (repo / "closed").chmod(0o755)

    return Setting(command(repo).argv, before=before, after=after)


def sparse(command: Command) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        write(repo, {"near/a.txt": "one\n", "far/b.txt": "one\n"})
        save(repo)
        git(repo, "sparse-checkout", "set", "--cone", "--sparse-index", "near")
        write(repo, {"near/a.txt": "two\n"})
        return command(repo)

    return build


def with_submodule(command: Command) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        inner = made(folder, name="inner")
        repo = made(folder)
        git(repo, "submodule", "--quiet", "add", str(inner), "sub")
        save(repo)
        write(repo, {"a.txt": "one\n", "b.txt": "new\n"})
        return command(repo)

    return build


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 9\n"


def with_pointers(command: Command) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        write(repo, {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"})
        write(repo, {f"p{n}.bin": POINTER.format(f"{n:064}") for n in range(5)})
        save(repo)
        write(repo, {"b.txt": "new\n"})
        return command(repo)

    return build


def edits_pointer(repo: Path) -> Setting:
    return proposed(repo, "--max-attempts=1", path="p1.bin", old="size 9", new="size 8")


def edits_submodule(repo: Path) -> Setting:
    return proposed(repo, "--max-attempts=1", path="sub/a.txt")


def creates_in_submodule(repo: Path) -> Setting:
    setting = proposed(repo, "--max-attempts=1")
    edit = (
        "      sub/new.txt\n      <<<<<<< SEARCH\n      =======\n      new\n      >>>>>>> REPLACE\n"
    )
    (repo.parent / "replies.yml").write_text(f"replies:\n  - text: |\n{edit}")
    return setting


def in_a_merge(repo: Path) -> Setting:
    git(repo, "checkout", "-q", "-b", "side")
    write(repo, {"a.txt": "side\n"})
    save(repo)
    git(repo, "checkout", "-q", "main")
    write(repo, {"a.txt": "main\n"})
    save(repo)
    with pytest.raises(AssertionError):
        git(repo, "merge", "-q", "side")
    return gated(repo)


def nested(repo: Path) -> Setting:
    made(repo, name="nested")
    write(repo, {"b.txt": "new\n"})
    return gated(repo)


def swapped(repo: Path) -> Setting:
    write(repo, {"folder/x.txt": "one\n"})
    save(repo)
    (repo / "a.txt").unlink()
    write(repo, {"a.txt/inside.txt": "new\n"})
    (repo / "folder/x.txt").unlink()
    (repo / "folder").rmdir()
    write(repo, {"folder": "now a file\n"})
    return gated(repo)


def index_of(content: bytes, command: Command) -> Command:
    def build(repo: Path) -> Setting:
        (repo / ".git/index").write_bytes(content)
        return command(repo)

    return build


def of_usual(command: Command) -> Callable[[Path], Setting]:
    return lambda folder: command(made(folder))


def repo_is_loop(folder: Path) -> Setting:
    (folder / "loop").symlink_to("loop")
    return Setting(at(folder / "loop", "scope"))


def repo_name_too_long(folder: Path) -> Setting:
    return Setting(at(folder / ("n" * 300), "scope"))


def task_file(make: Callable[[Path], object], name: str = "issue.md") -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        make(folder / name)
        return Setting(("scope", "--repo", repo, "--issue-file", folder / name), repo)

    return build


def endless(command: str) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        words = {
            "scope": ("--issue-file", "/dev/zero"),
            "gate": ("--patch", "/dev/zero"),
        }
        return Setting((command, "--repo", repo, *words[command]), repo)

    return build


def applied(name: str) -> Callable[[Path], Setting]:
    """`apply` of an edit of one path in a folder with a pipe, a device, a link and a huge file."""

    def build(folder: Path) -> Setting:
        tree = folder / "tree"
        tree.mkdir()
        os.mkfifo(tree / "pipe.txt")
        (tree / "loop.txt").symlink_to("loop.txt")
        (tree / "out").symlink_to("/etc")
        (folder / "reply.md").write_text(f"{name}\n<<<<<<< SEARCH\n=======\nnew\n>>>>>>> REPLACE\n")
        return Setting(("apply", "--tree", tree, folder / "reply.md"), tree)

    return build


def names() -> Iterator[Row]:
    yield Row("odd names and contents: scope", odd(scoped), 0, LISTED)
    yield Row("odd names and contents: propose", odd(proposed), 0, PROPOSED)
    yield Row("odd names and contents: gate", odd(gated, changed=True), 1, r"^verdict: ")
    yield Row("a path of 4,000 bytes: scope", deep(scoped), 0, LISTED)
    yield Row("a path of 4,000 bytes: propose", deep(proposed), 2, r"too long to be written")
    yield Row("case and NFC twins: scope", twins(scoped), 0, LISTED)
    yield Row("case and NFC twins: propose", twins(proposed), 0, PROPOSED)
    yield Row("case and NFC twins: gate", twins(gated), 0, PASSES)


def no_files() -> Iterator[Row]:
    yield Row("links in loops and out: scope", linked(scoped), 0, LISTED)
    yield Row("links in loops and out: propose", linked(proposed), 0, PROPOSED)
    new = linked(gated, committed=False)
    yield Row("new links in loops and out: gate", new, 1, r"^verdict: fail", "symbolic link|link")
    yield Row("pipe, socket, device: propose", special(proposed), 0, PROPOSED)
    yield Row("pipe, socket, device: gate", special(gated), 0, PASSES)
    replaced = special(gated, tracked=True)
    yield Row("a pipe in a file's place: gate", replaced, 2, r"a\.txt.*is a pipe.*remove it")
    for name in (".gitignore", ".gitattributes"):
        yield Row(f"a pipe named {name}: gate", pipe_named(name, gated), 2, r"is a pipe.*remove it")
        yield Row(f"a pipe named {name}: propose", pipe_named(name, proposed), 0, PROPOSED)
    yield Row("unreadable files: gate", lambda f: unreadable(f, gated), 2, r"cannot be read")
    yield Row("a nested repository: gate", of_usual(nested), 0, PASSES)
    yield Row("file and folder swapped: gate", of_usual(swapped), 0, PASSES)
    yield Row("--repo is a loop of links", repo_is_loop, 2, r"cannot be followed|does not exist")
    yield Row("--repo is too long a name", repo_name_too_long, 2, r"cannot be followed")


def large() -> Iterator[Row]:
    yield Row("200 MB tracked: scope", huge(scoped, committed=True), 0, LISTED, "huge.bin")
    yield Row("200 MB tracked: propose", huge(proposed, committed=True), 0, PROPOSED)
    yield Row("200 MB new: gate", huge(gated, committed=False), 1, r"fail", r"huge\.bin has 2097")
    yield Row("50,000 files: scope", many(scoped), 0, LISTED)


def elsewhere() -> Iterator[Row]:
    yield Row("a sparse checkout: gate", sparse(gated), 0, PASSES)
    yield Row("a submodule: scope", with_submodule(scoped), 0, LISTED, "submodule")
    yield Row("a submodule: gate", with_submodule(gated), 0, PASSES, "submodule.*without")
    yield Row("a submodule: propose", with_submodule(proposed), 0, PROPOSED)
    inside = with_submodule(edits_submodule)
    yield Row("a submodule: an edit in it", inside, 1, r"^run \S+: (failed|nothing)", "submodule")
    pointers = r"5 files are Git LFS pointers: their content is not here"
    created = with_submodule(creates_in_submodule)
    yield Row("a submodule: a new file in it", created, 1, r"^run \S+: nothing", "submodule")
    yield Row("LFS pointers: scope", with_pointers(scoped), 0, LISTED, r"5 files, .*LFS pointer")
    yield Row("LFS pointers: gate", with_pointers(gated), 0, PASSES, pointers)
    edit = with_pointers(edits_pointer)
    yield Row("LFS pointers: an edit of one", edit, 1, r"^run \S+: (failed|nothing)", "LFS")
    markers = "holds the markers of an unfinished merge"
    yield Row("in the middle of a merge: gate", of_usual(in_a_merge), 1, "^verdict: fail", markers)
    broken = index_of(b"DIRC garbage", gated)
    yield Row("a damaged index: gate", of_usual(broken), 2, r"index.*damaged.*git reset")
    broken = index_of(b"DIRC garbage", proposed)
    yield Row("a damaged index: propose", of_usual(broken), 0, PROPOSED)
    broken = index_of(b"", gated)
    yield Row("an index of 0 bytes: gate", of_usual(broken), 2, r"index.*damaged.*git reset")


def arguments() -> Iterator[Row]:
    yield Row("an issue that is a folder", task_file(Path.mkdir), 2, r"issue\.md.*directory")
    yield Row("an issue that is not there", task_file(Path.exists), 2, r"issue\.md.*No such")
    yield Row("an endless issue", endless("scope"), 2, r"/dev/zero.*(limit|no text)")
    yield Row("an endless patch", endless("gate"), 2, r"/dev/zero.*limit")
    yield Row("apply onto a pipe", applied("pipe.txt"), 2, r"pipe.*stays")
    yield Row("apply onto a loop", applied("loop.txt"), 1, r"rejected")
    yield Row("apply through a link out", applied("out/x"), 1, r"rejected")


def rows() -> Iterator[Row]:
    for part in (names, no_files, large, elsewhere, arguments):
        yield from part()


@pytest.mark.sampled(12)
@pytest.mark.parametrize("row", list(rows()), ids=lambda row: row.name)
def test_bad_files_get_a_clear_answer(row: Row, tmp_path: Path) -> None:
    try:
        shown = judge(row, tmp_path)
    except NotHereError as error:
        pytest.skip(str(error))
    assert not shown.wrong, "\n".join(shown.wrong)
