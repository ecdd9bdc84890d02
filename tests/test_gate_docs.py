"""The page about gates names every code a finding can have, its key, and nothing else.

Codes are read out of the source: each word in the place of a code, in a call that makes a finding
or what becomes one. A code in a variable is looked up in its function; every other way to give one
is listed here, so that a new way fails until somebody has said which codes it brings.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest

from bot.configuration.keys import KEYS
from validators.sandbox import RunOutcome
from validators.weakenings.loosening import Code

# In which argument each maker of findings takes the code.
MAKERS = {
    "Finding": 1, "finding": 1, "found": 1, "Doubt": 0, "Loosening": 0, "_at": 1, "Loss": 0,
    "LooserCommand": 0, "LooserSetting": 0, "_Difference": 0, "replace": 1,
}  # fmt: skip
# A word that is passed on, and was given in one of the places above.
PASSED_ON = {"code", "one.code", "loss.code", "doubt.code", "alike[0].code", "_code(was, now)"}
# How a command ended, where that alone proves nothing.
UNPROVED = set(get_args(RunOutcome)) - {"ok", "failed"}
# Doubts that the patched side alone can be in: the base is run again without sentinels.
ABOUT_THE_PATCH = {"report-missing", "sentinel-missing", "sentinel-passed"}
WORDS = {"block", "ask", "warn", "note"}
ROW = re.compile(r"^\| `(?P<code>[a-z-]+)` \|(?P<rest>.*)\|$", re.MULTILINE)
TABLE = re.compile(r"^\| code +\| .*\n\|[-| ]+\|\n((?:\|.*\n)+)", re.MULTILINE)
QUOTED = re.compile(r"`([a-z_.]+)`")
KEBAB = re.compile(r"[a-z]+(?:-[a-z]+)*")


# --- the guards -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One line of a table of codes."""

    code: str
    severity: str
    keys: tuple[str, ...]


