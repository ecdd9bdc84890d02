"""Our linter blocks under the configuration of a project that checks itself with the same one."""

from importlib.metadata import version

import pytest

from validators.detect import Detected, detect
from validators.rules import Rules

OURS = version("ruff")
OTHER = "0.1.9"
HOOK = "repos:\n- repo: https://h.example/a/ruff-pre-commit\n"
SETTINGS = {"a.py": "", "ruff.toml": "lint.select = ['E']"}


def found(files: dict[str, str]) -> Detected:
    def read(path: str) -> bytes | None:
        return files[path].encode() if path in files else None

    return detect(list(files), read, Rules())


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".pre-commit-config.yaml", HOOK + "  rev: 745be0411e3c  # frozen: v{}\n"),
        (".pre-commit-config.yaml", HOOK + "  rev: 'v{}'\n"),
        ("pyproject.toml", "[dependency-groups]\nlint = ['mypy==1.0', 'ruff=={}']\n"),
        ("pyproject.toml", '[tool.poetry.group.dev.dependencies]\nruff = "=={}"\n'),
        ("requirements/dev.txt", "pytest\nruff == {}\n"),
        ("uv.lock", '[[package]]\nname = "ruff"\nversion = "{}"\n'),
        ("tox.ini", "[testenv:lint]\ndeps = ruff=={}\n"),
    ],
)
def test_under_another_release_than_the_one_pinned_lint_only_warns(path: str, text: str) -> None:
    same = found({**SETTINGS, path: text.format(OURS)})
    other = found({**SETTINGS, path: text.format(OTHER)})

    assert (same.gates[0].name, same.gates[0].required, same.notes) == ("lint", True, ())
    assert (other.gates[0].name, other.gates[0].required) == ("lint", False)
    assert [note for note in other.notes if note.startswith("ruff 0.1 is pinned")] == [*other.notes]


def test_a_project_that_names_no_release_is_judged_by_ours() -> None:
    detected = found({**SETTINGS, "requirements.txt": "ruff>=0.1\nmy-ruff==0.1.9\n"})

    assert (detected.gates[0].required, detected.notes) == (True, ())
