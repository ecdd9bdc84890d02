import pytest

from validators.projects.commands import purpose_of, script_name, script_purpose, unwrapped


@pytest.mark.parametrize(
    ("command", "inner"),
    [
        ("uv run --group test pytest -q", "pytest -q"),
        ("uv run --locked --no-default-groups --group dev tox run -e py", "tox run -e py"),
        ("poetry run python -m pytest tests", "python -m pytest tests"),
        ("coverage run --include=x/* -m unittest -v", "python -m unittest -v"),
        ("python -m coverage run -m pytest", "python -m pytest"),
        ("coverage run script.py", "coverage run script.py"),
        ("uvx --with tox-uv tox run", "tox run"),
        ("pipx run nox -s tests", "nox -s tests"),
        ("env A=1 uv run -- pytest", "env A=1 pytest"),
        ("uv run", "uv run"),
        ("pytest", "pytest"),
    ],
)
def test_wrappers_are_taken_off(command: str, inner: str) -> None:
    assert " ".join(unwrapped(tuple(command.split()))) == inner


@pytest.mark.parametrize(
    ("command", "kind", "name"),
    [
        ("pytest", "test", "tests"), ("python3 -m pytest", "test", "tests"),
        ("env A=1 pytest", "test", "tests"), ("mypy src", "lint", "mypy"),
        ("python -m flake8", "lint", "flake8"), ("ruff check .", "lint", "ruff"),
        ("black --check .", "lint", "black-format"), ("ruff format --check", "lint", "ruff-format"),
        ("cargo fmt --all --check", "lint", "cargo-format"), ("cargo clippy", "lint", "clippy"),
        ("cargo test", "test", "tests"), ("go vet ./...", "lint", "vet"),
        ("go build ./...", "build", "build"), ("npx vitest run", "test", "tests"),
        ("npx --no eslint .", "lint", "eslint"), ("node --test", "test", "tests"),
        ("npx prettier --check .", "lint", "prettier-format"),
    ],
)  # fmt: skip
def test_a_command_is_known_by_its_program(command: str, kind: str, name: str) -> None:
    purpose = purpose_of(tuple(command.split()))

    assert purpose is not None
    assert (purpose.kind, purpose.name) == (kind, name)
    assert purpose.style is ("format" in name)


@pytest.mark.parametrize(
    "command",
    ["", "echo pytest", "black .", "ruff format", "ruff --version", "cargo bench", "env A=1",
     "python setup.py test", "python -m build", "npx", "go install x"],
)  # fmt: skip
def test_what_judges_nothing_has_no_purpose(command: str) -> None:
    assert purpose_of(tuple(command.split())) is None


@pytest.mark.parametrize(
    ("name", "body", "kind"),
    [
        ("test", "xo && ava", "test"), ("test:spec", "vitest run", "test"),
        ("test:types", "tsc --noEmit", "lint"), ("lint", "node scripts/lint.js", "lint"),
        ("format:check", "prettier --check .", "lint"), ("build", "tsc -b", "build"),
        ("typecheck", "x", "lint"), ("unit", "node run.js", "test"),
        ("test:typescript", "tsd", "lint"), ("test:typescript", "tsc && vitest", "test"),
        ("format", "prettier --write .", None), ("lint:fix", "eslint --fix", None),
        ("dev", "vite", None), ("test:watch", "vitest", None), ("start", "node .", None),
    ],
)  # fmt: skip
def test_a_script_is_known_by_its_name_and_its_programs(
    name: str, body: str, kind: str | None
) -> None:
    purpose = script_purpose(name, body)

    assert (purpose.kind if purpose else None) == kind


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("npm test", "test"), ("npm t", "test"), ("npm run lint", "lint"),
        ("npm run --silent lint", "lint"), ("pnpm test:spec", "test:spec"),
        ("pnpm run build", "build"), ("yarn lint", "lint"), ("yarn run test", "test"),
        ("npm install", ""), ("npm ci", ""), ("node --run test", ""), ("make test", ""),
        ("npm", ""),
    ],
)  # fmt: skip
def test_a_package_manager_s_script_is_named(command: str, name: str) -> None:
    assert script_name(tuple(command.split())) == name