def functions_of(module: ast.Module) -> Iterator[Sequence[ast.AST]]:
    """Yield the nodes of each function of a module, and those that stand in none."""
    functions = [
        n for n in ast.walk(module) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    yield from (list(ast.walk(function)) for function in functions)
    yield [node for node in ast.walk(module) if id(node) not in inside]


def made_in(source: str) -> tuple[set[str], set[str]]:
    """Return the codes of a module's findings, and the expressions that give one otherwise."""
    codes: set[str] = set()
    others: set[str] = set()
    for nodes in functions_of(ast.parse(source)):
        given = [code for node in nodes if (code := code_of(node)) is not None]
        names = {code.id for code in given if isinstance(code, ast.Name)}
        assigned = [value for node in nodes for value in assigned_to(node, names)]
        for code in (*given, *assigned):
            words = {word for word in constants(code) if KEBAB.fullmatch(word)}
            codes |= words
            if not words and ast.unparse(code) not in PASSED_ON:
                others.add(ast.unparse(code))
    return codes, others


def code_of(node: ast.AST) -> ast.expr | None:
    """Return what stands in the place of a code, where ``node`` makes a finding."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return None
    at = MAKERS.get(node.func.id)
    if at is None:
        return None
    named = (keyword.value for keyword in node.keywords if keyword.arg == "code")
    return node.args[at] if at < len(node.args) else next(named, None)


def assigned_to(node: ast.AST, names: set[str]) -> Iterator[ast.expr]:
    """Yield what an assignment gives one of ``names``."""
    if not isinstance(node, ast.Assign):
        return
    for target in node.targets:
        if isinstance(target, ast.Name) and target.id in names:
            yield node.value
        elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            for name, value in zip(target.elts, node.value.elts, strict=False):
                if isinstance(name, ast.Name) and name.id in names:
                    yield value


def constants(expression: ast.expr) -> Iterator[str]:
    """Yield the texts that an expression may come to; not what a condition in it compares."""
    if isinstance(expression, ast.IfExp):
        yield from constants(expression.body)
        yield from constants(expression.orelse)
    elif isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        yield expression.value


def made_by(root: Path) -> tuple[set[str], set[str]]:
    """Return what all modules of the validators come to; what linters say is not our word."""
    codes: set[str] = set()
    others: set[str] = set()
    for path in root.glob("validators/**/*.py"):
        if path.parent.name in {"linters", "codemods"}:  # what changes code has no findings
            continue
        found = made_in(path.read_text("utf-8"))
        codes |= found[0]
        others |= found[1]
    return codes, others


def tables(page: str) -> list[list[Row]]:
    """Return the tables of codes of a page."""
    found = []
    for table in TABLE.finditer(page):
        rows = []
        for row in ROW.finditer(table[1]):
            severity, keys, _ = (cell.strip() for cell in row["rest"].split("|", 2))
            rows.append(Row(row["code"], severity, tuple(QUOTED.findall(keys))))
        found.append(rows)
    return found


# --- this checkout --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs/gates.md").read_text("utf-8")


def test_the_page_names_each_code_that_a_finding_can_have_and_no_other(
    root: Path, page: str
) -> None:
    made, _ = made_by(root)
    doubts, _ = made_in((root / "validators/judging/trust.py").read_text("utf-8"))
    on_base = {f"base-{code}" for code in (doubts | UNPROVED) - ABOUT_THE_PATCH}
    possible = made | set(get_args(Code)) | UNPROVED | on_base

    named = {row.code for rows in tables(page) for row in rows}

    assert sorted(possible - named) == []
    assert sorted(named - possible) == []


def test_every_code_is_given_in_a_way_that_is_read_here(root: Path) -> None:
    _, others = made_by(root)

    assert others == {"completed.outcome", "f'base-{found.code}'"}


def test_every_code_of_the_weakening_judge_is_used_somewhere(root: Path) -> None:
    modules = root.glob("validators/weakenings/*.py")
    texts = [path.read_text("utf-8") for path in modules if path.name != "loosening.py"]

    assert [code for code in get_args(Code) if not any(f'"{code}"' in text for text in texts)] == []


def test_every_key_is_one_of_the_configuration_and_every_policy_has_its_code(page: str) -> None:
    known = {key.name for key in KEYS}
    used = {key for rows in tables(page) for row in rows for key in row.keys}
    words = {name for name in known if name.startswith(("policies.", "protected."))}

    assert {key for key in used if "." in key} - known == set()
    assert words - used == {"protected.paths"}


def test_the_severity_of_a_policy_is_what_its_key_says_by_default(page: str) -> None:
    words = {key.name: key.default for key in KEYS if key.name.startswith("policies.")}
    wrong = [
        row
        for rows in tables(page)
        for row in rows
        for key in row.keys[:1]
        if key in words and row.severity not in {words[key], "note"}
    ]

    assert wrong == []


def test_severities_are_words_and_no_code_stands_twice_in_one_table(page: str) -> None:
    found = tables(page)

    assert found
    for rows in found:
        codes = [row.code for row in rows]
        assert codes == list(dict.fromkeys(codes))
        assert {word for row in rows for word in row.severity.split(" or ")} <= WORDS


def test_every_linter_whose_words_were_recorded_is_on_the_page(root: Path, page: str) -> None:
    said = {"clippy": "clippy", "govet": "go vet", "tsc": "tsc"}
    recorded = root.glob("tests/validators/linters/recorded/*.txt")
    tools = {said.get(tool, tool) for path in recorded for tool in [path.stem.partition("-")[0]]}
    part = page.partition("## Which linters are read")[2].partition("\n## ")[0]

    assert tools
    assert sorted(tool for tool in tools if tool not in part) == []


def test_each_way_to_forge_a_run_names_codes_that_there_are(page: str) -> None:
    named = {row.code for rows in tables(page) for row in rows}
    part = page.partition("| way ")[2].partition("\n\n")[0]
    codes = {line.split("|")[-2].strip(" `") for line in part.splitlines()[2:]}

    assert codes
    assert codes - named == set()


# --- and what each guard is there to catch --------------------------------------------------------


def test_codes_are_read_from_calls_variables_and_choices() -> None:
    source = """
def one(gate):
    code, first = "collection-error", "words"
    if gate:
        code = "newly-failing"
    return Finding(gate.name, code, "block", first)


def two(part):
    code = "git-directory" if part == "not-a-code" else "bad-path"
    yield from found("block", code, "message")
    yield Loosening("test-removed", "message", "path")
"""
    assert made_in(source)[0] == {
        *("collection-error", "newly-failing", "git-directory", "bad-path", "test-removed")
    }


def test_a_code_that_is_given_in_another_way_is_found() -> None:
    assert made_in("Finding('gate', table['key'], 'block', 'message')")[1] == {"table['key']"}


def test_the_cells_of_a_table_of_codes_are_read() -> None:
    head = "| code | severity by default | set by | what it means |\n|---|---|---|---|\n"
    body = "| `oom` | block or warn | `limits.max_patch_files` | `not` a key \\| here |\n"
    assert tables(head + body) == [[Row("oom", "block or warn", ("limits.max_patch_files",))]]
