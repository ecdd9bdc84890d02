"""Files of a repository at one commit, read from its git directory without checking it out."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from scoping.blobs import ENVIRONMENT, git_argv
from validators.codemods.tree_walk import language_of


def changed(git_dir: Path, parent: str, commit: str) -> list[str]:
    """Return the paths that a commit changes and that stand on both sides; OSError if unknown."""
    return _lines(git_dir, "diff", "--name-only", "--no-renames", "--diff-filter=M", parent, commit)


def blobs(git_dir: Path, commit: str, paths: Iterable[str]) -> dict[str, bytes]:
    """Return the contents of files at a commit; those that the repository lacks are left out."""
    asked = list(paths)
    batch = subprocess.run(
        git_argv(git_dir, "cat-file", "--batch"),
        input="".join(f"{commit}:{path}\n" for path in asked).encode(),
        env=ENVIRONMENT,
        capture_output=True,
        check=True,
    ).stdout
    found: dict[str, bytes] = {}
    at = 0
    for path in asked:
        end = batch.index(b"\n", at)
        head, at = batch[at:end].split(), end + 1
        if head[-1] != b"missing":
            size = int(head[-1])
            found[path] = batch[at : at + size]
            at += size + 1
    return found


def laid_out(git_dir: Path, commit: str, folder: Path, wanted: set[str] | None = None) -> Path:
    """Write a commit's files below ``folder``, as plain files: of the languages of ``wanted``.

    All that the repository has where that is None.
    """
    names = _lines(git_dir, "ls-tree", "-r", "--name-only", "--full-tree", commit)
    if wanted is not None:
        endings = {Path(path).suffix for path in wanted}
        names = [name for name in names if Path(name).suffix in endings and language_of(name)]
    for path, content in blobs(git_dir, commit, names).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def _lines(git_dir: Path, *arguments: str) -> list[str]:
    done = subprocess.run(
        git_argv(git_dir, *arguments), env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise OSError(done.stderr.strip().splitlines()[-1])
    return done.stdout.splitlines()
