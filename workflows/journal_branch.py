"""The memory that outlives a hosted runner: one branch with a record of each run.

Jobs keep their journal on a disk that is gone with them. What must be known afterwards (what was
spent, why a run ended, how often its base was stale) stands as `workflows.run_record` tells it on
an orphan branch of the target, which only ever grows: each writer adds a commit to what is there,
and begins again when somebody else was first.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from validators.checkout import Clone, TreeFile, list_files, read_blobs, write_tree
from validators.clones.ancestry import tree_of
from validators.clones.commits import commit_on
from validators.encoding import digest, encode
from validators.sandbox import FileChange
from workflows.branching import JOURNAL_BRANCH
from workflows.ports import Forge, ForgeRefusal
from workflows.pull_request import Commit
from workflows.run import Entry
from workflows.run_record import (
    MAX_RECORD_BYTES,
    Record,
    RecordRefusal,
    joined,
    read,
    record_path,
    written,
)

_AUTHOR = "changewright <changewright@users.noreply.github.com>"
_SUFFIX = ".jsonl"
_MOST_TRIES = 20
# Of some 10 kB each that is as many as 25,000 runs.
_MOST_BYTES = 256 * 1024**2
# A dispatch that answers a stale run is accepted this often, then a person has to look.
MOST_DISPATCHES = 2


@dataclass(frozen=True, slots=True)
class StaleRun:
    """A run that came too late. ``dispatched`` is how many stale runs it answered itself.

    ``text_sha256`` is `text_hash` of what was asked; ``answered_by`` the run that took it up.
    """

    run: str
    dispatched: int
    text_sha256: str
    answered_by: str = ""

    @property
    def may_be_answered(self) -> bool:
        """Whether it may be tried once more without a person."""
        return self.dispatched < MOST_DISPATCHES and not self.answered_by


class RecordedRuns:
    """Records as a ledger reads them: one after the other, each event at a position of its own."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._entries = [entry for record in records for entry in record.entries]

    def follow(self, after: int = 0) -> Iterator[Entry]:
        """Yield events of all runs past a position."""
        for position, entry in enumerate(self._entries[after:], after + 1):
            yield Entry(position, entry.run, entry.at, entry.event)


class JournalBranch:
    """The branch of one forge; ``own`` is a git directory of ours, ``pause`` waits before a try."""

    def __init__(self, forge: Forge, own: Clone, pause: Callable[[int], None]) -> None:
        self._forge = forge
        self._own = own
        self._pause = pause

    def read(self) -> tuple[Record, ...]:
        """Return all records; RecordRefusal where one cannot be read."""
        head = self._forge.fetch_branch(JOURNAL_BRANCH, self._own.git_dir)
        return records_at(self._own, head)

    def append(self, records: Sequence[Record], at_iso: str) -> str:
        """Add what is new in ``records`` and return the commit that holds them, as we made it.

        ForgeRefusal where the branch cannot be moved, or others were first again and again.
        """
        last: ForgeRefusal | None = None
        for number in range(_MOST_TRIES):
            if number:
                self._pause(number)
            head = self._forge.fetch_branch(JOURNAL_BRANCH, self._own.git_dir)
            changes = self._changes(records, head)
            if head is not None and not changes:
                return head
            commit = self._commit(changes, head, records, at_iso)
            try:
                self._forge.push(JOURNAL_BRANCH, commit, head)
            except ForgeRefusal as refusal:
                last = refusal
                if self._forge.branch_head(JOURNAL_BRANCH) == head:
                    raise
            else:
                return commit.sha
        raise ForgeRefusal(
            f"the journal's branch {JOURNAL_BRANCH} was moved by somebody else {_MOST_TRIES} times"
            f" in a row; publish again when it is quiet ({last})"
        ) from last

    def _changes(self, records: Sequence[Record], head: str | None) -> list[FileChange]:
        ours = frozenset(record.run for record in records)
        known = {one.run: (path, one) for path, one in _records(self._own, head, ours)}
        changes = []
        for record in records:
            path, before = known.get(record.run, (record_path(record), None))
            after = joined(before, record) if before else record
            if after != before:
                changes.append(FileChange(path, "100644", written(after)))
        return changes

    def _commit(
        self, changes: list[FileChange], head: str | None, records: Sequence[Record], at_iso: str
    ) -> Commit:
        tree = write_tree(self._own, self._tree(head), changes)
        runs = "\n".join(sorted(record.run for record in records))
        parents = (head,) if head else ()
        message = f"journal: {len(records)} run{'s' * (len(records) != 1)}\n\n{runs}\n"
        made = commit_on(self._own, tree, parents, message, (_AUTHOR, at_iso))
        return Commit(made.sha, made.parent, made.tree, made.pack)

    def _tree(self, head: str | None) -> str:
        return tree_of(self._own.git_dir, head) if head else self._own.base_tree


def records_at(own: Clone, head: str | None) -> tuple[Record, ...]:
    """Return all records of the branch at ``head``, which ``own`` has; none without a head."""
    return tuple(record for _, record in _records(own, head))


def stale_run(records: Iterable[Record], run: str) -> StaleRun | None:
    """Return the run of that name if its base was stale, or None."""
    known = list(records)
    found = next((record for record in known if record.run == run), None)
    if found is None or not any(one.event.kind == "base.stale" for one in found.entries):
        return None
    admitted = _admission(found)
    answers = (one.run for one in known if _admission(one).get("answers") == run)
    dispatched, sha256 = admitted.get("dispatched"), admitted.get("text_sha256")
    if not isinstance(dispatched, int) or not isinstance(sha256, str):
        raise RecordRefusal(
            f"the record of run {run} does not say what was asked; set the label again instead"
        )
    return StaleRun(run, dispatched, sha256, next(answers, ""))


def text_hash(title: str, body: str) -> str:
    """Return what the words of an issue are known by where they may not stand."""
    return digest(encode([title, body]))


def _records(
    own: Clone, head: str | None, runs: Container[str] | None = None
) -> Iterator[tuple[str, Record]]:
    """Yield each record with its path, or those of ``runs`` alone."""
    if head is None:
        return
    files = [one for one in list_files(own, head) if one.path.endswith(_SUFFIX)]
    if runs is not None:
        files = [one for one in files if _run_at(one.path) in runs]
    _refuse_flood(files)
    contents = read_blobs(own, [one.sha for one in files])
    for file, content in zip(files, contents, strict=True):
        record = read(content, f"{file.path} on {JOURNAL_BRANCH}")
        if record.run != _run_at(file.path):
            raise RecordRefusal(
                f"{file.path} on {JOURNAL_BRANCH} is the record of another run, {record.run}: set"
                " that file back to what it was in an older commit of its branch"
            )
        yield file.path, record


def _run_at(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(_SUFFIX)


def _refuse_flood(files: Sequence[TreeFile]) -> None:
    """Refuse what would fill the memory: whoever may push there may have put anything there."""
    largest = max(files, key=lambda file: file.size, default=None)
    if largest is not None and largest.size > MAX_RECORD_BYTES:
        raise RecordRefusal(
            f"{largest.path} on {JOURNAL_BRANCH} has {largest.size} bytes, which no record has;"
            " remove that file from the branch"
        )
    total = sum(file.size for file in files)
    if total > _MOST_BYTES:
        raise RecordRefusal(
            f"the records on {JOURNAL_BRANCH} have {total} bytes together, more than are read"
            f" ({_MOST_BYTES}); move the oldest years to another branch"
        )


def _admission(record: Record) -> dict[str, object]:
    data = (one.event.data for one in record.entries if one.event.kind == "run.admitted")
    return dict(next(data, {}))
