"""Commits made in a clone: the same tree, parents, words and time make the same hash anywhere."""

from dataclasses import dataclass
from datetime import UTC, datetime

from validators.clones.clone import Clone, object_name, unborrowed
from validators.clones.repository import CheckoutRefusal
from validators.git import git

_WRITE = ("hash-object", "-t", "commit", "-w", "--stdin")


@dataclass(frozen=True, slots=True)
class MadeCommit:
    """A commit that exists in the clone; ``pack`` holds every object its parents lack.

    ``parent`` is the first of them, or empty.
    """

    sha: str
    parent: str
    tree: str
    pack: bytes


def commit(
    clone: Clone, tree: str, parent: str, message: str, author: str, at_iso: str
) -> MadeCommit:
    """Make a commit whose hash depends on these six alone; ``author`` is ``name <address>``."""
    return commit_on(clone, tree, (parent,), message, (author, at_iso))


def commit_on(
    clone: Clone, tree: str, parents: tuple[str, ...], message: str, signed: tuple[str, str]
) -> MadeCommit:
    """Make a commit on any number of ``parents``; ``signed`` is author and UTC ISO 8601 time."""
    author, at_iso = signed
    name, _, address = author.partition("<")
    try:
        moment = datetime.fromisoformat(at_iso)
    except ValueError as error:
        raise CheckoutRefusal(f"{at_iso[:80]!r} is not a time (UTC, ISO 8601)") from error
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    signature = f"{name.strip()} <{address.strip(' >')}> {int(aware.timestamp())} +0000"
    lines = [
        f"tree {object_name(tree)}",
        *(f"parent {object_name(parent)}" for parent in parents),
        f"author {signature}",
        f"committer {signature}",
        "",
        message,
    ]
    # Not commit-tree: a commit that the original has already would get a new time stamp there.
    stdin = "\n".join(lines).encode("utf-8", "replace")
    sha = git(clone.git_dir, *_WRITE, stdin=stdin, terms=unborrowed(clone))
    made = sha.decode().strip()
    wanted = "\n".join([made, *(f"^{parent}" for parent in parents), ""])
    pack = git(clone.git_dir, "pack-objects", "-q", "--revs", "--stdout", stdin=wanted.encode())
    return MadeCommit(made, parents[0] if parents else "", tree, pack)
