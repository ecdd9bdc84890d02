from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from validators.checkout import Clone, write_tree
from validators.environment import Environment
from validators.judging.conflict_markers import conflict_lines
from validators.judging.data_files import DataParser, error_line_in, form_of
from validators.judging.floor import floor_findings, floor_gate, floor_marks, is_floor
from validators.judging.lint import Moves
from validators.linters.lint_output import LintOutput, read_lint
from validators.projects.own_linter import floor_lint
from validators.reports import LintMark
from validators.rules import GateRule
from validators.sandbox import TOOLS, FileChange, Limits, Phase, Sandbox
from validators.verdict import Finding

CloneOf = Callable[[Mapping[str, str | bytes]], Clone]
CONFLICT = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> branch\n"


def floor(clone: Clone, files: Mapping[str, str | bytes]) -> list[Finding]:
    changes = [
        FileChange(path, "100644", content.encode() if isinstance(content, str) else content)
        for path, content in files.items()
    ]
    tree = write_tree(clone, clone.base_tree, changes)
    return list(floor_findings(clone, clone.base_tree, tree))


def shown(findings: list[Finding]) -> list[tuple[str, str, str, int]]:
    return [(found.code, found.severity, found.path, found.line) for found in findings]


def test_an_unfinished_merge_blocks_wherever_it_is(clone_of: CloneOf) -> None:
    clone = clone_of({"notes.md": "a\n", "old.txt": CONFLICT})

    found = floor(clone, {"notes.md": f"a\n{CONFLICT}", "old.txt": f"x\n{CONFLICT}"})

    assert shown(found) == [("conflict-marker", "block", "notes.md", 2)]


def test_an_unfinished_merge_in_code_is_a_syntax_error_as_well(clone_of: CloneOf) -> None:
    found = floor(clone_of({"a.py": "x = 1\n"}), {"a.py": f"x = 1\n{CONFLICT}"})
    assert {one.code for one in found} == {"syntax-error", "conflict-marker"}
    assert all(one.severity == "block" for one in found)


def test_markers_in_a_text_of_a_program_are_there_on_purpose(clone_of: CloneOf) -> None:
    found = floor(clone_of({"a.py": ""}), {"a.py": f'TEXT = """\n{CONFLICT}"""\n'})
    assert shown(found) == [("conflict-marker", "warn", "a.py", 2)]


@pytest.mark.parametrize(
    "text",
    [
        "Heading\n=======\n",
        "<<<<<<< HEAD\n",
        ">>>>>>> a\n=======\n<<<<<<< b\n",
        "<<<<<<<\n=======\n>>>>>>>\n",
        " <<<<<<< HEAD\n=======\n>>>>>>> x\n",
        "<<<<<<<< HEAD\n=======\n>>>>>>> x\n",
        "<<<<<<< HEAD\n======= x\n>>>>>>> x\n",
        f"\0{CONFLICT}",
    ],
)
def test_less_than_all_three_markers_in_order_is_no_conflict(text: str) -> None:
    assert conflict_lines(text.encode()) == ()


def test_conflicts_are_found_with_any_line_end_and_in_three_way_style() -> None:
    assert conflict_lines(CONFLICT.replace("\n", "\r\n").encode()) == (1,)
    three = CONFLICT.replace("=======", "||||||| base\nbase\n=======")
    assert conflict_lines(f"a\n{three}{three}".encode()) == (2, 9)
    assert conflict_lines(f"<<<<<<< a\n{CONFLICT}".encode()) == (2,)


@pytest.mark.parametrize(
    ("path", "good", "bad", "line"),
    [
        ("a.json", '{\n"a": 1}', '{\n"a": 1,}', 2),
        ("ci.yml", "a: 1\n", "a: 1\n  b: 2\n", 2),
    ],
)
def test_a_data_file_that_parsed_and_does_not_any_more_blocks(
    clone_of: CloneOf, path: str, good: str, bad: str, line: int
) -> None:
    found = floor(clone_of({path: good}), {path: bad})
    assert shown(found) == [("syntax-error", "block", path, line)]


def test_a_data_file_that_never_parsed_is_no_patch_s_fault(clone_of: CloneOf) -> None:
    clone = clone_of({"chart.yaml": "{{- if .x }}\n", "bad.json": "{"})
    assert floor(clone, {"chart.yaml": "{{- if .y }}\n", "bad.json": "{{"}) == []


def test_a_new_data_file_that_does_not_parse_is_pointed_at(clone_of: CloneOf) -> None:
    found = floor(clone_of({"a": ""}), {"tests/bad.json": "{", "good.toml": "a = 1\n"})
    assert shown(found) == [("syntax-error", "warn", "tests/bad.json", 1)]


