"""What a patch may touch, which gates judge it, and what the sandbox must guarantee.

Rules are read from the *base* commit and the operator's file, never from the patched tree: a patch
that loosens its own rules is judged by the rules it found.
"""

from dataclasses import dataclass, field
from typing import Literal

from validators.protected_paths import PROTECTED_BY_DEFAULT
from validators.sandbox import REQUIRED_BY_DEFAULT

PolicyWord = Literal["block", "ask", "allow"]
GateKind = Literal["lint", "build", "test"]

# What a task asks for. Only a fix must turn a test green that was red.
ChangeKind = Literal["fix", "feature", "refactor", "docs", "tests", "dependency"]


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
    """What a patch may not touch or loosen, and what happens when it does.

    ``tests`` is about tests made weaker: removed, skipped, asserting less, selected no more.
    """

    paths: tuple[str, ...] = PROTECTED_BY_DEFAULT
    policy: PolicyWord = "block"
    tests: PolicyWord = "block"


@dataclass(frozen=True, slots=True)
class Policies:
    """What becomes of a change that does one of these; paths no tree may hold have no policy.

    ``improvement``: a fix turns no test green. ``coverage``: changed lines that no test runs.
    ``generated``: minified files, too. ``modes``: executable or not. ``reformatting``: files whose
    changed lines differ mostly in white space. ``comments``: nothing but comments changes.
    """

    symlinks: PolicyWord = "block"
    submodules: PolicyWord = "block"
    modes: PolicyWord = "block"
    embedded_repositories: PolicyWord = "block"
    sizes: PolicyWord = "block"
    binary: PolicyWord = "block"
    generated: PolicyWord = "block"
    hidden_characters: PolicyWord = "block"
    secrets: PolicyWord = "block"
    lock_files: PolicyWord = "block"
    agent_instructions: PolicyWord = "block"
    contributor_guide: PolicyWord = "ask"
    dependencies: PolicyWord = "ask"
    reformatting: PolicyWord = "block"
    comments: PolicyWord = "block"
    improvement: PolicyWord = "block"
    coverage: PolicyWord = "ask"


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
    policies: Policies = field(default_factory=Policies)
    kind: ChangeKind = "fix"
    gates: tuple[GateRule, ...] = ()
    setup: tuple[tuple[str, ...], ...] = ()
    require: tuple[str, ...] = REQUIRED_BY_DEFAULT
