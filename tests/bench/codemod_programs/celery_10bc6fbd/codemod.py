"""assertEquals() is an old alias of assertEqual()."""

from validators.codemod import Edits, File

SITES = r"\bassertEquals\b"
FILES = ("*.py",)


def transform(file: File) -> Edits:
    """Rename it wherever the code says it."""
    return file.rename("assertEquals", "assertEqual")
