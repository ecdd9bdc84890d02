"""Test methods of JUnit 5 need not be public."""

from collections.abc import Iterator

from validators.codemod import Edits, File

SITES = r"@(?:Test|ParameterizedTest|RepeatedTest)\b(?:\([^)]*\)|[^{};])*?\bpublic\b(?=[^{};=]*\()"
FILES = ("src/test/**/*.java",)
_MARKS = {"Test", "ParameterizedTest", "RepeatedTest"}


def transform(file: File) -> Iterator[Edits]:
    """Take the word out of the modifiers of what JUnit calls."""
    for method in file.find(kind="method_declaration"):
        words = method.children[0]
        marks = {mark.field("name").text for mark in words.children if "annotation" in mark.kind}
        if words.kind == "modifiers" and marks & _MARKS:
            for word in words.tokens:
                if word.kind == "public":
                    yield file.remove(word)
