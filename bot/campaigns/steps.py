"""The kinds of steps that a campaign may name: how each is written, and what carries it out.

To add a kind: one more entry of `STEP_KINDS`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.campaigns.agent_step import AGENT_MEANING, make_agent
from bot.campaigns.authored_step import AUTHOR_MEANING, make_author
from bot.campaigns.codemod_step import CODEMOD, CODEMOD_MEANING, make_codemod
from bot.campaigns.model_steps import PATCH_MEANING, REQUEST, make_patch
from bot.campaigns.step_place import StepPlace, model_name
from bot.configuration.gates import COMMAND
from bot.configuration.values import Kind, Node, Place, shown
from bot.wiring import Bench
from workflows.campaign import Campaign, Recipe
from workflows.migration_step import CommandStep, Step

_RULE = re.compile(r"[A-Z]{1,10}[0-9]{0,5}")
_SHELL = ("sh", "-ec")


@dataclass(frozen=True, slots=True)
class StepKind:
    """One kind: its value in the file becomes words, and its words become a step.

    ``make`` is handed the words and the place of the repository. One that ``asks`` needs a model;
    one that ``mends`` deals with what the steps before it left. ``stands`` says where one may.
    """

    value: Kind
    meaning: str
    make: Callable[[tuple[str, ...], StepPlace], Step]
    asks: bool = False
    mends: bool = False
    stands: Literal["anywhere", "first", "last"] = "anywhere"


def steps_of(recipes: tuple[Recipe, ...], place: StepPlace) -> tuple[Step, ...]:
    """Return what carries out a campaign's steps in one repository."""
    return tuple(
        STEP_KINDS[one.kind].make(one.words, replace(place, is_followed=mended_after(recipes, at)))
        for at, one in enumerate(recipes)
    )


def mended_after(recipes: Sequence[Recipe], at: int) -> bool:
    """Return whether a step behind the one at ``at`` deals with what that leaves."""
    return any(STEP_KINDS[one.kind].mends for one in recipes[at + 1 :])


def ask_a_model(recipes: Sequence[Recipe]) -> bool:
    """Return whether any of these steps asks a model."""
    return any(STEP_KINDS[one.kind].asks for one in recipes)


def require_model(campaign: Campaign, benches: Sequence[Bench]) -> None:
    """Raise WiringRefusal where a step asks a model that cannot be asked."""
    if ask_a_model(campaign.steps):
        for bench in benches:
            model_name(bench)


def _read_rules(node: Node, place: Place) -> tuple[str, ...]:
    values = node.value if isinstance(node.value, tuple) else (node,)
    rules = tuple(one.value for one in values)
    for one, rule in zip(values, rules, strict=True):
        if not isinstance(rule, str) or not _RULE.fullmatch(rule):
            raise place.refusal(
                one, f"must be a rule of ruff or a list of them, such as UP032, not {shown(one)}"
            )
    if not rules:
        raise place.refusal(node, "must name a rule of ruff, such as UP032")
    return tuple(str(rule) for rule in rules)


def is_script(words: Sequence[str]) -> bool:
    """Return whether a `run` step is a line of a shell, and not a list of words."""
    return tuple(words[:2]) == _SHELL


def _run(words: tuple[str, ...], place: StepPlace) -> Step:
    # A script's files come after its own name, as in any shell.
    argv = (*words, "sh") if is_script(words) else words
    said = words[-1].strip() if is_script(words) else " ".join(words)
    return CommandStep(said, argv, place.execute)


def _ruff(words: tuple[str, ...], place: StepPlace) -> Step:
    rules = ",".join(words)
    argv = ("ruff", "check", "--fix", "--exit-zero", "--quiet", f"--select={rules}", "--")
    return CommandStep(f"ruff {rules}", argv, place.execute, how="ruff")


STEP_KINDS: Mapping[str, StepKind] = {
    "run": StepKind(
        COMMAND,
        "A command, run in the sandbox with the target's files as its last words; in a script they"
        ' are "$@".',
        _run,
    ),
    "ruff": StepKind(
        Kind(
            "a rule of ruff, or a list of them",
            {
                "anyOf": [
                    {"type": "string", "pattern": f"^{_RULE.pattern}$"},
                    {
                        "type": "array",
                        "items": {"type": "string", "pattern": f"^{_RULE.pattern}$"},
                        "minItems": 1,
                    },
                ]
            },
            _read_rules,
        ),
        "Rules that ruff mends by itself, without unsafe fixes.",
        _ruff,
    ),
    "codemod": StepKind(CODEMOD, CODEMOD_MEANING, make_codemod),
    "author": StepKind(REQUEST, AUTHOR_MEANING, make_author, asks=True, stands="first"),
    "patch": StepKind(REQUEST, PATCH_MEANING, make_patch, asks=True, mends=True),
    "agent": StepKind(REQUEST, AGENT_MEANING, make_agent, asks=True, mends=True, stands="last"),
}
