"""Replies that are empty, cut off, enormous, hostile or endless: a few turns, a reason, an end."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROGRAM
from tests.e2e.bad_input import Row, Setting, judge, measured
from tests.e2e.repositories import git, made, save, write
from tests.found_out import lend

pytestmark = pytest.mark.sandbox

Reply = Mapping[str, Any]

PROPOSED, NOTHING, FAILED = (rf"^run \S+: {word}" for word in ("proposed", "nothing", "failed"))
MOST_RSS_MIB = 300
MOST_SECONDS = 120
MANY_LINES = "\n".join(f"x{number} = {number}" for number in range(150_000))
# What is no file of text, beside the usual files: each may be named, and none be edited.
ODD_FILES: dict[str, bytes] = {"data.bin": b"\0\1\xff" * 50, "folder/a.py": b"x = 1\n"}


def edit(path: str, old: str, new: str) -> str:
    """Return a block that puts ``new`` for ``old``; nothing for ``old`` makes a file."""
    lines = [path, "<<<<<<< SEARCH", *[old] * bool(old), "=======", new, ">>>>>>> REPLACE"]
    return "\n".join(lines) + "\n\n"


RIGHT = edit("a.txt", "one", "two")


def told(*replies: str | Reply, repeat: int = 1) -> Callable[[Path], Setting]:
    """Return what builds the usual repository, and a model that gives these replies."""

    def build(folder: Path) -> Setting:
        repo = made(folder, commit=False)
        write(repo, ODD_FILES)
        (repo / "link.txt").symlink_to("a.txt")
        (repo / "linked").symlink_to("folder")
        (repo / "module").mkdir()
        git(repo, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
        save(repo)
        listed = [{"text": one} if isinstance(one, str) else one for one in replies]
        script = folder / "replies.json"
        script.write_text(json.dumps({"replies": listed * repeat}))
        words = ("propose", "--repo", repo, "--task", "say two", "--quiet")
        return Setting((*words, "--model", f"scripted:{script}"), repo)

    return build


def scripted(text: str) -> Callable[[Path], Setting]:
    """Return what builds the usual repository, and a script of just this text."""

    def build(folder: Path) -> Setting:
        (folder / "replies.yml").write_text(text)
        words = ("propose", "--repo", made(folder), "--task", "say two")
        return Setting((*words, "--model", f"scripted:{folder / 'replies.yml'}"))

    return build


def rows() -> list[Row]:
    """Return every reply of this file as a row."""
    return [*_useless(), *_misplaced(), *_enormous(), *_endless(), *_scripts()]


def _useless() -> Iterator[Row]:
    no_edit = "no attempt of 3 passed; the last: the reply held no edit that changes a file"
    yield Row("a reply without a word", told("", repeat=3), 1, NOTHING, no_edit)
    yield Row("a reply of prose alone", told("It is fine?", repeat=3), 1, NOTHING, no_edit)
    cut = {"text": RIGHT[:-20], "stop": "length"}
    why = "the last: the reply was cut off at its length limit"
    yield Row("a reply cut off in an edit", told(cut, repeat=3), 1, NOTHING, why)
    yield Row(
        "a reply that is cut off, then whole", told(cut, RIGHT), 0, PROPOSED, "after 2 attempts"
    )
    same = "the last: the files already are as the edits leave them"
    unchanged = edit("a.txt", "one", "one")
    yield Row("an edit that changes nothing", told(unchanged, repeat=3), 1, NOTHING, same)
    yield Row("the same edit twice, then once", told(RIGHT * 2, RIGHT), 0, PROPOSED, "2 attempts")
    declined = {"text": "I would rather not.", "stop": "refusal"}
    yield Row("a refusal", told(declined), 1, NOTHING, "the model declined the task: I would")
    yield Row(
        "a reply that does what was forbidden",
        told(edit("a.txt", "one", "FORBIDDEN"), repeat=3),
        1,
        NOTHING,
        "no attempt of 3 passed",
    )
    odd = "\x1b[31mred\x1b[0m \u202e \0 \ud800 \ufeff\n\n" + RIGHT
    yield Row("a reply with colours, NUL and half a surrogate pair", told(odd), 0, PROPOSED)


def _misplaced() -> Iterator[Row]:
    git_folder = "leads into a git directory, or a name that looks like one"
    reasons = {
        "missing.txt": ("one", "there is no file missing.txt"),
        "folder": ("", "does not say for which file"),
        "folder/": ("", "the path is not normalised"),
        "data.bin": ("one", "data.bin is a binary file"),
        "link.txt": ("one", "link.txt is a symbolic link"),
        "linked/new.py": ("", "linked is a symbolic link"),
        "module/new.py": ("", "module is a submodule"),
        "a.txt/new.py": ("", "a.txt is not a folder"),
        "../out.txt": ("", "the path is not normalised"),
        "/etc/passwd": ("", "the path is absolute"),
        ".git/config": ("", git_folder),
        ".GIT/hooks/post-checkout": ("", git_folder),
        "folder/git~1/x": ("", git_folder),
        ".g\u200cit/config": ("", "holds a control or invisible character"),
        "a\0.txt": ("", "holds a control or invisible character"),
        "n" * 300 + ".txt": ("", "(does not say for which file|no patch may name)"),
        ".github/workflows/ci.yml": ("", "(is protected|already are as)"),
    }
    for path, (old, says) in reasons.items():
        shown = "".join(c if c.isprintable() else f"\\x{ord(c):x}" for c in path)[:40]
        reply = told(edit(path, old, "x = 1"), repeat=3)
        yield Row(f"an edit of {shown}", reply, 1, NOTHING, says)


def _enormous() -> Iterator[Row]:
    spent = r"the budget of run \S+ is used up"
    for name, text in {
        "5 MB of prose": "some more words\n" * 330_000,
        "one word of 5 MB": "x" * 5_000_000,
        "5 MB of edits that never end": "<<<<<<< SEARCH\n" * 330_000,
        "5 MB of fences": "```\n" * 1_250_000,
        "5 MB of diffs of no file": "--- a/x\n+++ b/x\n@@ -1 +1 @@\n" * 180_000,
        "one edit of 2 MB": edit("big.py", "", MANY_LINES),
        "one edit that looks for 2 MB": edit("a.txt", MANY_LINES, "two"),
    }.items():
        # It was paid for, and what it cost is more than a run may cost.
        yield Row(f"a reply of {name}", told(text, RIGHT), 1, rf"{FAILED}|{PROPOSED}", spent)
    many = told(RIGHT * 10_000, RIGHT)
    yield Row("a reply of 10000 edits of one line", many, 0, PROPOSED, "2 attempts")
    fails = "".join(edit("a.txt", f"no such line {number}", "x") for number in range(5_000))
    why = "(is used up|no attempt of 3 passed)"
    yield Row("a reply of 5000 edits that fit nowhere", told(fails, repeat=3), 1, "^run", why)


def _endless() -> Iterator[Row]:
    def calls(*asked: tuple[str, Mapping[str, Any]], times: int = 1) -> Reply:
        return {"calls": [{"name": name, "arguments": given} for name, given in asked] * times}

    read = ("read", {"path": "a.txt", "start_line": 1, "end_line": 9})
    search = ("search", {"text": "o", "glob": "*"})
    yield Row(
        "a model that only reads, for ever",
        told(calls(read), repeat=99),
        1,
        FAILED,
        "the model repeated itself 3 times in a row and got no further",
    )
    yield Row("1000 calls in one turn", told(calls(search, times=1_000), RIGHT), 0, PROPOSED)
    wrong = calls(
        ("read", {"path": ["a.txt"], "start_line": {}, "end_line": 1e308}),
        ("read", {"path": "../../etc/passwd", "start_line": -(10**15), "end_line": 10**15}),
        ("search", {"text": "", "glob": 7}),
        ("search", {"text": "o", "glob": "*o" * 400 + "x"}),
        ("search", {}),
        ("delete_everything", {"path": "/"}),
    )
    yield Row("calls of the wrong kind, and of no kind", told(wrong, RIGHT), 0, PROPOSED)
    yield Row(
        "a model that has nothing more to say",
        told("Hm."),
        1,
        FAILED,
        "has 1 replies and was asked for one more",
    )


def _scripts() -> Iterator[Row]:
    refused = r"^changewright: \S+replies\.yml:1: "
    yield Row("a script without a reply", scripted("replies: []\n"), 2, f"{refused}.*no reply")
    yield Row(
        "a script nested 60000 deep",
        scripted("replies: " + "[" * 60_000),
        2,
        f"{refused}found more than 8 levels",
    )
    yield Row(
        "a script of 2 MiB of YAML",
        scripted("replies:\n" + "  - text: a\n" * 180_000),
        2,
        r"^changewright: \S+replies\.yml: a script may be 1 MiB",
    )


@pytest.mark.sampled(12)
@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_a_bad_reply_is_told_and_comes_to_an_end(row: Row, tmp_path: Path) -> None:
    shown = judge(row, tmp_path)

    assert not shown.wrong, "\n".join(shown.wrong)


@pytest.mark.parametrize(
    "text",
    ["```python\n" + "x = 1\n" * 830_000, "*** Begin Patch\n" + "@@\n-a\n+b\n" * 500_000],
    ids=["fence", "patch"],
)
def test_five_megabytes_take_little_time_and_memory(text: str, tmp_path: Path) -> None:
    setting = told(text, RIGHT)(tmp_path)
    argv = [str(PROGRAM), *map(str, setting.argv)]
    where = {"CHANGEWRIGHT_STATE": str(lend(tmp_path / "state")), "HOME": str(tmp_path)}
    started = time.monotonic()
    code, peak_mib = measured(argv, {"PATH": os.environ["PATH"], **where}, tmp_path / "said")

    assert code == 1
    assert time.monotonic() - started < MOST_SECONDS
    assert peak_mib < MOST_RSS_MIB
