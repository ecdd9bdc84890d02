"""What of a commit is not in its tree, and so not there where commands of the target run."""

from validators.clones.clone import Clone
from validators.clones.trees import EXECUTABLE, PLAIN, SUBMODULE, list_files, read_blobs

# What a pointer to a large file kept elsewhere begins with, and how long one may be.
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_MAX_POINTER_BYTES = 1024
_ATTRIBUTES = ".gitattributes"


def left_out(clone: Clone) -> tuple[str, ...]:
    """Return what a person should know is missing at the base, a sentence each without full stop.

    Pointers are looked for only where a .gitattributes speaks of them.
    """
    files = list_files(clone, clone.base_tree)
    submodules = [file.path for file in files if file.mode == SUBMODULE]
    told = []
    if submodules:
        told.append(
            f"{len(submodules)} submodules ({submodules[0]!r}...) stay as they are: lint, build and"
            " tests run without their files"
        )
    plain = [file for file in files if file.mode in {PLAIN, EXECUTABLE}]
    attributes = (file.sha for file in plain if file.path.rpartition("/")[2] == _ATTRIBUTES)
    if any(b"filter=lfs" in content for content in read_blobs(clone, attributes)):
        small = (file.sha for file in plain if len(LFS_POINTER) < file.size <= _MAX_POINTER_BYTES)
        count = sum(content.startswith(LFS_POINTER) for content in read_blobs(clone, small))
        if count:
            told.append(f"{count} files are Git LFS pointers: their content is not here")
    return tuple(told)
