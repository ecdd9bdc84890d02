"""The whole loop of `propose` on one target: the model reads, edits and asks gates as it likes.

It is a run within the target's run and named after it, so that what it costs is the target's, and a
killed one goes on where it was. It may change no file but the target's: gates say so to the model.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.campaigns.step_place import StepPlace, models_for_step
from bot.wiring import Bench
from bot.workshop import workshop
from scoping.excerpts import Excerpt
from validators.checkout import diff_text, file_changes
from validators.encoding import decode
from workflows.campaign import FailureReason
from workflows.campaign_ledger import TargetBound
from workflows.campaign_streams import AGENT_RUN
from workflows.history import history_of
from workflows.migrate import task_of
from workflows.migration_step import Step, StepInput, StepResult
from workflows.patch_step import still_left
from workflows.proposal import ScopeLine
from workflows.propose import propose
from workflows.task import Task
from workflows.workshop import Outcome, Revision, Wishes

_SPECIAL = re.compile(r"([\\*?\[\]!# ])")
_MOST_NAMED = 60
_MAX_DIFF_BYTES = 100_000
_LONGEST_SAID = 2_000
AGENT_MEANING = (
    "The whole loop of `propose` on each target, limited to its files; behind a program, for the"
    " places that it left. Only as the last step."
)


@dataclass(frozen=True, slots=True)
class AgentStep:
    """Has ``words`` carried out on the target's files, in as many tries as a target has."""

    words: str
    place: StepPlace
    how: str = "agent"
    learns: bool = True

    @property
    def name(self) -> str:
        """What it is called for people."""
        return f"agent: {self.words.partition(chr(10))[0][:60]}"

    def apply(self, given: StepInput) -> StepResult:
        """Work on one target; what keeps the loop from a proposal fails the target."""
        if given.left == ():
            return StepResult()
        consultation = self.place.consultation
        bound = consultation.bound_of(given.target.key)
        bench = limited_to(self.place.bench, given.target.paths)
        shop = workshop(bench, consultation.workshop.watch)
        # What it proposes is a part of the target's proposal, and none that could be published.
        shop = replace(shop, write_bundle=lambda name, _: name, bound=bound)
        run = f"{given.recorder.run}{AGENT_RUN}{given.attempt}"
        wishes = Wishes(
            bench.settings.budget,
            consultation.campaign.attempts,
            caps=bench.settings.caps,
            revision=self._begun_with(given),
            told={"command": "migrate"},
        )
        before = (given.recorder.run, "patch")
        models = models_for_step(bench, self.place.program, before, (run, ""))
        outcome = propose(self._task(given), run, models, shop, wishes)
        return self._result(outcome, given, bound)

    def _task(self, given: StepInput) -> Task:
        """Return the target's task in the step's words."""
        whole = task_of(self.place.consultation.campaign, given.target)
        paths = list(given.target.paths[:_MOST_NAMED])
        if len(given.target.paths) > len(paths):
            paths.append(f"and {len(given.target.paths) - len(paths)} more")
        parts = [self.words, "Change no other files than these:", "\n".join(paths)]
        if given.left:
            left = "\n".join(given.left[:_MOST_NAMED])
            parts += ["A program made the change where it could, and left these places:", left]
        if given.told:
            parts += ["An earlier try did not pass:", given.told]
        body = "\n\n".join(parts)
        return replace(whole, body=body, kind="refactor", shard=f"{whole.shard}\nagent")

    def _begun_with(self, given: StepInput) -> Revision | None:
        """Return what the steps before made, which the loop goes on from."""
        clone = self.place.bench.clone
        if given.tree == clone.base_tree:
            return None
        diff = diff_text(clone, clone.base_tree, given.tree, limit_bytes=_MAX_DIFF_BYTES)
        return Revision(0, given.tree, diff, self.words, given.recorder.run)

    def _result(self, outcome: Outcome, given: StepInput, bound: TargetBound) -> StepResult:
        if outcome.state != "proposed":
            codes = {finding.code for finding in outcome.verdict.findings}
            if codes == {"no-change-needed"}:
                return StepResult(left=given.left, said=outcome.why)
            reason = _reason(outcome, bound)
            return StepResult(trouble=f"the agent: {outcome.why}", reason=reason, left=given.left)
        last = outcome.attempts[-1]
        files = file_changes(self.place.bench.clone, given.tree, last.applied_tree)
        left = still_left(given.left, (one.path for one in files))
        return StepResult(
            files, left=left, said=last.summary[:_LONGEST_SAID], shown=self._shown(outcome.run)
        )

    def _shown(self, run: str) -> tuple[ScopeLine, ...]:
        journal = self.place.bench.journal
        scope = history_of(journal.read(run)).scope
        if scope is None:
            return ()
        excerpts = decode(journal.get_blob(scope["excerpts"]), tuple[Excerpt, ...])
        return tuple(
            ScopeLine(e.path, e.start_line, e.end_line, e.symbol, e.kind, e.reasons)
            for e in excerpts
        )


def limited_to(bench: Bench, paths: Sequence[str]) -> Bench:
    """Return ``bench`` with gates that allow a change of these files alone."""
    allowed = tuple("/" + _SPECIAL.sub(r"\\\1", path) for path in paths)
    rules = replace(bench.settings.rules, allowed_paths=allowed)
    return replace(bench, settings=replace(bench.settings, rules=rules))


def make_agent(words: tuple[str, ...], place: StepPlace) -> Step:
    """Return the step that has the whole loop work on a target."""
    return AgentStep(words[0], place)


def _reason(outcome: Outcome, bound: TargetBound) -> FailureReason:
    if outcome.verdict.word == "budget":
        return "spent" if bound.campaign_is_spent else "budget"
    return "model"
