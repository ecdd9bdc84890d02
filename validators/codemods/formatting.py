"""A project's own formatter, run afterwards on the files that a migration program changed."""

import io
import tarfile
from collections.abc import Sequence
from dataclasses import replace

from validators.codemods.outcome import Outcome
from validators.codemods.program import CodemodRefusal
from validators.sandbox import WORKSPACE, Session

_UNPACK = ("/usr/bin/tar", "--extract", "--no-same-owner", f"--directory={WORKSPACE}", "--file=-")
_MAX_WORDS = 2_000


def formatted(outcome: Outcome, session: Session, command: Sequence[str]) -> Outcome:
    """Return ``outcome`` with its files as ``command`` leaves them.

    The session stands on the tree before the change. What the command does to other files is
    dropped; CodemodRefusal when it fails, or leaves one of its files away.
    """
    unpacked = session.run(_UNPACK, stdin=_archive(outcome))
    if unpacked.outcome != "ok":
        raise CodemodRefusal(f"the changed files could not be laid out: {unpacked.stderr.text}")
    done = session.run([*command, *(file.path for file in outcome.changed)])
    if done.outcome != "ok":
        said = (done.stderr.text or done.stdout.text or done.detail).strip()[-_MAX_WORDS:]
        raise CodemodRefusal(
            f"the formatter `{' '.join(command)}` failed ({done.outcome}); nothing was written:"
            f" {said}"
        )
    made = {change.path: change.content for change in session.changes().files}
    files, count = [], 0
    for file in outcome.files:
        content = made.get(file.path, file.content) if file.content is not None else None
        if file.content is not None and content is None:
            raise CodemodRefusal(f"the formatter removed {file.path}; nothing was written")
        count += content != file.content
        files.append(replace(file, content=content))
    note = f"the formatter changed {count} of {len(outcome.changed)} files once more"
    return replace(outcome, files=tuple(files), notes=(*outcome.notes, note))


def _archive(outcome: Outcome) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for file in outcome.changed:
            entry = tarfile.TarInfo(file.path)
            entry.size, entry.mode = len(file.content or b""), 0o644
            archive.addfile(entry, io.BytesIO(file.content or b""))
    return packed.getvalue()
