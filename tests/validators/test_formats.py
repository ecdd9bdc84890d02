"""Each format's grammar: what is read, and what a block that breaks it is told."""

import json

import pytest

from validators.edits.edit import Operation
from validators.patch import Edit, parse


def only_edit(reply: str) -> Edit:
    patch = parse(reply)
    assert not patch.malformed
    (edit,) = patch.edits
    return edit


def refusal(reply: str) -> str:
    patch = parse(reply)
    assert not patch.edits
    assert {edit.reason for edit in patch.malformed} == {"malformed"}
    return patch.malformed[0].message


SEARCH = "<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE"


@pytest.mark.parametrize(
    ("head", "path"),
    [
        ("src/a.py\n", "src/a.py"),
        ("src/a.py\n```python\n", "src/a.py"),
        ("src/a.py\n\n```python\n", "src/a.py"),
        ("```python\nsrc/a.py\n", "src/a.py"),
        ("```\nsrc/a.py\n```\n```python\n", "src/a.py"),
        ("```python src/a.py\n", "src/a.py"),
        ("```python:src/a.py\n", "src/a.py"),
        ("### `src/a.py`\n", "src/a.py"),
        ("**src/a.py**:\n", "src/a.py"),
        ("File: Makefile\n", "Makefile"),
        ("Makefile\n", "Makefile"),
        ("path: tool\n", "tool"),
        ("src/a.py\n<source>python\n", "src/a.py"),
        (".gitignore\n", ".gitignore"),
    ],
)
def test_a_search_block_is_for_the_path_above_it(head: str, path: str) -> None:
    assert only_edit(head + SEARCH) == Edit(path, old=("x",), new=("y",))


@pytest.mark.parametrize("words", ["In `b.py` too:", "and b.py", "Now for b.py, see:"])
def test_a_block_below_words_on_another_file_does_not_go_to_the_file_before(words: str) -> None:
    patch = parse(f"a.py\n{SEARCH}\n\n{words}\n{SEARCH}")
    assert [edit.path for edit in patch.edits] == ["a.py", ""]


def test_a_block_without_a_path_belongs_to_the_file_before() -> None:
    patch = parse(f"lib/a.py\n{SEARCH}\n\nAnd again in a.py:\n```\n{SEARCH}\n```")
    assert [edit.path for edit in patch.edits] == ["lib/a.py", "lib/a.py"]


@pytest.mark.parametrize("line", ["Now the fix.", "Done.", "x" * 500, "a b.py", "e.g. this"])
def test_prose_above_a_block_is_no_path(line: str) -> None:
    assert only_edit(f"{line}\n{SEARCH}").path == ""


def test_the_path_may_stand_in_the_marker() -> None:
    edit = only_edit("<<<<<<< SEARCH a.py\nx\n=======\n>>>>>>> REPLACE")
    assert edit == Edit("a.py", old=("x",))


def test_the_divider_as_long_as_the_marker_divides() -> None:
    edit = only_edit("a.md\n<<<<<<<<< SEARCH\nA\n=======\n=========\nB\n=======\n>>>>>>>>> REPLACE")
    assert edit == Edit("a.md", old=("A", "======="), new=("B", "======="))


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        ("a.py\n<<<<<<< SEARCH\nx\n>>>>>>> REPLACE", "no '=======' line"),
        ("a.py\n<<<<<<< SEARCH\nx\n======= \ny\n>>>>>>> REPLACE", "no '=======' line"),
        ("a.py\n<<<<<<< SEARCH\nx\n=======\ny\n", "no '>>>>>>> REPLACE'"),
        ("a.py\n<<<<<<< SEARCH\nx\n=======\n=======\ny\n>>>>>>> REPLACE", "2 '=======' lines"),
        ("a.py\n-- SEARCH\nx", "a marker without its block: '-- SEARCH'"),
        ("a.py\n>>>>>>> REPLACE", "a marker without its block"),
    ],
)
def test_a_broken_search_block_is_told_what_is_wrong(reply: str, word: str) -> None:
    assert word in refusal(reply)


def test_a_block_that_was_cut_off_does_not_swallow_the_next() -> None:
    patch = parse(f"a.py\n<<<<<<< SEARCH\nx\nb.py\n{SEARCH}")
    assert [edit.path for edit in patch.malformed] == ["a.py"]
    assert [edit.new for edit in patch.edits] == [("y",)]


def envelope(body: str) -> str:
    return f"*** Begin Patch\n{body}\n*** End Patch"


def test_an_envelope_in_a_heredoc_is_read() -> None:
    reply = "apply_patch <<'EOF'\n" + envelope("\n*** Add File: a.txt\n+one\n") + "\nEOF"
    assert only_edit(reply) == Edit("a.txt", "create", new=("one",))


