"""What some sections of the configuration become: their fields are named like their keys."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScopeSettings:
    """Bounds of what the model is shown; patterns as in .gitignore, empty ``include`` is all."""

    include: tuple[str, ...]
    exclude: tuple[str, ...]
    max_files: int
    max_tokens: int


@dataclass(frozen=True, slots=True)
class PullRequestSettings:
    """How a pull request is opened."""

    draft: bool
    title_prefix: str
    labels: tuple[str, ...]
    reviewers: tuple[str, ...]


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
