"""Where a user's repository says that it came from: read, and never followed by us."""

from pathlib import Path

from validators.git import GitRefusal, git

_NO_SUCH_KEY = 1


def origin_url(git_dir: Path) -> str:
    """Return the address of the remote ``origin`` as the repository's own config has it, or "".

    It may hold a password, so it is not for a message.
    """
    try:
        # What its config includes is somewhere on the machine, and not part of it.
        said = git(git_dir, "config", "--local", "--no-includes", "--get", "remote.origin.url")
    except GitRefusal as error:
        if error.code == _NO_SUCH_KEY:
            return ""
        raise
    return said.decode("utf-8", "surrogateescape").strip()
