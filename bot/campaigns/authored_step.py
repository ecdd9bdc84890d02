"""The step whose program a model wrote for the campaign: it works as any codemod does."""

from pathlib import Path

from bot.campaigns.codemod_step import CodemodStep
from bot.campaigns.step_place import StepPlace
from validators.codemods.program import PROGRAM, program_of
from workflows.authoring import AuthoringRefusal
from workflows.migration_step import Step

AUTHOR_MEANING = (
    "The model writes a migration program from sampled files; it is tried on them and on others,"
    " and then run over every target. Only as the first step."
)


def make_author(_: tuple[str, ...], place: StepPlace) -> Step:
    """Return the step that runs the accepted program; AuthoringRefusal while there is none."""
    written = place.program
    if written is None:
        raise AuthoringRefusal("the campaign's program is not written yet; sweep again")
    program = program_of(Path(PROGRAM), written.source.encode())
    name = f"a program that {written.model} wrote ({written.digest[:12]})"
    return CodemodStep(name, program, place.bench, is_followed=place.is_followed)
