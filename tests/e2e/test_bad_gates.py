"""Gates that hang, flood, forge, daemonise or die: an answer in time, and never a false pass."""

import atexit
import functools
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.bad_input import Row, Setting, judge, measured
from tests.e2e.conftest import CHANGEWRIGHT, wheel
from tests.e2e.repositories import made, save, write
from tests.found_out import lend
from tests.hurried import HANGS

pytestmark = pytest.mark.sandbox

PASSES, FAILS = r"^verdict: pass", r"^verdict: fail"
NOTHING_PROVEN, TROUBLE = r"^verdict: no-evidence", r"^verdict: infrastructure"
# No other process on the machine sleeps for as long: what is left over can be found by it.
FOR_EVER = f"98765.{os.getpid()}"
MOST_RSS_MIB = 150
LIMIT_S = 120
HURRYING = (sys.executable, Path(__file__).with_name("hurrying.py"))

GOOD = '<testcase classname="t" name="old"/>'
BAD = '<testcase classname="t" name="old"><failure>no</failure></testcase>'
REPORT = "printf '<testsuites>%s</testsuites>' '{}' > /reports/pytest.xml\n"
FINE = REPORT.format(GOOD)
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><testsuites>&b;</testsuites>'
NESTED = 'printf "%0200000d" 0 | sed "s/0/<testsuite>/g" > /reports/pytest.xml\n'
TEST = "def test_old():\n    assert True\n"
TOLD = f"open('{HANGS}', 'w').close()"
HANGING = f"def test_hangs():\n    import time; {TOLD}; time.sleep({FOR_EVER})\n"
# A test's every kind of odd byte: no UTF-8, NUL, colours, half a surrogate pair, direction.
ODD = r"""
def test_odd():
    import os
    os.write(1, b"\xff\xfe\x00\x1b[31m\xed\xa0\x80")
    print("\ud800 \x00 \x1b[31m \u202e red")
    raise AssertionError("odd: \ud800 \x00 \x1b[31m \u202e")
"""

Build = Callable[[Path], Setting]


def shell(before: str, after: str = "", *, hangs: bool = False, **files: str) -> Build:
    """A gate that is a script of the repository: ``before``, then ``after`` (or the same).

    Where it ``hangs``, it makes the file HANGS, and nobody waits for its limit.
    """

    def build(folder: Path) -> Setting:
        repo = made(folder, commit=False)
        gate = {"name": "tests", "kind": "test", "run": "sh -e ./gate.sh", "timeout_s": LIMIT_S}
        config = json.dumps({"setup": {"run": []}, "gates": [gate]})
        write(repo, {".github/changewright.yml": config, "gate.sh": before, **files})
        save(repo)
        write(repo, {"gate.sh": after or before, "a.txt": "two\n"})
        argv = ("gate", "--kind=refactor", "--repo", repo)
        return Setting(argv, repo, program=HURRYING if hangs else (CHANGEWRIGHT,))

    return build


def suite(before: str, after: str, *, hangs: bool = False) -> Build:
    """A gate that is pytest, in an environment that is built once for all of these rows.

    An environment belongs to the place of its repository, so all of them are in one place.
    """

    def build(_: Path) -> Setting:
        shop = _shop()
        shutil.rmtree(shop / "project", ignore_errors=True)
        repo = made(shop, commit=False)
        gate = {"name": "tests", "kind": "test", "run": "python -m pytest -q"}
        config = json.dumps({"gates": [{**gate, "timeout_s": LIMIT_S}]})
        files = {".github/changewright.yml": config, "requirements.txt": "pytest\n"}
        write(repo, {**files, **({"test_it.py": before} if before else {})})
        save(repo)
        write(repo, {"a.txt": "two\n", **({"test_it.py": after} if after else {})})
        index = {"UV_FIND_LINKS": str(shop / "wheels"), "UV_NO_INDEX": "1"}
        argv = ("gate", "--kind=refactor", "--repo", repo)
        program = HURRYING if hangs else (CHANGEWRIGHT,)
        return Setting(argv, repo, env=index, program=program, state=shop / "state")

    return build


@functools.cache
def _shop() -> Path:
    """Return a folder with wheels of pytest, which is gone when this process ends."""
    shop = Path(tempfile.mkdtemp(prefix="bad-gates-"))
    atexit.register(shutil.rmtree, shop, ignore_errors=True)
    shop.chmod(0o755)
    (shop / "wheels").mkdir()
    for name in ("pytest", "pluggy", "iniconfig", "packaging", "pygments"):
        wheel(name, shop / "wheels")
    return shop


