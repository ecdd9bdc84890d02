"""Workflows really run, by `act`, without containers and without a network.

Actions that a workflow uses are folders of ours, by name; `stand_ins` does what GitHub's own do of
what our workflows ask. What act 0.2 does not do, and what is done about it here:

- `permissions:` are not looked at: each job is given a token of its own, let in by the offline
  GitHub with just what that job's YAML says (a copy of the workflow names it).
- all steps run as whoever runs the tests, on this machine: each job has a workspace and a
  `runner.temp` of its own, nothing else keeps them apart. `runs-on:` means nothing.
- `concurrency:`, environments and approvals are passed over: two events at once run at once.
- `timeout-minutes:` of a job is not kept; a test ends what it started by its own limit.
- the event's filters (`types:`) are passed over: whoever calls says which workflow an event starts.
- GITHUB_SERVER_URL, GITHUB_API_URL and the run's number come from the command line (`--env`).
- `actions/checkout` of the same repository is skipped, unless by `--no-skip-checkout`.
"""

import itertools
import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.github import rig
from tests.github.emulated import OfflineGitHub

_STAND_INS = Path(__file__).parent / "stand_ins"
_TOKENS = ("${{ github.token }}", "${{ secrets.GITHUB_TOKEN }}")
_LIMIT_S = 300


@dataclass(frozen=True, slots=True)
class JobRan:
    """How a job ended: "success", "failure", "skipped"; ``printed`` is by its steps alone.

    ``steps`` are the seconds of each by its id, those of an action's own among them.
    """

    result: str
    log: str
    printed: str
    seconds: float
    steps: dict[str, float]


@dataclass(frozen=True, slots=True)
class Ran:
    """A workflow run, its jobs by their name in the YAML."""

    jobs: dict[str, JobRan]
    seconds: float
    log: str

    @property
    def results(self) -> dict[str, str]:
        return {name: job.result for name, job in self.jobs.items()}

    def __str__(self) -> str:
        """Tell what went wrong in few words: what the jobs that failed printed in the end."""
        failed = [(name, job) for name, job in self.jobs.items() if job.result == "failure"]
        told = "".join(f"\n--- {name}\n{job.printed[-2000:]}" for name, job in failed)
        return f"{self.results} in {self.seconds:.1f} s{told}"


