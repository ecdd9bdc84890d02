"""Whether what a program makes of files still parses, found out in a process that never ran it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from validators.codemods.audit import Auditor
from validators.codemods.changed_functions import changed_functions
from validators.codemods.crew import Source
from validators.codemods.judgement import Draft


def broken(auditor: Auditor, drafts: Sequence[Draft]) -> Mapping[str, str]:
    """Return by path what is said of files that parse worse than before.

    That is nothing where one did not parse before either, and is not worse.
    """
    looked = _doubtful(auditor, drafts)
    after = auditor.parse([replace(draft.source, content=draft.made) for draft in looked])
    unsound = [pair for pair in zip(looked, after, strict=True) if not pair[1].is_sound]
    before = auditor.parse([draft.source for draft, _ in unsound])
    found = {}
    for (draft, parsed), was in zip(unsound, before, strict=True):
        lines = ", ".join(str(first) for first, _ in parsed.errors[:3])
        where = f" (line {lines})" if lines else ""
        is_worse = parsed.is_worse_than(was)
        why = f"what the program makes of it does not parse{where}" if is_worse else ""
        found[draft.source.path] = why
    return found


def _doubtful(auditor: Auditor, drafts: Sequence[Draft]) -> list[Draft]:
    """Return those of which a look at the changed functions alone does not tell."""
    pieces = {
        draft.source.path: changed_functions(draft.source.content, draft.splices)
        for draft in drafts
        if draft.source.language == "python"
    }
    texts = [
        Source(path, "python", text)
        for path, pairs in pieces.items()
        for pair in pairs or ()
        for text in pair
    ]
    told = zip(texts, auditor.parse(texts), strict=True)
    unsound = {text.path for text, parsed in told if not parsed.is_sound}
    return [
        draft
        for draft in drafts
        if not pieces.get(draft.source.path) or draft.source.path in unsound
    ]
