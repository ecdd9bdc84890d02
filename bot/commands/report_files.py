"""Files that a command writes where its user said, also into the files it has just judged."""

import os
import stat
import tempfile
from pathlib import Path

from scoping.refusal import Refusal


class ReportRefusal(Refusal):
    """A file cannot be written: which one, why, and what to do."""


def check_writable(place: Path, repository: Path | None = None) -> None:
    """Raise ReportRefusal unless a plain file may be made or replaced at ``place``.

    Whoever made the change may have committed a link where a report is to be written: no link is
    followed in the folders of ``repository``, and none is replaced anywhere.
    """
    full = Path.cwd() / place
    if not place.name or place.name == "..":
        raise ReportRefusal(f"{place} cannot be written: it is a folder; name a file in it")
    if not full.parent.is_dir():
        raise ReportRefusal(f"{place} cannot be written: there is no folder {full.parent}")
    if not os.access(full.parent, os.W_OK | os.X_OK):
        raise ReportRefusal(
            f"{place} cannot be written: its folder may not be written to; make it writable,"
            " or name another file"
        )
    if repository is not None:
        _refuse_links(full, repository.resolve(), place)
    try:
        mode = os.lstat(full).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise ReportRefusal(
            f"{place} is not written: it is there and is no plain file; name another, or remove it"
        )


def _refuse_links(full: Path, root: Path, place: Path) -> None:
    for folder in full.parents:
        if folder.is_symlink() and folder.parent.resolve().is_relative_to(root):
            raise ReportRefusal(
                f"{place} is not written: {folder} is a link in the repository that is judged; name"
                " a folder outside of it"
            )


def write_report(place: Path, repository: Path | None, content: str | bytes) -> None:
    """Write it whole or not at all; ReportRefusal as `check_writable`, or for a full disk."""
    check_writable(place, repository)
    if isinstance(content, str):
        content = content.encode("utf-8", "backslashreplace")
    try:
        # A name nobody can foresee: a link planted under it would be written through.
        descriptor, name = tempfile.mkstemp(prefix=".changewright-", dir=place.absolute().parent)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                os.fchmod(descriptor, _mode(place))
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise ReportRefusal(
            f"{place} cannot be written: {error.strerror}; make its folder writable, or free space"
            " on its disk"
        ) from error


def _mode(place: Path) -> int:
    """Return the mode of the file that is replaced, or that of any new file."""
    try:
        return stat.S_IMODE(os.lstat(place).st_mode) & 0o777
    except FileNotFoundError:
        return 0o644
