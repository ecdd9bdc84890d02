"""The harnesses: how each is started on the repository, and what it is answered.

Others than ours and the baseline are no dependencies. They are installed into environments of their
own, kept between runs, and started the way their own pages say, with what phones home turned off.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.wiring import uv_binary
from tests.bench.harness_peers import scripts
from tests.bench.harness_peers.oracle import Turn
from tests.bench.harness_peers.parcel_repository import ISSUE, MODULE, TESTS

MINI, AIDER = "mini-swe-agent==2.4.6", "aider-chat==0.86.2"
# The one that aider names. Later ones import a package for each call of a tool and do not bring it.
_LITELLM = "litellm==1.81.10"
_MODEL = "openai/gpt-4o"  # both know its way of speaking, and its name, without asking anybody
_OWN_MODULES = (
    "bot.cli",
    "bot.execution",
    "bot.models",
    "bot.adapters.claude_model.model",
    "bot.adapters.claude_model.client",
    "anthropic",
    "httpx2",
    "genai_prices.data",
    "scoping.scope",
    "git",
    "ruamel.yaml",
)
_MINI_MODULES = (
    "minisweagent.run.mini",
    "minisweagent.models.litellm_model",
    "minisweagent.agents.interactive",
    "minisweagent.environments.local",
)
_LOOP = Path(__file__).with_name("sdk_loop.py")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one run works; ``state`` outlives it and is the harness' own."""

    repository: Path
    issue: Path
    state: Path
    url: str


@dataclass(frozen=True, slots=True)
class Harness:
    """One row. ``modules`` are what it has imported when it asks its model; ``finish`` leaves the
    change in the repository where the harness itself does not."""

    name: str
    python: Path
    script: Sequence[Turn]
    modules: Sequence[str]
    argv: Callable[[Place], Sequence[str]]
    environment: Callable[[Place], Mapping[str, str]]
    finish: Callable[[Place], None] = lambda _: None


def installed(package: str, folder: Path) -> Path:
    """Return the Python of an environment below ``folder`` that has ``package``; make it once."""
    place = folder / package
    python = place / "bin" / "python"
    stamp = place / "installed"
    wanted = f"{package} {_LITELLM}"
    if not stamp.is_file() or stamp.read_text() != wanted:
        uv = str(uv_binary())
        print(f"installing {wanted} into {place}", file=sys.stderr)
        subprocess.run([uv, "venv", "--quiet", "--clear", "-p", sys.executable, place], check=True)
        install = [uv, "pip", "install", "--quiet", "-p", str(python), *wanted.split()]
        subprocess.run(install, check=True)
        stamp.write_text(wanted)
    return python


def environment_of(place: Place) -> dict[str, str]:
    """Return what every harness finds in its environment."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(place.state),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "NO_PROXY": "127.0.0.1",
        "PYTHONDONTWRITEBYTECODE": "",
    }


def ours(name: str, script: Sequence[Turn]) -> Harness:
    """Return the real program with its real sandbox; only the model's address is another."""
    python = Path(sys.executable)

    def argv(place: Place) -> list[str]:
        words = [str(python.with_name("changewright")), "propose", "--repo", str(place.repository)]
        words += ["--issue-file", str(place.issue), "--state", str(place.state / "state")]
        return [*words, "--quiet", "--out", str(place.issue.with_name("bundle.json"))]

    def publish(place: Place) -> None:
        words = [str(python.with_name("changewright")), "publish", "--repo", str(place.repository)]
        words += ["--state", str(place.state / "state"), "--json", "--quiet"]
        bundle = str(place.issue.with_name("bundle.json"))
        done = subprocess.run(
            [*words, bundle], env=environment(place), stdout=subprocess.PIPE, check=True
        )
        branch = json.loads(done.stdout)["branch"]
        checkout = ["git", "checkout", "--quiet", branch]
        subprocess.run(checkout, cwd=place.repository, check=True)

    def environment(place: Place) -> dict[str, str]:
        asked = {"ANTHROPIC_API_KEY": "none", "CHANGEWRIGHT_MODEL_ENDPOINT": place.url}
        return environment_of(place) | asked

    return Harness(name, python, script, _OWN_MODULES, argv, environment, publish)


def sdk_loop() -> Harness:
    """Return the baseline."""
    return Harness(
        "plain SDK loop",
        Path(sys.executable),
        scripts.SDK_LOOP,
        ("anthropic",),
        lambda _: [sys.executable, str(_LOOP), ISSUE],
        lambda place: (
            environment_of(place) | {"ANTHROPIC_API_KEY": "none", "ANTHROPIC_BASE_URL": place.url}
        ),
    )


def mini_swe_agent(folder: Path) -> Harness:
    """Return mini-swe-agent with its own settings, asked to confirm nothing."""
    python = installed(MINI, folder)

    def argv(place: Place) -> list[str]:
        words = [str(python.with_name("mini")), "--yolo", "--exit-immediately", "-t", ISSUE]
        words += ["-m", _MODEL, "-c", "mini.yaml", "-c", f"model.model_kwargs.api_base={place.url}"]
        return [*words, "-o", str(place.issue.with_name("trajectory.json"))]

    def environment(place: Place) -> dict[str, str]:
        own = {"MSWEA_CONFIGURED": "true", "MSWEA_GLOBAL_CONFIG_DIR": str(place.state)}
        # Else it asks a server for the prices of models while it is imported.
        own |= {"OPENAI_API_KEY": "none", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        return environment_of(place) | own

    name = MINI.replace("==", " ")
    return Harness(name, python, scripts.MINI_SWE_AGENT, _MINI_MODULES, argv, environment)


def aider(folder: Path) -> Harness:
    """Return aider with its own settings and the two files that the fix is in."""
    python = installed(AIDER, folder)
    quiet = ["--no-check-update", "--analytics-disable", "--no-show-release-notes"]
    quiet += ["--no-show-model-warnings", "--no-detect-urls", "--disable-playwright"]

    def argv(place: Place) -> list[str]:
        words = [str(python.with_name("aider")), "--model", _MODEL, "--yes-always", *quiet]
        words += ["--openai-api-base", place.url, "--message-file", str(place.issue)]
        return [*words, MODULE, TESTS]

    def environment(place: Place) -> dict[str, str]:
        own = {"OPENAI_API_KEY": "none", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        return environment_of(place) | own

    name = AIDER.replace("==", " ").replace("-chat", "")
    modules = ("aider.main", "litellm")
    return Harness(f"{name}, files named", python, scripts.AIDER, modules, argv, environment)
