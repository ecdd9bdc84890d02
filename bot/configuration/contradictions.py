"""What one file cannot mean at once: both places are named, since only its writer knows which.

Two files that differ are no contradiction: between them it is settled who wins.
"""

from collections.abc import Mapping

from bot.configuration.values import Given, Node, Place, SettingsRefusal

# Whoever may spend more in the first than in the second may not.
_NO_MORE_THAN = (
    ("budget.run_usd", "budget.issue_usd"),
    ("budget.run_usd", "budget.day_usd"),
    ("budget.issue_usd", "budget.day_usd"),
    ("budget.max_tokens", "budget.issue_tokens"),
    ("budget.max_tokens", "budget.day_tokens"),
    ("budget.issue_tokens", "budget.day_tokens"),
    ("budget.max_turns", "budget.max_requests"),
)


def refuse_contradictions(said: Mapping[str, Given], source: str, policy: str) -> None:
    """Raise SettingsRefusal where the file ``source`` contradicts itself.

    ``policy`` is what happens to protected paths once all have spoken.
    """
    for smaller, larger in _NO_MORE_THAN:
        _refuse_more(said, source, smaller, larger)
    _refuse_same_pattern(said, source, "scope.include", "scope.exclude")
    if policy == "block":
        _refuse_same_pattern(said, source, "allowed_files", "protected.paths")
    _refuse_endless_gates(said, source)


def _refuse_more(said: Mapping[str, Given], source: str, smaller: str, larger: str) -> None:
    if smaller not in said or larger not in said:
        return
    less, more = said[smaller], said[larger]
    if less.value > more.value:
        words = f"{less.value:g} is more than {larger} {more.value:g}"
        raise _refusal(
            Place(source, smaller), less.node, words, more.node, "lower it, or raise the other"
        )


def _refuse_same_pattern(said: Mapping[str, Given], source: str, wanted: str, kept: str) -> None:
    if wanted not in said or kept not in said:
        return
    outside = _lines(said[kept])
    if any(pattern.startswith("!") for pattern in outside):
        return  # it may have been taken back
    for pattern, node in _lines(said[wanted]).items():
        if pattern in outside:
            words = f"has the pattern {pattern!r}, and so has {kept}"
            place = Place(source, wanted)
            raise _refusal(place, node, words, outside[pattern], "remove it from one of them")


def _lines(given: Given) -> Mapping[str, Node]:
    items = given.node.value if isinstance(given.node.value, tuple) else ()
    return {str(item.value): item for item in items}


def _refuse_endless_gates(said: Mapping[str, Given], source: str) -> None:
    if "gates" not in said or "budget.wall_minutes" not in said:
        return
    wall = said["budget.wall_minutes"]
    gates = said["gates"].node.value
    for item in gates if isinstance(gates, tuple) else ():
        fields = item.value if isinstance(item.value, Mapping) else {}
        timeout = fields.get("timeout_s", Node(None))
        if isinstance(timeout.value, int | float) and timeout.value > wall.value * 60:
            words = f"{timeout.value:g} is longer than budget.wall_minutes {wall.value:g}"
            place = Place(source, "gates[].timeout_s")
            raise _refusal(place, timeout, words, wall.node, "shorten it, or lengthen the other")


def _refusal(place: Place, node: Node, words: str, other: Node, mend: str) -> SettingsRefusal:
    return place.refusal(node, f"{words} (line {other.line}): {mend}")
