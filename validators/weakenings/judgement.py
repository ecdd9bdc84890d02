"""One test before and after: what of it is weaker, by what it asserts, skips and runs over."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from scoping.test_facts import FunctionFacts, Mark
from validators.weakenings.assertions import Helpers, Loss, compare
from validators.weakenings.loosening import Code, Loosening
from validators.weakenings.pairing import Pair, Place

_BY_MARK: Mapping[str, tuple[Code, str]] = {
    "skip": ("test-skipped", "is skipped"),
    "focus": ("test-focused", "alone is run, and other tests are not"),
    "retry": ("retries-added", "is run again when it fails"),
    "swallow": ("exception-swallowed", "goes on after an exception"),
}
_SHOWN = 160


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one test: what is weaker, and whether it asserts something else."""

    weaker: tuple[Loosening, ...] = ()
    assertion_changed: bool = False
    differs: bool = False


def judge(pair: Pair, helpers: tuple[Helpers, Helpers], lost: Counter[str]) -> Judged:
    """Return what is weaker in a test, or in a helper, that stands on both sides.

    ``lost`` are the cases of the base that no test runs over any more.
    """
    if pair.before is None or pair.after is None:
        return Judged()
    before, after = pair.before.facts, pair.after.facts
    if _essence(before) == _essence(after):
        return Judged()
    found = [*_marks(before, pair.after), *_tables(before, pair.after, lost)]
    if after.is_empty and not before.is_empty:
        message = f"{_name(pair.after)} does nothing any more"
        return Judged((*found, _at(pair.after, "test-emptied", message)), differs=True)
    spread = _cases(after) > _cases(before)
    compared = compare(before, after, helpers, spread=spread)
    found += [_lost(loss, pair.after) for loss in compared.losses]
    for one in compared.rewritten:
        message = f"{_name(pair.after)} expects another snapshot: {one.text[:_SHOWN]}"
        where = pair.after.path
        found.append(Loosening("snapshot-rewritten", message, where, one.line, certain=False))
    if any(loss.code == "exception-swallowed" for loss in compared.losses):
        found = [one for one in found if one.certain or one.code != "exception-swallowed"]
    changed = compared.changed or bool(_gone(before, after)) or before.context != after.context
    return Judged(tuple(found), changed, differs=True)


def _essence(facts: FunctionFacts) -> tuple[object, ...]:
    marks = [(mark.kind, mark.text, mark.always) for mark in facts.marks]
    return facts.body, marks, facts.tables, facts.is_empty, facts.context


def _marks(before: FunctionFacts, after: Place) -> Iterator[Loosening]:
    """Yield each mark that is new; one whose condition alone is other is for a person."""
    for kind, (code, what) in _BY_MARK.items():
        old = [mark for mark in before.marks if mark.kind == kind]
        new = _beyond(old, [mark for mark in after.facts.marks if mark.kind == kind])
        more = len(after.facts.marks) > len(before.marks)
        for mark in new:
            certain = kind != "swallow" and (mark.always or more or not old)
            message = f"{_name(after)} {what}: {mark.text[:_SHOWN]}"
            yield Loosening(code, message, after.path, mark.line, certain=certain)


def _beyond(old: Sequence[Mark], new: Sequence[Mark]) -> list[Mark]:
    known = Counter((mark.text, mark.always) for mark in old)
    found = []
    for mark in new:
        if known[mark.text, mark.always] > 0:
            known[mark.text, mark.always] -= 1
        else:
            found.append(mark)
    # A skip without a condition that becomes one with a condition is stricter.
    freed = sum(count for (_, always), count in known.items() if always)
    return [mark for mark in found if mark.always] + [m for m in found if not m.always][freed:]


def _tables(before: FunctionFacts, after: Place, lost: Counter[str]) -> Iterator[Loosening]:
    """Yield where fewer cases are run; a case that another test runs over now is only moved."""
    tables = (*before.tables, *after.facts.tables)
    if not all(table.known for table in tables):
        return
    old, new = _cases(before), _cases(after.facts)
    if new < old and _gone(before, after.facts) & lost:
        # What a loop runs over is known by no report; a person may find a loop unrolled.
        certain = any(not table.in_loop for table in before.tables)
        message = f"{_name(after)} runs over {new} cases, before it was {old}"
        where, line = after.path, after.facts.line
        yield Loosening("parametrize-cases-removed", message, where, line, certain=certain)


def _cases(facts: FunctionFacts) -> int:
    return prod(len(table.cases) for table in facts.tables)


def _gone(before: FunctionFacts, after: FunctionFacts) -> Counter[str]:
    """Return the cases that a test no longer runs over."""
    old = Counter(row for table in before.tables for row in table.cases)
    return old - Counter(row for table in after.tables for row in table.cases)


def _lost(loss: Loss, after: Place) -> Loosening:
    was = loss.was.text[:_SHOWN]
    if loss.now is None:
        message = f"{_name(after)} no longer asserts: {was}"
    elif loss.now.text == loss.was.text:
        under = " and ".join(loss.now.guards) or "its failure is caught"
        message = f"{_name(after)} asserts {was} only under conditions: {under[:_SHOWN]}"
    else:
        message = f"{_name(after)} asserts less: {was} became {loss.now.text[:_SHOWN]}"
    line = loss.now.line if loss.now is not None else after.facts.line
    return Loosening(loss.code, message, after.path, line)


def _at(place: Place, code: Code, message: str) -> Loosening:
    return Loosening(code, message, place.path, place.facts.line)


def _name(place: Place) -> str:
    return place.facts.qualified_name
