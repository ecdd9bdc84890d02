"""What the targets of a Makefile run, where that can be told without make."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from validators.projects.manifest_files import Argv, ProjectFiles
from validators.projects.shell_lines import plain_commands

_NAMES = ("Makefile", "makefile", "GNUmakefile")
_MOST_TARGETS = 50  # in one rule, and for the sake of one target
_RULE = re.compile(r"([A-Za-z0-9_./ -]+):(?![=:])([^#=]*)(?:#.*)?")
# A recipe that reaches out changes the world, or what the next recipe would find.
_REACHES_OUT = re.compile(
    r"\b(?:twine|publish|upload|deploy|release|docker|podman|ssh|scp|rsync|curl|wget|push|kubectl"
    r"|sudo|install|clone|pre-commit)\b"
)


@dataclass(frozen=True, slots=True)
class Target:
    """One target: its recipe's lines, and the targets made before it."""

    recipe: tuple[str, ...]
    before: tuple[str, ...]


def make_targets(files: ProjectFiles) -> Mapping[str, Target]:
    """Return the targets of the Makefile at the root by name; the first is the default one."""
    name = next((name for name in _NAMES if name in files.there), "")
    targets: dict[str, Target] = {}
    current: list[str] = []
    for line in files.text(name).replace("\\\n", " ").splitlines():
        if line.startswith("\t"):
            for target in current:
                known = targets[target]
                targets[target] = Target((*known.recipe, line.strip().lstrip("@")), known.before)
            continue
        rule = _RULE.fullmatch(line.rstrip())
        if rule is None:
            current = current if not line.strip() or line.startswith("#") else []
            continue
        current = [word for word in rule[1].split() if not word.startswith(".")][:_MOST_TARGETS]
        for target in current:
            known = targets.get(target, Target((), ()))
            targets[target] = Target(
                known.recipe, (*known.before, *rule[2].split()[:_MOST_TARGETS])
            )
    return targets


def recipe_commands(targets: Mapping[str, Target], name: str) -> tuple[Argv, ...] | None:
    """Return what making ``name`` runs, in order; None where only make itself can tell."""
    made = _made_for(targets, name)
    if made is None:
        return None
    commands: list[Argv] = []
    for one in made:
        for line in targets[one].recipe:
            plain = plain_commands(line.lstrip("-+ "))
            if plain is None:
                return None
            commands += plain
    return tuple(commands)


def reaches_out(targets: Mapping[str, Target], name: str) -> bool:
    """Whether making ``name`` would publish or fetch something; what cannot be told might."""
    made = _made_for(targets, name)
    if made is None:
        return True
    return any(_REACHES_OUT.search(line) for one in made for line in targets[one].recipe)


def _made_for(targets: Mapping[str, Target], name: str) -> list[str] | None:
    """Return the targets that making ``name`` makes, each once; None when one is not known."""
    made: list[str] = []
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one in made:
            continue
        if one not in targets or len(made) == _MOST_TARGETS:
            return None
        made.append(one)
        waiting += targets[one].before
    return made[::-1]
