"""What a repository says to whoever works in it, as the base commit says it.

A patch may not change what is written for agents, and a person is asked about the guide for
contributors: nothing that a model writes is read back as one before somebody has agreed to it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from validators.checkout import Clone, TreeFile, list_files, read_blobs

# In the order of reading: what is said to programs first, then what is said to everybody.
_NAMES = ("agents.md", "claude.md", "contributing.md")
_FOLDERS = ("", ".github", "docs")
_OTHERS = (".github/copilot-instructions.md",)
_REGULAR = frozenset({"100644", "100755"})
_MAX_FILES = 8
_MAX_FILE_BYTES = 6_000
_MAX_BYTES = 12_000
# What is larger was not written to be read before each change.
_MAX_READ_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Instruction:
    """One file, perhaps without its end: ``left_out`` bytes are not in ``text``."""

    path: str
    text: str
    left_out: int = 0


def instructions(
    clone: Clone, paths: Iterable[str] = (), is_shown: Callable[[str], bool] = lambda _: True
) -> tuple[Instruction, ...]:
    """Return the instruction files of the base commit, those nearest to ``paths`` first.

    At most 6,000 bytes of a file and 12,000 of all, of those that the model ``is_shown``. Links are
    not followed.
    """
    by_path: dict[str, TreeFile] = {}
    for file in list_files(clone, clone.base_tree):
        is_text = file.mode in _REGULAR and 0 < file.size <= _MAX_READ_BYTES
        if is_text and is_shown(file.path):
            by_path.setdefault(file.path.casefold(), file)
    wanted: dict[str, TreeFile] = {}
    for path in _places(by_path, paths):
        if path in by_path:  # the same words under two names are said once
            wanted.setdefault(by_path[path].sha, by_path[path])
    return tuple(_cut(clone, list(wanted.values())[:_MAX_FILES]))


def _places(by_path: Iterable[str], paths: Iterable[str]) -> Iterator[str]:
    """Yield where instructions may stand, in small letters."""
    told = {path.rpartition("/")[0] for path in by_path if path.endswith(_NAMES)}
    for path in paths:
        folders = [str(folder) for folder in PurePosixPath(path.casefold()).parents]
        nearest = next((folder for folder in folders if folder != "." and folder in told), "")
        if nearest:
            yield from (f"{nearest}/{name}" for name in _NAMES)
    for name in _NAMES:
        yield from (f"{folder}/{name}".lstrip("/") for folder in _FOLDERS)
    yield from _OTHERS


def _cut(clone: Clone, files: Sequence[TreeFile]) -> Iterator[Instruction]:
    left = _MAX_BYTES
    contents = read_blobs(clone, (file.sha for file in files))
    for file, content in zip(files, contents, strict=True):
        shown = content[: min(_MAX_FILE_BYTES, left)]
        left -= len(shown)
        text = shown.decode("utf-8", "ignore" if len(shown) < len(content) else "replace")
        yield Instruction(file.path, text, len(content) - len(shown))
