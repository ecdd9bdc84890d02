"""Environment, files and command line, read once into frozen settings; nobody else reads them.

Command line over environment over the operator's file over the target's file at the base commit
over defaults; `bot.configuration.precedence` says what that means for each key. Nothing below `bot`
sees a settings object: wiring passes the values.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bot.configuration.contradictions import refuse_contradictions
from bot.configuration.endpoints import KEY_VARIABLES
from bot.configuration.file import find_operator_file, read_document, read_operator_file
from bot.configuration.keys import KEYS
from bot.configuration.lost_patterns import warn_of_patterns
from bot.configuration.network import installer_environment
from bot.configuration.nouns import bounded, budget_of, rules_of, section, telemetry_of
from bot.configuration.precedence import settle
from bot.configuration.process import (
    FORGE_VARIABLES,
    KEY_VARIABLE,
    ProcessKind,
    held_by,
    refuse_unknown_variables,
    said_by_process,
)
from bot.configuration.sections import (
    ForgeSettings,
    PullRequestSettings,
    RetentionSettings,
    SandboxSettings,
    ScopeSettings,
    TelemetrySettings,
    TriggerSettings,
)
from bot.configuration.stages import refuse_unnamed_models
from bot.configuration.tool_servers import KEY_NAME as SERVERS
from bot.configuration.tool_servers import ToolServerRule, environments, unasked
from bot.configuration.values import Given, SettingsRefusal
from validators.rules import Protected, Rules
from workflows.budget import Budget, Caps

TARGET_FILE = ".github/changewright.yml"


class Secret:
    """A text that is shown to nobody by accident: not in repr, logs, JSON or a traceback."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(...)"

    def reveal(self) -> str:
        """Return the text, for the one request that needs it."""
        return self._text


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the program was told. ``model`` is what ``--model`` takes; None is unsaid.

    ``adjudicator`` is the same, ``off``, or ``claude:`` and a name. ``caps`` bound several runs
    together. ``report_content`` lets the report of a fault quote what the run was about.
    ``installer_environment`` says how package indexes are reached, passwords included,
    ``setup_hosts`` whom set-ups reach beside them; ``values`` and ``origins`` hold for each dotted
    key what counts and where it came from; ``warnings`` are sentences for the person who started
    the program.
    """

    state: Path
    model: str
    model_name: str
    model_stages: tuple[str, ...]
    model_endpoint: str | None
    model_effort: str | None
    model_action: str
    model_interpreter: str
    tool_servers: tuple[ToolServerRule, ...]
    tool_server_environments: Mapping[str, Mapping[str, Secret]] = field(repr=False)
    jupyter_environment: Path | None
    pyodide_folder: Path | None
    adjudicator: str
    model_fallback: tuple[str, ...]
    api_key: Secret | None = field(repr=False)
    service_keys: Mapping[str, Secret] = field(repr=False)
    forge_token_is_set: bool
    budget: Budget
    caps: Caps
    max_attempts: int
    candidates: int
    scope: ScopeSettings
    rules: Rules
    sandbox: SandboxSettings
    pull_request: PullRequestSettings
    trigger: TriggerSettings
    forge: ForgeSettings
    retention: RetentionSettings
    report_content: bool
    telemetry: TelemetrySettings
    setup_hosts: tuple[str, ...]
    installer_environment: Mapping[str, str] = field(repr=False)
    operator_file: Path | None
    values: Mapping[str, object]
    origins: Mapping[str, str]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything settings are made of. An ``operator_file`` that is named must be there.

    ``command_line`` holds values by dotted key (``budget.run_usd``), None where none was given.
    ``default_state`` is the state folder when nobody names one.
    """

    environment: Mapping[str, str] = field(repr=False)
    default_state: Path
    operator_file: Path | None = None
    target_file: bytes | None = None
    target_name: str = TARGET_FILE
    command_line: Mapping[str, object] = field(default_factory=dict)


def secrets_of_process() -> tuple[str, ...]:
    """Return what this process's environment calls a key, token, secret or password."""
    from bot.redaction import secret_values  # noqa: PLC0415 - --help says nothing of its own

    return secret_values(os.environ)


def forge_token() -> Secret | None:
    """Return this process's token for the forge; settings, which authors have too, hold none."""
    found = (os.environ.get(name) for name in FORGE_VARIABLES)
    return next((Secret(token) for token in found if token), None)


def forge_token_is_chosen() -> bool:
    """Whether somebody set a token for us; a workflow has one of its own under another name."""
    return bool(os.environ.get(FORGE_VARIABLES[0]))


def environment_for(kind: ProcessKind) -> dict[str, str]:
    """Return this process's environment without what one of that kind must not hold."""
    return held_by(kind, os.environ)


def from_process(
    command_line: Mapping[str, object],
    target_file: bytes | None = None,
    target_name: str = TARGET_FILE,
) -> Settings:
    """Return the settings of this process; the one place that reads ``os.environ``.

    ``target_file`` is the target's configuration as it stands at the base commit, or None.
    """
    from platformdirs import user_state_path  # noqa: PLC0415 - a cost of the process alone

    environment = dict(os.environ)
    state = command_line.get("state")
    if state is not None:  # a person types it relative to where they are
        command_line = {**command_line, "state": Path(str(state)).absolute()}
    return load(
        Sources(
            environment=environment,
            default_state=user_state_path("changewright"),
            operator_file=find_operator_file(environment),
            target_file=target_file,
            target_name=target_name,
            command_line=command_line,
        )
    )


