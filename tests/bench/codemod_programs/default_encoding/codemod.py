"""UTF-8 is what encode() and decode() take for granted since Python 3: it need not be said."""

from collections.abc import Iterator

from validators.codemod import Edits, File

SITES = r"""\.(?:en|de)code\(\s*["'](?i:utf-?8)["']\s*\)"""
FILES = ("*.py",)
CODECS = ("codecs", "base64", "binascii")


def transform(file: File) -> Iterator[Edits]:
    """Take the argument away, unless what is asked is a module and no text."""
    for call in file.find("$X.encode($E)") + file.find("$X.decode($E)"):
        if call["E"].text.strip("\"'").lower() not in {"utf-8", "utf8"}:
            continue
        if call["X"].text in CODECS:
            yield file.leave(call, "a function of a module, whose default may be another")
        else:
            yield file.remove_argument(call, call.arguments[0])
