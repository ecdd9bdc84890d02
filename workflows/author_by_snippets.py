"""An author that works by snippets: it looks, counts and tries over all files, then hands over.

What it is asked and answered stands in the run's journal as in any conversation in code mode: a
reply is charged before its snippet is read, and a snippet that ended is not run twice.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from validators.codemods.trial import Shown, Trial
from workflows import author_code_request
from workflows.actions import RUN_CODE, run_code
from workflows.arguments import complaint
from workflows.author_functions import AuthorFunctions, AuthorRoom, Submission, author_stubs
from workflows.authored_program import Counts
from workflows.conversation import ActionCall, ActionResult, Conversation, Reply
from workflows.dialogue import Dialogue
from workflows.explore import CodeMode, Explorer
from workflows.patch_request import why_not_landed
from workflows.program_author import Commission, Handed, asked
from workflows.program_reply import Found
from workflows.purse import Allowance
from workflows.recorder import Recorder
from workflows.site_sample import SampleFile

_MAX_NAME = 100


class AuthorBySnippets:
    """One conversation about the program of a commission. Close it."""

    def __init__(
        self, commission: Commission, code: CodeMode, recorder: Recorder, allowance: Allowance
    ) -> None:
        self._commission = commission
        consultation, estimate = commission.consultation, commission.estimate
        room = AuthorRoom(consultation.workshop.clone, commission.try_on, estimate)
        self._functions = AuthorFunctions(room, self.seen(0))
        self._explorer = Explorer(code, self._functions, recorder, "")
        self._action = run_code(author_stubs(), code.limits)
        opening = Conversation(author_code_request.system(), (), (self._action,))
        self._dialogue: Dialogue = consultation.dialogue(opening, "", recorder, allowance)
        self._results: tuple[ActionResult, ...] = ()
        names = [one.name for one in self.seen(0)]
        others = commission.files - len(names)
        self._dialogue.say(author_code_request.first_request(commission.words, names, others))

    def seen(self, met: int) -> Sequence[SampleFile]:
        """Return the files that it may look into, once ``met`` portions were shown to it."""
        sample = self._commission.sample
        met_files = [one for some in sample.unseen[:met] for one in some]
        return [*sample.shown, *sample.others, *met_files]

    def spans(self) -> Shown:
        """Return none: its count is of all the files that it may look into."""
        return {}

    def hand_over(self, number: int, before: Found) -> Handed:
        """Return the next program that a snippet hands over; objections where a reply has none."""
        while True:
            reply = asked(self._dialogue, number, self._commission)
            submitted = self._answered(reply)
            if submitted is not None:
                kept = replace(before, objections=(), shown=Counts(), unseen=Counts())
                found = replace(kept, files=submitted.files, about=submitted.about)
                return Handed(found, reply.model, partial(_miscounted, submitted.expected))
            if not reply.message.calls:
                cut_off = why_not_landed((), was_cut_off=True)
                why = cut_off if reply.stop == "length" else author_code_request.NOTHING
                return Handed(replace(before, objections=(why,)), reply.model, lambda _: ())
            self._dialogue.say("", self._results)

    def told(self, found: Found, before: Found) -> None:
        """Say why the program was not accepted, with what may be seen from now on."""
        fresh: tuple[str, ...] = ()
        if found.met > before.met:
            fresh = tuple(one.name for one in self._commission.sample.unseen[before.met])
            self._functions.show(self.seen(found.met))
        words = author_code_request.what_is_wrong(found.objections, fresh)
        self._dialogue.say(words, self._results)

    def close(self) -> None:
        """End the interpreter, and what reads and parses."""
        self._explorer.close()
        self._functions.close()

    def _answered(self, reply: Reply) -> Submission | None:
        """Run the snippets of a reply; return what the last of them handed over, if one did."""
        self._explorer.next_reply()
        submitted: Submission | None = None
        results = []
        for call in reply.message.calls:
            result = self._result(call)
            results.append(result)
            if not result.failed:
                submitted = self._functions.submitted or submitted
        self._results = tuple(results)
        return submitted

    def _result(self, call: ActionCall) -> ActionResult:
        wrong = complaint(self._action.schema, call.arguments)
        if call.name != RUN_CODE:
            wrong = f"there is no action {call.name[:_MAX_NAME]!r}; there is {RUN_CODE}"
        if wrong:
            return ActionResult(call.id, wrong, failed=True)
        told = self._explorer.run(call.arguments["code"])
        text = told.text
        if told.failed and self._functions.submitted:
            text += "\nsubmit() does not count, because the snippet did not come to its end."
        return ActionResult(call.id, text.encode("utf-8", "replace").decode(), failed=told.failed)


def _miscounted(expected: int, trial: Trial) -> tuple[str, ...]:
    if trial.outcome is None:
        return ()
    counted = author_code_request.counted_otherwise(expected, trial.outcome.expected)
    return (counted,) if counted else ()
