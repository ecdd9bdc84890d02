"""A reply's edits land on a tree, all of them or none, and each says what became of it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from validators.verdict import Finding
from workflows.edits import Landed, land_reply
from workflows.proposal import EditReport
from workflows.working_tree import WorkingTree

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

Edit = Callable[[str, str, str], str]


def landed_on(studio: "Studio", text: str) -> Landed:
    with closing(WorkingTree(studio.clone, studio.clone.base_tree)) as working:
        return land_reply(working, text)


def test_edits_make_a_new_tree_and_leave_the_old_one(studio: "Studio", edit: Edit) -> None:
    base = studio.clone.base_tree
    text = (
        "First this.\n\n" + edit("data/one.txt", "one\n", "uno\n") + edit("new.py", "", "x = 1\n")
    )

    landed = landed_on(studio, text)

    assert landed.reports == (
        EditReport("data/one.txt", landed=True, how="exact"),
        EditReport("new.py", landed=True, how="created"),
    )
    assert landed.prose == "First this."
    assert studio.file(landed.tree, "data/one.txt") == "uno\n"
    assert studio.file(landed.tree, "new.py") == "x = 1\n"
    assert studio.file(base, "data/one.txt") == "one\n"


def test_one_rejected_edit_keeps_all_from_landing(studio: "Studio", edit: Edit) -> None:
    base = studio.clone.base_tree
    text = edit("data/one.txt", "one\n", "uno\n") + edit("gone.txt", "one\n", "uno\n")

    landed = landed_on(studio, text)

    assert landed.tree == base
    assert [(one.path, one.landed) for one in landed.reports] == [
        ("data/one.txt", True),
        ("gone.txt", False),
    ]
    (found,) = landed.findings
    assert (found.gate, found.code, found.severity, found.path) == (
        "edits",
        "no-such-file",
        "block",
        "gone.txt",
    )
    assert "there is no file gone.txt" in found.message


def test_what_no_longer_parses_does_not_land(studio: "Studio", edit: Edit) -> None:
    text = edit("tally.py", "def lines(text):\n", "def lines(text:\n")

    landed = landed_on(studio, text)

    assert landed.tree == studio.clone.base_tree
    assert [found.code for found in landed.findings] == ["breaks-syntax"]


def test_lines_that_the_author_saw_before_an_edit_of_its_own_are_told_as_changed(
    studio: "Studio", edit: Edit
) -> None:
    text = edit("data/one.txt", "one\n", "eins\n")
    with closing(WorkingTree(studio.clone, studio.clone.base_tree)) as working:
        now = land_reply(working, edit("data/one.txt", "one\n", "uno\n")).tree

        seen = land_reply(working, text)
        working.stale.clear()  # it reads the file
        unseen = land_reply(working, text)

    assert [found.code for found in seen.findings] == ["changed"]
    assert [found.code for found in unseen.findings] == ["no-match"]
    assert seen.tree == unseen.tree == now


def test_a_name_that_nothing_defines_does_not_land(studio: "Studio", edit: Edit) -> None:
    landed = landed_on(studio, edit("new.py", "", "x = missing\n"))

    assert landed.tree == studio.clone.base_tree
    assert [found.code for found in landed.findings] == ["undefined-name"]


def test_prose_alone_is_no_edit(studio: "Studio") -> None:
    landed = landed_on(studio, "x" * 5_000)

    assert (landed.tree, landed.reports) == (studio.clone.base_tree, ())
    assert len(landed.prose) == 4_000
    why = "the reply held no edit that changes a file"
    assert landed.findings == (Finding("edits", "no-edits", "block", why),)


def test_a_reply_that_was_cut_off_says_so() -> None:
    why = "the reply was cut off at its length limit"

    assert Landed("t", (), "", was_cut_off=True).findings == (
        Finding("edits", "cut-off", "block", why),
    )


def test_a_rejection_without_words_is_told_by_its_reason() -> None:
    reports = (EditReport("a.py", landed=False, how="no-match"),)

    assert Landed("t", reports, "").findings[0].message == "no-match"


def test_edits_of_a_file_that_is_so_already_are_told_as_such(studio: "Studio", edit: Edit) -> None:
    base = studio.clone.base_tree

    landed = landed_on(studio, edit("data/one.txt", "one\n", "one\n"))

    assert landed.tree == base
    assert landed.findings == (
        Finding("edits", "no-edits", "block", "the files already are as the edits leave them"),
    )


ON_A_FULL_DISK = """
import sys
from pathlib import Path
from validators.checkout import open_clone
from validators.disk import DiskRefusal
from workflows.edits import land_reply
from workflows.working_tree import WorkingTree
disk, repository, reply = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
clone = open_clone(repository, "main", disk / "clone")
try:
    (disk / "large").write_bytes(bytes(64 << 20))
except OSError:
    with (disk / "rest").open("wb", buffering=0) as rest:
        try:
            while rest.write(bytes(512)): pass
        except OSError: pass
try:
    land_reply(WorkingTree(clone, clone.base_tree), reply)
except DiskRefusal as refusal:
    print(refusal)
"""


def test_edits_that_the_disk_does_not_take_say_nothing_about_the_reply(
    studio: "Studio", edit: Edit, tmp_path: Path
) -> None:
    # In a mount namespace of its own, so that the machine's disk is never filled.
    disk, large = (
        tmp_path / "disk",
        edit("new.py", "", "".join(f"x{n} = {n}\n" for n in range(3000))),
    )
    disk.mkdir()
    mount = 'mount -t tmpfs -o size=16m none "$1" && exec "$2" -P -c "$3" "$1" "$4" "$5"'
    words = [sys.executable, ON_A_FULL_DISK, str(studio.folder / "tally"), large]
    enter = [shutil.which("unshare") or "unshare", *([] if os.geteuid() == 0 else ["-Ur"]), "-m"]
    done = subprocess.run(
        [*enter, "sh", "-c", mount, "sh", str(disk), *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no mount namespace here: {done.stderr.strip()}")

    assert done.stderr == ""
    assert done.stdout == (
        "the edits of a reply could not be written: the disk is full; free space on the disk of the"
        " state directory, then go on with `changewright resume`\n"
    )
