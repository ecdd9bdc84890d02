"""What one reply of a program's author comes to: its files, and its count beside that of SITES."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from validators.codemods.draft import landed_on
from validators.codemods.trial import Trial
from validators.patch import parse
from workflows.author_request import COUNT
from workflows.authored_program import Counts
from workflows.conversation import Reply
from workflows.edits import reports_of
from workflows.patch_request import why_not_landed

PROGRAM = "codemod.py"
_LONGEST_ABOUT = 2_000
_MOST_PLACES = 20
_SAID = re.compile(rf"^{COUNT}\s*(\d{{1,9}})\s*$", re.MULTILINE)
_NOTHING = Counts()
_NO_PROGRAM = f"the reply holds no {PROGRAM}, so there is no program"


@dataclass(frozen=True, slots=True)
class Found:
    """One try as the journal keeps it: the program's files after it, and what is against them.

    ``met`` portions of what was held back have been used so far.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    objections: tuple[str, ...] = ()
    met: int = 0
    digest: str = ""
    shown: Counts = _NOTHING
    unseen: Counts = _NOTHING
    about: str = ""
    is_final: bool = False


def landed(reply: Reply, before: Found) -> Found:
    """Return the program's files as a reply leaves them; objections where it could not be read."""
    kept = replace(before, objections=(), is_final=False, shown=Counts(), unseen=Counts())
    if reply.stop != "end":
        return replace(kept, objections=(why_not_landed((), was_cut_off=True),))
    patch = parse(reply.message.text)
    draft = landed_on(contents_of(before.files), patch)
    if draft.landing.rejected:
        why = why_not_landed(reports_of(draft.landing), was_cut_off=False)
        return replace(kept, objections=(why,))
    files = {path: content.decode("utf-8", "replace") for path, content in draft.files.items()}
    if PROGRAM not in files:
        return replace(kept, objections=(_NO_PROGRAM,))
    return replace(kept, files=files, about=_about(patch.prose))


def counted_otherwise(text: str, trial: Trial) -> tuple[str, ...]:
    """Return how the author's own count and that of SITES differ."""
    said = _SAID.search(text)
    if said is None:
        return (f"the reply has no line {COUNT} N",)
    counted = len(trial.counted)
    if trial.outcome is None or int(said[1]) == counted:
        return ()
    places = ", ".join(trial.counted[:_MOST_PLACES])
    more = f", and {counted - _MOST_PLACES} more" if counted > _MOST_PLACES else ""
    why = f"you count {int(said[1])} sites in the lines you were shown, and SITES matches {counted}"
    return (f"{why} there: {places or 'nowhere'}{more}",)


def contents_of(files: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files of a program as bytes."""
    return {path: text.encode() for path, text in files.items()}


def _about(prose: str) -> str:
    return _SAID.sub("", prose).strip()[:_LONGEST_ABOUT]
