"""What io/ioutil had is in io and os since Go 1.16, some of it by another name."""

from collections.abc import Iterator

from validators.codemod import Edits, File

SITES = r"\bioutil\.\w+|\"io/ioutil\""
FILES = ("*.go",)
_HOMES = {
    "Discard": "io.Discard",
    "NopCloser": "io.NopCloser",
    "ReadAll": "io.ReadAll",
    "ReadFile": "os.ReadFile",
    "TempDir": "os.MkdirTemp",
    "TempFile": "os.CreateTemp",
    "WriteFile": "os.WriteFile",
}


def transform(file: File) -> Iterator[Edits]:
    """Rename each use; the old import goes when nothing of it is left."""
    uses = [use for use in file.find("ioutil.$NAME") if use.kind == "selector_expression"]
    moved = [use for use in uses if use["NAME"].text in _HOMES]
    for use in moved:
        yield file.replace(use, _HOMES[use["NAME"].text])
    for use in uses:
        if use not in moved:
            yield file.leave(use, "its entries are of another type in os")
    if len(moved) == len(uses):
        for package in sorted({_HOMES[use["NAME"].text].partition(".")[0] for use in moved}):
            yield file.insert_import(f'"{package}"')
        yield file.remove_import("io/ioutil")
