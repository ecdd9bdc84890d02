"""How a target's environment is built: which commands, and what it depends on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from validators.path_kinds import is_lock_file
from validators.path_kinds import is_manifest as declares
from validators.projects.manifest_files import Argv, ProjectFiles
from validators.projects.needs import Needs
from validators.projects.node_project import NodeProject
from validators.projects.nox_sessions import nox_environment
from validators.projects.python_project import PythonProject
from validators.projects.tox_settings import tox_environment
from validators.sandbox import ENVIRONMENT

SetupKind = Literal["python", "node", "none"]

_MANIFESTS = {
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "tox.ini",
    "tox.toml",
    "noxfile.py",
    "MANIFEST.in",
    "hatch_build.py",
    "build.py",
    "meson.build",
    "CMakeLists.txt",
    "Cargo.toml",
    "Cargo.lock",
    "go.mod",
    "go.sum",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "settings.gradle",
    "settings.gradle.kts",
    "gradle.properties",
    "libs.versions.toml",
    "gradle-wrapper.properties",
    "uv.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile",
    "Pipfile.lock",
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "yarn.lock",
    "bun.lock",
    "bun.lockb",
    ".yarnrc",
    ".yarnrc.yml",
    ".pnpmfile.cjs",
    ".npmrc",
    "pylock.toml",
    "requirements.lock",
    "requirements-dev.lock",
    "pip.conf",
    ".python-version",
    ".node-version",
    ".nvmrc",
    ".tool-versions",
    "go.work",
    "go.work.sum",
    "gradle.lockfile",
    "rust-toolchain",
    "rust-toolchain.toml",
}
# What a build back end compiles: an environment built from older sources would hold older code.
_COMPILED = {".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".pyx", ".pxd", ".pxi", ".rs", ".f", ".f90"}
_LOCKED = f"{ENVIRONMENT}/locked.txt"
# Measures which lines the tests run; no project's own code knows of it.
_COVERAGE = "coverage"


@dataclass(frozen=True, slots=True)
class SetupPlan:
    """How the target's environment is built, by argvs run one after the other inside the sandbox.

    ``commands`` find a fresh virtual environment where ``kind`` is python. When one fails,
    ``fallback`` runs instead, if there is any. The environment is good for as long as the contents
    of ``manifests`` are the same, or, where it is ``declared`` by the repository's configuration
    and may do anything, for this tree alone. ``node_reports``: node takes a second reporter.
    ``variables`` hold for set-up and gates alike: where a tool finds what set-up fetched.
    """

    kind: SetupKind = "none"
    commands: tuple[Argv, ...] = ()
    fallback: tuple[Argv, ...] = ()
    manifests: tuple[str, ...] = ()
    requires_python: str = ""
    declared: bool = False
    node_reports: bool = False
    variables: tuple[tuple[str, str], ...] = ()


def is_manifest(path: str) -> bool:
    """Whether ``path`` may say what is installed for the target."""
    name = PurePosixPath(path)
    listed = name.suffix in {".txt", ".in"} and ("requirements" in path or "constraints" in path)
    return name.name in _MANIFESTS or listed or name.parts[-2:] == (".cargo", "config.toml")


def manifests_of(files: ProjectFiles) -> tuple[str, ...]:
    """Return the files that an environment of this tree depends on."""
    return tuple(
        path for path in sorted(files.paths) if path.isprintable() and _is_depended_on(path)
    )


def _is_depended_on(path: str) -> bool:
    is_compiled = PurePosixPath(path).suffix in _COMPILED
    return is_manifest(path) or declares(path) or is_lock_file(path) or is_compiled


def python_setup(
    files: ProjectFiles, project: PythonProject, needs: Needs, runs: Sequence[Argv]
) -> SetupPlan:
    """Return what installs the project, what its tests need, and what measures them.

    Versions are those of uv's lock file where there is one. Where the project cannot be built, its
    requirements alone are installed.
    """
    called = {word for run in runs for word in run}
    runner = ("pytest",) if any("pytest" in word for word in called) else ()
    is_test = bool(runner) or "unittest" in called
    needs |= project.sets_for_tests(files)
    if not needs:
        needs = project.sets_for_developers(files)
    if not needs:
        environment = tox_environment(files) or nox_environment(files)
        needs = environment.needs if environment else needs
    arguments = project.arguments(needs)
    commands: tuple[Argv, ...] = ()
    fallback: tuple[Argv, ...] = ()
    if arguments or is_test:
        constraint = ("-c", _LOCKED) if project.has_lock else ()
        install = _uv_install((*arguments, *runner, _COVERAGE, *constraint))
        commands = (*_export(project, needs), install)
    if project.builds:
        without = project.arguments_without_build(needs)
        fallback = (_uv_install((*without, *runner)),) if without or runner else ()
    return SetupPlan("python", commands, fallback, manifests_of(files), project.requires_python)


def node_setup(files: ProjectFiles, project: NodeProject, runs: Sequence[Argv]) -> SetupPlan:
    """Return what installs the packages that the project needs.

    Commands that start node's own runner plainly are told to report, whatever the scripts do.
    """
    words = {word for run in runs for word in run}
    chooses = any(word.startswith("--test-reporter") for word in words)
    plain = any(run[:1] == ("node",) and "--test" in run for run in runs)
    return SetupPlan(
        "node",
        project.install,
        project.fallback,
        manifests_of(files),
        node_reports=(project.node_reports or plain) and not chooses,
    )


def _export(project: PythonProject, needs: Needs) -> tuple[Argv, ...]:
    """Return what writes down the versions of the lock file, as constraints."""
    if not project.has_lock:
        return ()
    groups = (part for name in needs.groups if name in project.groups for part in ("--group", name))
    wanted = {*needs.extras, *needs.groups}
    extras = (part for name in project.extras if name in wanted for part in ("--extra", name))
    words = ("--frozen", "--quiet", "--no-hashes", "--no-emit-local", "--no-default-groups")
    return (("uv", "export", *words, *extras, *groups, "--output-file", _LOCKED),)


def _uv_install(arguments: Argv) -> Argv:
    return ("uv", "pip", "install", *arguments)