def test_a_chunk_knows_its_anchors_and_the_end_of_the_file() -> None:
    body = "*** Update File: a.py\n@@ class A\n@@ def f(self): @@\n-x\n\n+y\n*** End of File"
    assert only_edit(envelope(body)) == Edit(
        "a.py",
        old=("x", ""),
        new=("", "y"),
        anchors=("class A", "def f(self):"),
        at_end=True,
        final_newline=True,
    )


def test_a_chunk_of_new_lines_alone_goes_to_the_end_of_the_file() -> None:
    edit = only_edit(envelope("*** Update File: a.py\n@@\n+x"))
    assert edit == Edit("a.py", "append", new=("x",), final_newline=True)


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        ("*** Begin Patch\n*** Delete File: a.py", "no '*** End Patch'"),
        ("*** Update File: a.py\n", "outside an envelope"),
        (envelope("what is this"), "no section holds 'what is this'"),
        (envelope("*** Delete File: a.py\n-x"), "no section holds '-x'"),
        (envelope("*** Add File: a.py\nx"), "begins with '+'"),
        (envelope("*** Update File: a.py"), "section is empty"),
        (envelope("*** Update File: a.py\n\n"), "section is empty"),
        (envelope("*** Update File: a.py\n@@ f\n"), "has no lines"),
        (envelope("*** Update File: a.py\n" + "@@ f\n" * 21 + "+x"), "more than 20 anchors"),
        (envelope("*** Update File: a.py\n@@\n x\nprose"), "begins with neither"),
        (envelope("*** Update File: a.py\n@@ f\n+x"), "do not say where"),
    ],
)
def test_a_broken_envelope_is_told_what_is_wrong(reply: str, word: str) -> None:
    assert word in refusal(reply)


def test_a_diff_without_prefixes_or_hunk_header_is_read() -> None:
    edit = only_edit("--- my folder/a.txt\t2026-01-01\n+++ my folder/a.txt\n-x\n+y\n\nThat is it.")
    assert edit == Edit("my folder/a.txt", old=("x",), new=("y",))


def test_a_note_on_the_final_newline_is_not_content() -> None:
    note = "\\ No newline at end of file"
    edit = only_edit(f"--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-x\n{note}\n+y\n{note}\n")
    assert edit == Edit("a.txt", old=("x",), new=("y",), final_newline=False)
    edit = only_edit(f"--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-x\n{note}\n+y\n")
    assert edit == Edit("a.txt", old=("x",), new=("y",), final_newline=True)
    edit = only_edit(f"--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+y\n{note}\n")
    assert edit == Edit("a.txt", "create", new=("y",), final_newline=False)


def test_blanks_that_an_author_left_after_the_divider_are_no_line() -> None:
    reply = "a.txt\n<<<<<<< SEARCH\n{}=======\n{}y\n>>>>>>> REPLACE"
    assert only_edit(reply.format("x\n", "    \n")).new == ("y",)
    assert only_edit(reply.format("x\n", "\n")).new == ("", "y")
    assert only_edit(reply.format("\nx\n", "    \n")).new == ("    ", "y")


def test_a_file_of_a_git_diff_may_have_no_hunk() -> None:
    reply = "diff --git a/a b.txt b/a b.txt\nnew file mode 100644\nindex 000..e69de29\n"
    assert only_edit(reply) == Edit("a b.txt", "create")


def test_lines_removed_from_nowhere_are_a_change_of_the_file() -> None:
    assert only_edit("--- /dev/null\n+++ a.txt\n@@\n-x\n+y").old == ("x",)


def test_a_diff_may_delete_by_its_plus_header_alone() -> None:
    assert only_edit("--- a/a.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-x") == Edit("a.txt", "delete")


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        ("diff --git a/a b/a\nold mode 100644\nnew mode 100755\n", "ordinary files"),
        ("diff --git a/a b/a\nnew file mode 120000\n--- /dev/null\n+++ b/a\n+/etc", "ordinary"),
        ("diff --git a/a b/b\ncopy from a\ncopy to b\n", "ordinary files"),
        ("diff --git a/a b/a\nindex 1..2\nGIT binary patch\nliteral 3", "binary patch"),
        ("diff --git a/a b/a\nindex 1..2 100644\n", "no hunk"),
        ("diff --git a/a b/b\n@@\n-x\n", "two files, 'a' and 'b'"),
        ("diff --git a/a b c\n", "does not name its file"),
        ('--- "a/\\303.txt"\n+++ "b/\\303.txt"\n@@\n-x', "does not name its file"),
    ],
)
def test_a_broken_diff_is_told_what_is_wrong(reply: str, word: str) -> None:
    assert word in refusal(reply)


