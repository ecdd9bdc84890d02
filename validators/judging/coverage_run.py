"""How the lines that tests run are measured: beside the tests, in every process they start.

For Python it is the target's own coverage.py, which starts itself where the environment names
settings for it, so that no command has to be changed; only the files that are asked about are
measured. For node it is node's own. Data stays in the sandbox: a second command there turns it into
an LCOV report.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Literal

from validators.detect import looks_like_test
from validators.judging.coverage import NOTHING_MEASURED
from validators.projects.coverage_configuration import CoverageConfiguration
from validators.sandbox import WORKSPACE, Mount, Phase

CoverageTool = Literal["python", "node", "none"]

# A writable folder for data, and a read-only file with our settings, as the sandbox sees them.
COVERAGE = "/coverage"
COVERAGE_SETTINGS = "/coverage-settings"
_START = "/coverage-start"
_STARTING = """\
try:
    import coverage
except ImportError:
    pass
else:
    coverage.process_startup()
"""
_NODE_REPORT = f"{COVERAGE}/node.lcov"
_SUFFIXES: Mapping[CoverageTool, frozenset[str]] = {
    "python": frozenset({".py"}),
    "node": frozenset({".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"}),
    "none": frozenset(),
}
_DECLARING = (".d.ts", ".d.mts", ".d.cts")
# Python that no test imports: run by tools, or by hand.
_TOOL_FILES = frozenset({"setup.py", "conftest.py", "noxfile.py", "tasks.py", "manage.py"})
_TOOL_FOLDERS = frozenset({"doc", "docs", "example", "examples", "benchmarks", "scripts", "tools"})
# From this version on coverage asks the interpreter for events instead of tracing each line.
_CHEAP_SINCE = (3, 12)
_NUMBER = re.compile(r"\d+")
_ODD = re.compile(r"[^A-Za-z0-9_./ -]")

# Data of the tests' own measuring, where they have one: ours rests while another measures.
# $1 are our settings, $2 is where the tests keep their data, the others are the files asked about;
# without any, it is all that have data.
_REPORTING = f"""
unset COVERAGE_PROCESS_START
settings=$1 theirs=$2 copy={COVERAGE}/theirs
shift 2
combine() {{ python -I -m coverage combine -q --rcfile="$settings" "$@" >&2; }}
report() {{ python -I -m coverage lcov -q -i -o - --rcfile="$settings" "$@"; }}
measured={NOTHING_MEASURED}
if combine; then report "$@" && measured=0; fi
test -f "$theirs" && combine --keep --data-file="$copy" "$theirs"
ls "$theirs".* >&2 && combine --keep --append --data-file="$copy" "$theirs".*
if test -f "$copy"; then report --data-file="$copy" "$@" && measured=0; fi
exit $measured
"""


def coverage_tool(run: Sequence[str], interpreter: str) -> CoverageTool:
    """Return what can measure the gate's command ``run``; ``interpreter`` is the version's number.

    It is empty where the environment has no Python of its own.
    """
    if interpreter:
        return "python"
    return "node" if coverage_argv(run) != tuple(run) else "none"


def is_cheap(tool: CoverageTool, interpreter: str) -> bool:
    """Whether measuring costs so little that the tests need no second run for it.

    It is measured in a second run otherwise, of fewer tests: tracing nearly doubles their time.
    """
    if tool != "python":
        return True
    numbers = tuple(int(number) for number in _NUMBER.findall(interpreter)[:2])
    return numbers >= _CHEAP_SINCE


def coverage_variables(tool: CoverageTool, interpreter: str) -> Mapping[str, str]:
    """Return the variables that turn measuring on; NODE_OPTIONS are to be joined with others.

    Older releases of coverage, all that older interpreters can have, do not start themselves.
    """
    if tool == "python":
        variables = {"COVERAGE_PROCESS_START": COVERAGE_SETTINGS}
        return variables if is_cheap(tool, interpreter) else variables | {"PYTHONPATH": _START}
    if tool == "node":
        reporter = f"--test-reporter=lcov --test-reporter-destination={_NODE_REPORT}"
        return {"NODE_OPTIONS": reporter}
    return {}


def measured_phase(
    phase: Phase, tool: CoverageTool, interpreter: str, mounts: tuple[Mount, ...]
) -> Phase:
    """Return ``phase`` with measuring turned on, and the ``mounts`` that were laid out for it."""
    environment = dict(phase.environment)
    for name, value in coverage_variables(tool, interpreter).items():
        kept = f"{environment.get(name, '')} " if name == "NODE_OPTIONS" else ""
        environment[name] = f"{kept}{value}".strip()
    return replace(phase, mounts=(*phase.mounts, *mounts), environment=environment)


def coverage_argv(run: Sequence[str]) -> tuple[str, ...]:
    """Return ``run``, asking node to measure where it is plainly node's own test runner."""
    argv = tuple(run)
    if argv[:1] == ("node",) and "--test" in argv:
        return ("node", "--experimental-test-coverage", *argv[1:])
    return argv