def load(sources: Sources) -> Settings:
    """Return the settings in ``sources``; raise SettingsRefusal. Reads the operator's file only."""
    refuse_unknown_variables(sources.environment)
    if strange := sources.command_line.keys() - {key.name for key in KEYS if key.option}:
        raise ValueError(f"no option sets {sorted(strange)}")  # a bug of the caller, not a refusal
    operator, target = _said_by_files(sources)
    chosen: dict[str, Given] = {}
    warnings = [
        *warn_of_patterns(operator, str(sources.operator_file)),
        *warn_of_patterns(target, sources.target_name),
    ]
    for key in KEYS:
        said = said_by_process(key, sources.command_line, sources.environment)
        said = said or operator.get(key.name)
        chosen[key.name], warning = settle(key, said, target.get(key.name))
        warnings += [warning] if warning else []
    warnings += unasked(chosen[SERVERS].value, chosen["model.action"].value)
    policy = chosen["protected.policy"].value
    refuse_contradictions(target, sources.target_name, policy)
    refuse_unnamed_models(
        target, sources.target_name, chosen["model.name"], operator.get("model.stages")
    )
    values = {name: given.value for name, given in chosen.items()}
    values["gates"] = bounded(values["gates"], values["budget.wall_minutes"] * 60)
    values["state"] = str(_state(values["state"], sources))
    origins = {name: given.origin for name, given in chosen.items()}
    if sources.environment.get(KEY_VARIABLE):
        origins["api_key"] = f"environment {KEY_VARIABLE}"
    return _settings(values, origins, sources, warnings, _handed_on(chosen[SERVERS], sources))


def _said_by_files(sources: Sources) -> tuple[Mapping[str, Given], Mapping[str, Given]]:
    operator = read_operator_file(sources.operator_file)
    default = Given(Protected().policy, "default")
    policy = operator.get("protected.policy", default).value
    refuse_contradictions(operator, str(sources.operator_file), policy)
    if sources.target_file is None:
        return operator, {}
    return operator, read_document(sources.target_file, sources.target_name, "target")


def _settings(
    values: Mapping[str, Any],
    origins: Mapping[str, str],
    sources: Sources,
    warnings: Sequence[str],
    handed_on: Mapping[str, Mapping[str, Secret]],
) -> Settings:
    api_key = sources.environment.get(KEY_VARIABLE)
    return Settings(
        state=Path(values["state"]),
        model=values["model"],
        model_name=values["model.name"],
        model_stages=values["model.stages"] if origins["model.name"] == "default" else (),
        model_endpoint=values["model.endpoint"],
        model_effort=values["model.effort"],
        model_action=values["model.action"],
        model_interpreter=values["model.interpreter"],
        tool_servers=values[SERVERS] or (),
        tool_server_environments=handed_on,
        jupyter_environment=_folder(values["model.jupyter"]),
        pyodide_folder=_folder(values["model.pyodide"]),
        adjudicator=values["model.adjudicator"],
        model_fallback=values["model.fallback"],
        api_key=Secret(api_key) if api_key else None,
        service_keys=MappingProxyType(_service_keys(sources.environment)),
        forge_token_is_set=any(sources.environment.get(name) for name in FORGE_VARIABLES),
        budget=budget_of(values),
        caps=section(Caps, "budget", values),
        max_attempts=values["max_attempts"],
        candidates=values["candidates"],
        scope=section(ScopeSettings, "scope", values),
        rules=rules_of(values),
        sandbox=SandboxSettings(
            values["sandbox.backends"], values["sandbox.runtime"], values["setup.image"]
        ),
        pull_request=section(PullRequestSettings, "pr", values),
        trigger=section(TriggerSettings, "trigger", values),
        forge=section(ForgeSettings, "forge", values),
        retention=section(RetentionSettings, "retention", values),
        report_content=values["report.content"],
        telemetry=telemetry_of(values, sources.environment),
        setup_hosts=values["setup.hosts"],
        installer_environment=installer_environment(sources.environment),
        operator_file=sources.operator_file,
        values=MappingProxyType(values),
        origins=MappingProxyType(origins),
        warnings=tuple(warnings),
    )


def _service_keys(environment: Mapping[str, str]) -> dict[str, Secret]:
    said = {service: environment.get(name) for service, name in KEY_VARIABLES.items()}
    return {service: Secret(key) for service, key in said.items() if key}


def _handed_on(servers: Given, sources: Sources) -> Mapping[str, Mapping[str, Secret]]:
    """Return what servers of tools find in their environments, as it was found in ours."""
    ours = {*KEY_VARIABLES.values(), *FORGE_VARIABLES}
    found = environments(servers, sources.environment, ours, str(sources.operator_file))
    return {
        server: {name: Secret(value) for name, value in environment.items()}
        for server, environment in found.items()
    }


def _folder(value: str | None) -> Path | None:
    return None if value is None else Path(value)


def _state(value: str | None, sources: Sources) -> Path:
    if value is None:
        return sources.default_state
    if not value.startswith("~/"):
        return Path(value)
    home = sources.environment.get("HOME")
    if not home:
        raise SettingsRefusal("state: begins with ~/ but HOME is not set; write the whole path")
    return Path(home, value[2:])