def undeclared(folder: Path) -> Setting:
    repo = made(folder, commit=False)
    (repo / ".github" / "changewright.yml").unlink()
    (repo / "greeting.py").unlink()  # there is a linter for it
    save(repo)
    write(repo, {"a.txt": "two\n"})
    return Setting(("gate", "--kind=refactor", "--repo", repo), repo)


def rows() -> list[Row]:
    """Return every gate of this file as a row."""
    return [*_endless(), *_loud(), *_forged(), *_broken()]


def _endless() -> Iterator[Row]:
    sleep = f"touch {HANGS}\nsleep {FOR_EVER}\n"
    hang = f"import time; {TOLD}\ntime.sleep({FOR_EVER})\n"
    # The last that is registered is the first to be called.
    late = f"import atexit, time\natexit.register(time.sleep, {FOR_EVER})\n"
    late += f"atexit.register(lambda: {TOLD})\n"
    stopped = f"the command did not end within {LIMIT_S} s and was stopped"
    yield Row(
        "tests that hang with the change",
        suite(TEST, TEST + HANGING, hangs=True),
        1,
        NOTHING_PROVEN,
        f"with this change: {stopped}; 1 of its tests had ended by then",
    )
    yield Row(
        "tests that hang while they are collected",
        suite(TEST, TEST + hang, hangs=True),
        1,
        NOTHING_PROVEN,
        rf"(?s){stopped}.*test_it\.py:4: KeyboardInterrupt.*Make the gate end in time",
    )
    yield Row(
        "tests that hang when all of them are done",
        suite(TEST, TEST + late, hangs=True),
        1,
        NOTHING_PROVEN,
        f"{stopped}; 1 of its tests had ended by then",
    )
    yield Row(
        "tests that hang on the base already",
        shell(sleep, hangs=True),
        1,
        TROUBLE,
        f"on the untouched base: {stopped}",
    )
    yield Row(
        "a hanging command that ignores every signal it can",
        shell(FINE, f"trap '' INT TERM HUP\n{sleep}{sleep}", hangs=True),
        1,
        NOTHING_PROVEN,
        stopped,
    )
    yield Row(
        "a test that leaves a daemon behind, which holds the output",
        shell(FINE, f"{FINE}setsid sh -c 'trap \"\" HUP; sleep {FOR_EVER}' &\n"),
        0,
        PASSES,
    )


def _loud() -> Iterator[Row]:
    flood = "printed more than 64 MiB and was stopped"
    yield Row(
        "tests that print 1 GB",
        shell(FINE, f"{FINE}yes | head -c 1073741824\n"),
        1,
        NOTHING_PROVEN,
        flood,
    )
    yield Row(
        "tests that print one line of 300 MB",
        shell(FINE, f"{FINE}head -c 300000000 /dev/zero | tr '\\0' x >&2\n"),
        1,
        NOTHING_PROVEN,
        flood,
    )
    yield Row(
        "tests that print 60 MB and fail",
        shell(FINE, f"{REPORT.format(BAD)}head -c 60000000 /dev/zero | tr '\\0' x\nexit 1\n"),
        1,
        FAILS,
        "t::old passes on the base and fails with this change",
    )
    yield Row(
        "tests that print what is no text",
        suite(TEST, TEST + ODD),
        1,
        FAILS,
        r"test_odd is new and fails(?s:.*)AssertionError: odd",
    )
    yield Row(
        "tests that write a file of 2 GB",
        shell(FINE, "truncate -s 2147483648 big\n"),
        1,
        r"^verdict: (fail|no-evidence)",
    )
    yield Row(
        "tests that want more memory than there may be",
        shell(FINE, "head -c 1 /dev/zero | tail -c 1 >x\nulimit -d 0; sort x\n"),
        1,
        r"^verdict: (fail|no-evidence)",
    )


