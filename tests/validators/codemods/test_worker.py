"""What a program's exception tells its author: one line, the program's own, and what was meant."""

import pytest

from validators.codemods.crew import Said, Source, _said
from validators.codemods.facade import Edits, File
from validators.codemods.frames import NOTHING, packed, unpacked
from validators.codemods.worker import PROGRAM, _answer, _words


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "file.find('f($X)')[0].txt",
            "AttributeError: 'Node' object has no attribute 'txt'; did you mean text?",
        ),
        ("file.find('f($X)')[0]['Y']", "KeyError: $Y holds 0 nodes here; use row('Y')"),
        ("file.find('f($X)')[0].field('fun')", "KeyError: the call at line 1 has no fun"),
        ("int('x\\ny')", "ValueError: invalid literal for int() with base 10: 'x\\ny'"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_programs_own(code: str, said: str) -> None:
    program = compile(f"\n\n{code}", PROGRAM, "exec")
    with pytest.raises((AttributeError, KeyError, ValueError)) as caught:
        exec(program, {"file": File("a", "python", b"f(1)\n")})  # noqa: S102 - our own text
    assert _words(caught.value) == f"the program raised {said} ({PROGRAM}, line 3)"


def test_of_a_file_in_which_nothing_is_wanted_the_same_bytes_are_said() -> None:
    def transform(file: File) -> Edits:
        return [file.replace(call, "new()") for call in file.find("absent($X)")]

    answer = _answer(lambda: transform, {"path": "a.py", "language": "python"}, b"x = 1\n")

    assert answer == NOTHING == packed(unpacked(NOTHING)[0])
    assert _said(answer, Source("a.py", "python", b"x = 1\n")) == Said()
