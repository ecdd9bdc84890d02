"""The browser of the tests: Debian's Chromium, or the one that CHANGEWRIGHT_CHROMIUM names.

`make rig` runs this file. It installs the package `chromium` where that is allowed (as root, with
apt-get), never fails for want of it, and says what to install where it may not. Playwright's own
browsers are not used: they come from a host that is no package index.
"""

import os
import shutil
import subprocess
import sys

import pytest

from tests.github import rig

VARIABLE = "CHANGEWRIGHT_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PACKAGE = "chromium"
_LIMIT_S = 600
_APT = ("apt-get", "-qq", "-o", "Dpkg::Use-Pty=0")


def found() -> str:
    """Return the browser's program, or nothing where none is installed."""
    names = (os.environ[VARIABLE],) if os.environ.get(VARIABLE) else _NAMES
    return next((path for name in names if (path := shutil.which(name))), "")


def chromium() -> str:
    """Return the browser's program; skip the test that asks where there is none."""
    program = found()
    if not program:
        pytest.skip(why_not())
    return program


def axe() -> str:
    """Return the source of axe-core, which looks for what a person cannot use."""
    return (rig.installed() / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


def why_not() -> str:
    """Return what to do where no browser was found, in one line."""
    if named := os.environ.get(VARIABLE):
        return f"{VARIABLE} names no program: {named}"
    return f"no browser is installed: install the package {_PACKAGE}, or name one by {VARIABLE}"


def install() -> str:
    """Install the browser where it is missing; return why it cannot be, else nothing."""
    if found():
        return ""
    if os.environ.get(VARIABLE) or os.geteuid() or not shutil.which("apt-get"):
        return why_not()
    quietly = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    get = (*_APT, "install", "-y", "--no-install-recommends", _PACKAGE)
    for argv in (get, (*_APT, "update"), get):
        try:
            done = subprocess.run(
                argv,
                env=quietly,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"{' '.join(argv)} did not end within {_LIMIT_S} s; {why_not()}"
        if argv == get and done.returncode == 0:
            return "" if found() else why_not()
    said = (done.stderr.strip() or "it said nothing").splitlines()[-1]
    return f"{' '.join(get)} failed: {said}"


if __name__ == "__main__":
    sys.stderr.write("".join(f"rig: {line}\n" for line in install().splitlines()))
