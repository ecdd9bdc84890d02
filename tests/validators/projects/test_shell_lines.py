import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.projects.shell_lines import plain_commands


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("pytest", [("pytest",)]),
        ("pytest -m 'not slow'  # all", [("pytest", "-m", "not slow")]),
        ("set -e\n\n# why\npip install -e .[test]\npytest \\\n  -x\n",
         [("pip", "install", "-e", ".[test]"), ("pytest", "-x")]),
        ("make lint && make test", [("make", "lint"), ("make", "test")]),
        ("TERM=unknown A=1 pytest", [("env", "TERM=unknown", "A=1", "pytest")]),
        ('pip install "pytest>=7"', [("pip", "install", "pytest>=7")]),
        ("", []),
    ],
)  # fmt: skip
def test_plain_commands_are_told_apart(script: str, commands: list[tuple[str, ...]]) -> None:
    assert plain_commands(script) == tuple(commands)


@pytest.mark.parametrize(
    "script",
    [
        "pytest | tee log", "pytest > log", "pytest || true", "pytest; echo", "pytest &",
        "pytest $ARGS", 'pytest "$ARGS"', "pytest `nproc`", "pytest tests/*", "if true; then",
        "cd sub", "cd sub && pytest", "echo a && cd b", "pytest '", "! pytest", "(pytest)",
        "pytest {a,b}", "pytest ~/x", "pytest '$X'", "&& pytest", "a &&& b", "a && && b",
        """echo "it's" $X 's'""", "x" * 20_000,
    ],
)  # fmt: skip
def test_what_needs_a_shell_is_not_guessed_at(script: str) -> None:
    assert plain_commands(script) is None


@given(st.text(alphabet="ab'\"\\$`|&;<>(){}*?~! \n=#-.", max_size=40))
def test_no_word_of_any_script_holds_what_a_shell_would_replace(script: str) -> None:
    for command in plain_commands(script) or ():
        assert command
        assert not [word for word in command if "$" in word or "`" in word]
