"""Whom a target may have asked: models that the operator named, and no others.

A model's name decides what a request costs and whom the code is sent to, so a target only leaves
out or reorders. What it asks for beyond that is refused and not passed over: a run with other
models than its file names is none that its owner asked for.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from bot.configuration.values import Given, Node, Place, SettingsRefusal, shown


def refuse_unnamed_models(
    target: Mapping[str, Given], source: str, name: Given, stages: Given | None
) -> None:
    """Raise SettingsRefusal where the target's ``model.stages`` go beyond the operator's.

    ``name`` is ``model.name`` as it counts, ``stages`` the operator's own, None where there are
    none: then that one model is all that the target may name.
    """
    asked = target.get("model.stages")
    if asked is None:
        return
    named = [*stages.value] if stages else []
    if name.value not in named and (not named or name.origin != "default"):
        named.append(name.value)
    left = Counter(named)
    for node in asked.node.value if isinstance(asked.node.value, tuple) else ():
        left[str(node.value)] -= 1
        if left[str(node.value)] < 0:
            raise _refusal(Place(source, "model.stages"), node, named)


def _refusal(place: Place, node: Node, named: Sequence[str]) -> SettingsRefusal:
    is_named = node.value in named
    why = "more often than the operator" if is_named else "which the operator did not name"
    return place.refusal(
        node,
        f"asks for the model {shown(node)} {why}: choose from {', '.join(named)}, or have the"
        " operator write more into model.stages of their own file",
    )
