"""A model writes a program: tried, told what is wrong, judged on what it did not see, paid once."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.adapters.none_sandbox import NoneSandbox
from bot.adapters.scripted_model import ScriptedModel, ScriptedReply
from validators.checkout import open_clone
from validators.codemods.crew import LIMITS, Worker, worker_phase
from validators.codemods.draft import landed_on
from validators.codemods.trial import Shown, Trial, TrialRoom, tried
from validators.patch import parse
from workflows import author_request
from workflows.authored_program import AuthoredProgram
from workflows.authoring import Desk, author_once, authored_program, is_written
from workflows.budget import Budget
from workflows.campaign import Campaign, CampaignBudget, Recipe, Template
from workflows.campaign_ledger import CampaignLedger
from workflows.campaign_plan import CampaignSpec, Selection, Site, plan
from workflows.campaign_streams import authoring_stream
from workflows.consultation import Consultation
from workflows.history import history_of
from workflows.passages import telling_words
from workflows.program_author import Commission
from workflows.recorder import Recorder, leased
from workflows.site_sample import SampleFile, SiteSample, site_sample, wide_sample

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

WORDS = "Call `new_name` instead of `old_name`."
HELD_BACK = "from library import old_name\n\nprint(old_name(\n    1,\n))\n"
FILES = {
    **{f"app/m{number}.py": f"print(old_name({number}))\n" for number in range(6)},
    "app/odd.py": "print(old_name(*rest))\n",
}
GOOD = """\
SITES = r"\\bold_name\\b"
FILES = ("*.py",)


def transform(file):
    for call in file.find("old_name($$$ARGS)"):
        if any(argument.is_rest for argument in call.arguments):
            yield file.leave(call, "its arguments cannot be told")
        else:
            yield file.replace(call, "new_name($$$ARGS)")
"""
EXAMPLES = {
    "examples/call.before.py": "print(old_name(1))\n",
    "examples/call.after.py": "print(new_name(1))\n",
    "examples/rest.leave.py": "print(old_name(*a))\n",
}
TRIALS: dict[str, Trial] = {}


def new_file(path: str, text: str) -> str:
    return f"{path}\n<<<<<<< SEARCH\n=======\n{text}>>>>>>> REPLACE\n"


def reply(
    program: str = GOOD,
    count: int | None = None,
    examples: Mapping[str, str] = EXAMPLES,
    expect: tuple[str, ...] = (),
    usd: float = 0.1,
) -> ScriptedReply:
    said = "" if count is None else f"SITES SHOWN: {count}\n"
    files = {"codemod.py": program, **examples}
    blocks = "\n".join(new_file(path, text) for path, text in files.items())
    return ScriptedReply(f"It renames calls.\n{said}\n{blocks}", usd=usd, expect=expect)


@pytest.fixture
def studio(studio: "Studio", run_git: Callable[..., str], tmp_path: Path) -> "Studio":
    """The studio with a repository of calls, and gates that pass everything."""
    repository = studio.folder / "tally"
    for path, text in FILES.items():
        (repository / path).parent.mkdir(exist_ok=True)
        (repository / path).write_text(text)
    run_git(repository, "add", "--all")
    run_git(repository, "commit", "--quiet", "--message=calls")
    studio.clone = open_clone(repository, "main", tmp_path / "calls")
    return studio


def planned(studio: "Studio") -> Campaign:
    spec = CampaignSpec(
        "rename", Selection(globs=("app/*.py",)), (Recipe("author", (WORDS, "")),), Template("T")
    )
    return plan(spec, [Site(studio.clone, studio.rules)])


class Author:
    """What a campaign's program is written with here: a script, and programs that really run."""

    def __init__(self, studio: "Studio", campaign: Campaign, folder: Path) -> None:
        self.studio, self.campaign, self.folder = studio, campaign, folder
        self.sample = self.sampled()
        self.judged: list[Mapping[str, bytes]] = []
        self.objection = ""
        self.kept: list[AuthoredProgram] = []

    def sampled(self) -> SiteSample:
        place = (str(self.studio.clone.repository), self.studio.clone.base_commit)
        words = telling_words(WORDS)
        sampled = wide_sample if self.studio.code else site_sample
        return sampled(self.campaign.targets, {place: self.studio.clone}, words)

    @property
    def count(self) -> int:
        return sum(len(one.lines) for one in self.sample.shown)

    def try_on(
        self, draft: Mapping[str, bytes], files: Sequence[SampleFile], shown: Shown | None
    ) -> Trial:
        known = repr((sorted(draft.items()), [one.path for one in files], shown))
        if known not in TRIALS:  # the same program does the same to the same files
            TRIALS[known] = self.really_tried(draft, files, shown)
        return TRIALS[known]

    def really_tried(
        self, draft: Mapping[str, bytes], files: Sequence[SampleFile], shown: Shown | None
    ) -> Trial:
        place = self.folder / f"trial-{len(list(self.folder.iterdir()))}"
        empty = place / "empty"
        empty.mkdir(parents=True)
        sandbox, phase = NoneSandbox(self.folder), worker_phase(frozenset())
        room = TrialRoom(
            place,
            lambda program: Worker(
                program, phase, lambda: sandbox.open(empty, phase, LIMITS), 10.0
            ),
        )
        return tried(draft, {"": {one.path: one.content for one in files}}, shown, room)

    def judge(self, contents: Mapping[str, bytes], _: Recorder) -> str:
        self.judged.append(contents)
        return self.objection

    def keep(self, program: AuthoredProgram) -> str:
        self.kept.append(program)
        return "/place"

    def write(self, *replies: ScriptedReply, run: str = "r1") -> dict[str, str]:
        """Have the program written once, as a worker does; return what is said of it."""
        studio, campaign = self.studio, self.campaign

        def model_of(name: str, kind: str) -> ScriptedModel:
            start = history_of(studio.journal.read(name)).replies_in(kind) if name else 0
            return ScriptedModel(replies, start=start)

        ledger = CampaignLedger(studio.journal, campaign)
        asked = Consultation(campaign, studio.workshop, model_of, Budget(), ledger)
        files = sum(len(one.paths) for one in campaign.targets)
        commission = Commission(WORDS, self.sample, files, asked, self.try_on, self.judge)
        desk = Desk(lambda: run, self.keep, 60.0)
        with leased(studio.journal, authoring_stream(campaign), "me") as fence:
            author_once(campaign, studio.journal, fence, commission, desk)
        return dict(studio.data("author.finished", authoring_stream(campaign))[-1])


