"""Whether one test asserts less than it did: the assertions before, those after, strictest first.

An assertion that is gone counts as replaced when one at least as strict came in its place. What
was replaced by an equally strict one is a change that running both versions must decide about.
"""

import builtins
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from scoping.test_facts import Assertion, FunctionFacts

_EXACT = 6
_DEAD = frozenset(("never", "never called"))
_MAX_EXPANDED = 40
# Beyond this nothing is matched, and what is gone is gone: only a file made for it gets there.
_MAX_COMPARED = 250_000
Helpers = Mapping[str, FunctionFacts]


@dataclass(frozen=True, slots=True)
class Loss:
    """One assertion that is weaker now: which it was, what stands there now, if anything."""

    code: Literal["assertion-removed", "tolerance-widened", "exception-swallowed"]
    was: Assertion
    now: Assertion | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of a test's assertions. ``rewritten``: values that a tool writes differ."""

    losses: tuple[Loss, ...] = ()
    changed: bool = False
    rewritten: tuple[Assertion, ...] = ()


def compare(
    before: FunctionFacts, after: FunctionFacts, helpers: tuple[Helpers, Helpers], *, spread: bool
) -> Comparison:
    """Compare one test's assertions; ``helpers`` are the functions by name, before and after.

    ``spread``: it runs over more cases now, so that one assertion may stand for several.
    """
    old, new = _expanded(before, helpers[0]), _expanded(after, helpers[1])
    old, new = _without_common(old, new)
    rewritten = tuple(one for one in old if one.snapshot and any(n.snapshot for n in new))
    old = [one for one in old if one.strength]
    losses: list[Loss] = []
    lost: list[Assertion] = []
    changed = False
    for was in sorted(old, key=lambda one: -one.strength):
        fitting = [one for one in new if _at_least(was, one)]
        # Words that still stand there, but cannot fail any more, hide that they are gone.
        if not fitting or any(one.text == was.text and not one.strength for one in new):
            lost.append(was)
            continue
        nearest = min(fitting, key=lambda one: (one.subject != was.subject, one.strength))
        new.remove(nearest)
        changed = changed or not _is_stricter(was, nearest)
    strictest = max((one.strength for one in after.assertions), default=0)
    for was in lost:
        now = _counterpart(was, new)
        if now is not None:
            new.remove(now)
        elif spread and strictest >= was.strength:
            continue
        losses.append(Loss(_code(was, now), was, now))
    return Comparison(tuple(losses), changed, rewritten)


def _expanded(test: FunctionFacts, helpers: Helpers) -> list[Assertion]:
    """Return a test's assertions, for a call of a known helper those that it makes."""
    found: list[Assertion] = []
    for one in test.assertions:
        helper = helpers.get(one.called) if one.called else None
        inside = helper.assertions[:_MAX_EXPANDED] if helper is not None else ()
        if helper is None or helper.qualified_name == test.qualified_name:
            found.append(_effective(one))
            continue
        strength = max((_effective(below).strength for below in inside), default=0)
        found.append(_effective(replace(one, strength=min(one.strength, strength))))
        found += [
            _effective(replace(below, guards=(*one.guards, *below.guards))) for below in inside
        ]
    return found


def _effective(one: Assertion) -> Assertion:
    is_dead = one.swallowed or not _DEAD.isdisjoint(one.guards)
    return replace(one, strength=0) if is_dead else one


def _without_common(
    old: Sequence[Assertion], new: Sequence[Assertion]
) -> tuple[list[Assertion], list[Assertion]]:
    """Leave out what stands on both sides under the same conditions, or under fewer now."""
    left, right = _beyond(old, new), _beyond(new, old)
    if len(left) * len(right) > _MAX_COMPARED:
        return left, []
    kept = []
    for one in left:
        found = next((other for other in right if _freer(one, other)), None)
        if found is None:
            kept.append(one)
        else:
            right.remove(found)
    return kept, right


def _beyond(these: Sequence[Assertion], others: Sequence[Assertion]) -> list[Assertion]:
    """Return what ``these`` hold more often than ``others``."""
    known = Counter((one.text, one.strength, one.guards) for one in others)
    found = []
    for one in these:
        key = (one.text, one.strength, one.guards)
        if known[key] > 0:
            known[key] -= 1
        else:
            found.append(one)
    return found


def _freer(one: Assertion, other: Assertion) -> bool:
    # From an old name to the new one alone: what bears an old name may be home-made.
    if other.text not in {one.text, one.current} or one.strength > other.strength:
        return False
    return not Counter(other.guards) - Counter(one.guards)


def _at_least(was: Assertion, now: Assertion) -> bool:
    """Whether ``now`` may stand in the place of ``was``."""
    if now.strength < was.strength or _more_guarded(was, now):
        return False
    if was.called == now.called == "raises" and _raises_more(was, now):
        return False
    return not (was.measure and was.measure == now.measure and _is_wider(was, now))


def _is_stricter(was: Assertion, now: Assertion) -> bool:
    """Whether ``now`` says all that ``was`` said, and more, of the same."""
    if not was.subject or was.subject != now.subject:
        return False
    if was.raises and was.raises == now.raises:
        return not was.match or was.match == now.match
    if was.measure and was.measure == now.measure:
        return was.strength == now.strength and not _is_wider(was, now) and was.width != ()
    return now.strength > was.strength


def _more_guarded(was: Assertion, now: Assertion) -> bool:
    return len(now.guards) > len(was.guards)


def _is_wider(was: Assertion, now: Assertion) -> bool:
    if was.subject != now.subject and was.measure in {"<", ">"}:
        return False
    return len(was.width) == len(now.width) and any(
        after > before for before, after in zip(was.width, now.width, strict=True)
    )


def _raises_more(was: Assertion, now: Assertion) -> bool:
    """Whether ``now`` lets exceptions, or words of them, through that ``was`` did not."""
    if was.match and now.match.strip('" ') in {"", ".", ".*", ".+"}:
        return True
    if set(was.raises) == set(now.raises):
        return False
    wider = [name for name in now.raises if name not in was.raises]
    if set(was.raises) < set(now.raises):
        return True
    return any(_is_above(name, other) for name in wider for other in was.raises)


def _is_above(name: str, other: str) -> bool:
    """Whether exception ``name`` is a parent of ``other``, as far as names tell."""
    if name in {"Exception", "BaseException"}:
        return other not in {"BaseException", name}
    upper, lower = getattr(builtins, name, None), getattr(builtins, other, None)
    if not (isinstance(upper, type) and isinstance(lower, type)):
        return False
    return upper is not lower and issubclass(lower, upper)


def _counterpart(was: Assertion, new: Sequence[Assertion]) -> Assertion | None:
    """Return what seems to stand in the place of ``was`` now, weaker."""
    for one in new:
        if one.text == was.text or (was.called == one.called == "raises"):
            return one
    return next((one for one in new if one.subject and one.subject == was.subject), None)


def _code(
    was: Assertion, now: Assertion | None
) -> Literal["assertion-removed", "tolerance-widened", "exception-swallowed"]:
    if now is None:
        return "assertion-removed"
    if now.swallowed or (
        was.called == now.called == "raises" and len(now.guards) <= len(was.guards)
    ):
        return "exception-swallowed"
    if now.measure and (was.measure or was.strength == _EXACT) and now.text != was.text:
        return "tolerance-widened"
    return "assertion-removed"
