"""Programs and rules as they are read: what they say of themselves, and what is refused."""

from pathlib import Path

import pytest

from validators.codemods.examples import read_examples
from validators.codemods.program import CodemodRefusal, read_program
from validators.codemods.sites import required_word

RULE = "language: python\nrule: {pattern: f($X)}\nfix: g($X)\nsites: f\n"


def read(tmp_path: Path, text: str, name: str = "codemod.py") -> object:
    (tmp_path / name).write_text(text)
    return read_program(tmp_path)


def test_a_folder_is_its_program_and_the_same_text_has_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "codemod.py").write_text("SITES = 'a'\nFILES = ('*.py',)\n")
    program = read_program(tmp_path)
    assert (program.sites, program.files) == ("a", ("*.py",))
    assert program.digest == read_program(tmp_path / "codemod.py").digest
    (tmp_path / "codemod.py").write_text("SITES = 'b'\n")
    assert program.digest != read_program(tmp_path).digest


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x = 1\n", "does not say how to count"),
        ("SITES = ''\n", "does not say how to count"),
        ("SITES = '('\n", "no regular expression"),
        ("SITES = 'a*'\n", "matches the empty text"),
        ("SITES = f()\n", "SITES and FILES are plain texts"),
        ("def f(:\n", r"codemod.py:1: it cannot be read"),
        ("SITES = 'a'\nFILES = 3\n", "FILES is a list of globs"),
        ("SITES = '" + "a" * 1_001 + "'\n", "longer than 1000"),
        ("#" * 140_000, "the limit is 131072"),
    ],
)
def test_a_program_that_cannot_be_used_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(CodemodRefusal, match=why):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- 1\n", "no YAML mapping"),
        (RULE + "patern: f\n", "unknown key 'patern'"),
        (RULE + "langage: f\n", "did you mean language"),
        (RULE.replace("python", "cobol"), "'cobol' is none of"),
        (RULE.replace("{pattern: f($X)}", "{kind: call}"), r"rule: \{pattern: ...\}"),
        (RULE.replace("g($X)", "g($Y)"), r"has no \$Y"),
        (RULE + "constraints: {X: {regex: '('}}\n", "the constraint of X"),
        (RULE.replace("sites: f\n", ""), "does not say how to count"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(CodemodRefusal, match=why):
        read(tmp_path, text, "codemod.yml")


def test_a_folder_without_a_program_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CodemodRefusal, match="changewright codemod new"):
        read_program(tmp_path)


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ([], "at least one example must be changed"),
        (["a.before.py", "a.after.py"], "one must stay"),
        (["a.keep.py"], "at least one example must be changed"),
        (["a.before.py", "b.keep.py"], "there is no a.after.py"),
        (["a.after.py"], "there is no a.before"),
        (["a.py"], "name it a.before"),
    ],
)
def test_examples_that_prove_nothing_are_refused(
    tmp_path: Path, names: list[str], why: str
) -> None:
    (tmp_path / "examples").mkdir()
    for name in names:
        (tmp_path / "examples" / name).write_text("")
    with pytest.raises(CodemodRefusal, match=why):
        read_examples(tmp_path)


@pytest.mark.parametrize(
    ("regex", "word"),
    [
        (r"\bforce_text\b", "force_text"),
        (r"(?<!def )\bcheck\(", "check"),
        (r"one|two", ""),
        (r"(one)?two+", "two"),
        (r"[ab]cd", ""),
        (r"(?i)one", ""),
        (r"a{2,3}bc", "bc"),
        (r"oner?\.x", "x"),
    ],
)
def test_the_word_that_a_file_must_hold_is_one_that_each_match_holds(regex: str, word: str) -> None:
    assert required_word(regex) == word.encode()
