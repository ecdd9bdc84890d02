"""What tools say of themselves where nobody chose: real processes on a PATH of their own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.indexes.machine import MachineIndexes, machine_indexes
from bot.indexes.tool_defaults import ToolDefaults, tool_defaults

PIP = """echo '{"index": "https://index.test/simple", "files": "files.test"}'"""
NPM = """echo '{"registry": "https://registry.test/", "@corp:registry": "https://corp.test/npm/",
 "_auth": "canary", "cache": 7}'"""
YARN = """[ "$*" = "config get registry" ] && echo https://yarn.test"""

Tools = Callable[..., dict[str, str]]


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    """Put programs of these lines of shell on a PATH; return an environment with it."""

    def lay(programs: Mapping[str, str], folder: str = "bin") -> dict[str, str]:
        place = tmp_path / folder
        place.mkdir(parents=True)
        for name, lines in programs.items():
            program = place / name
            program.write_text(f"#!/bin/sh\n{lines}\n")
            program.chmod(0o755)
        return {"HOME": str(tmp_path / "home"), "PATH": str(place)}

    return lay


def read(environment: Mapping[str, str], folder: Path, **more: str) -> MachineIndexes:
    own = {"XDG_CONFIG_DIRS": str(folder / "none"), **environment, **more}
    return machine_indexes(own, root=folder / "root")


def hosts(machine: MachineIndexes) -> set[str]:
    return {index.origin.host for index in machine.defaults}


def test_each_tool_s_own_word_counts_where_nobody_chose(tools: Tools, tmp_path: Path) -> None:
    environment = tools({"python3": PIP, "npm": NPM, "yarn": YARN})

    said = tool_defaults(environment)
    machine = read(environment, tmp_path)

    assert said == ToolDefaults(
        "https://index.test/simple",
        "https://files.test/",
        "https://registry.test/",
        (("@corp", "https://corp.test/npm/"),),
        "https://yarn.test",
    )
    assert hosts(machine) == {"index.test", "files.test", "registry.test", "yarn.test"}
    assert {index.origin.host for index in machine.indexes} == {"corp.test"}
    assert machine.variables == {"npm_config_@corp:registry": "https://corp.test/npm/"}
    assert (machine.unknown, machine.warnings) == ((), ())
    assert "canary" not in repr((said, machine))


def test_what_is_chosen_is_asked_instead_of_a_default(tools: Tools, tmp_path: Path) -> None:
    environment = tools({"python3": PIP, "npm": NPM, "yarn": YARN})
    chosen = {"PIP_INDEX_URL": "https://own.test/simple", "npm_config_registry": "https://n.test/"}

    machine = read(environment, tmp_path, **chosen)
    same = read(environment, tmp_path, PIP_INDEX_URL="https://index.test/simple/")
    none = read(environment, tmp_path, PIP_NO_INDEX="1")

    assert hosts(machine) == set()
    assert "files.test" in hosts(same)  # where its pages lead, whoever named it
    assert hosts(none) == {"registry.test", "yarn.test"}


def test_a_tool_that_is_not_here_allows_nothing_and_that_is_said(tmp_path: Path) -> None:
    machine = read({"PATH": str(tmp_path)}, tmp_path)
    chosen = read(
        {}, tmp_path, PIP_INDEX_URL="https://own.test", npm_config_registry="http://n.test"
    )

    assert (machine.indexes, machine.defaults, machine.warnings) == ((), (), ())
    assert machine.unknown == (
        "what pip uses by default is not known here: no Python here has a pip that could be asked",
        "what npm uses by default is not known here: npm is not installed",
        "what yarn uses by default is not known here: yarn is not installed",
    )
    assert chosen.unknown == ()


