"""The steps a model says a large task takes: each is landed and judged alone."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

PLAN = "PLAN:"
_MOST_STEPS = 6
_MOST_CHARACTERS = 300
_STEP = re.compile(r"\s*(?:\d{1,2}[.)]|[-*])\s+(\S.*)")


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in their order, and how many of them hold; without steps the task is one."""

    steps: tuple[str, ...] = ()
    done: int = 0

    @property
    def left(self) -> int:
        """How many steps are to be made still."""
        return max(0, (len(self.steps) or 1) - self.done)

    @property
    def present(self) -> str:
        """The step that is being made; empty when all are, or the task is one."""
        return self.steps[self.done] if self.done < len(self.steps) else ""

    @property
    def advanced(self) -> "Plan":
        """The plan with one more step that holds."""
        return replace(self, done=self.done + 1)


NO_PLAN = Plan()


def plan_in(texts: Iterable[str]) -> Plan:
    """Return the first plan that one of ``texts`` begins with, or none."""
    plans = (_plan_at_the_head(text) for text in texts)
    return next((plan for plan in plans if plan.steps), NO_PLAN)


def _plan_at_the_head(text: str) -> Plan:
    """Return the plan that a reply begins with; one step, or more than a few, are none."""
    lines = text.lstrip().splitlines()
    if not lines or lines[0].strip() != PLAN:
        return NO_PLAN
    steps = []
    for line in lines[1:]:
        found = _STEP.fullmatch(line)
        if found:
            steps.append(found[1].strip()[:_MOST_CHARACTERS])
        elif line.strip():
            break
    return Plan(tuple(steps)) if 1 < len(steps) <= _MOST_STEPS else NO_PLAN
