"""Which changes are changes of test settings, and what the tree is under the base's."""

from collections.abc import Callable

import pytest

from validators.checkout import Clone, read_file, write_tree
from validators.judging.runner_settings import changed_settings, under_base_settings
from validators.sandbox import FileChange

Files = dict[str, str]

BASE = {
    "pyproject.toml": (
        "[project]\nname = 'x'\nversion = '1'\n[tool.pytest.ini_options]\naddopts = ''\n"
    ),
    "setup.cfg": "[metadata]\nname = x\n[tool:pytest]\naddopts =\n",
    "package.json": '{"version": "1", "scripts": {"test": "node --test"}}',
    "tests/conftest.py": "x = 1\n",
    "src/a.py": "",
}


def changed(clone: Clone, path: str, text: str | None) -> list[str]:
    content = None if text is None else text.encode()
    mode = "000000" if text is None else "100644"
    tree = write_tree(clone, clone.base_tree, [FileChange(path, mode, content)])
    return [change.path for change in changed_settings(clone, clone.base_tree, tree)]


@pytest.mark.parametrize(
    ("path", "text", "counts"),
    [
        ("tests/conftest.py", "x = 2\n", True),
        ("tests/conftest.py", None, True),
        ("deep/er/conftest.py", "", True),
        ("pytest.ini", "[pytest]\n", True),
        ("vitest.config.ts", "export default {}", True),
        ("hook.pth", "import os", True),
        ("pyproject.toml", BASE["pyproject.toml"].replace("'1'", "'2'"), False),
        ("pyproject.toml", BASE["pyproject.toml"].replace("addopts = ''", "addopts = '-x'"), True),
        ("pyproject.toml", None, True),
        ("pyproject.toml", "no toml [", True),
        ("setup.cfg", BASE["setup.cfg"].replace("name = x", "name = y"), False),
        ("setup.cfg", BASE["setup.cfg"].replace("addopts =", "addopts = --co"), True),
        ("package.json", BASE["package.json"].replace('"1"', '"2"'), False),
        ("package.json", BASE["package.json"].replace("--test", "-e 0"), True),
        ("package.json", "[]", True),
        ("src/a.py", "x = 1\n", False),
    ],
)
def test_only_what_says_how_tests_run_counts(
    clone_of: Callable[[Files], Clone], path: str, text: str | None, *, counts: bool
) -> None:
    assert changed(clone_of(BASE), path, text) == ([path] if counts else [])


def test_under_the_base_s_settings_all_else_is_the_patch_s(
    clone_of: Callable[[Files], Clone],
) -> None:
    clone = clone_of(BASE)
    changes = [
        FileChange("tests/conftest.py", "100644", b"x = 2\n"),
        FileChange("pytest.ini", "100644", b"[pytest]\n"),
        FileChange("src/a.py", "100644", b"y = 1\n"),
    ]
    tree = write_tree(clone, clone.base_tree, changes)

    back = changed_settings(clone, clone.base_tree, tree)
    under = under_base_settings(clone, tree, back)

    assert read_file(clone, under, "tests/conftest.py") == ("100644", b"x = 1\n")
    assert read_file(clone, under, "pytest.ini") is None
    assert read_file(clone, under, "src/a.py") == ("100644", b"y = 1\n")
