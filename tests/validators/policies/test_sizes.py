"""What is too large, and what nobody can read, with figures and types."""

from collections.abc import Callable

import pytest

from validators.checkout import Clone, write_tree
from validators.policies.file_types import file_type
from validators.policy import judge_tree
from validators.rules import PatchLimits, Policies, PolicyWord, Rules
from validators.sandbox import FileChange
from validators.verdict import Finding

Files = dict[str, str | bytes | None]
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
NOTEBOOK = b'{"cells": [\n {"source": "1"\n }\n]}\n'
OUTPUT = b'{"cells": [\n {"source": "1",\n  "outputs": [{"output_type": "display_data"}]\n }\n]}\n'


@pytest.fixture
def clone(clone_of: Callable[[Files], Clone]) -> Clone:
    return clone_of({"a.txt": "one\n", "old.png": PNG, "a.ipynb": NOTEBOOK})


def judged(clone: Clone, content: FileChange, rules: Rules | None = None) -> list[Finding]:
    tree = write_tree(clone, clone.base_tree, [content])
    return list(judge_tree(clone, clone.base_tree, tree, rules or Rules()))


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("a.png", PNG, "PNG image, 16 bytes"),
        ("old.png", PNG + b"more", "PNG image, 20 bytes"),
        ("a.dat", b"\x7fELF\0", "ELF program or library, 5 bytes"),
        ("a.so", b"\x7fELF\0", "shared library, 5 bytes"),
        ("a.jar", b"PK\x03\x04\0", "Java archive, 5 bytes"),
        ("a.pyc", b"\xcb\r\r\n\0", "compiled Python, 5 bytes"),
        ("a.pdf", b"%PDF-1.7\n", "PDF document, 9 bytes"),
        ("a.psd", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer, 43 bytes"),
        ("a.txt", "text".encode("utf-16"), "UTF-16 text, 10 bytes"),
        ("a.odd", b"\0", ".odd file, 1 bytes"),
        ("noname", b"\0", "unknown type, 1 bytes"),
    ],
)
def test_a_binary_file_is_named_with_type_and_size(
    clone: Clone, path: str, content: bytes, said: str
) -> None:
    (finding,) = judged(clone, FileChange(path, "100644", content))
    assert (finding.code, finding.severity, finding.path) == ("binary-file", "block", path)
    assert f"({said})" in finding.message


@pytest.mark.parametrize("word", ["ask", "allow"])
def test_binary_files_and_outputs_obey_their_word(clone: Clone, word: PolicyWord) -> None:
    rules = Rules(policies=Policies(binary=word))
    for change in (FileChange("b.png", "100644", PNG), FileChange("a.ipynb", "100644", OUTPUT)):
        severities = [finding.severity for finding in judged(clone, change, rules)]
        assert severities == [] if word == "allow" else [word]


def test_only_new_outputs_of_a_notebook_count(clone: Clone) -> None:
    (finding,) = judged(clone, FileChange("a.ipynb", "100644", OUTPUT))
    assert (finding.code, finding.severity) == ("notebook-output", "block")
    assert judged(clone, FileChange("a.ipynb", "100644", NOTEBOOK.replace(b"1", b"2"))) == []


def test_a_binary_file_may_be_taken_away(clone: Clone) -> None:
    assert judged(clone, FileChange("old.png", "000000")) == []


def test_a_file_too_large_to_be_searched_is_a_question_even_where_sizes_are_allowed(
    clone: Clone,
) -> None:
    rules = Rules(limits=PatchLimits(max_patch_lines=10**9), policies=Policies(sizes="allow"))
    large = FileChange("large.txt", "100644", b"some words\n" * 100_000)
    (finding,) = judged(clone, large, rules)
    assert (finding.code, finding.severity) == ("unread-file", "ask")
    assert "1100000 bytes" in finding.message


def test_what_a_name_promises_counts_before_an_archives_first_bytes() -> None:
    assert file_type("a.whl", b"PK\x03\x04") == "Python wheel"
    assert file_type("a.bin", b"PK\x03\x04") == "ZIP archive"
