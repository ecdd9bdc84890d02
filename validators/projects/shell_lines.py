"""Which commands a script consists of, where it needs no shell to be understood."""

import re
import shlex

Argv = tuple[str, ...]

_SINGLE = re.compile(r"'[^']*'")
_DOUBLE = re.compile(r'"[^"]*"')
_EXPANDS = re.compile(r"[$`\\]")
_SHELL = re.compile(r"[*?~!{}<>|;()]|(?<!&)&(?!&)|&&&")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
# What a script says to the shell itself, and no command needs to be told.
_TO_THE_SHELL = {"set"}
_LONGEST = 10_000


def plain_commands(script: str) -> tuple[Argv, ...] | None:
    """Return the argvs of ``script``, or None when only a shell can tell what it runs.

    Lines and ``&&`` separate commands. Assignments before a command become words of ``env``.
    """
    if len(script) > _LONGEST:
        return None
    commands: list[Argv] = []
    for line in re.sub(r"\\\r?\n", " ", script).splitlines():
        found = _line(line.strip())
        if found is None:
            return None
        commands += found
    return tuple(commands)


def _line(line: str) -> list[Argv] | None:
    if not line or line.startswith("#"):
        return []
    bare = _SINGLE.sub("", line)
    if _EXPANDS.search(bare) or _SHELL.search(_DOUBLE.sub("", bare)):
        return None
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return None
    # The quotes may nest in ways that the removal above misreads; a word tells in any case.
    if any("$" in word or "`" in word for word in words) or "cd" in words[:1]:
        return None
    commands: list[Argv] = []
    start = 0
    for end in [*(at for at, word in enumerate(words) if word == "&&"), len(words)]:
        command = tuple(words[start:end])
        start = end + 1
        if not command or command[0] == "cd":
            return None
        if command[0] not in _TO_THE_SHELL:
            commands.append(_with_env(command))
    return commands


def _with_env(command: Argv) -> Argv:
    return ("env", *command) if _ASSIGNMENT.match(command[0]) else command