@pytest.fixture
def author(studio: "Studio", tmp_path: Path) -> Author:
    folder = tmp_path / "trials"
    folder.mkdir()
    return Author(studio, planned(studio), folder)


def test_a_program_that_agrees_with_everything_is_accepted(author: Author) -> None:
    said = author.write(reply(count=author.count))

    assert (said["cause"], said["place"]) == ("", "/place")
    program = authored_program(author.campaign, author.studio.journal)
    assert program == author.kept[0]
    assert program is not None
    assert (program.source, program.model, program.run, program.tries) == (
        GOOD,
        "scripted",
        "r1",
        1,
    )
    assert program.about == "It renames calls."
    assert [one.name for one in program.examples] == [
        "call.after.py",
        "call.before.py",
        "rest.leave.py",
    ]
    unseen = [one for some in author.sample.unseen for one in some]
    assert {one.path for one in author.sample.shown} & {one.path for one in unseen} == set()
    assert program.shown.expected == program.shown.rewritten + program.shown.left == author.count
    assert program.unseen.files == len(author.sample.unseen[0]) > 0
    (asked,) = author.studio.asked()
    for one in unseen:
        assert one.content.decode() not in asked.messages[0].text
    assert all(b"new_name" in one for one in author.judged[0].values())


def test_what_is_wrong_is_told_until_it_is_right(author: Author) -> None:
    right = author.count
    twice = GOOD.replace('"new_name($$$ARGS)"', '"old_name(0, $$$ARGS)"')
    author.objection = ""

    said = author.write(
        ScriptedReply("Here it comes."),
        reply("SITES = (\n", right, expect=("the reply holds no codemod.py",)),
        reply(twice, right, expect=("cannot be read", "codemod.py")),
        reply(GOOD, right + 1, expect=("call.before.py", "not idempotent")),
        reply(GOOD, right, expect=(f"you count {right + 1} sites", f"SITES matches {right}")),
    )

    assert said["cause"] == ""
    assert author.kept[0].tries == 5
    assert sum(one["usd"] for one in author.studio.data("budget.settled")) == pytest.approx(0.4)


