"""interface{} has had a shorter name since Go 1.18."""

from collections.abc import Iterator

from validators.codemod import Edits, File

SITES = r"\binterface\s*\{\s*\}"
FILES = ("*.go",)


def transform(file: File) -> Iterator[Edits]:
    """Rename the empty interface; one with methods is another type."""
    for found in file.find(kind="interface_type"):
        if not found.children:
            yield file.replace(found, "any")
    for text in file.strings(r"interface\{\}"):
        yield file.rewrite(text, r"interface\{\}", "any")
