"""force_text() is force_str() on Python 3, and the old name is gone in Django 4."""

from collections.abc import Iterator

from validators.codemod import Edits, File

SITES = r"\bforce_text\b"
FILES = ("*.py",)
_MODULE = "django.utils.encoding"


def transform(file: File) -> Iterator[Edits]:
    """Rename what the code says; the import may hold the new name already."""
    yield file.replace_import(
        f"from {_MODULE} import force_text", f"from {_MODULE} import force_str"
    )
    for name in file.names("force_text"):
        if name.within("import_from_statement") is None:
            yield file.replace(name, "force_str")
