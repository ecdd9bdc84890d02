"""Starting the program: only its own code runs, importing does nothing, and help comes fast."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import program
from tests.ending import LIMIT_S

Watch = Callable[..., dict[str, list[str]]]

PACKAGES = ("scoping", "validators", "workflows", "bot")
# Half a second each, and no command needs all of them: imported by the function that does.
LATE = ("anthropic", "genai_prices", "git", "github", "jinja2", "rich", "ruamel", "tree_sitter")

# Runs in an interpreter of its own: imports the named modules and prints what they did meanwhile.
WATCH = """
import importlib, json, os, sys
names, deeds = json.loads(sys.argv[1]), []
changes = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
acts = ("socket.", "subprocess.", "shutil.", "tempfile.", "urllib.", "sqlite3.", "http.client.",
        "os.chdir", "os.chmod", "os.chown", "os.exec", "os.fork", "os.kill", "os.link",
        "os.mkdir", "os.posix_spawn", "os.putenv", "os.remove", "os.rename", "os.rmdir",
        "os.spawn", "os.symlink", "os.system", "os.truncate", "os.unsetenv", "os.utime")
def watch(event, arguments):
    if event == "open" and not arguments[2] & changes:
        return
    if event == "open" or event.startswith(acts):
        deeds.append(f"{current}: {event} {arguments[:1]}")
current = ""
sys.addaudithook(watch)
for current in names:
    importlib.import_module(current)
print(json.dumps({"deeds": deeds, "modules": sorted(sys.modules)}))
"""

CANARY = """import os
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "canary"), "w") as file:
    file.write(__name__)
os._exit(66)
"""
HOSTILE = (
    *("bot/__init__.py", "bot/cli.py", "validators/__init__.py", "workflows/__init__.py"),
    *("scoping/__init__.py", "click.py", "dataclasses.py", "sitecustomize.py", "usercustomize.py"),
)


@pytest.fixture
def watch(environment: dict[str, str]) -> Watch:
    """Imports modules in an interpreter of their own; returns `deeds` and `modules` then loaded."""

    def run(names: list[str], folder: Path | None = None) -> dict[str, list[str]]:
        prelude = f"import sys; sys.path.insert(0, {str(folder)!r})\n" if folder else ""
        argv = [sys.executable, "-I", "-B", "-c", prelude + WATCH, json.dumps(names)]
        done = subprocess.run(
            argv, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT_S
        )
        assert done.returncode == 0, done.stderr
        report: dict[str, list[str]] = json.loads(done.stdout)
        return report

    return run


def our_modules(root: Path) -> list[str]:
    paths = [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    names = [".".join(path.relative_to(root).with_suffix("").parts) for path in paths]
    return [name.removesuffix(".__init__") for name in names]


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder that holds its own idea of our packages and of what they import."""
    for name in HOSTILE:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(CANARY)
    return tmp_path


def test_the_program_runs_none_of_the_code_it_is_started_beside(
    hostile: Path, program: Path, environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [str(program), "--help"],
        cwd=hostile,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage: changewright")
    assert list(hostile.rglob("canary")) == []


def test_the_hostile_folder_would_have_been_seen(
    hostile: Path, environment: dict[str, str]
) -> None:
    """Why the console script is the only way to start: `python -m` asks the folder first."""
    argv = [sys.executable, "-m", "bot.cli"]
    done = subprocess.run(
        argv, cwd=hostile, env=environment, capture_output=True, check=False, timeout=LIMIT_S
    )
    assert done.returncode == 66
    assert list(hostile.rglob("canary"))


def test_importing_any_of_our_modules_does_nothing(root: Path, watch: Watch) -> None:
    names = our_modules(root)
    assert len(names) > 20
    assert watch(names)["deeds"] == []


def test_an_import_that_acts_is_seen(tmp_path: Path, watch: Watch) -> None:
    body = "import os, socket, subprocess\nos.mkdir({0!r})\nsocket.socket().close()\n"
    body += "subprocess.run(['true'])\nopen({0!r} + '/file', 'w').close()\n"
    tmp_path.joinpath("acts.py").write_text(body.format(str(tmp_path / "made")))
    deeds = watch(["acts"], tmp_path)["deeds"]
    seen = {deed.split()[1] for deed in deeds}
    assert {"os.mkdir", "socket.__new__", "subprocess.Popen", "open"} <= seen


def test_the_command_line_imports_nothing_heavy(watch: Watch) -> None:
    commands = [f"bot.commands.{name}" for name in program.commands]  # as --help does
    tops = {name.partition(".")[0] for name in watch(["bot.cli", *commands])["modules"]}
    assert sorted(tops & set(LATE)) == []


def test_a_start_imports_the_command_that_is_asked_for_alone(watch: Watch) -> None:
    known = {f"bot.commands.{name}" for name in program.commands}
    assert known.isdisjoint(watch(["bot.cli"])["modules"])
    say = "import sys; from bot.cli import run; run(['runs', '--help']); print(*sys.modules)"
    argv = [sys.executable, "-P", "-c", say]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=LIMIT_S)
    assert known.intersection(done.stdout.split()) == {"bot.commands.runs"}


def test_a_heavy_import_would_be_noticed(watch: Watch) -> None:
    tops = {name.partition(".")[0] for name in watch(["jinja2"])["modules"]}
    assert "jinja2" in tops & set(LATE)
