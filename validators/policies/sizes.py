"""More than a person is asked to read, and what a person cannot read at all."""

from collections.abc import Iterator

from validators.policies.change import EXECUTABLE, FILE, GONE, Change
from validators.policies.changed_file import MAX_FILE_BYTES, ChangedFile, added_lines
from validators.policies.file_types import file_type, is_readable
from validators.policies.findings import found
from validators.rules import PatchLimits, PolicyWord
from validators.verdict import Finding

_SMALLER = "Make the change smaller, or split the task."


def size_findings(change: Change, limits: PatchLimits, word: PolicyWord) -> Iterator[Finding]:
    """Yield where files, lines or bytes are more than the limits, each with both figures."""
    files = len(change.entries)
    if files > limits.max_patch_files:
        message = f"{files} files are changed; the limit is {limits.max_patch_files}"
        yield from found(word, "too-many-files", message, fix=_SMALLER)
    added = sum(count.added for count in change.counts)
    removed = sum(count.removed for count in change.counts)
    if added + removed > limits.max_patch_lines:
        message = (
            f"{added + removed} lines are added or removed ({added} and {removed});"
            f" the limit is {limits.max_patch_lines}"
        )
        yield from found(word, "too-many-lines", message, fix=_SMALLER)
    for entry in change.entries:
        size = change.sizes.get(entry.path, 0) if entry.new_mode != GONE else 0
        if size > limits.max_file_bytes:
            message = f"{entry.path} has {size} bytes; the limit is {limits.max_file_bytes}"
            yield from found(word, "file-too-large", message, entry.path, _SMALLER)


def unread_findings(change: Change) -> Iterator[Finding]:
    """Yield for files too large to be searched: no word can say that nothing is wrong in them."""
    read = {file.path for file in change.files if file.new is not None}
    binary = {count.path for count in change.counts if count.binary}
    for entry in change.entries:
        is_plain = entry.new_mode in {FILE, EXECUTABLE}
        if change.files and is_plain and entry.path not in read | binary:
            size = change.sizes.get(entry.path, 0)
            message = (
                f"{entry.path} ({size} bytes) was not searched for secrets and hidden characters:"
                f" files to {MAX_FILE_BYTES} bytes are, as long as all are not too many"
            )
            yield from found("ask", "unread-file", message, entry.path, _SMALLER)


def binary_findings(change: Change, word: PolicyWord) -> Iterator[Finding]:
    """Yield for files that cannot be read, with size and type; one taken away hides nothing."""
    binary = {count.path for count in change.counts if count.binary}
    for file in change.files or (ChangedFile(path, path, None, None) for path in sorted(binary)):
        if file.path not in change.sizes:
            continue
        content = file.new or b""
        if file.path in binary or not is_readable(content):
            what = f"{file_type(file.path, content)}, {change.sizes[file.path]} bytes"
            message = f"{file.path} is binary ({what}): what changed in it cannot be read"
            yield from found(word, "binary-file", message, file.path, "Leave it out.")
        elif file.path.endswith(".ipynb"):
            yield from _notebook(file, word)


def _notebook(file: ChangedFile, word: PolicyWord) -> Iterator[Finding]:
    if any(b'"output_type"' in line for _, line in added_lines(file)):
        message = f"{file.path} adds outputs of a notebook, which nobody reads in a change"
        yield from found(word, "notebook-output", message, file.path, "Clear the outputs.")
