"""Every assertRaisesMessage() says how exactly it compares: exact=False, what it did so far."""

from collections.abc import Iterator

from validators.codemod import Edits, File

SITES = r"(?<!def )\bassertRaisesMessage\("
FILES = ("*.py",)


def transform(file: File) -> Iterator[Edits]:
    """Add the argument to each call, unless nobody can tell whether it is there."""
    for call in file.find("assertRaisesMessage($$$_)") + file.find("$_.assertRaisesMessage($$$_)"):
        if any(argument.is_rest for argument in call.arguments):
            yield file.leave(call, "it passes on arguments that cannot be seen here")
        elif call.argument("exact") is None:
            yield file.add_argument(call, "exact=False")
