"""Our own linter for a target's Python: under the target's configuration, or the least there is.

A project that pins another release of ruff passes its own checks with that one. Ours has other
rules, so what only ours finds is told and blocks nothing.
"""

import re
from collections.abc import Iterable
from importlib.metadata import version

from validators.projects.found_gates import FoundGates
from validators.projects.interpreters import lowest
from validators.projects.manifest_files import ProjectFiles
from validators.projects.python_project import PythonProject
from validators.rules import GateRule

RUFF_CONFIGURATION = "the ruff configuration"
# Errors that are errors whatever a project's style: syntax, comparisons and names that cannot be
# meant. For targets that configure no linter, and where ours does not read their configuration.
_FLOOR = ("ruff", "check", "--isolated", "--select", "E9,F63,F7,F82", "--ignore-noqa")
# What a project that chooses no rules is looked at for: a newer release of ruff looks for more.
_DEFAULT_RULES = ("--select", "E4,E7,E9,F")
_CONFIGURED = ("ruff", "check")
_NEWEST_LINTED = (3, 13)
_OLDEST_LINTED = (3, 7)
_PINNING = re.compile(
    r"(?:[\w-]+\.)?(?:lock|toml)|requirements[\w/-]*\.(?:txt|in)|(?:tox|setup)\.(?:ini|cfg)"
    r"|\.pre-commit-config\.ya?ml|Pipfile"
)
# A frozen hook names a commit, and the release it was in a comment.
_PINS = re.compile(
    r"""(?<![\w.-])ruff["']?(?:\s*==\s*|\s*=\s*["']==)(?P<required>\d+\.\d+)"""
    r"""|\bname\s*=\s*["']ruff["']\s+version\s*=\s*["'](?P<locked>\d+\.\d+)"""
    r"""|/ruff-pre-commit\s+rev:\s*(?:\S+\s+\#\s*frozen:\s*)?["']?v?(?P<hook>\d+\.\d+)"""
)


def own_lint(files: ProjectFiles, python: PythonProject) -> FoundGates:
    """Return the lint gate of a tree that holds Python, and what is to be said of it."""
    if python.configures_ruff:
        chosen = () if python.chooses_rules else _DEFAULT_RULES
        ours, pinned = _series(version("ruff")), _pinned(files)
        fits = not pinned or ours in pinned
        run = (*_CONFIGURED, *chosen, ".")
        gate = GateRule("lint", "lint", run, required=fits, source=RUFF_CONFIGURATION)
        told = f"ruff {', '.join(sorted(pinned))} is pinned, ours is {ours}: lint only warns"
        return FoundGates((gate,), notes=() if fits else (told,))
    if any(path.endswith(".py") for path in files.paths):
        return FoundGates((floor_lint(python.requires_python),))
    return FoundGates()


def floor_lint(requires_python: str) -> GateRule:
    """Return the lint gate for a target whose own configuration cannot be used."""
    named = lowest(requires_python)[:2]
    newest = min(max(named, _OLDEST_LINTED), _NEWEST_LINTED) if len(named) > 1 else _NEWEST_LINTED
    target = f"py{newest[0]}{newest[1]}"
    return GateRule("lint", "lint", (*_FLOOR, "--target-version", target, "."), source="built in")


def _pinned(files: ProjectFiles) -> frozenset[str]:
    """Return the series of ruff (as 0.15) that manifests, lock files and hooks pin."""
    texts = (files.text(path) for path in sorted(files.paths) if _PINNING.fullmatch(path))
    return frozenset(_series(pin) for text in texts for pin in _pins(text))


def _pins(text: str) -> Iterable[str]:
    for found in _PINS.finditer(text):
        yield found["required"] or found["locked"] or found["hook"]


def _series(release: str) -> str:
    return ".".join(release.split(".")[:2])