def test_a_call_may_be_wrapped_and_its_keys_may_have_other_names() -> None:
    call = {"file_path": "a.py", "old_string": "x\r\nz", "new_string": "y"}
    wanted = Edit("a.py", old=("x", "z"), new=("y",), whole_lines=False)
    assert only_edit(json.dumps({"name": "edit", "input": call})) == wanted
    assert only_edit(json.dumps({"name": "edit", "arguments": json.dumps(call)})) == wanted


def test_newlines_inside_the_strings_of_a_call_may_stand_as_they_are() -> None:
    edit = only_edit('{"path": "a.py",\n"old_str": "x\nz", "new_str": ""}\nprose')
    assert (edit.old, edit.new) == (("x", "z"), ("",))


def test_a_call_with_an_empty_old_text_says_nothing_about_the_place() -> None:
    assert only_edit('{"path": "a.py", "old_str": "", "new_str": "y"}').old == ()


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        ('{"command": "str_replace", "path": "a.py", "old', "not valid JSON"),
        ('{"command": "view", "path": "a.py"}', "'view' changes nothing"),
        ('{"command": "create", "path": "a.py"}', "'create' with 'file_text'"),
        ('{"command": "insert", "path": "a.py", "insert_line": -1}', "needs 'insert_line'"),
        ('{"path": "a.py", "insert_line": true, "insert_text": "x"}', "needs 'insert_line'"),
        ('[{"command": "undo_edit"}, 7]', "'undo_edit' changes nothing"),
        ('{"command": "create", "arguments": "{"}', "'str_replace' with"),
        ('{"old_str": ' + "[" * 20_000, "not valid JSON"),
        ('{"old_str": "' + "x" * 500_000 + '"}', "not valid JSON"),
    ],
)
def test_a_broken_call_is_told_what_is_wrong(reply: str, word: str) -> None:
    assert word in refusal(reply)


def test_an_operation_names_its_definition_and_its_files() -> None:
    call = {"command": "rename_symbol", "paths": ["a.py", "b.py"], "name": "A.f", "new_name": "g"}
    operation = Operation("rename_symbol", "A.f", "g")
    assert parse(json.dumps(call)).edits == (
        Edit("a.py", "operate", operation=operation),
        Edit("b.py", "operate", operation=operation),
    )
    wrapped = {"name": "add_import", "input": {"path": "a.py", "import": "import os"}}
    operation = Operation("add_import", "", "import os")
    assert only_edit(json.dumps(wrapped)) == Edit("a.py", "operate", operation=operation)


@pytest.mark.parametrize(
    ("call", "word"),
    [
        ({"command": "rename_symbol", "name": "f", "new_name": "g"}, "needs the 'path'"),
        ({"command": "rename_symbol", "paths": [1], "name": "f", "new_name": "g"}, "the 'path'"),
        ({"command": "rename_symbol", "path": "a", "name": "f"}, "'name' and 'new_name'"),
        ({"command": "add_argument", "path": "a", "argument": "x"}, "'name' and 'argument'"),
        ({"command": "add_import", "path": "a", "import": " "}, "needs 'import'"),
        ({"command": "add_import", "paths": ["a", "b"], "import": "import os"}, "for one file"),
        ({"command": "replace_definition", "path": "a", "name": "f", "definition": 1}, "as text"),
    ],
)
def test_a_broken_operation_is_told_what_is_wrong(call: dict[str, object], word: str) -> None:
    assert word in refusal(json.dumps(call))


@pytest.mark.parametrize("reply", ['{"a": 1}', "{", "[1, 2]", "```json\n{}\n```"])
def test_other_json_is_prose(reply: str) -> None:
    patch = parse(reply)
    assert not patch.edits
    assert not patch.malformed


def test_a_new_file_that_was_cut_off_is_refused() -> None:
    assert "ends inside this file" in refusal("docs/a.md\n```markdown\n# A\n```bash\nls\n```\n")


def test_an_edit_inside_a_fence_below_a_path_is_an_edit_and_no_file() -> None:
    diff = "--- a/a.py\n+++ b/a.py\n@@\n-x\n+y"
    assert only_edit(f"a.py\n```diff\nThis:\n{diff}\n```") == Edit("a.py", old=("x",), new=("y",))


@pytest.mark.parametrize("name", ["obj.method", "Before/After", "config.load", "1.2"])
def test_a_snippet_below_a_word_that_is_no_file_name_is_prose(name: str) -> None:
    patch = parse(f"### `{name}`\n```python\nx = 1\n```")
    assert not patch.edits
    assert not patch.malformed


def test_a_reply_with_carriage_returns_is_read_alike() -> None:
    assert only_edit(f"a.py\n{SEARCH}".replace("\n", "\r\n")) == only_edit(f"a.py\n{SEARCH}")