def test_a_yarn_that_is_fetched_is_told_to_ask_whom_npm_asks(tools: Tools, tmp_path: Path) -> None:
    machine = read(tools({"npm": """echo '{"registry": "https://registry.test/"}'"""}), tmp_path)

    assert machine.variables == {
        "YARN_REGISTRY": "https://registry.test",
        "YARN_NPM_REGISTRY_SERVER": "https://registry.test",
    }


def test_later_yarns_are_asked_in_their_own_words(tools: Tools) -> None:
    later = '[ "$3" = npmRegistryServer ] && echo https://berry.test || { echo no; exit 1; }'

    assert tool_defaults(tools({"yarn": later})).yarn == "https://berry.test"


@pytest.mark.parametrize(
    "lines",
    [
        "exit 3",
        PIP + "; exit 1",
        "echo nonsense",
        "echo '[1]'",
        'echo \'{"index": 7, "registry": null}\'',
        "printf 'https://a.test\\nhttps://b.test'",
    ],
)
def test_an_answer_that_is_none_allows_nothing(tools: Tools, lines: str) -> None:
    said = tool_defaults(tools(dict.fromkeys(("python3", "npm", "yarn"), lines)))

    assert (said.python, said.python_files, said.npm, said.yarn) == ("", "", "", "")
    assert set(said.unknown) == {"pip", "npm", "yarn"}


def test_a_tool_finds_its_user_s_home_and_nothing_else(tools: Tools, tmp_path: Path) -> None:
    environment = tools({"npm": f"{shutil.which('env')} > {tmp_path}/seen; pwd >> {tmp_path}/seen"})
    home = {"npm_config_userconfig": "/there/npmrc", "NPM_CONFIG_PREFIX": "/usr"}
    secrets = {
        "npm_config__auth": "canary",
        "PIP_INDEX_URL": "https://me:canary@a.test",
        "X": "canary",
    }

    tool_defaults({**environment, **home, **secrets})

    seen = (tmp_path / "seen").read_text().splitlines()
    assert "canary" not in str(seen)
    assert {f"HOME={environment['HOME']}", "npm_config_userconfig=/there/npmrc", "/"} <= set(seen)
    names = {re.split("=", line)[0] for line in seen} - {"_", "PWD", "OLDPWD", "SHLVL", "/"}
    assert names == {
        *("HOME", "PATH", "LC_ALL", "COREPACK_ENABLE_NETWORK", "npm_config_update_notifier"),
        *("npm_config_cache", "npm_config_logs_max"),
        *home,
    }


def test_a_project_s_own_programs_are_not_started(tools: Tools, tmp_path: Path) -> None:
    mark = f"touch {tmp_path}/started; "
    packages = tools({"npm": mark + NPM, "yarn": mark + YARN}, "project/node_modules/.bin")
    venv = tools({"python3": mark + PIP}, "project/.venv/bin")
    (tmp_path / "project/.venv/pyvenv.cfg").write_text("")
    path = os.pathsep.join((packages["PATH"], venv["PATH"], ".", "", "project/bin"))

    said = tool_defaults({"PATH": path})

    assert set(said.unknown) == {"pip", "npm", "yarn"}
    assert not (tmp_path / "started").exists()


def test_a_tool_is_asked_once(tools: Tools, tmp_path: Path) -> None:
    environment = tools({"npm": f"echo x >> {tmp_path}/asked; {NPM}"})

    assert tool_defaults(environment) is tool_defaults({**environment, "OTHER": "x"})
    assert (tmp_path / "asked").read_text() == "x\n"


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ToolDefaults]:
    """Ask as a process does that was just started."""

    def ask(*words: Any) -> ToolDefaults:
        monkeypatch.setattr("bot.indexes.tool_defaults._known", {})
        return tool_defaults(*words)

    return ask


