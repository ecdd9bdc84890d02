"""A run told from its journal alone: in order, to whatever end it came, and never with a fault."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from bot.adapters.scripted_model import ScriptedReply, ScriptedUsage
from workflows.model_requests import costs_by_stage
from workflows.run_story import StoryRefusal, story_of

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

Edit = Callable[[str, str, str], str]


def two_attempts(studio: "Studio", edit: Edit) -> None:
    wrong = edit("tally.py", '    return len(text.split(" "))\n', "    return len(text) + 1\n")
    right = edit("tally.py", "    return len(text) + 1\n", "    return len(text.split())\n")
    used = ScriptedUsage(input_tokens=100, output_tokens=10)
    studio.propose([ScriptedReply(one, usage=used, usd=0.25) for one in (wrong, right)])


def test_attempts_are_told_with_what_was_asked_landed_and_judged(
    studio: "Studio", edit: Edit
) -> None:
    two_attempts(studio, edit)

    story = story_of("r1", studio.journal)

    assert (story.summary.state, story.is_held, story.unread) == ("proposed", False, 0)
    first, second = story.tries
    assert [one.attempt and one.attempt.verdict.word for one in story.tries] == ["fail", "pass"]
    assert [gate.gate for gate in first.gates] == ["tests"]
    assert [asked.reservation for asked in second.requests] == ["2.2"]
    assert "+    return len(text) + 1" in first.diff
    assert "+    return len(text.split())" in second.diff
    assert "-    return len(text) + 1" not in second.diff  # it is the difference to the base
    assert story.shown == second
    (cost,) = costs_by_stage(story.requests)
    assert (cost.stage, cost.requests, cost.tokens, cost.usd) == ("author", 2, 220, 0.5)


def test_the_scope_is_told_with_reasons_and_ties(studio: "Studio", edit: Edit) -> None:
    two_attempts(studio, edit)

    found = story_of("r1", studio.journal).scope_map

    chosen = studio.choose(studio.task)
    assert [(one.name, one.reasons) for one in found.files] == [
        (one.path, one.reasons) for one in chosen.files
    ]
    assert found.edges == chosen.edges


@pytest.mark.parametrize("left", [2, 7, 9])
def test_a_run_that_was_cut_off_anywhere_is_told_as_far_as_it_came(
    studio: "Studio", edit: Edit, left: int
) -> None:
    two_attempts(studio, edit)
    studio.cut_off(left)

    story = story_of("r1", studio.journal)

    assert story.summary.state == "running"
    kinds = [entry.event.kind for entry in studio.journal.read("r1")]
    assert bool(story.given) == ("scope.selected" in kinds)
    assert bool(story.shown and story.shown.diff) == ("patch.landed" in kinds)


def test_what_was_pruned_is_counted_and_the_rest_is_told(studio: "Studio", edit: Edit) -> None:
    two_attempts(studio, edit)
    with studio.journal.database.writing() as connection:
        connection.execute("DELETE FROM blobs")

    story = story_of("r1", studio.journal)

    assert [one.diff for one in story.tries] == ["", ""]
    assert [one.attempt and one.attempt.verdict.word for one in story.tries] == ["fail", "pass"]
    assert story.unread > 0


def test_a_run_that_is_not_there_is_refused(studio: "Studio") -> None:
    with pytest.raises(StoryRefusal, match="no run 'r9'; `changewright runs` lists them"):
        story_of("r9", studio.journal)


def test_a_bundle_brought_alone_has_a_story_without_attempts(studio: "Studio") -> None:
    studio.seal()

    story = story_of("r1", studio.journal)

    assert (story.tries, story.shown) == ((), None)
    assert story.bundles[-1]["path"] == "r1.json"
