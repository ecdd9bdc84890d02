"""What a patch may touch, which gates judge it, and what the sandbox must guarantee.

Rules are read from the *base* commit and the operator's file, never from the patched tree: a patch
that loosens its own rules is judged by the rules it found.
"""

from dataclasses import dataclass, field
from typing import Literal

from validators.sandbox import REQUIRED_BY_DEFAULT

PolicyWord = Literal["block", "ask", "allow"]
GateKind = Literal["lint", "build", "test"]

# Paths no patch may touch unless the rules say otherwise: whoever can change these can change what
# is checked, by whom, or with which rights. Patterns as in .gitignore, matched case-insensitively.
PROTECTED_BY_DEFAULT = (
    ".github/",
    ".gitlab-ci.yml",
    ".circleci/",
    "Jenkinsfile",
    "azure-pipelines.yml",
    ".pre-commit-config.yaml",
    ".husky/",
    "CODEOWNERS",
    ".gitmodules",
    ".gitattributes",
    "AGENTS.md",
    "CLAUDE.md",
    ".claude/",
    ".cursor/",
)


@dataclass(frozen=True, slots=True)
class GateRule:
    """One gate as declared or detected: ``run`` is an argv, executed inside the sandbox.

    ``source`` says where the command was found (``config``, ``pyproject.toml``...), for people.
    """

    name: str
    kind: GateKind
    run: tuple[str, ...]
    timeout_s: float = 900.0
    required: bool = True
    source: str = "config"


@dataclass(frozen=True, slots=True)
class Protected:
    """Paths a patch may not touch, and what happens when it does."""

    paths: tuple[str, ...] = PROTECTED_BY_DEFAULT
    policy: PolicyWord = "block"


@dataclass(frozen=True, slots=True)
class PatchLimits:
    """The largest change a person is asked to read. ``max_patch_lines``: added plus removed."""

    max_patch_files: int = 20
    max_patch_lines: int = 800
    max_file_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that judges a patch. An empty ``allowed_paths`` allows every unprotected path.

    ``gates`` empty means: detect them on the base commit. ``require`` are the sandbox guarantees
    without which no command of the target runs (names of ``validators.sandbox.Guarantee``).
    """

    allowed_paths: tuple[str, ...] = ()
    protected: Protected = field(default_factory=Protected)
    limits: PatchLimits = field(default_factory=PatchLimits)
    gates: tuple[GateRule, ...] = ()
    setup: tuple[tuple[str, ...], ...] = ()
    require: tuple[str, ...] = REQUIRED_BY_DEFAULT
