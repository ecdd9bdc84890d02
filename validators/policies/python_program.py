"""A stranger's Python as a tree, or why it is given to no parser."""

import ast

# Python's own parser is for code that is meant well: what is deep or long is not given to it.
_LONGEST_PROGRAM, _DEEPEST, _LONGEST_LINE = 128 * 1024, 50, 4000


def parse_program(source: str | bytes) -> ast.Module:
    """Return the tree of ``source``; ValueError says why there is none."""
    text = source if isinstance(source, str) else source.decode("latin-1")
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    longest = max(map(len, text.splitlines()), default=0)
    if len(text) > _LONGEST_PROGRAM or deepest > _DEEPEST or longest > _LONGEST_LINE:
        raise ValueError("it is too long or too deep to be parsed")
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError("it is not valid Python") from error
