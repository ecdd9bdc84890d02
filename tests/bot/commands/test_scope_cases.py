"""Threat cases about reading code, each through the command line: never a crash, never silence."""

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.bot.commands import test_scope
from tests.ending import LIMIT_S
from tests.scoping import test_child, test_grammars, test_index, test_objects
from tests.scoping import test_scope as test_select
from tests.validators.clones import test_uncommitted_files
from tests.validators.threats.cases import Table, held, ids, troubles

if TYPE_CHECKING:
    from tests.bot.commands.conftest import Desk

PICTURE = "iVBORw0KGgo" + "A" * 40_000
NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "source": ["plot_total(cart)"],
            "outputs": [{"data": {"image/png": PICTURE}}],
        }
    ]
}
HOSTILE: dict[str, bytes] = {
    "deep.py": b"total = " + b"(" * 70_000 + b"1" + b")" * 70_000 + b"\n",
    "lines.py": b"def deep_total():\n    return " + b"(\n" * 30_000 + b"1" + b")\n" * 30_000,
    "wide.py": b"total = [" + b"1, " * 500_000 + b"]\n",
    "literal.js": b"const total = '" + b"a" * 3_000_000 + b"'\n",
    "here.sh": b"cat <<A\n" * 8_000,
    "nul.py": b"def total():\0\n    return 1\n",
    "wide_letters.py": "def total():\n    return 1\n".encode("utf-16"),
    "marked.py": b"\xef\xbb\xbfdef total_marked():\n    return 1\n",
    "latin.py": b"def total_latin():\n    return 'caf\xe9'\n",
    "broken.py": b"def total_broken(\xff\xfe\x00:\n",
    "bundle.zip": b"PK\3\4" + b"total" * 2_000,
    "paper.pdf": b"%PDF-1.7\ntotal\n",
    "plot.ipynb": json.dumps(NOTEBOOK).encode(),
    "pointer.dat": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "Total.py": b"def total_here():\n    return 1\n",
    "total.py": b"def total_there():\n    return 2\n",
}
SKIPPED = {
    "deep.py": "a line of",
    "lines.py": "nested deeper",
    "wide.py": "larger than",
    "literal.js": "larger than",
    "nul.py": "binary",
    "wide_letters.py": "binary",
    "broken.py": "binary",
    "bundle.zip": "an archive",
    "paper.pdf": "by its name",
    "pointer.dat": "Git LFS pointer",
    "zero.py": "a symbolic link",
    "loop.py": "a symbolic link",
    "inner": "a submodule",
}


@pytest.fixture
def hostile(desk: "Desk") -> "Desk":
    """A desk whose repository holds all of these at once, and a path longer than a path may be."""
    for name, content in HOSTILE.items():
        (desk.repo / name).write_bytes(content)
    (desk.repo / "zero.py").symlink_to("/dev/zero")
    (desk.repo / "loop.py").symlink_to("loop.py")
    desk.git("add", "-A")
    desk.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},inner")
    blob = desk.git("rev-parse", ":total.py")
    desk.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{'d/' * 2_500}total.py")
    desk.git("commit", "-qm", "hostile")
    return desk


def skipped(found: dict[str, Any]) -> dict[str, str]:
    return {each["path"]: each["reason"] for each in found["skipped"]}


def test_hostile_files_are_left_out_with_a_reason_and_the_others_are_read(hostile: "Desk") -> None:
    task = ("--task", "the deep_total of a cart is wrong, and plot_total", "--base", "HEAD")

    code, found = hostile.ask("scope", *task, "--tokens", "100000")

    assert code == 0
    told = skipped(found)
    for path, reason in SKIPPED.items():
        assert reason in told[path], path
    files = {file["path"]: file for file in found["files"]}
    assert {"marked.py", "latin.py", "Total.py", "total.py", "plot.ipynb"} <= files.keys()
    assert files["plot.ipynb"]["kind"] == "notebook"
    assert PICTURE[:100] not in json.dumps(found["context"])
    assert all(len(path) < 4_096 for path in told)


def test_hostile_files_are_indexed_and_asked_about(hostile: "Desk") -> None:
    code, made = hostile.ask("index")

    assert code == 0
    assert SKIPPED.keys() <= skipped(made).keys() | {"lines.py"}
    assert hostile.run("query", "symbols", "total_", "--base", "HEAD") == 0
    lines = hostile.said.splitlines()
    assert "latin.py:1: function total_latin" in lines
    assert "marked.py:1: function total_marked" in lines
    assert {"Total.py:1: function total_here", "total.py:1: function total_there"} <= set(lines)
    assert hostile.run("query", "search", "plot_total(cart)") == 0
    assert hostile.run("query", "search", PICTURE[:100]) == 1


def test_what_lies_in_the_way_on_the_disk_is_never_opened(hostile: "Desk") -> None:
    for name in ("Total.py", "total.py", "latin.py"):
        (hostile.repo / name).unlink()
    os.mkfifo(hostile.repo / "Total.py")
    (hostile.repo / "total.py").symlink_to("/dev/zero")
    with (hostile.repo / "latin.py").open("wb") as sparse:
        sparse.truncate(1024**4)

    code, found = hostile.ask("scope", "--task", "total_here, total_there and total_latin")

    assert code == 0
    told = skipped(found)
    assert told["Total.py"] == "uncommitted: a pipe"
    assert told["total.py"] == "uncommitted: a symbolic link"
    assert told["latin.py"] == "uncommitted: larger than 1000000 bytes"
    assert {"Total.py", "total.py", "latin.py"}.isdisjoint(file["path"] for file in found["files"])


