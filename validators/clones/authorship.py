"""Who made a commit, as the commit itself says."""

from validators.clones.clone import Clone, object_name
from validators.git import GitRefusal, git


def committer_of(clone: Clone, commit: str) -> str | None:
    """Return ``name <address>`` of the committer; None when the clone cannot see the commit."""
    wanted = ("log", "-1", "--format=%cn <%ce>", "--end-of-options", object_name(commit))
    try:
        said = git(clone.git_dir, *wanted)
    except GitRefusal:
        return None
    return said.decode("utf-8", "replace").strip()
