"""The program of a campaign, written by a model with what this machine has, before its targets."""

import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from bot.campaigns.codemod_step import opened_worker
from bot.campaigns.step_place import consultation_of
from bot.campaigns.yard import Yard
from bot.scratch import private
from bot.wiring import Bench, new_name
from bot.workshop import workshop
from scoping.globs import chosen
from validators.checkout import write_tree
from validators.codemods.trial import Shown, Trial, TrialRoom, tried
from validators.sandbox import FileChange
from workflows.authored_program import AuthoredProgram
from workflows.authoring import AuthoringRefusal, Desk, author_once, is_written
from workflows.board import Board
from workflows.campaign import Campaign, Target
from workflows.campaign_streams import AUTHOR, authoring_stream
from workflows.passages import telling_words
from workflows.ports import Held, Journal, StaleFence
from workflows.program_author import Commission, NotWritten
from workflows.recorder import Recorder, leased
from workflows.site_sample import SampleFile, SiteSample, site_sample, wide_sample
from workflows.target_attempt import told_of
from workflows.workshop import Watch, Workshop

PROGRAMS = "programs"
_POLL_S = 0.5


def ensure_program(
    campaign: Campaign, journal: Journal, yard: Yard, watch: Watch, lease_s: float
) -> None:
    """Have the campaign's program written, unless it is there or the campaign is held.

    Of several workers one writes, and the others wait. What keeps it from being written stops the
    campaign, which its board says.
    """
    stream = authoring_stream(campaign)
    board = Board(journal, campaign)
    while stream and not is_written(campaign, journal):
        board.refresh()
        hold = board.hold()
        if hold and hold.kind != "paused":
            return
        if hold:  # by a person, which is waited out
            time.sleep(_POLL_S)
            continue
        try:
            with leased(journal, stream, f"author of {campaign.key}", lease_s) as fence:
                if is_written(campaign, journal):
                    return  # by who held the lease before
                commission, desk = prepared(campaign, yard, watch, lease_s)
                author_once(campaign, journal, fence, commission, desk)
        except (Held, StaleFence):
            time.sleep(_POLL_S)


def write_folder(program: AuthoredProgram, folder: Path) -> None:
    """Write a program's files as `changewright codemod test` and `run` take them."""
    examples = folder / "examples"
    examples.mkdir(parents=True, exist_ok=True)
    (folder / "codemod.py").write_text(program.source, "utf-8")
    for stale in examples.iterdir():
        stale.unlink()
    for example in program.examples:
        (examples / example.name).write_text(example.text, "utf-8")


def prepared(
    campaign: Campaign, yard: Yard, watch: Watch, lease_s: float
) -> tuple[Commission, Desk]:
    """Return what a campaign's program is written with here."""
    (words, pattern) = next(one.words for one in campaign.steps if one.kind == AUTHOR)
    places = dict.fromkeys((one.repository, one.base) for one in campaign.targets)
    benches = {place: yard.bench(*place, campaign.gates) for place in places}
    clones = {place: bench.clone for place, bench in benches.items()}
    targets = [_shown(one, benches[one.repository, one.base]) for one in campaign.targets]
    sample = site_sample(targets, clones, telling_words(words, pattern))
    lead = _lead(sample, benches)
    shop = workshop(lead, watch)
    if shop.code:
        sample = wide_sample(targets, clones, telling_words(words, pattern))
    commission = Commission(
        words,
        sample,
        sum(len(one.paths) for one in campaign.targets),
        consultation_of(lead, campaign, shop),
        partial(_tried, lead),
        partial(_judged, shop, sample),
    )
    named = f"{campaign.name or 'campaign'}-{authoring_stream(campaign)[-8:]}"
    folder = private(lead.settings.state / PROGRAMS) / named
    return commission, Desk(lambda: new_name("r"), partial(_kept, folder), lease_s)


def _shown(target: Target, bench: Bench) -> Target:
    """Return a target with the files alone that a model may see, by the settings."""
    scope = bench.settings.scope
    is_shown = chosen(scope.include, scope.exclude)
    return replace(target, paths=tuple(filter(is_shown, target.paths)))


def _kept(folder: Path, program: AuthoredProgram) -> str:
    try:
        write_folder(program, folder)
    except OSError as error:
        raise AuthoringRefusal(
            f"the program cannot be written to {folder}: {error.strerror}; free space there"
        ) from error
    return str(folder)


def _lead(sample: SiteSample, benches: Mapping[tuple[str, str], Bench]) -> Bench:
    """Return the bench of the repository that most sampled files are of: its gates judge them."""
    files = [*sample.shown, *(one for some in sample.unseen for one in some)]
    counts = {place: sum(one.repository == place[0] for one in files) for place in benches}
    return benches[max(counts, key=lambda place: counts[place])]


def _tried(
    bench: Bench, draft: Mapping[str, bytes], files: Sequence[SampleFile], shown: Shown | None
) -> Trial:
    samples: dict[str, dict[str, bytes]] = {}
    for file in files:
        samples.setdefault(file.label, {})[file.path] = file.content
    with tempfile.TemporaryDirectory(dir=bench.scratch) as place:
        empty = Path(place, "empty")
        empty.mkdir()
        room = TrialRoom(Path(place), lambda program: opened_worker(bench, program, empty))
        return tried(draft, samples, shown, room)


def _judged(
    shop: Workshop, sample: SiteSample, contents: Mapping[str, bytes], recorder: Recorder
) -> str:
    """Return why the gates do not pass what a program made of sampled files, or "".

    As many files as a change may have, of the repository of the workshop.
    """
    files = [*sample.shown, *(one for some in sample.unseen for one in some), *sample.others]
    here = str(shop.clone.repository)
    limits, changes, lines = shop.rules.limits, list[FileChange](), 0
    for file in files:
        content = contents.get(file.name)
        if content is None or file.repository != here:
            continue
        lines += _lines_between(file.content, content)
        if changes and (lines > limits.max_patch_lines or len(changes) == limits.max_patch_files):
            break
        changes.append(FileChange(file.path, file.mode, content))
    tree = write_tree(shop.clone, shop.clone.base_tree, changes)
    if not changes or tree == shop.clone.base_tree:
        return ""
    verdict, _ = shop.judge(tree, recorder)
    if verdict.word == "infrastructure":
        raise NotWritten("infrastructure", f"the gates could not judge it: {told_of(verdict)}")
    if verdict.may_be_shown:
        return ""
    return f"the gates do not pass what it made of the sample:\n{told_of(verdict)}"


def _lines_between(old: bytes, new: bytes) -> int:
    """Return about how many lines a diff adds and removes."""
    before, after = Counter(old.splitlines()), Counter(new.splitlines())
    return (before - after).total() + (after - before).total()
