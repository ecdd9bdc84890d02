"""Which interpreter a run gets, and what is said where one is missing."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.jupyter_interpreter import jupyter_interpreter
from bot.adapters.none_sandbox import NoneSandbox
from bot.adapters.pyodide_interpreter import pyodide_interpreter
from bot.doctor import _interpreters
from bot.interpreters import Ground, interpreter_on, missing_interpreters
from bot.settings import Settings, Sources, load
from validators.sandbox import Sandbox
from workflows.snippet import InterpreterRefusal, SnippetLimits

PARTS = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")


class Walled(NoneSandbox):
    """Goes for one that has walls; nothing is run in it here."""

    name = "walled"


def settings(place: Path, **chosen: object) -> Settings:
    found = load(Sources(environment={}, default_state=place))
    return replace(found, **chosen)  # type: ignore[arg-type] # checked by whoever reads them


def ground(place: Path, sandbox: Sandbox, **chosen: object) -> Ground:
    return Ground(settings(place, **chosen), sandbox, place)


@pytest.mark.parametrize("name", ["monty", "cpython", "jupyter"])
def test_a_run_gets_the_interpreter_that_is_named(tmp_path: Path, name: str) -> None:
    found = interpreter_on(ground(tmp_path, Walled(tmp_path), model_interpreter=name))

    assert found.name == name


@pytest.mark.parametrize("name", ["cpython", "jupyter", "pyodide"])
def test_what_has_no_wall_of_its_own_is_refused_without_a_sandbox(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(InterpreterRefusal, match=f"{name} has no wall but the sandbox; leave out"):
        interpreter_on(ground(tmp_path, NoneSandbox(tmp_path), model_interpreter=name))


def test_pyodide_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = Walled(tmp_path)
    with pytest.raises(InterpreterRefusal, match=r"name it in model\.pyodide"):
        pyodide_interpreter(sandbox, tmp_path)

    (tmp_path / "pyodide.mjs").touch()
    with pytest.raises(InterpreterRefusal, match=r"holds no pyodide\.asm\.mjs, pyodide\.asm\.wasm"):
        pyodide_interpreter(sandbox, tmp_path, folder=tmp_path)

    for name in PARTS:
        (tmp_path / name).touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InterpreterRefusal, match="install Node 20 or later"):
        pyodide_interpreter(sandbox, tmp_path, folder=tmp_path)


def test_a_kernel_is_refused_with_what_to_install(tmp_path: Path) -> None:
    sandbox = Walled(tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "lib" / "python3.10" / "site-packages").mkdir(parents=True)
    with pytest.raises(
        InterpreterRefusal, match=r"no virtual environment of Python 3\.11 or later"
    ):
        jupyter_interpreter(sandbox, tmp_path, environment=tmp_path)

    (tmp_path / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    with pytest.raises(InterpreterRefusal, match="there is no ipykernel and no jupyter_client in"):
        jupyter_interpreter(sandbox, tmp_path, environment=tmp_path)


def test_doctor_says_which_there_are_and_misses_the_chosen_one_alone(tmp_path: Path) -> None:
    missing = missing_interpreters(ground(tmp_path, Walled(tmp_path)))
    assert [name for name, why in missing.items() if why] == ["pyodide"]

    unused = _interpreters(settings(tmp_path))
    chosen = _interpreters(settings(tmp_path, model_action="code", model_interpreter="pyodide"))

    assert (unused.works, unused.found) == (True, "for snippets there are monty, cpython, jupyter")
    assert not chosen.works
    assert "name it in model.pyodide" in chosen.found


@pytest.mark.long
def test_a_kernel_of_another_environment_has_its_packages(tmp_path: Path) -> None:
    environment = Path(sys.prefix)
    session = jupyter_interpreter(NoneSandbox(tmp_path), tmp_path, environment=environment).open(
        {}, "", SnippetLimits()
    )

    done = session.run("import tornado\ntornado.version_info >= (6,)")
    session.close()

    assert done.printed == "True\n"
