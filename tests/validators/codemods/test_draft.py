"""The files of a program as replies make them: nothing beside its folder, nothing half."""

import pytest

from validators.codemods.draft import landed_on
from validators.patch import parse


def block(path: str, old: str, new: str) -> str:
    return f"{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


def test_files_are_written_mended_and_sent_anew() -> None:
    first = landed_on({}, parse(block("codemod.py", "", "one = 1\ntwo = 2\n")))
    assert first.files == {"codemod.py": b"one = 1\ntwo = 2\n"}

    mended = landed_on(first.files, parse(block("codemod.py", "two = 2\n", "two = 3\n")))
    assert mended.files == {"codemod.py": b"one = 1\ntwo = 3\n"}

    example = block("examples/a.before.py", "", "broken(\n")
    anew = landed_on(mended.files, parse(block("codemod.py", "", "three = 3\n") + example))
    assert anew.files == {"codemod.py": b"three = 3\n", "examples/a.before.py": b"broken(\n"}


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (block("app.py", "", "x\n"), "app.py is no file of a program"),
        (block("examples/../../x.keep.py", "", "x\n"), "is no file of a program"),
        (block("examples/a.other.py", "", "x\n"), "is no file of a program"),
        (block("codemod.py", "gone\n", "x\n"), ""),
        (block("codemod.py", "", "x" * 20_000 + "\n"), "because a person reads it all"),
        (
            "".join(block(f"examples/a{n}.keep.py", "", "x\n") for n in range(50)),
            "at most 40 files",
        ),
        (
            '{"command": "rename_symbol", "path": "codemod.py", "name": "a", "new_name": "b"}',
            "by blocks of SEARCH and REPLACE",
        ),
    ],
)
def test_what_does_not_fit_leaves_the_files_as_they_were(reply: str, words: str) -> None:
    before = {"codemod.py": b"a = 1\n"}

    found = landed_on(before, parse(reply))

    assert found.files == before
    assert words in found.landing.rejected[0].message
