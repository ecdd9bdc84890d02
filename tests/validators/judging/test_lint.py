from collections.abc import Callable, Mapping

import pytest

from validators.checkout import Clone, list_files, read_file, write_tree
from validators.judging.lint import (
    LintChanges,
    LintSide,
    Moves,
    configured_as_base,
    lint_changes,
    new_marks,
)
from validators.judging.lint_configuration import is_lint_configuration
from validators.linters.lint_output import LintOutput
from validators.reports import LintMark
from validators.sandbox import FileChange

NOWHERE = Moves()


def mark(line: int, message: str = "unused", code: str = "F401", path: str = "a.py") -> LintMark:
    return LintMark(path, code, line, message)


def side(exit_code: int, *marks: LintMark, tool: str = "eslint", **more: object) -> LintSide:
    return LintSide(exit_code, LintOutput(tool, marks, **more))  # type: ignore[arg-type]


def lines(found: tuple[LintMark, ...]) -> list[int]:
    return [one.line for one in found]


def test_an_old_finding_on_a_line_the_patch_rewrote_is_not_new() -> None:
    assert new_marks([mark(3)], [mark(3)], {}, {"a.py": frozenset({3})}) == ()


def test_findings_that_only_moved_are_not_new() -> None:
    assert new_marks([mark(3), mark(9)], [mark(13), mark(40)], {}) == ()


def test_findings_of_a_renamed_file_are_the_old_ones() -> None:
    renamed = [mark(3, path="b.py"), mark(4, path="b.py")]
    found = new_marks([mark(3)], renamed, {"a.py": "b.py"})
    assert lines(found) == [4]
    assert len(new_marks([mark(3)], renamed, {})) == 2


def test_the_one_on_an_added_line_is_named_among_several_alike() -> None:
    base = [mark(1), mark(5)]
    patched = [mark(1), mark(3), mark(6)]
    assert lines(new_marks(base, patched, {}, {"a.py": frozenset({3})})) == [3]
    assert lines(new_marks(base, patched, {})) == [6]


def test_new_words_are_named_before_known_ones() -> None:
    base = [mark(1, "os"), mark(2, "sys")]
    patched = [mark(1, "os"), mark(2, "json"), mark(3, "sys")]
    assert lines(new_marks(base, patched, {})) == [2]


def test_the_words_of_the_base_belong_to_the_lines_that_were_left_alone() -> None:
    base = [mark(1, "os")]
    patched = [mark(1, "os"), mark(2, "os")]
    assert lines(new_marks(base, patched, {}, {"a.py": frozenset({1})})) == [1]


def test_a_finding_mended_in_one_file_excuses_none_in_another() -> None:
    assert len(new_marks([mark(1)], [mark(1, path="b.py")], {})) == 1
    assert len(new_marks([mark(1)], [mark(1, code="E711")], {})) == 1


def test_old_findings_alone_are_nobody_s_fault() -> None:
    assert lint_changes(side(1, mark(1)), side(1, mark(2)), NOWHERE) == LintChanges(())


def test_a_new_finding_is_told_where_the_command_failed_before_too() -> None:
    found = lint_changes(side(1, mark(1)), side(1, mark(1), mark(2)), NOWHERE)
    assert found == LintChanges((mark(2),))


def test_a_base_that_succeeds_and_says_nothing_known_has_no_findings() -> None:
    for before in (LintSide(0, None), LintSide(0, LintOutput(""))):
        assert lint_changes(before, side(1, mark(1)), NOWHERE) == LintChanges((mark(1),))
        assert lint_changes(before, before, NOWHERE) == LintChanges(())
        assert lint_changes(side(1, mark(1)), before, NOWHERE) == LintChanges(())


def test_a_new_warning_is_worth_reading_while_the_command_succeeds() -> None:
    patched = side(0, warnings=(mark(2),))
    assert lint_changes(side(0), patched, NOWHERE) == LintChanges((), (mark(2),))


def test_warnings_that_make_the_command_fail_count_as_errors() -> None:
    patched = side(1, warnings=(mark(1), mark(2)))
    before = side(0, warnings=(mark(1),))
    assert lint_changes(before, patched, NOWHERE) == LintChanges((mark(2),))
    assert lint_changes(side(1, warnings=(mark(1),)), patched, NOWHERE) == LintChanges((mark(2),))


def test_a_warning_beside_old_errors_is_not_taken_for_one() -> None:
    patched = side(1, mark(1), warnings=(mark(2),))
    assert lint_changes(side(1, mark(1)), patched, NOWHERE) == LintChanges((), (mark(2),))


@pytest.mark.parametrize(
    ("base", "patched"),
    [
        (LintSide(1, None), side(1, mark(1))),
        (side(1, mark(1)), LintSide(1, None)),
        (side(1, mark(1)), LintSide(1, LintOutput(""))),
        (side(1, mark(1)), side(1)),
        (side(1, mark(1)), side(1, mark(1), summary_count=2)),
        (side(1, mark(1), summary_count=2), side(1, mark(1))),
        (side(1, mark(1), tool="eslint+tsc"), side(1, mark(1))),
        (side(1, mark(1)), side(1, mark(1), tool="ruff")),
        (side(1, mark(1)), side(2, mark(1))),
    ],
)
def test_findings_that_do_not_explain_the_exit_code_are_not_compared(
    base: LintSide, patched: LintSide
) -> None:
    assert lint_changes(base, patched, NOWHERE) is None


def test_pylint_s_exit_code_says_what_kinds_there_are() -> None:
    before = side(30, mark(1), mark(2, code="C0114"), tool="pylint")
    assert lint_changes(before, side(2, mark(1), tool="pylint"), NOWHERE) == LintChanges(())


def test_a_linter_that_found_something_and_now_nothing_may_be_silent_in_success() -> None:
    before = side(1, mark(1), tool="eslint+tsc")
    assert lint_changes(before, side(0, tool="eslint"), NOWHERE) == LintChanges(())


@pytest.mark.parametrize(
    "path",
    [
        "pyproject.toml",
        "web/.eslintrc",
        "web/.eslintrc.cjs",
        "eslint.config.mts",
        "tsconfig.json",
        "packages/a/tsconfig.build.json",
        ".golangci.yml",
        "pyrightconfig.json",
        "biome.jsonc",
        ".prettierrc.toml",
        ".gitignore",
        "clippy.toml",
    ],
)
def test_what_linters_read_is_known_by_name(path: str) -> None:
    assert is_lint_configuration(path)


@pytest.mark.parametrize("path", ["a.py", "config.json", "Cargo.toml", "tsconfig.ts", "ruff.py"])
def test_other_files_configure_no_linter(path: str) -> None:
    assert not is_lint_configuration(path)


def test_the_base_s_configuration_is_put_back_and_a_new_one_taken_away(
    clone_of: Callable[[Mapping[str, str]], Clone],
) -> None:
    clone = clone_of({"ruff.toml": "strict", "a.py": "x"})
    changed = {"ruff.toml": b"loose", "sub/.eslintrc.json": b"{}", "a.py": b"y"}
    files = [FileChange(path, "100644", content) for path, content in changed.items()]
    applied = write_tree(clone, clone.base_tree, files)

    tree = configured_as_base(clone, clone.base_tree, applied)

    assert [file.path for file in list_files(clone, tree)] == ["a.py", "ruff.toml"]
    assert read_file(clone, tree, "ruff.toml") == ("100644", b"strict")
    assert read_file(clone, tree, "a.py") == ("100644", b"y")
    assert configured_as_base(clone, clone.base_tree, clone.base_tree) == clone.base_tree
