"""A migration program that a model wrote for a campaign, with all that a person judges it by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExampleFile:
    """One file of its examples, named as `changewright codemod test` reads them."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What a program came to on files: expected sites, those rewritten, and those left."""

    files: int = 0
    expected: int = 0
    rewritten: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class AuthoredProgram:
    """A program as it was accepted; ``digest`` identifies it.

    ``shown`` counts the files that the model saw, ``unseen`` those that were held back. ``model``
    wrote it in ``tries`` as ``run``. ``words`` are what it was asked for.
    """

    digest: str
    source: str
    examples: tuple[ExampleFile, ...]
    words: str
    shown: Counts
    unseen: Counts
    model: str
    run: str
    tries: int
    about: str = ""
