"""What the model is told that writes a migration program by snippets."""

from collections.abc import Sequence

from workflows.author_request import DATA, EXAMPLE_PROGRAM, ROLE, RULES, library
from workflows.quoting import Words, one_line, printed, said, typed

_LONGEST_FOUND = 12_000
_MOST_NAMED = 12
_HOW = """\
Work by snippets of Python: look at samples, count, try the program on all files, mend it, and \
hand it over by submit(), with its examples and how many places its SITES counts in all files \
(comments and strings included). One snippet may do all of that; print what you need to see, and \
little else.

"""
_SNIPPET = f"""
A whole snippet, for another change:

program = r'''{EXAMPLE_PROGRAM}'''
examples = [
    ("call.before.py", "from library import old_name\\n\\nprint(old_name(1, two=2))\\n"),
    ("call.after.py", "from library import new_name\\n\\nprint(new_name(1, two=2))\\n"),
    ("rest.leave.py", "print(old_name(*arguments))\\n"),
]
expected = sum(one.sites for one in count(r"\\bold_name\\b"))
found = try_program(program)
print(found.expected, expected, found.rewritten, found.left[:5], found.failures[:5])
if not found.failures and found.expected == expected:
    submit(program, examples, expected, "Calls of old_name() become calls of new_name().")
"""
NOTHING = (
    "nothing was handed over: call submit() in a snippet, with the program, its examples, the count"
    " and a few words; a reply without a snippet is none"
)


def system() -> str:
    """Return the standing instructions; the library is described by its own words."""
    return f"{ROLE}{_HOW}{RULES}{library()}{_SNIPPET}{DATA}"


def first_request(words: str, names: Sequence[str], others: int) -> Words:
    """Return the request: the change, and of which files; ``others`` are not to be seen."""
    listed = "\n".join(one_line(name) for name in names[:_MOST_NAMED])
    unseen = f"; {others} you cannot see, and the program is judged on some of those"
    return said(
        "The change, as the campaign asks for it:",
        typed("change", words),
        f"You see {len(names)} of its files{unseen if others else ''}. The first, of every kind:",
        typed("files", listed),
        "Write the program.",
    )


def what_is_wrong(objections: Sequence[str], fresh: Sequence[str] = ()) -> Words:
    """Return why a program was not accepted; ``fresh`` are files that can be seen from now on."""
    head = (
        "The program is not accepted yet. Mend it and hand it over again by submit(). What was"
        " found:"
    )
    parts: list[str | Words] = [head, printed("found", "\n".join(objections), _LONGEST_FOUND)]
    if fresh:
        parts.append("It failed on files that you could not see. From now on you can:")
        parts.append(typed("files", "\n".join(one_line(name) for name in fresh)))
    return said(*parts)


def counted_otherwise(expected: int, counted: int) -> str:
    """Return how the author's count and that of SITES differ, or ""."""
    if expected == counted:
        return ""
    return f"you expect {expected} sites in the files you may see, and SITES matches {counted}"
