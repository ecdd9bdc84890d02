"""typing has had Literal and TypedDict since Python 3.8."""

from collections.abc import Iterator

from validators.codemod import Edits, File, Node

SITES = r"(?<!\.)\b(?:Literal|TypedDict)\b"
FILES = ("*.py",)


def transform(file: File) -> Iterator[Edits]:
    """Name them by their module where it is imported, and drop the import that is left over."""
    if not file.imports_of("typing"):
        return
    for name in ("Literal", "TypedDict"):
        imports = [found for found in file.imports_of("typing", name) if _is_plain(name, found)]
        if not imports:
            continue
        for use in file.names(name):
            is_member = use.parent is not None and use.parent.kind == "attribute"
            if use.within("import_from_statement") is None and not is_member:
                yield file.replace(use, f"typing.{name}")
        for found in imports:
            block = found.within("if_statement")
            if block is not None and block.field("consequence").children == [found]:
                yield file.remove(block)
            else:
                yield file.remove_import("typing", name)


def _is_plain(name: str, found: Node) -> bool:
    """Whether an import is for all versions of Python: at the top, or for the type checker."""
    block = found.within("if_statement", "try_statement")
    if block is None:
        return True
    return name == "Literal" and "TYPE_CHECKING" in block.text.partition(":")[0]
