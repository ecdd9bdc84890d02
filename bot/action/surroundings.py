"""What a job of a workflow is told: by the runner's variables, and by files that they name.

The one place of the action that reads the environment. Inputs come as variables only: an expression
in a shell line would run whatever somebody wrote into an issue.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

from bot.configuration.endpoints import KEY_VARIABLES
from bot.configuration.process import FORGE_VARIABLES
from scoping.refusal import Refusal

Job = Literal["admit", "propose", "salvage", "verify", "publish", "settle", "gate", "collect"]
# What the runner hands to a job that may ask for an identity; it is as good as a token.
_IDENTITY = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
_FORGE_SECRETS = (*FORGE_VARIABLES, _IDENTITY)
_MODEL_SECRETS = tuple(KEY_VARIABLES.values())
# The jobs that hold a forge's token; only publish is given an identity, for the attestation.
_WITH_TOKEN = frozenset({"admit", "publish", "settle", "collect"})
_MAX_EVENT_BYTES = 25 * 1024**2
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
_WORKFLOW = re.compile(r"[^/@]+/[^/@]+/\.github/workflows/([A-Za-z0-9._-]+\.ya?ml)@.+")


class ActionRefusal(Refusal):
    """A job cannot begin: what it lacks or holds that it must not, and what to change."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What one job knows. ``folder`` holds the parcels between jobs, ``target`` the checkout.

    ``delivery`` is the same for all jobs of one workflow run; ``workflow`` is the file's name.
    ``results`` has how the jobs before this one ended, ``handed`` what they put out.
    """

    job: Job
    event_name: str
    event: Any
    repository: str
    server_url: str
    delivery: str
    workflow: str
    folder: Path
    target: Path
    output: Path | None
    summary: Path | None
    results: Mapping[str, str] = field(default_factory=dict)
    handed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def page(self) -> str:
        """Where people see what this workflow run does."""
        return self.page_of(self.delivery)

    def page_of(self, delivery: str) -> str:
        """Return where people see what another workflow run of this repository did."""
        return f"{self.server_url}/{self.repository}/actions/runs/{delivery}"


def surroundings(job: str) -> Surroundings:
    """Return what this process's environment tells a job; ActionRefusal names what is wrong."""
    return told_by(job, os.environ)


def told_by(job: str, environment: Mapping[str, str]) -> Surroundings:
    """Return what ``environment`` tells a job, if it may begin at all with what is in there."""
    if job not in get_args(Job):
        raise ActionRefusal(f"there is no job {job[:40]!r}; there are {', '.join(get_args(Job))}")
    _refuse_secrets(cast("Job", job), environment)
    repository = _required(environment, "GITHUB_REPOSITORY")
    if not _REPOSITORY.fullmatch(repository):
        raise ActionRefusal("GITHUB_REPOSITORY must be written owner/name")
    workflow = _WORKFLOW.fullmatch(environment.get("GITHUB_WORKFLOW_REF", ""))
    needs = _needs(environment.get("INPUT_RESULTS", ""))
    workspace = Path(environment.get("GITHUB_WORKSPACE") or ".").absolute()
    return Surroundings(
        job=cast("Job", job),
        event_name=_required(environment, "GITHUB_EVENT_NAME"),
        event=_event(Path(_required(environment, "GITHUB_EVENT_PATH"))),
        repository=repository,
        server_url=(environment.get("GITHUB_SERVER_URL") or "https://github.com").rstrip("/"),
        delivery=_required(environment, "GITHUB_RUN_ID"),
        workflow=workflow[1] if workflow else "changewright.yml",
        folder=Path(_required(environment, "INPUT_FOLDER")).absolute(),
        target=workspace / (environment.get("INPUT_TARGET") or "target"),
        output=_file(environment, "GITHUB_OUTPUT"),
        summary=_file(environment, "GITHUB_STEP_SUMMARY"),
        results={name: str(one.get("result", "")) for name, one in needs.items()},
        handed={name: _strings(one.get("outputs")) for name, one in needs.items()},
    )


def _refuse_secrets(job: Job, environment: Mapping[str, str]) -> None:
    """Refuse to begin with a secret in reach that another kind of process is for."""
    forbidden = set() if job == "propose" else set(_MODEL_SECRETS)
    if job not in _WITH_TOKEN:
        forbidden |= set(_FORGE_SECRETS)
    elif job != "publish":
        forbidden.add(_IDENTITY)
    found = sorted(name for name in forbidden if environment.get(name))
    if found:
        raise ActionRefusal(
            f"the job {job} must not hold {', '.join(found)}: what reads strangers' text has either"
            " the model's key or a token of the forge, never both. Take it out of this job's step"
            " and, for an identity, out of its permissions"
        )


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise ActionRefusal(
            f"{name} is not set; this program is started by its action, in a workflow"
        )
    return value


def _file(environment: Mapping[str, str], name: str) -> Path | None:
    value = environment.get(name)
    return Path(value) if value else None


def _event(path: Path) -> Any:  # noqa: ANN401 - any JSON; workflows.occasion reads it
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_EVENT_BYTES + 1)
        if len(content) > _MAX_EVENT_BYTES:
            raise ActionRefusal(f"{path}: the event is larger than {_MAX_EVENT_BYTES} bytes")
        return json.loads(content)
    except OSError as error:
        raise ActionRefusal(f"{path}: cannot read the event: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ActionRefusal(f"{path}: the event is no JSON") from error


def _needs(text: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the context `needs` as the workflow handed it over."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise ActionRefusal("the input `results` is no JSON; write ${{ toJSON(needs) }}") from error
    known = found.items() if isinstance(found, dict) else ()
    return {name: one for name, one in known if isinstance(one, dict)}


def _strings(found: object) -> Mapping[str, str]:
    known = found.items() if isinstance(found, dict) else ()
    return {name: value for name, value in known if isinstance(value, str)}
