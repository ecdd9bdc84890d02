"""By which words, and by whom, a run is asked for: the rules, and the grammar of a comment.

A command stands at the very start of a line, outside of code, quotes and what no page shows:

    /changewright [model NAME] [up to $N] what is wanted, to the end of the comment
    /changewright stop

Only the first of a comment counts. Whatever comes close and is neither is refused with a reason,
so that nobody's words are taken for others.
"""

import re
from dataclasses import dataclass, replace

# Behind back-quotes that open a block no other stands: else they are code within a line.
_FENCE = re.compile(r" {0,3}(`{3,}(?!.*`)|~{3,})(.*)")
# One that is never closed hides what follows only where it begins a line.
_COMMENT = re.compile(r"<!--.*?-->|^ {0,3}<!--.*\Z", re.DOTALL | re.MULTILINE)
_MODEL = re.compile(r"model(?:\s+(\S+))?(?:\s+|\Z)")
_UP_TO = re.compile(r"up\s+to(?:\s+(\S+))?(?:\s+|\Z)")
_AMOUNT = re.compile(r"\$(\d{1,6}(?:\.\d{1,2})?)")
_LONGEST_WORDS = 20_000


@dataclass(frozen=True, slots=True)
class TriggerRules:
    """What starts a run and who may; ``bots`` are logins that may although they are no people."""

    label: str = "changewright"
    remove_label: bool = True
    phrase: str = "/changewright"
    roles: tuple[str, ...] = ("admin", "maintain", "write")
    bots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """What a comment asks for. With a ``trouble``, a sentence for who wrote it, nothing counts."""

    words: str = ""
    model: str = ""
    up_to_usd: float | None = None
    stops: bool = False
    trouble: str = ""


def command_in(text: str, phrase: str) -> Command | None:
    """Return the first command of a comment, or None when it holds none."""
    lines = _COMMENT.sub("", text.replace("\r\n", "\n")).split("\n")
    fence = ""
    for number, line in enumerate(lines):
        mark = _FENCE.fullmatch(line)
        if fence:
            is_end = mark and mark[1].startswith(fence) and not mark[2].strip()
            fence = "" if is_end else fence
        elif mark:
            fence = mark[1]
        elif line == phrase or line.startswith((f"{phrase} ", f"{phrase}\t")):
            rest = "\n".join([line[len(phrase) :], *lines[number + 1 :]])
            return _parsed(rest.strip(), phrase)
    return None


def is_stop(text: str, phrase: str) -> bool:
    """Whether a comment says that what is being worked on shall stop."""
    command = command_in(text, phrase)
    return command is not None and command.stops


def _parsed(rest: str, phrase: str) -> Command:
    if rest == "stop":
        return Command(stops=True)
    if re.match(r"stop\b", rest):
        return Command(
            trouble=f"`{phrase} stop` stands alone in a comment; to ask for something, begin with"
            " another word"
        )
    command = Command()
    while True:
        if found := _MODEL.match(rest):
            command = _with_model(command, found[1] or "")
        elif found := _UP_TO.match(rest):
            command = _with_cap(command, found[1] or "")
        else:
            return replace(command, words=rest[:_LONGEST_WORDS])
        if command.trouble:
            return command
        rest = rest[found.end() :]


def _with_model(command: Command, name: str) -> Command:
    if command.model or not name:
        return Command(
            trouble="`model` is followed by the name of one model, and stands there once"
        )
    return replace(command, model=name)


def _with_cap(command: Command, words: str) -> Command:
    amount = _AMOUNT.fullmatch(words)
    if amount is None or not float(amount[1]) or command.up_to_usd is not None:
        return Command(
            trouble="`up to` is followed by an amount in US dollars such as `$2` or `$0.50`, and"
            " stands there once"
        )
    return replace(command, up_to_usd=float(amount[1]))
