"""The files that tell linters what to find, and a tree in which they are as on the base.

A patch that loosens the linter is judged by the strictness it found. Some of these files hold more
than that (package.json, pyproject.toml): the base's are put back for the linter's run alone.
"""

import re
from pathlib import PurePosixPath

from validators.checkout import Clone, file_changes, write_tree

_NAMES = frozenset(
    (
        # Python
        *("pyproject.toml", "ruff.toml", ".ruff.toml", "setup.cfg", "tox.ini", ".flake8"),
        *("mypy.ini", ".mypy.ini", ".pylintrc", "pylintrc", ".pylintrc.toml", "pylintrc.toml"),
        *("pyrightconfig.json", ".pydocstyle", ".pydocstyle.ini", ".isort.cfg", ".bandit"),
        *("bandit.yaml", "ty.toml", ".pyre_configuration", "pyrefly.toml", ".pycodestyle"),
        # JavaScript, TypeScript, style sheets
        *("package.json", "biome.json", "biome.jsonc", ".biome.json", ".biome.jsonc"),
        *(".eslintignore", ".jshintrc", ".jshintignore", ".oxlintrc.json", "deno.json"),
        *("deno.jsonc", "dprint.json", "tslint.json", ".prettierignore", ".stylelintignore"),
        # Go, Rust, Java, Ruby, PHP, shell
        *("clippy.toml", ".clippy.toml", "rustfmt.toml", ".rustfmt.toml", "checkstyle.xml"),
        *("staticcheck.conf", ".rubocop.yml", ".rubocop_todo.yml", "phpstan.neon", ".shellcheckrc"),
        # What linters of every kind pass over, or take their style from
        *(".gitignore", ".ignore", ".editorconfig"),
    )
)
_FAMILIES = re.compile(
    r"(?:\.eslintrc|eslint\.config|\.prettierrc|prettier\.config|\.stylelintrc|stylelint\.config"
    r"|\.xo-config|xo\.config|oxlint\.config|\.golangci|\.yamllint|\.markdownlint(?:-cli2)?)"
    r"(?:\.[a-z]{2,5})?|[jt]sconfig[\w.-]{0,60}\.json|pyrightconfig[\w.-]{0,60}\.json"
)


def is_lint_configuration(path: str) -> bool:
    """Whether a linter may read at ``path`` what it should find."""
    name = PurePosixPath(path).name
    return name in _NAMES or _FAMILIES.fullmatch(name) is not None


def configured_as_base(clone: Clone, base_tree: str, applied_tree: str) -> str:
    """Return ``applied_tree`` with the linters' configuration files as they are on the base."""
    changes = file_changes(clone, applied_tree, base_tree)
    back = [change for change in changes if is_lint_configuration(change.path)]
    return write_tree(clone, applied_tree, back) if back else applied_tree