def _forged() -> Iterator[Row]:
    cut, odd = "<testsuites><testcase", "printf '\\377\\376' > /reports/pytest.xml\n"
    both = FINE + FINE.replace("pytest.xml", "node.xml")
    forged = {
        "a report that breaks off": (f"printf '%s' '{cut}' > /reports/pytest.xml\n", "cannot be"),
        "a report of no bytes": (": > /reports/pytest.xml\n", "there is no pytest report"),
        "a report of odd bytes": (odd, "cannot be read"),
        "a report of 30 MB": ("head -c 30000000 /dev/zero > /reports/pytest.xml\n", "larger than"),
        "a report that is a link": (
            "ln -sf /etc/passwd /reports/pytest.xml\n",
            "Read-only file system",
        ),
        "a report that is taken away": ("rm -f /reports/pytest.xml\n", "Read-only file system"),
        "a report that grows when read": (
            f"printf '%s' '{LAUGHS}' > /reports/pytest.xml\n",
            "holds entities",
        ),
        "a report nested 200000 deep": (NESTED, "cannot be read"),
        "reports of two runners": (both, "each needs a gate of its own"),
        "no report where the base has one": ("exit 0\n", "there is no pytest report"),
        "a report without a test": (REPORT.format(""), "no test was run"),
        "exit code 0 with a failed test": (REPORT.format(BAD), "report says that t::old failed"),
        "exit code 1 without a failed test": (f"{FINE}exit 1\n", "has no failed test"),
    }
    for name, (after, says) in forged.items():
        yield Row(name, shell(FINE, after), 1, NOTHING_PROVEN, says)
    yield Row(
        "a test reported twice, once as failed",
        shell(FINE, REPORT.format(GOOD + BAD + GOOD) + "exit 1\n"),
        1,
        FAILS,
        "t::old passes on the base and fails",
    )


def _broken() -> Iterator[Row]:
    yield Row("no gate at all", undeclared, 1, NOTHING_PROVEN, "A person must declare gates in")
    yield Row("no tests at all", suite("", ""), 1, NOTHING_PROVEN, "(?s)no test was run.*Add a te")
    yield Row(
        "a command that there is not",
        shell("no-such-command\n"),
        1,
        "^verdict: infrastructure",
        "cannot be run in the sandbox: .*no-such-command",
    )
    for name, kill in (("itself", "kill -9 $$"), ("all it can reach", "kill -9 -1")):
        yield Row(
            f"a test that kills {name}", shell(FINE, f"{FINE}{kill}\n"), 1, NOTHING_PROVEN, "killed"
        )
    yield Row(
        "a test that fails since a date",
        shell(f'{REPORT.format(BAD)}test "$(date +%Y)" -lt 2020\n'),
        0,
        PASSES,
    )


def left_running() -> list[str]:
    """Return the command lines of processes that a gate of this file left behind."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
        except OSError:  # it has just ended
            continue
        if FOR_EVER.encode() in words:
            found.append(repr(words))
    return found


@pytest.mark.sampled(9)
@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_a_bad_gate_gets_an_answer_and_leaves_nothing(row: Row, tmp_path: Path) -> None:
    shown = judge(row, tmp_path)

    assert not shown.wrong, "\n".join(shown.wrong)
    assert left_running() == []


def test_the_programs_own_memory_stays_flat_whatever_is_printed(tmp_path: Path) -> None:
    # To the last byte that is allowed, so that all of it is read.
    loud = f"{FINE}head -c 33000000 /dev/zero; head -c 33000000 /dev/zero >&2\n"
    setting = shell(FINE, loud)(tmp_path)
    state = {"CHANGEWRIGHT_STATE": str(lend(tmp_path / "state")), "HOME": str(tmp_path)}
    argv = [str(CHANGEWRIGHT), *map(str, setting.argv)]
    code, peak_mib = measured(argv, {"PATH": os.environ["PATH"], **state}, tmp_path / "said")

    printed = (tmp_path / "said").read_bytes()
    assert code == 0, printed
    assert b"verdict: pass" in printed
    assert peak_mib < MOST_RSS_MIB


def test_what_a_hanging_gate_had_proven_is_kept_in_the_evidence(tmp_path: Path) -> None:
    kept = r'(?s)"ended": "timeout",\s+"exit_code": null,\s+"report": "pytest",\s+"passed": 1,'

    def build(folder: Path) -> Setting:
        setting = suite(TEST, TEST + HANGING, hangs=True)(folder)
        return replace(setting, argv=(*setting.argv, "--json", "--quiet"))

    shown = judge(Row("evidence", build, 1, r"^\{", kept), tmp_path)

    assert not shown.wrong, "\n".join(shown.wrong)
