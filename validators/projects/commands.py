"""What a command of a project is for, whichever wrapper starts it."""

import re
from dataclasses import dataclass

from validators.projects.manifest_files import Argv
from validators.rules import GateKind

# Options of a wrapper that are followed by a value.
_VALUED = {
    "--group", "--extra", "--with", "--with-requirements", "--with-editable", "--python", "-p",
    "--package", "--no-group", "--only-group", "--env-file", "--directory", "--project", "-e",
    "--spec", "--index-url", "--from", "-C", "-E", "--env", "--rcfile", "--source", "--omit",
    "--include", "--data-file", "--context", "--concurrency", "--debug",
}  # fmt: skip
# Wrappers that run the rest of their words in the environment that set-up builds here.
_WRAPPERS = (
    ("uv", "run"), ("poetry", "run"), ("pdm", "run"), ("rye", "run"), ("pipenv", "run"),
    ("hatch", "run"), ("pipx", "run"), ("uvx",), ("coverage", "run"), ("bundle", "exec"),
    ("xvfb-run",), ("time",), ("sudo",),
)  # fmt: skip
_ENVIRONMENT_PYTHON = re.compile(r"(?:\.?venv/bin/|/usr/bin/)?python(?:3(?:\.\d+)?)?")
_PYTHON_TOOLS = {
    "pytest": "test",
    "py.test": "test",
    "unittest": "test",
    "mypy": "lint",
    "pyright": "lint",
    "flake8": "lint",
    "pylint": "lint",
    "ruff": "lint",
}
_STYLE = {"black", "isort", "prettier"}
_COMPILED: dict[Argv, GateKind] = {
    ("cargo", "test"): "test",
    ("cargo", "clippy"): "lint",
    ("cargo", "build"): "build",
    ("cargo", "check"): "build",
    ("go", "test"): "test",
    ("go", "vet"): "lint",
    ("go", "build"): "build",
}
_NODE_LINTERS = {"eslint", "tsc", "tsd", "tsgo", "vue-tsc", "xo", "standard", "biome", "stylelint",
                 "oxlint", "attw", "prettier"}  # fmt: skip
_LINT_NAMES = {"lint", "types", "typecheck", "typescript", "typings"}
NODE_RUNNERS = {"vitest", "jest", "mocha", "ava", "tap", "uvu", "tape", "c8", "nyc", "borp"}
_MANAGERS = {"npm", "pnpm", "yarn"}


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a command is for: its ``kind``, the program that does it, and whether style is all.

    ``name`` is what a gate of it is called.
    """

    kind: GateKind
    name: str
    style: bool = False


def split_env(argv: Argv) -> tuple[Argv, Argv]:
    """Return the ``env`` and assignments that a command starts with, and the command itself."""
    if argv[:1] != ("env",):
        return (), argv
    end = next((at for at, word in enumerate(argv) if at and "=" not in word), len(argv))
    return argv[:end], argv[end:]


def unwrapped(argv: Argv) -> Argv:
    """Return the command without what only chooses its environment (``uv run``, ``coverage``)."""
    prefix, command = split_env(argv)
    while True:
        inner = _one_less(command)
        if inner == command:
            return (*prefix, *command)
        command = inner


def purpose_of(argv: Argv) -> Purpose | None:
    """Return what an unwrapped command is for, or None when it judges nothing."""
    _, command = split_env(argv)
    if not command:
        return None
    program = _program(command)
    style = _style_check(program, command)
    if style is not None:
        return style
    kind = _PYTHON_TOOLS.get(program)
    if kind is not None and not (program == "ruff" and "check" not in command):
        return Purpose("test", "tests") if kind == "test" else Purpose("lint", program)
    if command[:2] in _COMPILED:
        found = _COMPILED[command[:2]]
        name = {"test": "tests", "build": "build"}.get(found) or command[1]
        return Purpose(found, name)
    return _node_purpose(program, command)


def _program(command: Argv) -> str:
    """Return what a command starts in the end: a module, a package's program, or itself."""
    if _is_module(command):
        return command[2]
    if command[0] == "npx":
        return next(iter(_after_options(command[1:])), "")
    return command[0]


def script_purpose(name: str, body: str) -> Purpose | None:
    """Return what a script of a package is for, by its name and the programs it starts."""
    words = set(re.findall(r"[\w@./-]+", body))
    named = re.split(r"[:\-_.]", name.lower())
    if "prettier" in words or "format" in named:
        checks = bool({"--check", "-c", "--list-different", "-l"} & words)
        return Purpose("lint", name, style=True) if checks else None
    if {"fix", "watch", "update", "dev", "coverage"} & set(named):
        return None
    if words & NODE_RUNNERS or ("node" in words and "--test" in words):
        return Purpose("test", "tests")
    if words & _NODE_LINTERS or _LINT_NAMES & set(named):
        return Purpose("build", "build") if named[0] == "build" else Purpose("lint", name)
    if named[0] in {"test", "tests", "unit", "spec"}:
        return Purpose("test", "tests")
    return Purpose("build", "build") if named[0] in {"build", "compile"} else None


def _is_module(command: Argv) -> bool:
    if len(command) < 3 or command[1] != "-m":  # noqa: PLR2004 - python, -m and the module
        return False
    return _ENVIRONMENT_PYTHON.fullmatch(command[0]) is not None


def _one_less(command: Argv) -> Argv:
    """Return ``command`` without its outermost wrapper."""
    if _is_module(command) and command[2] in {"coverage", "tox", "nox", "uv", "poetry"}:
        return command[2:]
    for wrapper in _WRAPPERS:
        if command[: len(wrapper)] == wrapper:
            rest = _after_options(command[len(wrapper) :])
            # coverage runs files and modules; only a module is a command of its own.
            if wrapper == ("coverage", "run"):
                return ("python", *rest) if rest[:1] == ("-m",) else command
            return rest or command
    return command


def _after_options(words: Argv) -> Argv:
    at = 0
    while at < len(words) and words[at].startswith("-"):
        if words[at] == "--":
            return words[at + 1 :]
        if words[at] == "-m":
            break
        at += 2 if words[at] in _VALUED else 1
    return words[at:]


def _style_check(program: str, command: Argv) -> Purpose | None:
    """Return the purpose of a formatter that only looks."""
    looks = bool({"--check", "--check-only", "-c", "--list-different"} & set(command))
    is_format = program in _STYLE or {program, *command[1:3]} >= {"ruff", "format"}
    is_format = is_format or command[:2] == ("cargo", "fmt")
    if not is_format:
        return None
    return Purpose("lint", f"{program}-format", style=True) if looks else None


def _node_purpose(program: str, command: Argv) -> Purpose | None:
    if program in NODE_RUNNERS or command[:2] == ("node", "--test"):
        return Purpose("test", "tests")
    return Purpose("lint", program) if program in _NODE_LINTERS - _STYLE else None


def script_name(command: Argv) -> str:
    """Return which script of a package.json a package manager's command runs; empty: none."""
    if not command or command[0] not in _MANAGERS:
        return ""
    words = [word for word in command[1:] if word not in {"--silent", "-s", "--if-present"}]
    if words[:1] in (["run"], ["run-script"]):
        words = words[1:]
    elif command[0] == "npm" and words[:1] not in (["test"], ["t"], ["tst"]):
        return ""
    first = words[0] if words else ""
    return "test" if command[0] == "npm" and first in {"t", "tst"} else first
