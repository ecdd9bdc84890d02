"""Functions with a dot in their name, ``weather.forecast``, as every interpreter can have them.

An interpreter knows functions by plain names alone. A snippet of ours that runs before the model's
first one makes an object for each name before a dot, whose methods call those functions; it is of
the interpreter's own kind, and so outlives its process as any other name does.
"""

from collections.abc import Iterable

_DOT = "__"


def plain_name(name: str) -> str:
    """Return the name by which an interpreter calls the function ``name``."""
    return name.replace(".", _DOT)


def prelude(names: Iterable[str]) -> str:
    """Return the snippet that makes the objects, "" where no name has a dot."""
    methods: dict[str, list[str]] = {}
    for name in names:
        space, dot, function = name.partition(".")
        if dot:
            methods.setdefault(space, []).append(
                f"    def {function}(self, **given):\n        return {plain_name(name)}(**given)\n"
            )
    return "".join(
        f"class _{space}:\n{''.join(functions)}{space} = _{space}()\n"
        for space, functions in methods.items()
    )
