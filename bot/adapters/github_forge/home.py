"""Who we are on GitHub, and where our branches live: in the repository, or in a fork of ours."""

import re
from urllib.parse import quote

from bot.adapters.github_forge import answers
from bot.adapters.github_forge.client import Client, Patience
from bot.adapters.github_forge.faults import Answered
from validators.clones import branches
from workflows.ports import ForgeRefusal

# An empty repository has no references at all, and GitHub says so with a conflict.
_NO_BRANCH = (404, 409)
_OF_AN_APP = "ghs_"  # how GitHub spells such a token
_FORK_READS = 10
_BRANCH = re.compile(r"(?!.*(?:\.\.|@\{|//|\.lock(?:/|$)))[^\x00-\x20\x7f~^:?*\[\\]+(?<![/.])")
_VIEWER = "query { viewer { login } }"


class Home:
    """Answers of one process: neither who we are nor our fork changes meanwhile."""

    def __init__(self, client: Client, patience: Patience) -> None:
        self._client = client
        self._patience = patience
        self._login = ""
        self._fork: answers.Repository | None = None

    def login(self) -> str:
        """Return the name under which our words appear."""
        if not self._login:
            self._login = self._client.tokens.app_login() or self._asked()
        return self._login

    def repository(self) -> answers.Repository:
        """Return where our branches are pushed."""
        repository = self._client.repository()
        may = repository.permissions
        if not self._client.access.fork or may is None or may.push:
            return repository
        if self._fork is None:
            self._fork = self._forked(repository.full_name)
        return self._fork

    def holding(self, branch: str) -> str:
        """Return the name of the repository in which ``branch`` is looked for."""
        return (self.repository() if is_ours(branch) else self._client.repository()).full_name

    def head_of(self, branch: str) -> str | None:
        """Return the commit a branch points at, or None; a fork holds only branches of ours."""
        if not is_name(branch):
            return None
        path = f"/repos/{self.holding(branch)}/git/ref/heads/{quote(branch)}"
        found = self._client.find(path, answers.Reference, _NO_BRANCH)
        is_it = found is not None and found.ref == f"refs/heads/{branch}"
        return found.object.sha if found is not None and is_it else None

    def _asked(self) -> str:
        # A token of an App, the Action's own among them, is nobody whom that address knows.
        if not self._client.tokens.current().startswith(_OF_AN_APP):
            try:
                return self._client.read("/user", answers.User).login
            except Answered as error:
                if error.status not in {403, 404}:
                    raise
        viewer = self._client.graphql(_VIEWER, {}).get("viewer") or {}
        if not viewer.get("login"):
            raise ForgeRefusal("GitHub does not say whose the token is; make another one")
        return str(viewer["login"])

    def _forked(self, name: str) -> answers.Repository:
        own = f"/repos/{self.login()}/{name.partition('/')[2]}"
        found = self._client.find(own, answers.Repository)
        if found is None or not _is_fork(found, name):
            made = self._client.write(
                "POST", "forks", answers.Repository, {"default_branch_only": True}
            )
            own = f"/repos/{made.full_name}"
            found = self._client.find(own, answers.Repository)
        for count in range(_FORK_READS):
            if found is not None and _is_fork(found, name):
                return found
            # A fork is made after the answer, in some seconds.
            self._patience.pause(1.0 + count)
            found = self._client.find(own, answers.Repository)
        raise ForgeRefusal(
            f"the token may not push to {name}, and its fork {own.removeprefix('/repos/')} is not"
            " there yet or is a fork of something else; look at it, then run the same command again"
        )


def is_name(branch: str) -> bool:
    """Whether a branch can be called so."""
    return _BRANCH.fullmatch(branch) is not None and not branch.startswith("-")


def is_ours(branch: str) -> bool:
    """Whether only this project makes branches of this name."""
    try:
        branches.require_ours(branch)
    except branches.BranchRefusal:
        return False
    return True


def _is_fork(found: answers.Repository, name: str) -> bool:
    return found.parent is not None and found.parent.full_name.lower() == name.lower()
