"""The small program that `codemod new` writes: it works as it is, and is there to be changed."""

from collections.abc import Mapping
from pathlib import Path

from validators.codemods.examples import EXAMPLES
from validators.codemods.program import PROGRAM, RULE, CodemodRefusal

_PROGRAM = '''\
"""What this changes, and why: old_name() has been new_name() since version 2."""

from collections.abc import Iterator

from validators.codemod import Edits, File

# How many places there must be, counted without the program: a regular expression.
SITES = r"\\bold_name\\b"
# Which files are read, as in .gitignore.
FILES = ("*.py",)


def transform(file: File) -> Iterator[Edits]:
    """Return the edits of one file; what cannot be decided here is left, with the reason."""
    for call in file.find("old_name($$$ARGS)"):
        if any(argument.is_rest for argument in call.arguments):
            yield file.leave(call, "its arguments cannot be told")
        else:
            yield file.replace(call, "new_name($$$ARGS)")
    yield file.replace_import("from library import old_name", "from library import new_name")
'''
_RULE = """\
# old_name() has been new_name() since version 2.
id: new-name
language: python
rule:
  pattern: library.old_name($$$ARGS)
fix: library.new_name($$$ARGS)
# How many places there must be, counted without the rule: a regular expression.
sites: '\\blibrary\\.old_name\\('
files: ['*.py']
"""
_EXAMPLES = {
    "call.before.py": "from library import old_name\n\nprint(old_name(1, two=2))  # kept\n",
    "call.after.py": "from library import new_name\n\nprint(new_name(1, two=2))  # kept\n",
    "another.keep.py": "print(very_old_name(1))\n",
    "rest.leave.py": "print(old_name(*arguments))\n",
}
_RULE_EXAMPLES = {
    "call.before.py": "import library\n\nprint(library.old_name(1, two=2))  # kept\n",
    "call.after.py": "import library\n\nprint(library.new_name(1, two=2))  # kept\n",
    "another.keep.py": "print(other.old_name(1))\n",
}


def write_start(folder: Path, *, is_rule: bool) -> tuple[Path, ...]:
    """Write a program and its examples into a new folder; CodemodRefusal where there is one."""
    examples = _RULE_EXAMPLES if is_rule else _EXAMPLES
    files: Mapping[str, str] = {
        (RULE if is_rule else PROGRAM): _RULE if is_rule else _PROGRAM,
        **{f"{EXAMPLES}/{name}": text for name, text in examples.items()},
    }
    try:
        (folder / EXAMPLES).mkdir(parents=True)
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
    except FileExistsError as error:
        raise CodemodRefusal(f"{folder} holds examples already; name a new folder") from error
    except OSError as error:
        raise CodemodRefusal(f"{folder}: cannot write it: {error.strerror}") from error
    return tuple(folder / name for name in files)
