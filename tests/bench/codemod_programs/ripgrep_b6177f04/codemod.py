"""try!(x) has been x? since Rust 1.13; try is a keyword now, so the grammar has no place for it."""

from collections.abc import Iterator

from validators.codemod import Edits, File

SITES = r"\btry!\s*\("
FILES = ("*.rs",)


def transform(file: File) -> Iterator[Edits]:
    """Take the word and the brackets away, where what follows the word is in brackets."""
    brackets = {node.start: node for node in file.find(kind="parenthesized_expression")}
    for word in file.find(kind="ERROR"):
        inner = brackets.get(word.stop)
        if word.text == "try!" and inner is not None:
            yield file.replace(word, "")
            yield file.follow(file.replace(inner.tokens[0], ""))
            yield file.follow(file.replace(inner.tokens[-1], "?"))
