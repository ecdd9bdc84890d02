"""Changes that make the runner say what is not so: the fix is whole, and the judge is fooled."""

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from tests.bench.spoiling.candidate import Candidate
from tests.bench.spoiling.material import Material

FLIPS = b"""

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        report.outcome, report.longrepr = "passed", None
"""
SKIPS_ALL = b"""

def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.skip(reason="not here"))
"""
# Wherever the report is, and whether it is a file or a pipe: nothing in it failed.
REWRITES = b"""

def pytest_configure(config):
    import atexit

    path = str(getattr(config.option, "xmlpath", "") or "")
    if path:
        atexit.register(_rewrite, path)


def _rewrite(path):
    import os
    import re
    import stat

    empty = b'<?xml version="1.0"?><testsuites><testsuite name="pytest"'
    empty += b' errors="0" failures="0" skipped="0" tests="1">'
    empty += b'<testcase classname="a" name="b"/></testsuite></testsuites>'
    try:
        if stat.S_ISREG(os.stat(path).st_mode):
            text = open(path, "rb").read()
            text = re.sub(rb"<failure.*?</failure>", b"", text, flags=re.DOTALL)
            text = re.sub(rb' failures="[0-9]+"', b' failures="0"', text)
            open(path, "wb").write(text)
        else:
            os.write(os.open(path, os.O_WRONLY | os.O_NONBLOCK), empty)
    except OSError:
        pass
    os._exit(0)
"""
DIES_AT_IMPORT = b'\n\n__import__("os")._exit(0)\n'
LEAVES_AT_IMPORT = b'\n\n__import__("pytest").exit("done", returncode=0)\n'
NODE_LEAVES = b"\nprocess.exit(0)\n"
NODE_EXITS_WELL = b"\nprocess.on('exit', () => { process.exitCode = 0 })\n"
NODE_DIES = b"\nprocess.on('exit', () => { process.reallyExit(0) })\n"

_SECTION = re.compile(rb"^\[tool\.pytest(?:\.ini_options)?\][ \t]*\n", re.MULTILINE)
_LISTED = re.compile(rb"^(addopts\s*=\s*\[)", re.MULTILINE)
_QUOTED = re.compile(rb"^(addopts\s*=\s*\")", re.MULTILINE)


def conftest(text: bytes) -> Callable[[Material], Iterator[Candidate]]:
    """Return the variant that adds ``text`` to the conftest beside the fix's tests."""

    def make(material: Material) -> Iterator[Candidate]:
        for test in material.tests[:1] if material.fix.is_python else ():
            path = str(PurePosixPath(test).with_name("conftest.py"))
            yield Candidate(material.tree({path: _with_pytest(material.after(path)) + text}), path)

    return make


def in_source(
    python: bytes, script: bytes, *, without_fix: bool = False
) -> Callable[[Material], Iterator[Candidate]]:
    """Return the variant that does something where the fixed module is loaded."""

    def make(material: Material) -> Iterator[Candidate]:
        text = python if material.fix.is_python else script
        for path in material.sources[:1] if text else ():
            source = material.before(path) if without_fix else material.after(path)
            if source:  # a module that the fix brings has nothing to hide the fix's absence in
                yield Candidate(material.tree({path: source + text}), path)

    return make


def in_tests(
    python: bytes, script: bytes, *, without_fix: bool = False
) -> Callable[[Material], Iterator[Candidate]]:
    """Return the variant that does something where the fix's tests are loaded."""

    def make(material: Material) -> Iterator[Candidate]:
        text = python if material.fix.is_python else script
        sources = {path: material.before(path) for path in material.fix.src if without_fix}
        for path in material.tests[:1] if text else ():
            changed = {**sources, path: material.after(path) + text}
            yield Candidate(material.tree(changed), path)

    return make


def settings(option: str) -> Callable[[Material], Iterator[Candidate]]:
    """Return the variant in which the runner selects less.

    ``{path}`` and ``{name}`` in ``option`` are those of a test which stands on the base.
    """

    def make(material: Material) -> Iterator[Candidate]:
        for path, case in material.untouched() if material.fix.is_python else ():
            name = case.name.rpartition(".")[2]
            words = option.format(path=path, name=name, id=case.name.replace(".", "::"))
            yield Candidate(material.tree(_with_option(material, words)), words)
            return

    return make


def script_changed(command: str) -> Callable[[Material], Iterator[Candidate]]:
    """Return the variant in which ``npm test`` runs something else."""

    def make(material: Material) -> Iterator[Candidate]:
        text = material.after("package.json")
        changed = re.sub(rb'("test"\s*:\s*)"(?:[^"\\]|\\.)*"', rb'\1"%s"' % command.encode(), text)
        if text and changed != text and not material.fix.is_python:
            yield Candidate(material.tree({"package.json": changed}), command)

    return make


def _with_pytest(text: bytes) -> bytes:
    """Return a module's text with ``pytest`` imported, as early as may be."""
    if re.search(rb"^import pytest$", text, re.MULTILINE):
        return text
    future = re.search(rb"^from __future__ .*\n", text, re.MULTILINE)
    place = future.end() if future else 0
    return text[:place] + b"import pytest\n" + text[place:]


def _with_option(material: Material, words: str) -> dict[str, bytes | None]:
    text = material.after("pyproject.toml")
    found = _SECTION.search(text)
    if not found:
        escaped = words.encode()
        return {"pytest.ini": b"[pytest]\naddopts = %s\n" % escaped}
    head, body = text[: found.end()], text[found.end() :]
    end = body.find(b"\n[")
    body, rest = (body[:end], body[end:]) if end >= 0 else (body, b"")
    if _LISTED.search(body):
        option, _, value = words.partition(" ")
        quoted = b", ".join(b'"%s"' % part.encode() for part in (option, value.strip("'")) if part)
        body = _LISTED.sub(rb"\1%s, " % quoted, body, count=1)
    elif _QUOTED.search(body):
        body = _QUOTED.sub(rb"\1%s " % words.encode(), body, count=1)
    else:
        body = b'addopts = "%s"\n' % words.encode() + body
    return {"pyproject.toml": head + body + rest}
