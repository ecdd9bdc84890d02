"""A change of test settings, run under the base's: what may then differ, and what may not."""

from validators.judging.gate_findings import finding, named
from validators.judging.sides import Ran
from validators.rules import GateRule
from validators.verdict import Finding


def compare_settings(
    gate: GateRule, patched: Ran, under_base: Ran, changed: tuple[str, ...]
) -> tuple[Finding, ...]:
    """Return what a person must know of a patch that changes the files ``changed``.

    A test that passes under the patch's settings and fails under the base's has its outcome from
    the settings: nothing may be concluded. One that cannot be run there may need what is new in
    them, such as a fixture, and a person decides.
    """
    where = named(changed)
    if under_base.doubt is not None:
        message = (
            f"this change needs its own test settings ({where}): under the base's, nothing is"
            f" proved, because {under_base.doubt.why}"
        )
        return (Finding(gate.name, "settings-changed", "ask", message, changed[0]),)
    there = dict(under_base.side.outcomes)
    passed = [test for test, outcome in patched.side.outcomes if outcome == "passed"]
    turned = sorted(test for test in passed if there.get(test) == "failed")
    if turned:
        message = (
            f"{len(turned)} tests pass under the test settings of this change ({where}) and fail"
            f" under the base's: {named(turned)}"
        )
        fix = "Leave the test settings as they are, and mend what is tested."
        return (finding(gate, "settings-disagree", message, fix),)
    absent = sorted(test for test in passed if there.get(test) != "passed")
    if absent:
        message = (
            f"{len(absent)} tests can be run under the test settings of this change alone"
            f" ({where}): {named(absent)}"
        )
    else:
        message = f"this change touches test settings ({where}); under the base's all is the same"
    return (Finding(gate.name, "settings-changed", "ask", message, changed[0]),)
