"""What is set up when a patch changes what is installed: its manifests, and nothing that could run.

A model wrote the patch, and a set-up can reach package indexes. So none of the patch's code may be
there: the tree holds manifests and lock files alone, wheels are installed as they are, no install
script runs, and nothing is built. Where packages come from is said by the base's own settings.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath

from validators.checkout import Clone, list_files, raw_changes, read_file, write_tree
from validators.path_kinds import is_lock_file
from validators.path_kinds import is_manifest as declares
from validators.projects.manifest_files import Argv, ProjectFiles, strings, table
from validators.projects.setup_plan import SetupPlan, is_manifest
from validators.sandbox import FileChange

# Manifests by name, programs by nature: none of them is laid out.
_PROGRAMS = re.compile(r".*\.(py|gradle|kts|cjs)|meson\.build|CMakeLists\.txt|MANIFEST\.in")
# Who names indexes, and what a manager runs: as the base has them.
_SETTINGS = {".npmrc", ".yarnrc", ".yarnrc.yml", "pip.conf", "uv.toml", "config.toml"}
_PLAIN = {"100644", "100755"}
_INSTALL = ("uv", "pip", "install")
_WHEELS_ALONE = ("--no-build", "--no-build-isolation")
_REQUIREMENT = re.compile(r"[A-Za-z0-9][^\n/\\{}]*")
_LEGACY = ("setuptools", "wheel")
_EDITABLE = "editables"  # what some back ends need for an install that leads to the sources


def changed_manifests(clone: Clone, tree: str) -> tuple[str, ...]:
    """Return the manifests and lock files in which ``tree`` asks for other things than the base."""
    changes = raw_changes(clone, clone.base_tree, tree)
    return tuple(
        change.path
        for change in changes
        if (declares(change.path) or is_lock_file(change.path))
        and _asks(clone, clone.base_tree, change.old_path) != _asks(clone, tree, change.path)
    )


def manifests_alone(clone: Clone, tree: str) -> str:
    """Return a tree of the manifests and lock files of ``tree`` that are no programs."""
    left_out = [FileChange(one.path, "000000") for one in list_files(clone, tree)]
    kept = [
        one.path
        for one in list_files(clone, tree)
        if one.mode in _PLAIN and is_manifest(one.path) and not _is_left_out(one.path)
    ]
    settings = [
        one.path
        for one in list_files(clone, clone.base_tree)
        if one.mode in _PLAIN and PurePosixPath(one.path).name in _SETTINGS
    ]
    laid = [*_files(clone, tree, kept), *_files(clone, clone.base_tree, settings)]
    names = {one.path for one in laid}
    return write_tree(clone, tree, [*(one for one in left_out if one.path not in names), *laid])


def plan_for_manifests(plan: SetupPlan, files: ProjectFiles) -> SetupPlan | None:
    """Return how ``plan`` is carried out where there are but manifests; None where it cannot be.

    ``files`` are those of the whole tree.
    """
    if plan.declared or plan.kind == "none" or not plan.commands:
        return None
    if plan.kind == "node":
        commands = tuple(_ignoring_programs(argv) for argv in plan.commands)
        return replace(plan, commands=commands, fallback=(), node_reports=plan.node_reports)
    *before, install = plan.commands
    words = install[len(_INSTALL) :]
    if builds(plan):
        without = plan.fallback[0][len(_INSTALL) :] if plan.fallback else ()
        words = (*without, *_kept_of(words), *_back_end(files))
    command = (*_INSTALL, *_WHEELS_ALONE, *words)
    return replace(plan, commands=(*before, command), fallback=())


def builds(plan: SetupPlan) -> bool:
    """Whether the plan installs the project itself."""
    return plan.kind == "python" and any("-e" in argv for argv in plan.commands)


def own_install(plan: SetupPlan) -> Argv:
    """Return what installs the project itself where all that it needs is there already."""
    install = plan.commands[-1]
    project = install[install.index("-e") + 1]
    return (*_INSTALL, "--offline", "--no-deps", "--no-build-isolation", "-e", project)


def _asks(clone: Clone, tree: str, path: str) -> object:
    """Return what a file asks for, in a form that can be compared: its bytes where unreadable."""
    from validators.policies.manifests.reading import read_manifest  # noqa: PLC0415 - 0.2 s
    from validators.policies.manifests.requirement import UnreadableManifest  # noqa: PLC0415

    found = read_file(clone, tree, path)
    if found is None or is_lock_file(path):
        return found and found[1]
    try:
        return read_manifest(path, found[1])
    except UnreadableManifest:
        return found[1]


def _is_left_out(path: str) -> bool:
    name = PurePosixPath(path).name
    return name in _SETTINGS or _PROGRAMS.fullmatch(name) is not None


def _files(clone: Clone, tree: str, paths: Iterable[str]) -> list[FileChange]:
    read = ((path, read_file(clone, tree, path)) for path in paths)
    return [FileChange(path, "100644", found[1]) for path, found in read if found is not None]


def _ignoring_programs(argv: Argv) -> Argv:
    """Return a command of a package manager that starts no release of itself from the tree."""
    return ("env", "YARN_IGNORE_PATH=1", "npm_config_ignore_pnpmfile=true", *argv)


def _kept_of(words: Argv) -> Argv:
    """Return the words of an install that are no part of what installs without the project."""
    return tuple(word for word in ("coverage",) if word in words) + (
        words[words.index("-c") :] if "-c" in words else ()
    )


def _back_end(files: ProjectFiles) -> Argv:
    """Return what builds the project later, without a network."""
    listed = strings(table(files.toml("pyproject.toml"), "build-system").get("requires"))
    plain = tuple(one for one in listed if _REQUIREMENT.fullmatch(one)) or _LEGACY
    return (*plain, _EDITABLE)
