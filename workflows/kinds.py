"""What a change of each kind is judged by, as its author is told: no reply is spent to learn it."""

from collections.abc import Mapping

from validators.rules import ChangeKind

KINDS: Mapping[ChangeKind, str] = {
    "fix": (
        "A fix counts only with a test that fails without it and passes with it: add one, unless"
        " there is such a test already. Leave the other tests as strict as they are."
    ),
    "feature": (
        "A feature comes with tests that fail without it and pass with it. What there is already"
        " behaves as before, and its tests stay as they are."
    ),
    "refactor": (
        "A refactoring changes how code is written and not what it does: every test ends as it did"
        " before, and asserts what it did. Touch tests only where they name what moved."
    ),
    "docs": (
        "Change prose, comments and docstrings alone. A person is asked about anything else. What"
        " you write must agree with the code as it is: read it first."
    ),
    "tests": (
        "Change files of tests alone, and leave the tests there are as they are. Each new test must"
        " pass on the code as it is, five times, also when run alone: no clock, no chance, no"
        " network, no order of tests. Together they must run lines that no test runs yet. Assert"
        " what the code is meant to do; where it does otherwise, say so and leave that test out."
    ),
    "dependency": (
        "Change what the manifest requires, and of the code only what the other version needs. Add"
        " nothing that was not asked for. Never write a lock file by hand."
    ),
}
