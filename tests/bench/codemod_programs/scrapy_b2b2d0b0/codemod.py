"""The setting TWISTED_ENABLED is called TWISTED_REACTOR_ENABLED."""

from collections.abc import Iterator

from validators.codemod import Edits, File

SITES = r"\bTWISTED_ENABLED\b"
FILES = ("*.py",)


def transform(file: File) -> Iterator[Edits]:
    """Rename it in code, and in strings, which is how settings are named."""
    yield file.rename("TWISTED_ENABLED", "TWISTED_REACTOR_ENABLED")
    for text in file.strings(r"\bTWISTED_ENABLED\b"):
        yield file.rewrite(text, r"\bTWISTED_ENABLED\b", "TWISTED_REACTOR_ENABLED")
