"""Edits that models really wrote: how many land right, and that next to none lands wrong.

The cases are development data (`tests.validators.edit_cases`); where there is none, this is
skipped.
"""

from collections import Counter

import pytest

from tests.validators.edit_cases import (
    THERE,
    WHY_NOT,
    edit_cases,
    landed,
    outcome,
    outcome_of_reading,
)
from validators.patch import SourceSyntax

pytestmark = pytest.mark.skipif(not THERE, reason=WHY_NOT)


def test_real_edits_land_right_and_none_lands_wrong() -> None:
    """Those rejected are ambiguous, cut off, or only alike: to land them would be to guess."""
    table: dict[str, Counter[str]] = {}
    with SourceSyntax() as syntax:
        for case in edit_cases():
            reads = case.parsed is not None
            found = outcome_of_reading(case) if reads else outcome(case, landed(case, syntax))
            key = "known" if case.is_known else "unknown"
            table.setdefault(key, Counter())[found] += 1
            if case.must_reject:
                assert found == "right", case.reply
    known = sum(table["known"].values())
    assert table["known"]["right"] / known >= 0.9, table
    assert table["known"]["wrong"] == 0, table
