"""An author whose replies hold the program: it is shown files, and counts the sites it saw."""

from collections.abc import Sequence
from functools import partial

from validators.codemods.trial import Shown
from workflows import author_request
from workflows.conversation import Conversation
from workflows.dialogue import Dialogue
from workflows.passages import Passage, passages
from workflows.program_author import Commission, Handed, asked
from workflows.program_reply import Found, counted_otherwise, landed
from workflows.purse import Allowance
from workflows.recorder import Recorder
from workflows.site_sample import SampleFile

MOST_TOKENS = 10_000


class AuthorByReply:
    """One conversation about the program of a commission."""

    def __init__(self, commission: Commission, recorder: Recorder, allowance: Allowance) -> None:
        self._commission = commission
        self._shown = self._passages(commission.sample.shown)
        opening = Conversation(author_request.system(), ())
        dialogue = commission.consultation.dialogue(opening, "", recorder, allowance)
        others = commission.files - len(commission.sample.shown)
        dialogue.say(author_request.first_request(commission.words, self._shown, others))
        self._dialogue: Dialogue = dialogue

    def seen(self, met: int) -> Sequence[SampleFile]:
        """Return the files that it was shown, once ``met`` portions were shown to it."""
        sample = self._commission.sample
        return [*sample.shown, *(one for some in sample.unseen[:met] for one in some)]

    def spans(self) -> Shown:
        """Return the lines that it was shown first."""
        spans: dict[str, list[tuple[int, int]]] = {}
        for one in self._shown:
            spans.setdefault(one.path, []).append((one.start_line, one.end_line))
        return spans

    def hand_over(self, number: int, before: Found) -> Handed:
        """Return the program that the next reply makes of the one before it."""
        reply = asked(self._dialogue, number, self._commission)
        count = partial(counted_otherwise, reply.message.text)
        return Handed(landed(reply, before), reply.model, count)

    def told(self, found: Found, before: Found) -> None:
        """Say why the program was not accepted, with the files that it failed on."""
        unseen: tuple[Passage, ...] = ()
        if found.met > before.met:
            unseen = self._passages(self._commission.sample.unseen[before.met])
        self._dialogue.say(author_request.what_is_wrong(found.objections, unseen))

    def close(self) -> None:
        """End nothing: a conversation holds no process."""

    def _passages(self, files: Sequence[SampleFile]) -> tuple[Passage, ...]:
        """Return what is shown of files, each with its part of the tokens there are."""
        room = MOST_TOKENS // max(1, len(files)), self._commission.estimate
        return tuple(
            one for file in files for one in passages(file.name, file.content, file.lines, room)
        )
