"""Suggested rules become a proposal of their own: gated and bundled like any other, never a fix.

No model is asked. Rules that tighten stand in a block of our own configuration, sentences for
whoever works there in the guide for contributors; a person is asked about both, by policy.
"""

from collections.abc import Iterable, Sequence

from scoping.refusal import Refusal
from validators.checkout import Clone, read_file, write_tree
from validators.learned_rules import LearnedRule, with_rules
from validators.sandbox import FileChange
from validators.verdict import Verdict
from workflows.lessons import Lesson, LessonKind
from workflows.proposal import Attempt, EditReport, Proposal
from workflows.recorder import Recorder, recording
from workflows.sealing import write_bundle
from workflows.steps import judged, kept_diff, note_attempt
from workflows.task import Task
from workflows.workshop import Outcome, Workshop

CONFIGURATION = ".github/changewright.yml"
HEADING = "## Learnt from reviews"
_GUIDES = ("CONTRIBUTING.md", ".github/CONTRIBUTING.md", "docs/CONTRIBUTING.md")
_KEYS: dict[LessonKind, str] = {
    "protected-path": "protected_paths",
    "size-cap": "max_patch_lines",
    "gate": "required_gates",
}


class LearnRefusal(Refusal):
    """What was learnt cannot be written down: why, and what to do instead."""


def task_of(clone: Clone, repository: str) -> Task:
    """Return the task that all suggestions answer: there is one open proposal of them at most."""
    return Task(
        title="Rules that reviews suggest",
        body=(
            "Reasons and corrections that repeat in reviews suggest these rules, each stricter than"
            " what is there. Decide on each by its evidence, and take out what you do not want."
        ),
        repository=repository,
        base=clone.base_commit,
        kind="refactor",
    )


def learn(task: Task, lessons: Sequence[Lesson], run: str, workshop: Workshop) -> Outcome:
    """Write ``lessons`` into the repository's own rules and gate that, as ``run``."""
    clone = workshop.clone
    start = {
        "task": task,
        "task_key": task.key,
        "base_commit": clone.base_commit,
        "model": "none",
        "revision": "",
    }
    with recording(workshop.journal, run, start, workshop.watch.entry) as recorder:
        outcome = _proposed(task, lessons, workshop, recorder)
        recorder.record(
            "run.finished", state=outcome.state, verdict=outcome.verdict.word, why=outcome.why
        )
        return outcome


def changes_for(lessons: Sequence[Lesson], clone: Clone) -> tuple[FileChange, ...]:
    """Return the files that ``lessons`` change on the base, none where all of it stands there."""
    wanted = {}
    rules = [
        LearnedRule(_KEYS[one.kind], one.rule, one.why) for one in lessons if one.kind in _KEYS
    ]
    if rules:
        try:
            wanted[CONFIGURATION] = with_rules(_text(clone, CONFIGURATION), rules)
        except ValueError as error:
            raise LearnRefusal(
                f"the rules cannot be added to {CONFIGURATION}: {error}; add them by hand"
            ) from error
    sentences = [one for one in lessons if one.kind == "instruction"]
    if sentences:
        guide = next((path for path in _GUIDES if _text(clone, path)), _GUIDES[0])
        wanted[guide] = _with_sentences(_text(clone, guide), sentences)
    return tuple(
        FileChange(path, "100644", text.encode())
        for path, text in wanted.items()
        if text != _text(clone, path)
    )


def _proposed(
    task: Task, lessons: Sequence[Lesson], workshop: Workshop, recorder: Recorder
) -> Outcome:
    clone, run = workshop.clone, recorder.run
    changes = changes_for(lessons, clone)
    if not changes:
        why = "what reviews suggest stands there already"
        return Outcome(run, "nothing", Verdict("pass"), why)
    if trouble := workshop.prepare(recorder):
        why = f"the target's environment could not be built: {trouble}"
        return Outcome(run, "failed", Verdict("infrastructure"), why)
    tree = write_tree(clone, clone.base_tree, changes)
    verdict, evidence = judged(1, tree, workshop, recorder)
    edits = tuple(EditReport(one.path, landed=True, how="learn") for one in changes)
    attempt = Attempt(1, verdict, edits, tree, _summary(lessons), usd=0.0, evidence=evidence)
    note_attempt(attempt, recorder, kept_diff(tree, workshop, recorder))
    if not verdict.may_be_shown:
        return Outcome(
            run, "nothing", verdict, "the gates do not pass with these rules", (attempt,)
        )
    created = recorder.history.started_at
    proposal = Proposal(run, task, clone.base_commit, "none", (), (attempt,), created)
    path = write_bundle(proposal, workshop, recorder)
    why = f"{len(lessons)} rule{'s' * (len(lessons) != 1)} suggested"
    return Outcome(run, "proposed", verdict, why, (attempt,), path)


def _summary(lessons: Iterable[Lesson]) -> str:
    lines = "\n".join(f"- {one.kind}: {one.rule}\n  {one.why}" for one in lessons)
    return f"Made by counting, not by a model.\n\n{lines}"


def _with_sentences(guide: str, lessons: Iterable[Lesson]) -> str:
    """Return a guide with a line for each lesson below our heading; known ones are not repeated."""
    new = [f"- {one.rule} ({one.why})" for one in lessons if f"- {one.rule}" not in guide]
    if not new:
        return guide
    if f"{HEADING}\n" not in guide:
        gap = "\n" if guide.strip() else ""
        return f"{guide.rstrip()}\n{gap}{HEADING}\n\n".lstrip("\n") + "\n".join(new) + "\n"
    before, heading, rest = guide.partition(f"{HEADING}\n")
    section, mark, after = rest.partition("\n## ")
    listed = section.strip("\n")
    known = f"\n{listed}\n" if listed else "\n"
    return f"{before}{heading}{known}" + "\n".join(new) + f"\n{mark}{after}"


def _text(clone: Clone, path: str) -> str:
    found = read_file(clone, clone.base_tree, path)
    return found[1].decode("utf-8", "surrogateescape") if found else ""