def test_what_tools_said_is_kept_for_the_next_process(
    tools: Tools, tmp_path: Path, anew: Callable[..., ToolDefaults]
) -> None:
    environment = tools({"npm": f"echo x >> {tmp_path}/asked; {NPM}", "python3": PIP})
    kept = tmp_path / "state" / "tools.json"

    first = anew(environment, None, kept)
    second = anew({**environment, "HOME": str(tmp_path / "elsewhere")}, None, kept)

    assert first == second
    assert first.npm == "https://registry.test/"
    assert (tmp_path / "asked").read_text() == "x\n"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "canary" not in kept.read_text()


@pytest.mark.parametrize(
    "change",
    [
        "echo '# newer' >> bin/npm",
        "printf '#!/bin/sh\necho' > bin/yarn; chmod +x bin/yarn",
        "mkdir home; echo registry=x > home/.npmrc",
        "echo registry=x > named",
        "chmod 644 kept.json",
        "echo '[]' > kept.json",
        """sed -i 's/"at": [0-9.]*/"at": 1.0/' kept.json""",
        """sed -i 's/"at": [0-9.]*/"at": 1e99/' kept.json""",
        """sed -i 's/"yarn"/"yarns"/' kept.json""",
        "rm kept.json; ln -s /dev/zero kept.json",
    ],
)
def test_what_was_kept_counts_only_where_nothing_changed(
    change: str, tools: Tools, tmp_path: Path, anew: Callable[..., ToolDefaults]
) -> None:
    npm = NPM.replace('"cache": 7', f'"userconfig": "{tmp_path}/named"')
    environment = tools({"npm": f"echo x >> {tmp_path}/asked; {npm}", "python3": PIP})
    anew(environment, None, tmp_path / "kept.json")

    subprocess.run(["/bin/sh", "-c", change], cwd=tmp_path, check=True)
    anew(environment, None, tmp_path / "kept.json")

    assert (tmp_path / "asked").read_text() == "x\nx\n"


def test_a_tool_that_owed_its_answer_is_asked_again(
    tools: Tools, tmp_path: Path, anew: Callable[..., ToolDefaults]
) -> None:
    environment = tools({"npm": f"echo x >> {tmp_path}/asked", "python3": PIP})

    for _ in range(2):
        assert "npm did not name one" in anew(environment, None, tmp_path / "kept").unknown["npm"]

    assert (tmp_path / "asked").read_text() == "x\nx\n"


def test_a_tool_that_does_not_end_is_ended_with_all_it_started(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.indexes.tool_defaults._ANSWER_S", 2.0)
    sleep = shutil.which("sleep")
    lines = f"{sleep} 600 & echo $! > {tmp_path}/child; {NPM}; {sleep} 600"

    begun = time.monotonic()
    said = tool_defaults(tools({"npm": lines}))

    assert said.npm == ""
    assert time.monotonic() - begun < 60
    child = Path("/proc", (tmp_path / "child").read_text().strip(), "stat")
    deadline = time.monotonic() + 60
    while child.exists() and child.read_text().split()[2] != "Z":
        assert time.monotonic() < deadline
    # Who is left behind by one that ends well is not waited for.
    monkeypatch.setattr("bot.indexes.tool_defaults._ANSWER_S", 60.0)
    lines = f"{sleep} 600 & echo $! > {tmp_path}/left; {NPM}"
    assert tool_defaults(tools({"npm": lines}, "later")).npm
    os.kill(int((tmp_path / "left").read_text()), signal.SIGKILL)


def test_our_own_interpreter_knows_a_pip_where_no_other_does() -> None:
    said = tool_defaults({}, Path(sys.executable).resolve())
    if "pip" in said.unknown:
        pytest.skip("this Python came without ensurepip")

    assert re.fullmatch(r"https://[\w.]+/simple/?", said.python)
    assert re.fullmatch(r"https://[\w.]+/", said.python_files)


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_the_real_npm_names_a_registry(tmp_path: Path) -> None:
    said = tool_defaults({"PATH": os.environ["PATH"], "HOME": str(tmp_path)})

    assert re.fullmatch(r"https?://[\w.:-]+/.*", said.npm)