@pytest.mark.parametrize(
    ("form", "content", "line"),
    [
        ("yaml", b"a: &x {b: !mine 1}\n---\n- *x\n", 0),
        ("relaxed-json", b'{"a//": "\\"/*", /* "x */ "b": "//,]",}', 0),
        ("json", "[1e999, 1]".encode("utf-16"), 0),
        ("json", b"\xef\xbb\xbf[1, NaN]", 0),
        ("toml", b"a = [1, 'x']\r\n", 0),
        ("json", b"{\n\n,}", 3),
        ("json", b"\xff\xfe[", 1),
        ("relaxed-json", b'{"a": }', 1),
        ("toml", b"a = 1\na = 2\n", 2),
        ("toml", b"\xff", 1),
        ("toml", b"a = ", 1),
        ("yaml", b"a: 1\n\tb: 2\n", 2),
        ("yaml", b"a: \x01", 1),
    ],
)
def test_the_line_is_told_in_which_data_goes_wrong(form: str, content: bytes, line: int) -> None:
    assert error_line_in(form, content) == line


def test_data_made_to_break_its_parser_is_let_be() -> None:
    with DataParser(timeout_s=60.0) as parser:
        assert parser.error_line("a.json", b"[" * 900_000) == 1
        assert parser.error_line("a.json", b"[" * 1_000_001) is None
        assert parser.error_line("a.json", b"1" * 900_000) == 0
        assert parser.error_line("tsconfig.json", b"/*" * 400_000) == 1
        assert parser.error_line("tsconfig.json", b'"\\' * 400_000) == 1
        assert parser.error_line("tsconfig.json", b", " * 400_000) == 1
        laughs = b"".join(b"a%d: &a%d [%s]\n" % (n, n, b"*a0," * 9) for n in range(90))
        assert (
            parser.error_line("a.yaml", b"a0: &a0 1\n" + laughs.replace(b"a0: &a0 [", b"b: [")) == 0
        )
        assert parser.error_line("a.toml", b"a = " + b"[" * 900_000) != 0
        assert parser.error_line("b.yaml", b"a: 1\n") == 0
    with DataParser(timeout_s=0.5) as parser:
        assert parser.error_line("a.yaml", b"[" * 190_000) is None


def test_a_file_is_known_by_its_name() -> None:
    assert form_of("x/Tsconfig.JSON") == "relaxed-json"
    assert form_of(".vscode/settings.json") == "relaxed-json"
    assert form_of("a/package.json") == "json"
    assert form_of("pyproject.toml") == "toml"
    assert form_of("ci.yaml") == form_of("ci.yml") == "yaml"
    assert form_of("a/README.md") == ""
    with DataParser() as parser:
        assert parser.error_line("a/README.md", b"{") is None


def test_no_python_changed_means_no_floor_gate() -> None:
    assert floor_gate(["a.js", "b.toml"]) is None


def test_a_gate_over_all_files_for_the_same_errors_is_floor_enough() -> None:
    changed = floor_gate(["a.py"])
    assert changed is not None
    assert is_floor(floor_lint(">=3.9"))
    assert not is_floor(changed)
    assert not is_floor(GateRule("lint", "lint", ("ruff", "check", ".")))


def test_so_many_files_that_no_command_names_them_means_all_of_them() -> None:
    gate = floor_gate([f"{'x' * 200}{number}.py" for number in range(1_000)])
    assert gate is not None
    assert gate.run == floor_lint("").run


def test_names_undefined_on_the_base_are_granted_to_the_patch() -> None:
    base = [LintMark("a.py", "F821", 1, "Undefined name `_`")]
    new = LintMark("b.py", "F821", 7, "Undefined name `cont`")
    patched = [*base, LintMark("b.py", "F821", 3, "Undefined name `_`"), new]
    assert floor_marks(base, patched, Moves()) == (new,)


@pytest.mark.sandbox
def test_the_floor_gate_finds_undefined_names_in_changed_files_alone(
    sandbox: Sandbox, our_environment: Environment, tmp_path: Path
) -> None:
    odd = "odd [x]/{a,b}*!.py"
    gate = floor_gate([odd, "build/new.py", "gone.py", "é.py"])
    assert gate is not None
    tree = tmp_path / "tree"
    contents = {
        odd: "one\n",
        "build/new.py": "two # noqa\n",
        "other.py": "three\n",
        "é.py": "def\n",
    }
    contents |= {".gitignore": "build/\n", "pyproject.toml": "[tool.ruff]\nexclude = ['*']\n"}
    for path, text in contents.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text, "utf-8")

    output = run(gate, tree, sandbox, our_environment)

    found = {(mark.path, mark.code) for mark in output.marks}
    assert found == {(odd, "F821"), ("build/new.py", "F821"), ("é.py", "invalid-syntax")}


def run(gate: GateRule, tree: Path, sandbox: Sandbox, environment: Environment) -> LintOutput:
    variables = {"RUFF_OUTPUT_FORMAT": "concise", "RUFF_NO_CACHE": "true"}
    phase = Phase("lint", mounts=environment.mounts, environment=variables, path=(TOOLS,))
    with sandbox.open(tree, phase, Limits(timeout_s=60.0)) as session:
        completed = session.run(gate.run)
    output = read_lint(completed.stdout.text, completed.stderr.text, {})
    assert output is not None, completed.stderr.text
    return output
