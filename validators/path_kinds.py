"""What kind of file a path names, as far as a patch's right to touch it goes.

Only names are looked at, never contents, and always case-insensitively: on some file systems
``agents.MD`` is ``AGENTS.md``.
"""

import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from scoping.refusal import Refusal

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_PROSE = frozenset(
    (".md", ".markdown", ".rst", ".txt", ".adoc", ".png", ".svg", ".jpg", ".jpeg", ".gif", ".webp")
)
_PROSE_NAMES = frozenset(
    ("license", "licence", "notice", "authors", "changes", "changelog", "readme", "news")
)
_PROSE_THAT_BUILDS = frozenset(("cmakelists.txt",))

OWN_CONFIG = frozenset({".github/changewright.yml", ".github/changewright.yaml"})

# Files that tell agents what to do or which programs to start; who writes them steers later runs.
_AGENT_FILES = frozenset(
    {
        "agent.md",
        "agents.md",
        "agents.override.md",
        "claude.md",
        "claude.local.md",
        "gemini.md",
        "qwen.md",
        "warp.md",
        "crush.md",
        "skill.md",
        "copilot-instructions.md",
        ".cursorrules",
        ".cursorignore",
        ".windsurfrules",
        ".clinerules",
        ".roorules",
        ".roomodes",
        ".goosehints",
        ".rules",
        ".mcp.json",
        "opencode.json",
        "opencode.jsonc",
        ".aider.conf.yml",
        ".aiderignore",
    }
)
# Written for people first, and read by models as well: a change of it is one for a person to judge.
_GUIDES = frozenset({"contributing.md"})
_AGENT_SUFFIXES = (".instructions.md", ".prompt.md", ".chatmode.md", ".agent.md")
AGENT_FOLDERS = frozenset(
    {
        ".agent",
        ".agents",
        ".aider",
        ".amazonq",
        ".augment",
        ".claude",
        ".clinerules",
        ".codex",
        ".continue",
        ".cursor",
        ".factory",
        ".gemini",
        ".goose",
        ".junie",
        ".kiro",
        ".opencode",
        ".qwen",
        ".roo",
        ".trae",
        ".windsurf",
    }
)

# Manifests by the lock file that is made from them; both lie in one folder, or the manifests below.
_MANIFESTS_BY_LOCK = {
    "package-lock.json": ("package.json",),
    "npm-shrinkwrap.json": ("package.json",),
    "yarn.lock": ("package.json",),
    "pnpm-lock.yaml": ("package.json", "pnpm-workspace.yaml"),
    "bun.lock": ("package.json",),
    "bun.lockb": ("package.json",),
    "deno.lock": ("deno.json", "deno.jsonc"),
    "poetry.lock": ("pyproject.toml",),
    "pdm.lock": ("pyproject.toml",),
    "uv.lock": ("pyproject.toml",),
    "pylock.toml": ("pyproject.toml",),
    "pipfile.lock": ("pipfile",),
    "requirements.lock": ("pyproject.toml", "requirements*.in"),
    "conda-lock.yml": ("environment*.y*ml", "pyproject.toml"),
    "cargo.lock": ("cargo.toml",),
    "go.sum": ("go.mod",),
    "gemfile.lock": ("gemfile", "*.gemspec"),
    "composer.lock": ("composer.json",),
    "mix.lock": ("mix.exs",),
    "pubspec.lock": ("pubspec.yaml",),
    "podfile.lock": ("podfile",),
    "package.resolved": ("package.swift",),
    "packages.lock.json": ("*.csproj", "*.fsproj", "*.vbproj", "directory.packages.props"),
    "gradle.lockfile": ("build.gradle", "build.gradle.kts", "libs.versions.toml"),
    "flake.lock": ("flake.nix",),
    ".terraform.lock.hcl": ("*.tf",),
}

