"""Test classes of JUnit 5 need not be public."""

from collections.abc import Iterator

from validators.codemod import Edits, File

SITES = r"^public (?:final |abstract )*class \w*Test\w*\b"
FILES = ("src/test/**/*.java",)
_MARKS = {"Test", "ParameterizedTest", "RepeatedTest"}


def transform(file: File) -> Iterator[Edits]:
    """Take the word out of the modifiers of a file's class when it holds tests."""
    marks = [*file.find(kind="marker_annotation"), *file.find(kind="annotation")]
    if not any(mark.field("name").text in _MARKS for mark in marks):
        return
    for found in file.find(kind="class_declaration"):
        words = found.children[0]
        if found.parent == file.root and words.kind == "modifiers":
            for word in words.tokens:
                if word.kind == "public":
                    yield file.remove(word)
