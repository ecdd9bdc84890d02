"""How text of others stands in what we say to a model: between marks, named, seen by people.

A fence is made by a mark from the text's own hash, which the text cannot contain by design. Code is
quoted byte for byte, or edits could not be matched; what people and programs wrote is quoted as a
person sees it, and what was left out of it is counted.
"""

from dataclasses import dataclass

from validators.encoding import digest
from workflows.picture import Picture
from workflows.visible_text import NOTHING, Hidden, Shown, as_printed, as_typed, visible

# 128 bits: a text that holds its own mark must take more tries than anybody has.
_MARK_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Words:
    """What is said to a model in one turn, and how much of what it quotes nobody sees.

    ``pictures`` are what it is shown beside it.
    """

    text: str
    hidden: Hidden = NOTHING
    pictures: tuple[Picture, ...] = ()


def said(*parts: str | Words) -> Words:
    """Return ``parts`` as paragraphs, with all that was left out of any, and all pictures."""
    words = [Words(part) if isinstance(part, str) else part for part in parts]
    hidden = sum((one.hidden for one in words), NOTHING)
    pictures = tuple(picture for one in words for picture in one.pictures)
    return Words("\n\n".join(one.text for one in words), hidden, pictures)


def fenced(name: str, text: str) -> str:
    """Return ``text`` as data called ``name``, between marks that neither of them contains.

    A name is a path and may be hostile, too: it stays on its line.
    """
    name = one_line(name)
    mark = digest(f"{name}\n{text}".encode("utf-8", "surrogatepass"))[:_MARK_LENGTH]
    return f"<<<data {mark} {name}\n{text}\ndata>>> {mark}"


def typed(name: str, text: str) -> Words:
    """Return what somebody wrote, as data, as a page would show it."""
    return _quoted(name, as_typed(text))


def printed(name: str, text: str, limit: int) -> Words:
    """Return at most ``limit`` characters of what a program wrote, as data."""
    shown = as_printed(text)
    return _quoted(name, Shown(shown.text[:limit], shown.hidden))


def one_line(text: str) -> str:
    """Return ``text``, a path mostly, as a name that cannot leave its line."""
    return " ".join(visible(text).splitlines())


def _quoted(name: str, shown: Shown) -> Words:
    left_out = f" (without {shown.hidden})" if shown.hidden else ""
    return Words(fenced(f"{name}{left_out}", shown.text.strip()), shown.hidden)
