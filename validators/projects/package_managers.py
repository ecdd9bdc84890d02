"""How each package manager of Node installs a package's needs without running their scripts.

Only npm is expected on the machine. It installs the others below the environment, where their
commands find them later, in the version that the package or its lock file asks for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from validators.projects.manifest_files import Argv, ProjectFiles
from validators.sandbox import ENVIRONMENT

INSTALL = ("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund")
INSTALL_LOCKED = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")

# Where linters, bundlers and runners write beside the packages, which are read-only to gates: a
# place has to be there for something writable to be put over it.
WRITTEN_TO = (".cache", ".vite", ".vite-temp")
_FOLDERS = ("mkdir", "-p", *(f"node_modules/{name}" for name in (".bin", *WRITTEN_TO)))

_NPM_LOCKS = ("package-lock.json", "npm-shrinkwrap.json")
_TOOLS = f"{ENVIRONMENT}/tools"
_CACHE = f"{ENVIRONMENT}/.cache"
_NAMED = re.compile(r"(npm|pnpm|yarn|bun)@(\d+(?:\.\d+){0,2}(?:-[\w.]+)?)(?:\+.*)?")
# The newest pnpm that reads and writes each format of its lock file.
_PNPM_BY_LOCK = {"5.3": "6", "5.4": "7", "6.0": "8", "9.0": "10"}
_CLASSIC = "1.22.22"
_BERRY, _BERRY_MAJOR = "@yarnpkg/cli-dist", "4"


@dataclass(frozen=True, slots=True)
class PackageManager:
    """``run`` starts a script by its name. ``fallback`` installs where the lock is out of date."""

    name: str
    run: Argv
    install: tuple[Argv, ...]
    fallback: tuple[Argv, ...] = ()
    note: str = ""


def package_manager(files: ProjectFiles, package: Mapping[str, object]) -> PackageManager:
    """Return the manager that the package names, or else the one that wrote its lock file."""
    named = _NAMED.fullmatch(str(package.get("packageManager", "")))
    name, version = (named[1], named[2]) if named else (_by_lock(files), "")
    if name == "pnpm":
        return _pnpm(files, version)
    if name == "yarn":
        return _yarn(files, version)
    note = "bun is not used here: npm installs, without bun's lock file" if name == "bun" else ""
    is_locked = any(lock in files.there for lock in _NPM_LOCKS)
    if is_locked and name != "bun":
        locked = (INSTALL_LOCKED, _FOLDERS)
        return PackageManager("npm", ("npm", "run"), locked, (INSTALL, _FOLDERS))
    return PackageManager("npm", ("npm", "run"), (INSTALL, _FOLDERS), note=note)


def _by_lock(files: ProjectFiles) -> str:
    if any(lock in files.there for lock in _NPM_LOCKS):
        return "npm"
    locks = {"pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn", "bun.lock": "bun", "bun.lockb": "bun"}
    return next((name for lock, name in locks.items() if lock in files.there), "npm")


def _pnpm(files: ProjectFiles, version: str) -> PackageManager:
    lock = re.match(r"lockfileVersion: *['\"]?([\d.]+)", files.head("pnpm-lock.yaml"))
    package = f"pnpm@{version or _PNPM_BY_LOCK.get(lock[1] if lock else '', '10')}"
    store = ("--store-dir", f"{_CACHE}/pnpm", "--ignore-scripts")
    install: Argv = (f"{_TOOLS}/bin/pnpm", "install", *store)
    frozen = (*install, "--frozen-lockfile") if lock else install
    anew = _fetched("pnpm", package, (*install, "--no-frozen-lockfile"))
    return PackageManager("pnpm", ("pnpm", "run"), _fetched("pnpm", package, frozen), anew)


def _yarn(files: ProjectFiles, version: str) -> PackageManager:
    is_berry = "__metadata:" in files.head("yarn.lock") or ".yarnrc.yml" in files.there
    if is_berry and not version.startswith(("0.", "1.")):
        plain = ("YARN_NODE_LINKER=node-modules", "YARN_ENABLE_SCRIPTS=false")
        home = (f"YARN_GLOBAL_FOLDER={_CACHE}/yarn", "YARN_ENABLE_TELEMETRY=0")
        install: Argv = ("env", *plain, *home, f"{_TOOLS}/bin/yarn", "install")
        package = f"{_BERRY}@{version or _BERRY_MAJOR}"
        # Not every release of it is on the index.
        near = f"{_BERRY}@{(version or _BERRY_MAJOR).partition('.')[0]}"
        frozen, anew = (*install, "--immutable"), (*install, "--no-immutable")
    else:
        quiet = ("--ignore-scripts", "--non-interactive", "--cache-folder", f"{_CACHE}/yarn")
        install = (f"{_TOOLS}/bin/yarn", "install", *quiet)
        package = near = f"yarn@{version or _CLASSIC}"
        # What releases a package may want a newer node than what tests it.
        frozen, anew = (*install, "--frozen-lockfile"), (*install, "--ignore-engines")
    # What yarn installed, npm's scripts find as well; berry's own would look for a state of its
    # that set-up does not leave in the tree.
    run = ("npm", "run")
    return PackageManager(
        "yarn", run, _fetched("yarn", package, frozen), _fetched("yarn", near, anew)
    )


def _fetched(name: str, package: str, install: Argv) -> tuple[Argv, ...]:
    """Return what fetches a manager, installs with it, and lets scripts call it by its name."""
    fetch = (
        "npm", "install", "--global", "--prefix", _TOOLS, "--ignore-scripts", "--no-audit",
        "--no-fund", package,
    )  # fmt: skip
    link = ("ln", "-sf", f"{_TOOLS}/bin/{name}", f"node_modules/.bin/{name}")
    return (fetch, install, _FOLDERS, link)
