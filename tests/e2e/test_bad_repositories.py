"""Repositories that are none, or not whole, or not the usual kind: each gets a clear answer."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import PROGRAM
from tests.e2e.bad_input import NotHereError, Row, Setting, judge
from tests.e2e.repositories import (
    as_nobody,
    at,
    bundled_branch,
    gated,
    git,
    made,
    proposed,
    published,
    reachable,
    save,
    scoped,
    usual_bundle,
    without,
    write,
)

pytestmark = pytest.mark.sandbox

FILES = r"^files:"
PROPOSED = r"^run \S+: proposed"
ODD_FOLDERS = {
    "spaces and quotes": b"two  words 'and' \"more\"",
    "a line break": b"line\nbreak",
    "a Latin-1 name": b"caf\xe9",
    "a colon and a hash": b"#colon:here",
    "a bidi override": "\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe".encode(),
}
OPEN = r"^pull request 1 is open"


def plain_folder(folder: Path) -> Setting:
    (folder / "plain").mkdir()
    return scoped(folder / "plain")


def missing(folder: Path) -> Setting:
    return Setting(at(folder / "missing", "scope"))


def a_file(folder: Path) -> Setting:
    (folder / "plain").write_text("no folder")
    return scoped(folder / "plain")


def no_permission(folder: Path) -> Setting:
    repo = made(folder)
    before = as_nobody(folder)
    repo.chmod(0o700 if before else 0)
    return Setting(at(repo, "scope"), before=before, after=lambda: repo.chmod(0o755))


def git_dir_unreadable(folder: Path) -> Setting:
    repo = made(folder)
    before = as_nobody(folder)
    (repo / ".git/objects").chmod(0o700 if before else 0)
    return Setting(
        at(repo, "scope"), before=before, after=lambda: (repo / ".git/objects").chmod(0o755)
    )


def empty_git_folder(folder: Path) -> Setting:
    (folder / "plain/.git").mkdir(parents=True)
    return scoped(folder / "plain")


def git_file(content: str) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        write(folder, {"plain/.git": content})
        return scoped(folder / "plain")

    return build


def unborn(command: Callable[[Path], Setting]) -> Callable[[Path], Setting]:
    return lambda folder: command(made(folder, commit=False))


def detached(command: Callable[[Path], Setting]) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        git(repo, "checkout", "-q", "--detach")
        return command(repo)

    return build


def head(content: bytes) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        (repo / ".git/HEAD").write_bytes(content)
        return scoped(repo)

    return build


def initialised(repo: Path) -> Setting:
    (repo / ".github/changewright.yml").unlink(missing_ok=True)
    return Setting(at(repo, "init"), repo, but_for=r"^\.github(/changewright\.yml)?$")


def shallow(*words: str) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        for number in range(3):
            write(repo, {"a.txt": f"one {number}\n"})
            save(repo)
        git(folder, "clone", "-q", "--depth=1", f"file://{repo}", "shallow")
        return proposed(folder / "shallow", *words, old="one 2")

    return build


def partial(folder: Path) -> Setting:
    repo = made(folder)
    git(repo, "config", "uploadpack.allowFilter", "true")
    words = ("clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{repo}", "partial")
    git(folder, *words)
    return scoped(folder / "partial")


def fetched(folder: Path) -> Setting:
    setting = partial(folder)
    git(folder / "partial", "fetch", "-q", "--refetch", "--no-filter")
    return setting


def bare(command: Callable[[Path], Setting]) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        write(repo, {"b.txt": "more\n"})
        save(repo)
        git(folder, "clone", "-q", "--bare", str(repo), "bare.git")
        return command(folder / "bare.git")

    return build


def linked(command: Callable[[Path], Setting]) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        git(repo, "worktree", "add", "-q", "-b", "side", str(folder / "linked"))
        return command(folder / "linked")

    return build


def in_submodule(folder: Path) -> Setting:
    inner = made(folder, name="inner")
    repo = made(folder)
    git(repo, "submodule", "--quiet", "add", str(inner), "sub")
    save(repo)
    return proposed(repo / "sub")


def named(name: bytes, command: Callable[[Path], Setting]) -> Callable[[Path], Setting]:
    return lambda folder: command(made(folder, name=os.fsdecode(name)))


def linked_to_nowhere(folder: Path) -> Setting:
    setting = linked(scoped)(folder)
    (folder / "project").rename(folder / "moved away")
    return setting


def alternates(folder: Path) -> Setting:
    git(folder, "clone", "-q", "--shared", str(made(folder)), "shared")
    return proposed(folder / "shared")


def alternates_gone(folder: Path) -> Setting:
    setting = alternates(folder)
    (folder / "project").rename(folder / "moved away")
    return setting


def damaged(damage: Callable[[Path], None], *, packed: bool = False) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        if packed:
            git(repo, "repack", "-q", "-a", "-d")
        damage(repo)
        return proposed(repo)

    return build


def truncated_pack(repo: Path) -> None:
    (pack,) = (repo / ".git/objects/pack").glob("*.pack")
    pack.chmod(0o644)
    os.truncate(pack, pack.stat().st_size // 2)


def without_object(revision: str) -> Callable[[Path], None]:
    def damage(repo: Path) -> None:
        sha = git(repo, "rev-parse", revision)
        (repo / ".git/objects" / sha[:2] / sha[2:]).unlink()

    return damage


def object_of_zeros(repo: Path) -> None:
    sha = git(repo, "rev-parse", "HEAD:a.txt")
    place = repo / ".git/objects" / sha[:2] / sha[2:]
    place.chmod(0o644)
    place.write_bytes(bytes(64))


def zeros_and_changed(folder: Path) -> Setting:
    repo = made(folder)
    object_of_zeros(repo)
    write(repo, {"a.txt": "changed\n"})
    return gated(repo)


def missing_in_head(folder: Path) -> Setting:
    repo = made(folder)
    write(repo, {"a.txt": "two\n"})
    save(repo)
    without_object("HEAD:a.txt")(repo)
    return gated(repo, "--base=HEAD~1", "--head=HEAD")


def empty_branch(repo: Path) -> None:
    (repo / ".git/refs/heads/main").write_bytes(b"")


def replaced(folder: Path) -> Setting:
    repo = made(folder)
    first = git(repo, "rev-parse", "HEAD")
    write(repo, {"a.txt": "other\n"})
    other = save(repo, "other")
    git(repo, "reset", "-q", "--hard", first)
    git(repo, "replace", first, other)
    (repo / ".git/info").mkdir(exist_ok=True)
    (repo / ".git/info/grafts").write_text(f"{first} {other}\n")
    return proposed(repo)


def of_somebody_else(folder: Path) -> Setting:
    repo = made(folder)
    if os.geteuid() == 0:
        reachable(folder)
        for place in (repo, *repo.rglob("*")):
            os.chown(place, 4321, 4321)
    return published(repo)


def read_as_nobody(folder: Path) -> Setting:
    repo = made(folder)
    before = as_nobody(folder)
    tried = [*before, "sh", "-c", '"$0" -c ""', str(PROGRAM.with_name("python"))]
    if subprocess.run(tried, capture_output=True, check=False).returncode != 0:
        raise NotHereError("an ordinary user may not start this Python")
    return Setting(at(repo, "scope"), repo, before=before)


def read_only(command: Callable[[Path], Setting]) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        setting = command(repo)
        before = as_nobody(folder)
        places = [place for place in (repo, *repo.rglob("*")) if place.is_dir()]
        for place in places:
            place.chmod(0o555)

        def after() -> None:
            for place in places:
                place.chmod(0o755)

        return Setting(setting.argv, repo, before=before, after=after)

    return build


def configured(*pairs: tuple[str, str]) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        for key, value in pairs:
            git(repo, "config", key, value.replace("FOLDER", str(folder)))
        setting = proposed(repo)
        return Setting((*setting.argv, "--state", folder / "state"), repo, state=folder / "state")

    return build


def config_text(text: str) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        (repo / ".git/config").write_text(text)
        return scoped(repo)

    return build


def config_pipe(folder: Path) -> Setting:
    repo = made(folder)
    (repo / ".git/config").unlink()
    os.mkfifo(repo / ".git/config")
    return scoped(repo)


def hooked(folder: Path) -> Setting:
    repo = made(folder)
    hooks = repo / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-index-change", "pre-commit", "update"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {folder}/project/hook-ran\nexit 1\n")
        (hooks / name).chmod(0o755)
    return published(repo)


def sha256(command: Callable[[Path], Setting]) -> Callable[[Path], Setting]:
    return lambda folder: command(made(folder, "--object-format=sha256"))


def reftable(folder: Path) -> Setting:
    repo = made(folder)
    git(repo, "config", "core.repositoryFormatVersion", "1")
    config = repo / ".git/config"
    config.write_text(config.read_text() + "[extensions]\n\trefStorage = reftable\n")
    return scoped(repo)


def outside_settings(folder: Path) -> Setting:
    repo = made(folder)
    other = made(folder, name="other")
    write(other, {"a.txt": "other\n"})
    save(other)
    setting = proposed(repo)
    env = {"GIT_DIR": f"{other}/.git", "GIT_WORK_TREE": str(other)}
    env |= {"GIT_INDEX_FILE": f"{other}/.git/index", "GIT_CONFIG_COUNT": "1"}
    env |= {"GIT_CONFIG_KEY_0": "core.bare", "GIT_CONFIG_VALUE_0": "yes, perhaps"}
    env |= {"GIT_OBJECT_DIRECTORY": "/nonexistent", "GIT_CEILING_DIRECTORIES": "/"}
    return Setting(setting.argv, folder, env=env, but_for=r"^home|^\.$")


def no_git_in_path(folder: Path) -> Setting:
    setting = scoped(made(folder))
    return Setting(setting.argv, setting.repo, env={"PATH": "/nonexistent"})


def no_git_at_all(folder: Path) -> Setting:
    setting = scoped(made(folder))
    if os.path.lexists("/usr/local/bin/git"):
        raise NotHereError("git is in two places here")
    return Setting(setting.argv, setting.repo, before=without("/usr/bin/git"))


def old_git(folder: Path) -> Setting:
    program = folder / "bin/git"
    write(folder, {"bin/git": "#!/bin/sh\necho git version 2.20.1\n"})
    program.chmod(0o755)
    setting = scoped(made(folder))
    return Setting(setting.argv, setting.repo, before=without("/usr/bin/git", str(program)))


def old_git_first_in_path(folder: Path) -> Setting:
    setting = old_git(folder)
    return Setting(setting.argv, setting.repo, env={"PATH": f"{folder}/bin:{os.environ['PATH']}"})


def locked(name: str) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        setting = published(repo)
        write(repo / ".git", {name: ""})
        return setting

    return build


def locked_gate(folder: Path) -> Setting:
    repo = made(folder)
    write(repo, {"a.txt": "two\n", ".git/index.lock": "", ".git/HEAD.lock": ""})
    return gated(repo)


def branch_locked(folder: Path) -> Setting:
    repo = made(folder)
    setting = published(repo)
    branch = bundled_branch(usual_bundle())
    write(repo / ".git", {f"refs/heads/{branch}.lock": ""})
    return setting


def branch_in_the_way(folder: Path) -> Setting:
    repo = made(folder)
    setting = published(repo)
    git(repo, "branch", "changewright")
    return setting


def for_another_repository(folder: Path) -> Setting:
    repo = made(folder)
    write(repo, {"a.txt": "another\n"})
    git(repo, "checkout", "-q", "--orphan", "new")
    save(repo)
    git(repo, "branch", "-D", "main")
    git(repo, "reflog", "expire", "--expire=now", "--all")
    git(repo, "gc", "-q", "--prune=now")
    return published(repo)


def patch_that_is_none(content: bytes) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        (folder / "change.diff").write_bytes(content)
        return gated(repo, "--patch", folder / "change.diff")

    return build


def with_words(*words: str) -> Callable[[Path], Setting]:
    return lambda folder: scoped(made(folder), *words)


def with_base(base: str, command: Callable[..., Setting] = scoped) -> Callable[[Path], Setting]:
    def build(folder: Path) -> Setting:
        repo = made(folder)
        git(repo, "branch", "develop")
        git(repo, "branch", "release-1.0")
        git(repo, "branch", "one")
        git(repo, "tag", "one")
        git(repo, "tag", "-a", "-m", "first", "v1.0")
        git(repo, "tag", "the-tree", "HEAD^{tree}")
        git(repo, "tag", "the-blob", "HEAD:a.txt")
        return command(repo, f"--base={base}")

    return build


def kinds() -> Iterator[Row]:
    none = "is not in a git repository"
    yield Row("a plain folder", plain_folder, 2, none)
    yield Row("a file", a_file, 2, r"is a file, not a folder")
    yield Row("a path that does not exist", missing, 2, r"is not a folder that exists")
    yield Row("a folder without permission", no_permission, 2, r"not readable")
    yield Row("objects without permission", git_dir_unreadable, 2, r"cannot be read.*Permission")
    yield Row("an empty .git folder", empty_git_folder, 2, r"\.git is not a whole git directory")
    yield Row("a .git file of 0 bytes", git_file(""), 2, r"does not point at a git directory")
    yield Row("a .git file to nowhere", git_file("gitdir: /no/where"), 2, r"does not point at")
    no_commit = r"has no commit yet.*git commit"
    yield Row("no commit yet: scope", unborn(scoped), 2, no_commit)
    yield Row("no commit yet: propose", unborn(proposed), 2, no_commit)
    yield Row("no commit yet: gate", unborn(gated), 2, no_commit)
    yield Row("no commit yet: init", unborn(initialised), 2, no_commit)
    yield Row("detached HEAD: propose", detached(proposed), 0, PROPOSED)
    yield Row("detached HEAD: publish", detached(published), 0, OPEN)
    yield Row("HEAD names no branch", head(b"ref: refs/heads/none\n"), 2, r"HEAD.*branch 'none'")
    yield Row("HEAD is garbage", head(b"\0garbage \xff\n"), 2, r"HEAD.*is damaged")
    yield Row("HEAD is empty", head(b""), 2, r"HEAD.*is damaged")
    yield Row("a shallow clone", shallow(), 0, PROPOSED)
    older = shallow("--base", "HEAD~2")
    yield Row("a shallow clone, older base", older, 2, r"shallow clone.*git fetch --unshallow")
    yield Row("a partial clone", partial, 2, r"partial clone.*git fetch --refetch --no-filter")
    yield Row("a partial clone, fetched as told", fetched, 0, FILES)
    yield Row("a bare clone: scope", bare(scoped), 0, FILES)
    yield Row("a bare clone: propose", bare(proposed), 0, PROPOSED)
    yield Row("a bare clone: publish", bare(published), 0, OPEN)
    yield Row("a bare clone: gate", bare(gated), 2, r"bare.*no working tree.*--head")
    head_named = bare(lambda repo: gated(repo, "--base=HEAD~1", "--head=HEAD"))
    yield Row("a bare clone: gate --head", head_named, 0, r"verdict")
    yield Row("a bare clone: init", bare(initialised), 2, r"bare.*no working tree")
    yield Row("a linked work tree: scope", linked(scoped), 0, FILES)
    yield Row("a linked work tree: propose", linked(proposed), 0, PROPOSED)
    yield Row("a linked work tree: init", linked(initialised), 0, r"^found test gate|^found")
    yield Row("a linked work tree: publish", linked(published), 0, OPEN)
    yield Row("a submodule's own folder: propose", in_submodule, 0, PROPOSED)
    for shown, name in ODD_FOLDERS.items():
        yield Row(f"a folder with {shown}: propose", named(name, proposed), 0, PROPOSED)
        yield Row(f"a folder with {shown}: publish", named(name, published), 0, OPEN)
    yield Row("a linked work tree, moved", linked_to_nowhere, 2, r"git worktree repair")


def conditions() -> Iterator[Row]:
    yield Row("objects borrowed from another", alternates, 0, PROPOSED)
    gone = r"(damaged|lacks object).*git fsck"
    yield Row("what it borrowed from is gone", alternates_gone, 2, r"borrows .* is not there")
    yield Row("a truncated pack", damaged(truncated_pack, packed=True), 2, r"damaged.*git fsck")
    yield Row("a missing file's object", damaged(without_object("HEAD:a.txt")), 2, gone)
    yield Row("a missing folder's object", damaged(without_object("HEAD:.github")), 2, gone)
    yield Row("a missing top tree", damaged(without_object("HEAD^{tree}")), 2, gone)
    yield Row("a missing commit", damaged(without_object("HEAD")), 2, gone)
    yield Row("an object of zeros", damaged(object_of_zeros), 2, gone)
    yield Row("an object of zeros, file changed: gate", zeros_and_changed, 2, gone)
    yield Row("a head with a missing file: gate", missing_in_head, 2, gone)
    yield Row("a branch file of 0 bytes", damaged(empty_branch), 2, r"damaged")
    yield Row("replace refs and grafts", replaced, 0, PROPOSED)
    yield Row("of another user, as root", of_somebody_else, 0, OPEN)
    yield Row("of another user, as a user", read_as_nobody, 0, FILES)
    yield Row("read-only: publish", read_only(published), 2, r"cannot be written")
    yield Row("read-only: init", read_only(initialised), 2, r"cannot write|cannot be written")
    yield Row("hooks that fail: publish", hooked, 0, OPEN)
    include = configured(("include.path", "FOLDER/missing"))
    yield Row("config includes a missing file", include, 0, PROPOSED)
    monitor = configured(("core.fsmonitor", "touch FOLDER/project/ran"))
    yield Row("a file-system monitor", monitor, 0, PROPOSED)
    elsewhere = configured(("core.worktree", "FOLDER/home"))
    yield Row("core.worktree elsewhere", elsewhere, 0, PROPOSED)
    yield Row("config is no config", config_text("[core\nbroken"), 2, r"config.*cannot be read")
    yield Row("a pipe in place of the config", config_pipe, 2, r"config is no file")
    newer = config_text("[core]\n\trepositoryformatversion = 99\n")
    yield Row("a newer repository format", newer, 2, r"format")
    yield Row("SHA-256 objects: scope", sha256(scoped), 0, FILES)
    yield Row("SHA-256 objects: propose", sha256(proposed), 0, PROPOSED)
    yield Row("refs in a reftable", reftable, 2, r"reftable|refstorage")
    yield Row("GIT_DIR and others set", outside_settings, 0, PROPOSED)


def surroundings() -> Iterator[Row]:
    yield Row("PATH without git", no_git_in_path, 2, r"no git.*install git")
    yield Row("no git at all", no_git_at_all, 2, r"no git.*install git")
    yield Row("git 2.20.1", old_git, 2, r"2\.20\.1.*too old.*install git")
    yield Row("git 2.20.1 first in PATH", old_git_first_in_path, 0, FILES)
    yield Row("index.lock held: publish", locked("index.lock"), 0, OPEN)
    yield Row("index.lock held: gate", locked_gate, 0, r"^verdict: pass")
    yield Row("the branch's lock held: publish", branch_locked, 2, r"\.lock.*another git")
    yield Row("packed-refs.lock held: publish", locked("packed-refs.lock"), 0, OPEN)
    yield Row("a branch named changewright", branch_in_the_way, 2, r"branch 'changewright'.*rename")
    yield Row("a bundle for another repository", for_another_repository, 2, r"another repository")
    prose = patch_that_is_none(b"Dear maintainer,\nplease change it.\n")
    yield Row("gate --patch: prose", prose, 2, r"change\.diff.*no unified diff")
    yield Row("gate --patch: empty", patch_that_is_none(b""), 2, r"change\.diff.*empty")
    other = b"--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-three\n+two\n"
    yield Row("gate --patch: does not fit", patch_that_is_none(other), 2, r"change\.diff.*a\.txt")
    yield Row("scope --top 0", with_words("--top", "0"), 2, r"--top")
    yield Row("scope --top -1", with_words("--top=-1"), 2, r"--top")


def bases() -> Iterator[Row]:
    yield Row("base: a misspelt branch", with_base("develp"), 2, r"'develp'.*'develop'")
    yield Row("base: nothing like it", with_base("zzz"), 2, r"no commit 'zzz'")
    yield Row("base: both a branch and a tag", with_base("one"), 2, r"both a branch and a tag")
    yield Row("base: a branch in full", with_base("refs/heads/one"), 0, FILES)
    yield Row("base: an annotated tag", with_base("v1.0"), 0, FILES)
    yield Row(
        "base: a tag of a tree", with_base("the-tree"), 2, r"names a folder .a tree., not a commit"
    )
    yield Row("base: a tag of a file", with_base("the-blob"), 2, r"names a file.*, not a commit")
    yield Row("base: starts with a dash", with_base("-x"), 2, r"'-x'")
    yield Row("base: empty", with_base(""), 2, r"base.*empty|''")
    yield Row("base: two lines", with_base("main\nx"), 2, r"not the name")
    yield Row("base: before the first", with_base("HEAD~9"), 2, r"no commit 'HEAD~9'")
    yield Row("base: a range", with_base("main..develop"), 2, r"no commit|range")
    yield Row("base: an unknown hash", with_base("1" * 40), 2, r"no commit '1{8,}'")


def rows() -> Iterator[Row]:
    yield from kinds()
    yield from conditions()
    yield from surroundings()
    yield from bases()


@pytest.mark.sampled(12)
@pytest.mark.parametrize("row", list(rows()), ids=lambda row: row.name)
def test_a_bad_repository_gets_a_clear_answer(row: Row, tmp_path: Path) -> None:
    try:
        shown = judge(row, tmp_path)
    except NotHereError as error:
        pytest.skip(str(error))
    assert not shown.wrong, "\n".join(shown.wrong)