ISSUES = {
    "another language": "合计不对 total_here 返回了错误的结果",
    "a stack trace alone": 'Traceback (most recent call last):\n  File "Total.py", line 2, in'
    " total_here\nValueError: 1\n",
    "a picture alone": "![shot](https://example.org/total.png)",
    "a megabyte": "total_here " + "is wrong and nobody knows why. " * 32_000,
    "no letter": "?!? ... 🙈",
    "hidden letters": "total\u200b_here \u202e" + "\U000e0041" * 50,
    "code alone": "```\n" + "(" * 5_000 + "\n```",
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("kind", ISSUES)
def test_whatever_an_issue_says_something_is_answered(
    desk: "Desk", tmp_path: Path, kind: str
) -> None:
    (desk.repo / "Total.py").write_text("def total_here():\n    return 1\n")
    issue = tmp_path / "issue.md"
    issue.write_text(ISSUES[kind], "utf-8")

    code, found = desk.ask("scope", "--issue-file", str(issue))

    assert code == 0
    assert found["files"]
    assert found["context"]["excerpts"]
    if kind not in {"a picture alone", "no letter", "hidden letters", "code alone"}:
        assert found["files"][0]["path"] == "Total.py"


@pytest.mark.parametrize("text", ["", "\n\n  \n", "---\nnumber: 3\n---\n"])
def test_an_empty_issue_is_refused_with_what_to_write(
    desk: "Desk", tmp_path: Path, text: str
) -> None:
    issue = tmp_path / "issue.md"
    issue.write_text(text)

    assert desk.run("scope", "--issue-file", str(issue)) == 2
    assert "the issue is empty; write a title on its first line" in desk.noted


def test_an_empty_repository_is_answered_in_words(desk: "Desk") -> None:
    desk.git("rm", "-rq", ".")
    desk.git("commit", "-qm", "nothing left")

    code, found = desk.ask("scope", "--task", "anything")

    assert (code, found["files"], found["context"]["excerpts"]) == (0, [], [])
    assert desk.run("query", "files", "**") == 1
    assert "nothing was found" in desk.noted


def commit_many(desk: "Desk", width: int) -> None:
    """Commit ``width`` folders that are one and the same tree of ``width`` files."""

    def git(*words: str, stdin: str) -> str:
        done = subprocess.run(
            ["git", *words],
            cwd=desk.repo,
            input=stdin,
            capture_output=True,
            text=True,
            check=True,
            timeout=LIMIT_S,
        )
        return done.stdout.strip()

    blob = git("hash-object", "-w", "--stdin", stdin="total = 1\n")
    rows = "".join(f"100644 blob {blob}\tf{number:04}.py\n" for number in range(width))
    folder = git("mktree", stdin=rows)
    rows = "".join(f"040000 tree {folder}\td{number:04}\n" for number in range(width))
    desk.git("update-ref", "HEAD", desk.git("commit-tree", git("mktree", stdin=rows), "-m", "many"))


@pytest.mark.long
def test_a_million_files_are_counted_and_the_first_are_read(desk: "Desk") -> None:
    commit_many(desk, 1_000)

    assert desk.run("scope", "--task", "total is wrong", "--base", "HEAD") == 0
    assert "d0000/f00" in desk.said
    assert "skipped 970000 files, such as " in desk.noted
    assert "past the number of files that are read" in desk.noted


HELD_BY: Table = {
    "SCP-03": (
        held(test_hostile_files_are_left_out_with_a_reason_and_the_others_are_read),
        held(test_grammars.test_deep_nesting_is_skipped_and_does_no_harm),
    ),
    "SCP-04": (held(test_child.test_a_child_that_fails_answers_none_and_the_next_one_works),),
    "SCP-05": (held(test_hostile_files_are_left_out_with_a_reason_and_the_others_are_read),),
    "SCP-06": (
        held(test_hostile_files_are_left_out_with_a_reason_and_the_others_are_read),
        held(
            test_objects.test_too_large_missing_and_senseless_objects_are_refused_and_reading_goes_on
        ),
    ),
    "SCP-07": (held(test_hostile_files_are_indexed_and_asked_about),),
    "SCP-08": (
        held(test_hostile_files_are_left_out_with_a_reason_and_the_others_are_read),
        held(test_select.test_line_ends_and_a_missing_last_one_stay),
    ),
    "SCP-09": (
        held(test_what_lies_in_the_way_on_the_disk_is_never_opened),
        held(test_uncommitted_files.test_links_pipes_sockets_folders_and_large_files_are_left_out),
    ),
    "SCP-11": (
        held(test_what_lies_in_the_way_on_the_disk_is_never_opened),
        held(test_uncommitted_files.test_links_pipes_sockets_folders_and_large_files_are_left_out),
    ),
    "SCP-12": (
        held(test_a_million_files_are_counted_and_the_first_are_read),
        held(test_hostile_files_are_left_out_with_a_reason_and_the_others_are_read),
        held(test_index.test_a_large_tree_is_read_up_to_a_limit),
    ),
    "SCP-15": (held(test_hostile_files_are_left_out_with_a_reason_and_the_others_are_read),),
    "SCP-16": (
        held(test_scope.test_a_base_is_the_commit_alone),
        held(test_select.test_every_excerpt_is_the_base_s_text_at_its_lines),
    ),
}


def test_every_case_about_reading_code_is_held() -> None:
    assert troubles(HELD_BY) == []
    assert ids("scope") <= HELD_BY.keys()
