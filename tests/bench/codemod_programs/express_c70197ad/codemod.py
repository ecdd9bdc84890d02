"""Node has had the safe Buffer itself for long; its modules have a prefix."""

from validators.codemod import Edits, File

SITES = r"['\"]safe-buffer['\"]"
FILES = ("*.js",)


def transform(file: File) -> Edits:
    """Import it from where it is."""
    return file.replace_import("safe-buffer", "node:buffer")
