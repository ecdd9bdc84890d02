"""The projects' own tests, run in the sandbox on what people and programs made of their code.

`--suites FOLDER` holds what they need, one folder for each, made by their own installers: scrapy,
urllib3 and celery a virtual environment with the tests' requirements, express and chalk a
node_modules; cobra takes Go's and its libraries' packages of Debian. What cannot be had is said.
"""

import re
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from validators.sandbox import WORKSPACE, Limits, Mount, Phase, Sandbox

_PYTEST = ("-m", "pytest", "-rA", "--tb=no", "-q", "-p", "no:cacheprovider")
_RESULTS = (
    re.compile(r"^(PASSED|FAILED|ERROR) (\S+)", re.MULTILINE),
    re.compile(r"^(ok|not ok) \d+ (.+?)\s*$", re.MULTILINE),
    re.compile(r"^\s*--- (PASS|FAIL): (\S+)", re.MULTILINE),
)
_GOOD = frozenset(("PASSED", "ok", "PASS"))
_LIMITS = Limits(timeout_s=600.0)


@dataclass(frozen=True, slots=True)
class Suite:
    """One command; ``{needs}`` in it is the folder of that name, ``links`` lead there from a tree.

    ``place`` is where in the workspace the tree stands.
    """

    needs: str
    argv: tuple[str, ...]
    links: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    place: str = ""


def _python(needs: str, *paths: str, source: str = "") -> Suite:
    environment = {"PYTHONPATH": f"{WORKSPACE}/{source}", "PYTHONHASHSEED": "0"}
    return Suite(needs, ("{needs}/bin/python", *_PYTEST, *paths), environment=environment)


_LINKS = {"node_modules": "node_modules"}
_URLLIB3 = [
    *("-W", "ignore::pytest.PytestDeprecationWarning"),
    *("test/test_collections.py", "test/test_fields.py", "test/test_filepost.py"),
    *("test/test_util.py", "test/test_response.py", "test/test_ssl.py", "test/test_wait.py"),
    *("test/test_exceptions.py", "test/test_poolmanager.py", "test/test_retry.py"),
]
SUITES = {
    "scrapy_8d92c28a": _python(
        "scrapy",
        *("-p", "no:twisted"),
        *("tests/test_http_request.py", "tests/test_http_response.py", "tests/test_item.py"),
        *("tests/test_loader.py", "tests/test_selector.py", "tests/test_utils_python.py"),
        *("tests/test_utils_misc/__init__.py", "tests/test_utils_datatypes.py"),
    ),
    "scrapy_b2b2d0b0": _python(
        "scrapy",
        *("-p", "no:twisted"),
        *("tests/test_settings", "tests/test_utils_reactor.py", "tests/test_addons.py"),
        *("tests/test_extension_telnet.py", "tests/test_spiderloader"),
    ),
    "urllib3_fe39ebfb": _python("urllib3", *_URLLIB3, source="src"),
    "urllib3_da892d67": _python("urllib3", *_URLLIB3, source="src"),
    "celery_7a27725c": _python(
        "celery",
        *("t/unit/utils/test_time.py", "t/unit/app/test_schedules.py", "t/unit/app/test_beat.py"),
    ),
    "express_c70197ad": Suite(
        "express",
        (
            *("node", "node_modules/mocha/bin/_mocha", "--reporter", "tap", "--exit"),
            *("--require", "test/support/env", "--check-leaks", "test/", "test/acceptance/"),
        ),
        _LINKS,
    ),
    "chalk_249b9ac7": Suite(
        "chalk",
        ("node", "node_modules/mocha/bin/_mocha", "--reporter", "tap", "test.js"),
        _LINKS,
        {"FORCE_COLOR": "1"},
    ),
    "cobra_511af59c": Suite(
        "",
        ("go", "test", "-v", "github.com/spf13/cobra/..."),
        environment={
            "GO111MODULE": "off",
            "GOPATH": f"{WORKSPACE}:/usr/share/gocode",
            "GOCACHE": "/tmp/go-build",  # noqa: S108 - the sandbox's own
        },
        place="src/github.com/spf13/cobra",
    ),
}
NOT_RUN = {
    "django_rest_framework_335054a5": "needs a Django of 2019, which no Python here runs",
    "scrapy_df00389c": "its dependencies of 2019 do not install on this Python",
    "urllib3_52c82753": "its tests need a tornado of 2019, which no Python here runs",
    "celery_10bc6fbd": "is written in Python 2",
    "viper_3d006fe3": "needs modules that Debian does not pack, and no Go proxy is reached",
    "jsoup_8e432a5f": "needs jars, and no Maven repository is reached",
    "commons_csv_f97c1721": "needs jars, and no Maven repository is reached",
    "commons_csv_ebc85238": "needs jars, and no Maven repository is reached",
    "ripgrep_b6177f04": "needs crates of 2018, and a compiler that takes them",
}


def results(name: str, tree: Path, folder: Path, sandbox: Sandbox) -> dict[str, bool]:
    """Return which tests of a project pass on a tree; none where what they need is not here."""
    suite = SUITES[name]
    place = folder / suite.needs if suite.needs else Path("/usr/bin/go")
    if not place.exists():
        return {}
    mounts = [Mount(place, str(place))] if suite.needs else []
    prefix = Path(sys.base_prefix)
    if not prefix.is_relative_to("/usr"):
        mounts.append(Mount(prefix, str(prefix)))
    for link, target in suite.links.items():
        (tree / link).symlink_to(place / target)
    phase = Phase("test", mounts=tuple(mounts), environment=dict(suite.environment))
    argv = [word.replace("{needs}", str(place)) for word in suite.argv]
    with sandbox.open(tree, phase, _LIMITS) as session:
        said = session.run(argv).stdout.text
    found = (one for pattern in _RESULTS for one in pattern.finditer(said))
    return {one[2]: one[1] in _GOOD for one in found}


def told(found: Mapping[str, bool]) -> str:
    """Return how many tests passed and failed."""
    counts = Counter(found.values())
    return f"{counts[True]} passed {counts[False]} failed"
