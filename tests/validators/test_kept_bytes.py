"""What an edit does not name stays as it was, byte for byte, whichever format the edit came in."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.patch import SourceSyntax, land, parse

# No file of these tests is in a language that is known: no child process is started.
SYNTAX = SourceSyntax()

WORDS = (
    "alpha",
    "\tbeta  ",
    "  gamma",
    "",
    "caf\u00e9",
    "\u2028line",
    "a\fb",
    "x\u200by",
    "=",
    "\\",
)
MARK = "the one line that is named, and only once"


def search_replace(old: str, new: str) -> str:
    return f"a.txt\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"


def editor_call(old: str, new: str) -> str:
    call = {"command": "str_replace", "path": "a.txt", "old_str": old, "new_str": new}
    return json.dumps(call)


def envelope(old: str, new: str) -> str:
    return f"*** Begin Patch\n*** Update File: a.txt\n@@\n-{old}\n+{new}\n*** End Patch\n"


def unified(old: str, new: str) -> str:
    return f"--- a/a.txt\n+++ b/a.txt\n@@ -99,1 +7,1 @@\n-{old}\n+{new}\n"


FORMATS = (search_replace, editor_call, envelope, unified)
Reply = Callable[[str, str], str]

ends = st.sampled_from(["\n", "\r\n"])
lines = st.lists(st.tuples(st.sampled_from(WORDS), ends), max_size=8)


def landed(reply: str, content: bytes, mode: str = "100644") -> tuple[str, bytes]:
    landing = land(parse(reply), lambda _: (mode, content), SYNTAX)
    assert not landing.rejected, landing.rejected
    (change,) = landing.files
    assert change.content is not None
    return change.mode, change.content


@given(
    around=st.tuples(lines, lines),
    end=ends,
    last=st.sampled_from(["", "no newline at the end"]),
    bom=st.sampled_from(["", "\ufeff"]),
    mode=st.sampled_from(["100644", "100755"]),
    form=st.sampled_from(FORMATS),
)
def test_all_but_the_named_line_stays(
    around: tuple[list[tuple[str, str]], list[tuple[str, str]]],
    end: str,
    last: str,
    bom: str,
    mode: str,
    form: Reply,
) -> None:
    head, tail = ("".join(line + stop for line, stop in side) for side in around)
    head, tail = bom + head, tail + last
    content = f"{head}{MARK}{end}{tail}".encode()
    new = "what stands\tthere now "
    assert landed(form(MARK, new), content, mode) == (mode, f"{head}{new}{end}{tail}".encode())


@given(before=lines, form=st.sampled_from((search_replace, editor_call, unified)))
def test_a_file_without_a_final_newline_keeps_none(
    before: list[tuple[str, str]], form: Reply
) -> None:
    head = "".join(line + stop for line, stop in before)
    _, content = landed(form(MARK, "new"), f"{head}{MARK}".encode())
    assert content == f"{head}new".encode()


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_each_new_line_of_an_envelope_ends_with_the_files_own_line_end(end: bytes) -> None:
    content = b"first" + end + MARK.encode()
    assert landed(envelope(MARK, "new"), content)[1] == b"first" + end + b"new" + end
    first = envelope("first", "new")
    assert landed(first, content)[1] == b"new" + end + MARK.encode()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("encoding", ["latin-1", "cp1251", "shift_jis", "euc-kr", "gb18030"])
def test_bytes_of_another_encoding_stay(encoding: str, form: Reply) -> None:
    strange = {
        "latin-1": "caf\u00e9",
        "cp1251": "\u043c\u0438\u0440",
        "shift_jis": "\u4e16\u754c",
        "euc-kr": "\uc138\uacc4",
        "gb18030": "\u4e16\u754c",
    }[encoding].encode(encoding)
    content = strange + b"\r\n" + MARK.encode() + b"\r\n" + strange
    made = landed(form(MARK, "new"), content)[1]
    assert made == strange + b"\r\nnew\r\n" + strange
    landing = land(parse(form(MARK, "n\u00fc")), lambda _: ("100644", content), SYNTAX)
    assert [edit.reason for edit in landing.rejected] == ["encoding"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_file_of_wide_characters_is_refused_whole(encoding: str) -> None:
    content = f"first\n{MARK}\n".encode(encoding)
    landing = land(parse(search_replace(MARK, "new")), lambda _: ("100644", content), SYNTAX)
    assert [edit.reason for edit in landing.rejected] == ["binary"]
    assert not landing.files


@given(old=st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), data=st.data())
def test_what_stands_there_twice_is_never_chosen_from(old: list[str], data: st.DataObject) -> None:
    form = data.draw(st.sampled_from((search_replace, editor_call)))
    block = "\n".join(["telling", *old, "words"])
    content = f"{block}\nbetween\n{block}\n".encode()
    landing = land(parse(form(block, "new")), lambda _: ("100644", content), SYNTAX)
    assert not landing.files
    (rejected,) = landing.rejected
    assert rejected.reason == "ambiguous"
    assert f"at lines 1, {len(old) + 4}" in rejected.message
