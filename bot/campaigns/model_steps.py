"""The steps that ask a model, as a campaign's file names them."""

from bot.campaigns.step_place import StepPlace
from bot.configuration.values import Kind, Node, Place, shown
from workflows.migration_step import Step
from workflows.patch_step import PatchStep

_LONGEST = 8_000


def _read(node: Node, place: Place) -> tuple[str, ...]:
    words = node.value
    if not isinstance(words, str) or not words.strip() or len(words) > _LONGEST:
        raise place.refusal(
            node,
            f"must say in words what is to be changed, in 1 to {_LONGEST} letters, not"
            f" {shown(node)}",
        )
    if not all(letter.isprintable() or letter in "\n\t" for letter in words):
        raise place.refusal(node, "must hold no unprintable letters")
    return (words.strip(),)


REQUEST = Kind(
    "what is to be changed, in words",
    {"type": "string", "minLength": 1, "maxLength": _LONGEST},
    _read,
)
PATCH_MEANING = (
    "One request to the model for each target, with the target's files; behind a program, about"
    " the places that it left."
)


def make_patch(words: tuple[str, ...], place: StepPlace) -> Step:
    """Return the step that asks for edits of a target."""
    return PatchStep(words[0], place.consultation)
