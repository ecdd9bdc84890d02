import pytest

from validators.projects.needs import Needs, install_needs

THERE = {"dev.txt", "ci/test.txt"}


@pytest.mark.parametrize(
    ("command", "needs"),
    [
        ("pip install -e .[test,docs]", Needs(extras=("test", "docs"))),
        ("python -m pip install --upgrade pip setuptools wheel", Needs()),
        ("pip install -r dev.txt -rci/test.txt -r gone.txt",
         Needs(files=("dev.txt", "ci/test.txt"))),
        ("uv pip install --system . --group test", Needs(groups=("test",))),
        ("pip install pytest>=7 pytest-cov tox nox coverage",
         Needs(requirements=("pytest>=7", "pytest-cov"))),
        ("pip install ./dist/x.whl git+https://x/y x@file:///y", Needs()),
        ("uv sync --extra a --group b --all-packages", Needs(extras=("a",), groups=("b",))),
        ("uv run --with rich --group test pytest", Needs(groups=("test",))),
        ("poetry install --with test,docs -E fast",
         Needs(extras=("fast",), groups=("test", "docs"))),
        ("pdm install -G test", Needs(groups=("test",))),
        ("env A=1 pip install x", Needs(requirements=("x",))),
    ],
)  # fmt: skip
def test_an_install_command_names_what_is_needed(command: str, needs: Needs) -> None:
    assert install_needs(tuple(command.split()), THERE.__contains__) == needs


@pytest.mark.parametrize(
    "command",
    ["pip install --index-url https://x y", "pip list", "apt-get install x", "npm install", "",
     "env A=1"],
)  # fmt: skip
def test_another_command_or_another_index_names_nothing(command: str) -> None:
    assert install_needs(tuple(command.split()), THERE.__contains__) is None


def test_needs_are_put_together_once_each() -> None:
    both = Needs(("a",), ("b",), ("c",), ("d",)) | Needs(("a", "e"), (), ("c",), ("f",))

    assert both == Needs(("a", "e"), ("b",), ("c",), ("d", "f"))
    assert not Needs()
    assert Needs(files=("x",))