_MANIFESTS = (
    *sorted({name for names in _MANIFESTS_BY_LOCK.values() for name in names} - {"*.tf"}),
    "setup.py",
    "setup.cfg",
    "requirements*.txt",
    "constraints*.txt",
    "pom.xml",
    "build.sbt",
    "packages.config",
    "module.bazel",
    "conanfile.py",
    "conanfile.txt",
    "vcpkg.json",
    "stack.yaml",
    "*.cabal",
)

# More wildcards than these cost polynomial time on a path made for it.
_MAX_WILDCARDS = 4
_WILDCARD = re.compile(r"\*+")


class PolicyRefusal(Refusal):
    """The rules themselves cannot be used: which pattern, why, and what to write instead."""


def matcher(patterns: Sequence[str], *, ignore_case: bool) -> Callable[[str], bool]:
    """Return whether a path matches ``patterns`` (as in .gitignore); PolicyRefusal names a bad one.

    Nothing matches when there are none.
    """
    spec = _spec(tuple(_folded(pattern, ignore_case) for pattern in patterns))
    return lambda path: spec.match_file(_folded(path, ignore_case))


@cache
def _spec(patterns: tuple[str, ...]) -> "GitIgnoreSpec":
    """Return the compiled patterns; a run judges many changes by the same ones."""
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - 70 ms that only judging should cost

    for pattern in patterns:
        if len(_WILDCARD.findall(pattern)) > _MAX_WILDCARDS:
            message = f"the pattern {pattern!r} has more than {_MAX_WILDCARDS} wildcards"
            raise PolicyRefusal(f"{message}; write several simpler patterns instead")
    try:
        return GitIgnoreSpec.from_lines(patterns)
    except (ValueError, re.error) as error:
        message = f"a pattern for paths is not one as in .gitignore: {error}"
        raise PolicyRefusal(f"{message}; correct it in the rules") from error


def is_agent_file(path: str) -> bool:
    """Whether agents take what ``path`` says as instructions or settings."""
    *folders, name = path.casefold().split("/")
    told = name in _AGENT_FILES or name.endswith(_AGENT_SUFFIXES)
    return told or not AGENT_FOLDERS.isdisjoint(folders)


def is_contributor_guide(path: str) -> bool:
    """Whether ``path`` tells people how to work in the repository, and whoever else reads it."""
    return path.casefold().rsplit("/", 1)[-1] in _GUIDES and not is_agent_file(path)


def is_manifest(path: str) -> bool:
    """Whether ``path`` declares what a package depends on."""
    folder, _, name = path.casefold().rpartition("/")
    if any(fnmatchcase(name, manifest) for manifest in _MANIFESTS):
        return True
    return name.endswith(".txt") and folder.rsplit("/", 1)[-1] == "requirements"


def is_prose(path: str) -> bool:
    """Whether ``path`` is what people read, and no test runs."""
    name = PurePosixPath(path.casefold())
    if name.suffix in _PROSE:
        return name.name not in _PROSE_THAT_BUILDS and not is_manifest(path)
    return not name.suffix and name.name in _PROSE_NAMES


def is_lock_file(path: str) -> bool:
    """Whether ``path`` is made by a package manager from manifests."""
    return path.casefold().rsplit("/", 1)[-1] in _MANIFESTS_BY_LOCK


def explains(lock: str, manifest: str) -> bool:
    """Whether a change of ``manifest`` can be why the lock file ``lock`` changed."""
    folder, _, lock_name = lock.casefold().rpartition("/")
    path = manifest.casefold()
    name = path.rsplit("/", 1)[-1]
    stands_below = not folder or path.startswith(f"{folder}/")
    return stands_below and any(
        fnmatchcase(name, known) for known in _MANIFESTS_BY_LOCK.get(lock_name, ())
    )


def _folded(text: str, ignore_case: bool) -> str:  # noqa: FBT001 - private, passed on as it came
    return text.casefold() if ignore_case else text
