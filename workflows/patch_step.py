"""One request to a model per target: its files go in, edits come back, and land as any edits do."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from scoping.globs import chosen
from validators.checkout import file_changes, read_file
from validators.encoding import decode
from workflows import patch_request
from workflows.campaign import FailureReason
from workflows.campaign_ledger import TargetBound
from workflows.consultation import Consultation
from workflows.conversation import Conversation, Reply
from workflows.edits import Landed, land_reply
from workflows.history import Exchange, history_of
from workflows.migrate import task_of
from workflows.migration_step import StepInput, StepResult
from workflows.passages import Passage, passages, telling_lines, telling_words
from workflows.ports import ModelRefusal
from workflows.prompts import NO_CHANGE
from workflows.proposal import ScopeLine
from workflows.purse import BudgetRefusal
from workflows.recorder import Recorder
from workflows.working_tree import WorkingTree

# How much of a target's files one request shows.
MOST_TOKENS = 16_000
_LONGEST_SAID = 2_000
# How steps say where something was left: PATH:LINE: REASON.
_PLACE = re.compile(r"(.+?):(\d+): ")


@dataclass(frozen=True, slots=True)
class PatchStep:
    """Asks for the change in ``words``, once a try; why a try was no good is said in the next one.

    Where steps before it account for places, it asks about those that they left, and about nothing
    where they left none.
    """

    words: str
    consultation: Consultation
    how: str = "patch"
    learns: bool = True

    @property
    def name(self) -> str:
        """What it is called for people."""
        return f"patch: {self.words.partition(chr(10))[0][:60]}"

    def apply(self, given: StepInput) -> StepResult:
        """Ask about one target; what the model or its budget refuses fails the target."""
        if given.left == ():
            return StepResult()
        shop = self.consultation.workshop
        is_shown = chosen(shop.include, shop.exclude)
        shown = self._shown(given, is_shown)
        if not shown:
            return StepResult()  # nothing that a model could read, or may
        bound = self.consultation.bound_of(given.target.key)
        try:
            reply = self._reply(given, shown, bound)
        except BudgetRefusal as refusal:
            return StepResult(trouble=str(refusal), reason=_spent(bound), left=given.left)
        except ModelRefusal as refusal:
            trouble = f"the model gave no reply: {refusal}"
            return StepResult(trouble=trouble, reason="model", left=given.left)
        result = self._landed(reply, given, lambda path: not is_shown(path))
        return replace(result, shown=tuple(map(_line, shown)))

    def _shown(self, given: StepInput, is_shown: Callable[[str], bool]) -> tuple[Passage, ...]:
        """Return what of the target fits: what was left first, else what the words are about."""
        clone, words = self.consultation.workshop.clone, telling_words(self.words)
        estimate = self.consultation.model_of(given.recorder.run, "patch").estimate_tokens
        places = _places(given.left or ())
        found: list[Passage] = []
        most = MOST_TOKENS
        for path in given.target.paths:
            if not is_shown(path) or (given.left and path not in places):
                continue
            file = read_file(clone, given.tree, path)
            if file is None:
                continue
            lines = places.get(path) or telling_lines(file[1], words)
            some = passages(path, file[1], lines, (most, estimate))
            most -= sum(estimate(one.text) for one in some)
            found += some
        return tuple(found)

    def _reply(self, given: StepInput, shown: tuple[Passage, ...], bound: TargetBound) -> Reply:
        """Return the model's reply of this try, after those of the tries before."""
        consultation, recorder = self.consultation, given.recorder
        lane = f"patch-{given.step}"
        task = task_of(consultation.campaign, given.target)
        allowance = consultation.allowance(task, bound, recorder)
        earlier, reply = (
            _last_exchange(recorder, lane, given.attempt) if given.told else (None,) * 2
        )
        before = patch_request.opening(earlier, reply.message if reply else None)
        dialogue = consultation.dialogue(before, lane, recorder, allowance)
        if before.messages:
            dialogue.say(patch_request.again(given.told))
        else:
            paths = given.target.paths
            dialogue.say(patch_request.first_request(self.words, shown, paths, given.left or ()))
        return dialogue.ask(given.attempt, consultation.workshop.watch.words)

    def _landed(
        self, reply: Reply, given: StepInput, is_hidden: Callable[[str], bool]
    ) -> StepResult:
        """Return what a reply comes to on the target's tree."""
        text = reply.message.text.strip()
        if reply.stop == "refusal":
            trouble = f"the model declined: {text[:300]}"
            return StepResult(trouble=trouble, reason="model", left=given.left)
        if text.startswith(NO_CHANGE):
            return StepResult(left=given.left, said=text[:_LONGEST_SAID])
        working = WorkingTree(self.consultation.workshop.clone, given.tree, is_hidden)
        try:
            landed = (
                land_reply(working, text)
                if reply.stop == "end"
                else Landed(given.tree, (), "", was_cut_off=True)
            )
        finally:
            working.close()
        if landed.tree == given.tree or not landed.is_whole:
            why = patch_request.why_not_landed(landed.reports, was_cut_off=landed.was_cut_off)
            return StepResult(trouble=why, reason="step", left=given.left)
        files = file_changes(self.consultation.workshop.clone, given.tree, landed.tree)
        left = still_left(given.left, {one.path for one in files})
        return StepResult(files, left=left, said=landed.prose[:_LONGEST_SAID])


def _line(passage: Passage) -> ScopeLine:
    kind = "whole" if passage.is_whole else "lines"
    span = passage.start_line, passage.end_line
    return ScopeLine(passage.path, *span, "", kind, ("a file of the target",))


def still_left(left: tuple[str, ...] | None, touched: Iterable[str]) -> tuple[str, ...] | None:
    """Return the places that stay for a person beside those in the files a model ``touched``.

    What is still there of the places in those is counted again, see `workflows.applying`.
    """
    if left is None:
        return None
    paths = frozenset(touched)
    return tuple(one for one in left if _place(one)[0] not in paths)


def _place(left: str) -> tuple[str, int]:
    found = _PLACE.match(left)
    return (found[1], int(found[2])) if found else (left, 0)


def _places(left: Iterable[str]) -> Mapping[str, list[int]]:
    """Return the lines of what was left, by path."""
    found: dict[str, list[int]] = {}
    for path, line in map(_place, left):
        found.setdefault(path, []).append(line)
    return found


def _spent(bound: TargetBound) -> FailureReason:
    return "spent" if bound.campaign_is_spent else "budget"


def _last_exchange(
    recorder: Recorder, lane: str, before: int
) -> tuple[Conversation | None, Reply | None]:
    """Return what was asked and answered last in the tries before, from the journal."""
    exchanges = history_of(recorder.entries()).exchanges.values()
    known = [one for one in exchanges if one.lane == lane and one.reply and _try_of(one) < before]
    if not known:
        return None, None
    last = known[-1]
    asked = decode(recorder.kept(last.conversation), Conversation)
    return asked, decode(recorder.kept(last.reply), Reply)


def _try_of(exchange: Exchange) -> int:
    return int(exchange.reservation.rpartition("/")[2].partition(".")[0])
