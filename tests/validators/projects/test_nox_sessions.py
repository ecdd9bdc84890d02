import pytest

from validators.projects.manifest_files import ProjectFiles
from validators.projects.needs import Needs
from validators.projects.nox_sessions import nox_environment
from validators.projects.tox_settings import RunnerEnvironment

FILE = """
import nox

@nox.session(python=["3.11"])
def lint(session):
    session.install("mypy")
    session.run("mypy", "src")

@nox.session
def tests(session: nox.Session) -> None:
    session.install("-e.[fast]", "pytest>=8")
    session.install(*nox.project.dependency_groups(PYPROJECT, "test"), "-r", "dev.txt")
    session.install(*PYPROJECT["dependency-groups"]["more"])
    with session.chdir("x"):
        session.run("coverage", "run", "-m", "pytest", *fast, "-m", "not slow", *session.posargs)
    session.run("pytest", f"--x={1}")
    session.run("coverage", "report", env={"A": "b"})
    other.run("rm", "-rf", "/")

@nox.session(name="named-one")
def function(session):
    session.run("pytest", *(session.posargs or ["tests"]))

@decorated
def helper(session):
    session.run("pytest", "helper")
"""


def read(text: str, name: str = "") -> RunnerEnvironment | None:
    return nox_environment(
        ProjectFiles.of(["noxfile.py", "dev.txt"], lambda _: text.encode()), name
    )


@pytest.mark.parametrize("name", ["", "tests", "tests-3.11", "tests(django='5')"])
def test_the_tests_session_is_found_with_what_it_installs(name: str) -> None:
    found = read(FILE, name)

    assert found is not None
    assert found.source == "noxfile.py, session tests"
    assert found.commands[0] == ("coverage", "run", "-m", "pytest", "-m", "not slow")
    assert ("rm", "-rf", "/") not in found.commands
    assert len(found.commands) == 2
    assert found.needs == Needs(("fast",), ("test", "more"), ("dev.txt",), ("pytest>=8",))


def test_sessions_are_known_by_the_name_nox_gives_them() -> None:
    named, lint = read(FILE, "named-one"), read(FILE, "lint")

    assert lint is not None
    assert lint.needs == Needs(requirements=("mypy",))
    assert named is not None
    assert named.commands == (("pytest",),)
    assert read(FILE, "helper") is None


@pytest.mark.parametrize(
    "text",
    ["", "def f(:", "\0", "x = " + "(" * 5_000, "x = " + "-" * 100_000 + "1",
     "x = " + "+".join(["1"] * 60_000),
     "@nox.session\ndef tests(s):\n    s.run(*" + "-" * 900 + "s.posargs)\n", "#" * 300_000],
)  # fmt: skip
def test_a_program_that_cannot_be_read_has_no_session(text: str) -> None:
    assert read(text) is None