def coverage_settings(
    changed: Iterable[str], base: CoverageConfiguration, *, interpreter: str
) -> str:
    """Return the settings that stand at `COVERAGE_SETTINGS` while tests run and are reported on."""
    include = "".join(f"\n    {_pattern(path)}" for path in sorted(changed))
    # A line that starts with either sign would be a comment in this kind of file.
    excluded = "".join(
        f"\n    {f'(?:){regex}' if regex[0] in '#;' else regex}" for regex in base.excluded
    )
    core = "\ncore = sysmon" if is_cheap("python", interpreter) else ""
    return (
        f"[run]\ndata_file = {COVERAGE}/data\nparallel = true\ninclude ={include}{core}\n"
        f"patch = _exit\nrelative_files = {str(base.relative_files).lower()}\n"
        "disable_warnings = no-data-collected,already-imported,no-sysmon,no-ctracer\n"
        f"[report]\nexclude_lines ={excluded}\n"
    )


def lay_out_coverage(folder: Path, settings: str) -> tuple[Mount, ...]:
    """Write ``settings`` down in ``folder``, empty and ours; return what the sandbox is to see."""
    data, start = folder / "data", folder / "start"
    data.mkdir()
    data.chmod(0o777)  # the sandbox's user may be another than ours
    start.mkdir(mode=0o755)
    file, starting = folder / "settings", start / "sitecustomize.py"
    for place, text in ((file, settings), (starting, _STARTING)):
        place.write_text(text, "utf-8")
        place.chmod(0o644)
    return (
        Mount(data, COVERAGE, writable=True),
        Mount(file, COVERAGE_SETTINGS),
        Mount(start, _START),
    )


def coverage_command(
    tool: CoverageTool, changed: Iterable[str], base: CoverageConfiguration
) -> tuple[str, ...]:
    """Return the command that prints what was measured, in the session the tests ran in."""
    if tool == "node":
        return ("cat", _NODE_REPORT)
    files = (f"{WORKSPACE}/{path}" for path in sorted(changed))
    theirs = base.data_file if base.data_file.startswith("/") else f"{WORKSPACE}/{base.data_file}"
    return ("sh", "-c", _REPORTING, "sh", COVERAGE_SETTINGS, theirs, *files)


def is_measured(path: str, tool: CoverageTool) -> bool:
    """Whether tests are expected to run the lines of ``path``, and ``tool`` can tell."""
    name = PurePosixPath(path)
    if name.suffix not in _SUFFIXES[tool] or looks_like_test(path) or not path.isprintable():
        return False
    if name.name.endswith(_DECLARING):
        return False  # nothing in it is ever run
    return name.name not in _TOOL_FILES and not _TOOL_FOLDERS & set(name.parts[:-1])


def _pattern(path: str) -> str:
    """Return the pattern of one file; what could mean something in a pattern matches any sign."""
    return f"{WORKSPACE}/{_ODD.sub('?', path)}"
