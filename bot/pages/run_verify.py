"""What somebody types who believes nothing of a page: each command, and what it shows."""

import shlex
from collections.abc import Iterator

from workflows.proposal import Bundle
from workflows.run_story import Story

_SHORT = 12


def checks(story: Story, bundle: Bundle | None, bundle_name: str) -> tuple[tuple[str, str], ...]:
    """Return (what it shows, the command line), from what needs least to what needs most."""
    return tuple((words, shlex.join(argv)) for words, argv in _checks(story, bundle, bundle_name))


def _checks(
    story: Story, bundle: Bundle | None, bundle_name: str
) -> Iterator[tuple[str, list[str]]]:
    run = story.summary.id
    base = str(story.begun.get("base_commit", ""))[:_SHORT]
    yield "Every step of the run, in the terminal:", ["changewright", "show", run]
    if story.tries and story.begun.get("model") != "none":
        yield (
            "Land every kept reply again, without a model, and compare each tree's hash:",
            ["changewright", "replay", run],
        )
    if bundle and bundle_name and not bundle.partial:
        yield (
            "Run the gates again on the bundle and compare them with its evidence, test by test:",
            ["changewright", "verify", bundle_name, "--repo", "."],
        )
    for effect in story.effects:
        if effect.kind == "push" and effect.outcome is not None:
            branch = str(effect.request.get("branch", ""))
            yield (
                "Run the gates on the branch as it was published:",
                ["changewright", "gate", "--repo", ".", "--base", base, "--head", branch],
            )
    if story.summary.state in {"running", "cancelled", "failed"} and not story.is_held:
        yield "Go on where it stopped:", ["changewright", "resume", run]
