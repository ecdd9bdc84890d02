"""One thing in which two judgements of the same change disagree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """What ``bundle`` says and what was found ``here``, each in a few words.

    ``what`` is a stable kebab-case word (``rules``, ``command``, ``test``...). ``gate`` and
    ``test`` are empty where it is about more than one.
    """

    what: str
    gate: str = ""
    test: str = ""
    bundle: str = ""
    here: str = ""


NOTHING = "nothing"


def between(
    what: str, gate: str, bundle: Mapping[str, str], here: Mapping[str, str]
) -> Iterator[Difference]:
    """Yield where two mappings of names to words differ; the name is told with the words."""
    for name in sorted(bundle.keys() | here.keys()):
        theirs, ours = bundle.get(name, NOTHING), here.get(name, NOTHING)
        if theirs != ours:
            yield Difference(what, gate, "", f"{name}: {theirs}", f"{name}: {ours}")
