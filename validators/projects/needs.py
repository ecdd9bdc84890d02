"""What must be installed for a command to run: named sets of the project's, and plain words."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from validators.projects.commands import split_env
from validators.projects.manifest_files import Argv

_REQUIREMENT = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[A-Za-z0-9,._ -]*\])?\s*(?:(?:[<>=!~]=?|===)[^;:{}@/\\]*)?"
)
_ITSELF = re.compile(r"(?:\.|\./|\{toxinidir\}|\{tox_root\})(?:\[([A-Za-z0-9,._ -]+)\])?")
_SEPARATE = re.compile(r"[,\s]+")
# What sets up, starts or uploads, and no test of the project imports.
_NOT_NEEDED = {"pip", "setuptools", "wheel", "tox", "nox", "poetry", "uv", "pdm", "hatch", "build",
               "codecov", "coveralls", "pre-commit", "twine", "tox-uv", "tox-gh-actions", "pipx",
               "virtualenv", "pipenv", "tox-gh", "coverage", "cibuildwheel"}  # fmt: skip
_IGNORED = {"-U", "--upgrade", "-q", "--quiet", "-e", "--editable", "--system", "--user", "-v",
            "--disable-pip-version-check", "--no-cache-dir", "--upgrade-strategy=eager",
            "--progress-bar=off", "--no-input", "--prefer-binary", "--verbose"}  # fmt: skip
_FILES = {"-r", "--requirement", "--requirements"}
_NAMED = {"--group", "--extra", "--with", "-G", "--only-group", "--extras", "-E"}


@dataclass(frozen=True, slots=True)
class Needs:
    """``extras`` and ``groups`` are names the project declares, ``files`` of requirements."""

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.extras or self.groups or self.files or self.requirements)

    def __or__(self, other: "Needs") -> "Needs":
        """Return what either needs, each once."""
        return Needs(
            _once(self.extras + other.extras),
            _once(self.groups + other.groups),
            _once(self.files + other.files),
            _once(self.requirements + other.requirements),
        )


def install_needs(argv: Argv, exists: Callable[[str], bool]) -> Needs | None:
    """Return what a plain install command of a workflow names; None when it is none.

    ``exists`` tells of a path whether the tree has it. What cannot be had here is left out.
    """
    _, command = split_env(argv)
    if command[:1] == ("python",) and command[1:2] == ("-m",):
        command = command[2:]
    tool = command[0] if command else ""
    if command[:3] == ("uv", "pip", "install"):
        return _pip_needs(command[3:], exists)
    if tool in {"pip", "pip3"} and command[1:2] == ("install",):
        return _pip_needs(command[2:], exists)
    if command[:2] in {("uv", "sync"), ("poetry", "install"), ("pdm", "install")}:
        return _manager_needs(command[2:], tool)
    if command[:2] == ("uv", "run"):
        return _manager_needs(command[2:], tool)
    return None


def needs_of_words(words: Argv, exists: Callable[[str], bool]) -> Needs:
    """Return what the words after an install command name; unreadable ones are left out."""
    return _pip_needs(words, exists) or Needs()


def _pip_needs(words: Argv, exists: Callable[[str], bool]) -> Needs | None:
    found = Needs()
    at = 0
    while at < len(words):
        word = words[at]
        name, _, value = word.partition("=")
        if name in _FILES | _NAMED:
            value = value or (words[at + 1] if at + 1 < len(words) else "")
            at += 1 if name == word else 0
            if name in _NAMED:
                found |= Needs(groups=(value,))
            elif exists(value):
                found |= Needs(files=(value,))
        elif word.startswith("-r") and exists(word[2:].strip()):
            found |= Needs(files=(word[2:].strip(),))
        elif word.startswith("-"):
            if word not in _IGNORED:
                return found if at else None  # what follows may be its value
        else:
            found |= _one_word(word)
        at += 1
    return found


def _one_word(word: str) -> Needs:
    itself = _ITSELF.fullmatch(word)
    if itself:
        return Needs(extras=_names(itself[1] or ""))
    name = re.split(r"[^A-Za-z0-9._-]", word, maxsplit=1)[0]
    if _REQUIREMENT.fullmatch(word) and name.lower() not in _NOT_NEEDED:
        return Needs(requirements=(word,))
    return Needs()


def _manager_needs(words: Argv, tool: str) -> Needs:
    """Return the groups and extras that a manager's own install command asks for."""
    found = Needs()
    for at, word in enumerate(words):
        name, has_value, value = word.partition("=")
        if name not in _NAMED or (tool == "uv" and name == "--with"):
            continue
        value = value if has_value else (words[at + 1] if at + 1 < len(words) else "")
        is_extra = name in {"--extra", "--extras", "-E"}
        found |= Needs(extras=_names(value)) if is_extra else Needs(groups=_names(value))
    return found


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in _SEPARATE.split(text) if re.fullmatch(r"[A-Za-z0-9._-]+", name))


def _once(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
