"""What some sections of the configuration become: their fields are named like their keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from scoping.profiles import Profile


@dataclass(frozen=True, slots=True)
class ScopeSettings:
    """Bounds of what the model is shown; patterns as in .gitignore, empty ``include`` is all."""

    include: tuple[str, ...]
    exclude: tuple[str, ...]
    max_files: int
    max_tokens: int
    profiles: tuple[Profile, ...]
    profile: str | None
    rerank: Literal["off", "model"]


@dataclass(frozen=True, slots=True)
class PullRequestSettings:
    """How a pull request is opened, and how often it is worked on after that."""

    draft: bool
    title_prefix: str
    branch_template: str
    labels: tuple[str, ...]
    reviewers: tuple[str, ...]
    expires: int | None
    max_rounds: int
    max_usd: float | None


@dataclass(frozen=True, slots=True)
class TriggerSettings:
    """What starts a run on a forge, and who may; ``bots`` are logins that may although no person.

    ``roles`` are those that `workflows.tracker.Role` names.
    """

    label: str
    remove_label: bool
    phrase: str
    roles: tuple[str, ...]
    bots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForgeSettings:
    """Which forge, where it is, and as whom it is asked; ``repository`` is ``owner/name``.

    An app is known by ``app_id`` and the key in ``private_key_file``; without it a token counts.
    """

    kind: Literal["local", "github"]
    repository: str | None
    api_url: str
    server_url: str
    app_id: int | None
    installation_id: int | None
    private_key_file: str | None
    sign_commits: bool
    fork: bool


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """How long, and up to which size, the state folder keeps what is no longer needed."""

    days: int
    journal_mb: int
    cache_days: int
    cache_mb: int


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """Where commands may run, in order; ``runtime`` and ``image`` are for containers, None unsaid.

    ``image`` is an image's name, or the absolute path of a root filesystem tarball.
    """

    backends: tuple[str, ...]
    runtime: str | None
    image: str | None


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """Where traces of runs are sent, None unsaid, and whether they hold ``content``.

    ``environment`` are OpenTelemetry's own variables, which may hold keys.
    """

    endpoint: str | None = None
    content: bool = False
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_asked(self) -> bool:
        """Whether anybody names a receiver."""
        return bool(self.endpoint) or any(
            value and name.startswith("OTEL_EXPORTER_OTLP_") and name.endswith("ENDPOINT")
            for name, value in self.environment.items()
        )