def test_a_program_is_judged_on_files_that_it_has_not_seen(author: Author) -> None:
    seen = {one.path for one in author.sample.shown}
    known = "|".join(re.escape(one.content.decode().strip()[6:-1]) for one in author.sample.shown)
    narrow = GOOD.replace("for call in", "import re\n    for call in", 1).replace(
        "        if any",
        f"        if not re.fullmatch({known!r}, call.text):\n            continue\n        if any",
        1,
    )
    narrow = narrow.replace(
        "def transform(file):\n    import re\n", "def transform(file):\n    import re\n"
    )
    lenient = {**EXAMPLES}
    lenient["examples/call.before.py"] = author.sample.shown[0].content.decode()
    lenient["examples/call.after.py"] = lenient["examples/call.before.py"].replace("old", "new")
    lenient["examples/rest.leave.py"] = "print(old_name(*rest))\n"

    said = author.write(
        reply(narrow, author.count, lenient),
        reply(
            GOOD, author.count, expect=("files that you had not seen", "neither changed nor left")
        ),
    )

    assert said["cause"] == ""
    assert author.kept[0].shown.files > len(seen)


def test_gates_judge_what_it_makes_of_the_sample(author: Author) -> None:
    author.objection = "the gates do not pass what it made of the sample: it is bad"

    again = reply(count=author.count)
    tries = [replace(again, text=f"Try {number}.\n{again.text}") for number in range(5)]

    said = author.write(*tries)

    assert said["cause"] == f"no program of 5 was accepted; the last: {author.objection}"
    assert not is_written(author.campaign, author.studio.journal)


@pytest.mark.parametrize(
    ("replies", "budget", "reason", "cause"),
    [
        ((), CampaignBudget(), "model", "the model gave no reply: the script has 0 replies"),
        (
            (ScriptedReply("No.", stop="refusal"),),
            CampaignBudget(),
            "model",
            "the model declined: No.",
        ),
        (
            (ScriptedReply("Hm.", usd=0.6), ScriptedReply("Hm.", usd=0.6)),
            CampaignBudget(usd=1.0),
            "spent",
            "the budget of run r1 is used up: $0.6000 of the campaign's $1.00 are spent",
        ),
    ],
)
def test_without_a_program_there_is_a_cause(
    author: Author,
    replies: tuple[ScriptedReply, ...],
    budget: CampaignBudget,
    reason: str,
    cause: str,
) -> None:
    author.campaign = replace(author.campaign, budget=budget)

    said = author.write(*replies)

    assert said["reason"] == reason
    assert said["cause"].startswith(cause)
    run = author.studio.data("run.finished")
    assert [(one["state"], one["verdict"]) for one in run] == [("nothing", "fail")]


def test_without_a_file_that_may_be_shown_nothing_is_asked(author: Author) -> None:
    author.sample = SiteSample(())

    said = author.write()

    assert (said["reason"], author.studio.asked()) == ("refused", [])
    assert said["cause"] == "none of the campaign's files is text that a model may see"


def test_a_killed_author_goes_on_without_paying_twice(author: Author) -> None:
    replies = (ScriptedReply("Here it comes."), reply(count=author.count))
    whole = author.write(*replies)
    kinds = author.studio.kinds()
    for cut in ("model.replied", "program.tried"):
        author.studio.cut_off(kinds.index(cut) + 1)
        author.studio.cut_off(1, authoring_stream(author.campaign))

        again = author.write(*replies, run="never")

        assert again == whole
        assert len(author.studio.data("model.replied")) == 2
        assert {one["reservation"] for one in author.studio.data("budget.settled")} == {
            "1.1",
            "2.2",
        }


def test_other_words_or_files_are_another_program_and_other_steps_are_not(
    studio: "Studio",
) -> None:
    campaign = planned(studio)
    steps = (Recipe("author", (WORDS, "")), Recipe("patch", ("the rest",)))
    other = (Recipe("author", (WORDS + " Now.", "")),)

    assert authoring_stream(replace(campaign, steps=steps)) == authoring_stream(campaign)
    assert authoring_stream(replace(campaign, steps=other)) != authoring_stream(campaign)
    assert authoring_stream(replace(campaign, targets=())) != authoring_stream(campaign)


def test_the_request_tells_the_library_by_its_own_words_and_shows_a_program_that_works(
    author: Author,
) -> None:
    text = author_request.system()
    assert ".find(pattern='', *, kind='', inside=None): Return what has the form" in text
    shown = text.partition("A whole reply, for another change:")[2]

    draft = landed_on({}, parse(shown.partition("Text between")[0]))
    sample = [SampleFile("", "a.py", "100644", b"from library import old_name\nold_name(1)\n")]

    trial = author.try_on(draft.files, sample, {"a.py": [(1, 2)]})

    assert (trial.objections, trial.idle) == ((), "")
    assert trial.counted == ("a.py:1", "a.py:2")