@dataclass(slots=True)
class Runner:
    """Runs workflows for one offline GitHub, everything it makes below ``folder``.

    ``actions`` are more than the stand-ins: "owner/name" -> a folder with an `action.yml`.
    """

    folder: Path
    github: OfflineGitHub
    actions: Mapping[str, Path] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def run(self, workflow: Path, event: str, payload: Mapping[str, Any]) -> Ran:
        """Run ``workflow`` as ``event`` would start it, to its end."""
        self.github.state.artifacts = self.folder / "artifacts"
        number = next(self._numbers)
        place = self.folder / f"run-{number}"
        (place / "work").mkdir(parents=True)
        told = YAML(typ="safe").load(workflow.read_text())
        secrets = {**self.secrets, **self._with_tokens(told, number)}
        self._write(place, told, payload, secrets)
        begun, runs = time.monotonic(), self.github.state.workflow_runs
        runs[number] = "in_progress"
        try:
            done = subprocess.run(
                self._argv(place, event, told, workflow.name),
                cwd=place / "work",
                env=self._environment(place),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_LIMIT_S,
                check=False,
            )
        finally:
            runs[number] = "completed"
        jobs = _jobs(done.stdout, list(told["jobs"]))
        return Ran(jobs, time.monotonic() - begun, done.stdout + done.stderr)

    def _with_tokens(self, told: dict[str, Any], number: int) -> dict[str, str]:
        """Name in each job a token of its own, and let that in with what the job may do."""
        secrets = {}
        for name, job in told["jobs"].items():
            secret = f"JOB_TOKEN_{name.upper()}"
            permissions = job.get("permissions", told.get("permissions") or {})
            secrets[secret] = self.github.token(f"ghs_run{number}_{name}", permissions)
            told["jobs"][name] = _replaced(job, f"${{{{ secrets.{secret} }}}}")
        return secrets

    def _write(
        self,
        place: Path,
        told: dict[str, Any],
        payload: Mapping[str, Any],
        secrets: Mapping[str, str],
    ) -> None:
        with (place / "workflow.yml").open("w") as file:
            YAML().dump(told, file)
        (place / "event.json").write_text(json.dumps(payload))
        kept = place / "secrets"
        kept.touch(0o600)
        # GITHUB_TOKEN itself is nobody's: a step that takes it unasked comes to light.
        lines = {"GITHUB_TOKEN": "ghs_of_nobody", **secrets}
        kept.write_text("".join(f"{name}={json.dumps(text)}\n" for name, text in lines.items()))

    def _argv(self, place: Path, event: str, told: dict[str, Any], file: str) -> list[str]:
        repository = self.github.repository
        run = place.name.removeprefix("run-")
        environment = {
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_SERVER_URL": self.github.git.url,
            "GITHUB_REPOSITORY": repository,
            "GITHUB_RUN_ID": run,
            "GITHUB_RUN_NUMBER": run,
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_WORKFLOW_REF": f"{repository}/.github/workflows/{file}@refs/heads/main",
            "SHA_REF": self.github.state.git(repository).known("main"),
            "RIG_FOLDER": str(self.folder),
            **self.environment,
        }
        argv = [str(rig.ACT), event, "--json", "--rm", "--no-skip-checkout", "--no-cache-server"]
        argv += ["-W", str(place / "workflow.yml"), "-e", str(place / "event.json")]
        argv += ["--secret-file", str(place / "secrets"), "--action-cache-path", str(place / "act")]
        for machine in {job["runs-on"] for job in told["jobs"].values()}:
            argv += ["-P", f"{machine}=-self-hosted"]
        for name, folder in self._used(told).items():
            argv += ["--local-repository", f"{name}={folder}"]
        for name, text in environment.items():
            argv += ["--env", f"{name}={text}"]
        for name, text in self.variables.items():
            argv += ["--var", f"{name}={text}"]
        return argv

    def _used(self, told: dict[str, Any]) -> dict[str, Path]:
        steps = [step for job in told["jobs"].values() for step in job["steps"]]
        used = {step["uses"] for step in steps if "uses" in step}
        known = {f"actions/{each.name}": each for each in _STAND_INS.iterdir()} | {**self.actions}
        return {each: known[each.partition("@")[0]] for each in used}

    def _environment(self, place: Path) -> dict[str, str]:
        home = place / "home"
        home.mkdir()
        # Where Python and Node of this machine are; nothing else of who runs the tests.
        python = Path(shutil.which("python3") or "python3").parent
        path = os.pathsep.join([str(python), os.defpath])
        return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8"}


def _replaced(value: Any, token: str) -> Any:
    if isinstance(value, list):
        return [_replaced(each, token) for each in value]
    if isinstance(value, dict):
        told = {name: _replaced(each, token) for name, each in value.items()}
        if str(told.get("uses", "")).startswith("actions/checkout@"):
            told["with"] = {"token": token} | (told.get("with") or {})
        return told
    if isinstance(value, str):
        for said in _TOKENS:
            value = value.replace(said, token)
    return value


def _jobs(log: str, names: list[str]) -> dict[str, JobRan]:
    rows = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    ran = {}
    for name in names:
        own = [row for row in rows if row.get("jobID") == name]
        results = [row["jobResult"] for row in own if "jobResult" in row]
        text = "".join(row["msg"] if row.get("raw_output") else row["msg"] + "\n" for row in own)
        times = [_seconds(row["time"]) for row in own if "time" in row]
        seconds = max(times) - min(times) if times else 0.0
        printed = "".join(row["msg"] for row in own if row.get("raw_output"))
        timed = [row for row in own if "executionTime" in row]
        steps = {row["stepID"][-1]: row["executionTime"] / 1e9 for row in timed}
        result = results[-1] if results else "skipped"
        ran[name] = JobRan(result, text, printed, seconds, steps)
    return ran


def _seconds(said: str) -> float:
    return datetime.fromisoformat(said).timestamp()
