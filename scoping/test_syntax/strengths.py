"""How strict an assertion is, by the words of the frameworks: larger is stricter.

An unknown assertion counts as exact: then replacing it by anything less is seen, and nothing is
held against a change of it that nobody here understands.
"""

import re
from collections.abc import Mapping

EXACT = 6
CLOSE = 5
COMPARED = 4
TRUTHY = 3
PRESENT = 2
VACUOUS = 0

OPERATORS = {
    **dict.fromkeys(("==", "is", "==="), EXACT),
    **dict.fromkeys(("!=", "is not", "!==", "in", "not in", "<", "<=", ">", ">=", "<>"), COMPARED),
    **dict.fromkeys(("instanceof",), COMPARED),
}
OPPOSITES = {"==": "!=", "is": "is not", "in": "not in", "<": ">=", ">": "<=", "===": "!=="}
OPPOSITES |= {right: left for left, right in OPPOSITES.items()}

# What a call in a condition says, by the last part of its name; any other call is truthy.
PREDICATES = {
    **dict.fromkeys(("array_equal", "exists", "deepEqual", "isDeepStrictEqual"), EXACT),
    **dict.fromkeys(("approx", "isclose", "allclose"), CLOSE),
    **dict.fromkeys(("all", "every", "isinstance", "issubclass", "includes"), COMPARED),
    **dict.fromkeys(("startswith", "endswith", "startsWith", "endsWith"), COMPARED),
    **dict.fromkeys(("match", "search", "fullmatch", "test"), COMPARED),
    **dict.fromkeys(("hasattr", "callable"), PRESENT),
}

# Old names, and other names, of what asserts exactly the same of the same arguments.
RENAMED = {
    "assertEquals": "assertEqual",
    "assertNotEquals": "assertNotEqual",
    "assertAlmostEquals": "assertAlmostEqual",
    "assertNotAlmostEquals": "assertNotAlmostEqual",
    "assertRegexpMatches": "assertRegex",
    "assertNotRegexpMatches": "assertNotRegex",
    "assertRaisesRegexp": "assertRaisesRegex",
    "assertItemsEqual": "assertCountEqual",
    "toBeCalled": "toHaveBeenCalled",
    "toBeCalledTimes": "toHaveBeenCalledTimes",
    "toBeCalledWith": "toHaveBeenCalledWith",
    "lastCalledWith": "toHaveBeenLastCalledWith",
    "nthCalledWith": "toHaveBeenNthCalledWith",
    "toReturn": "toHaveReturned",
    "toReturnTimes": "toHaveReturnedTimes",
    "toReturnWith": "toHaveReturnedWith",
    "lastReturnedWith": "toHaveLastReturnedWith",
    "nthReturnedWith": "toHaveNthReturnedWith",
    "toThrowError": "toThrow",
    **dict.fromkeys(("equals", "eq"), "equal"),
    "eqls": "eql",
    **dict.fromkeys(("gt", "greaterThan"), "above"),
    **dict.fromkeys(("gte", "greaterThanOrEqual"), "least"),
    **dict.fromkeys(("lt", "lessThan"), "below"),
    **dict.fromkeys(("lte", "lessThanOrEqual"), "most"),
    **dict.fromkeys(("includes", "contain", "contains"), "include"),
    "instanceOf": "instanceof",
    **dict.fromkeys(("throws", "Throw"), "throw"),
    "matches": "match",
    "approximately": "closeTo",
    **dict.fromkeys(("ownProperty", "haveOwnProperty"), "own.property"),
}

# unittest, numpy.testing and mocks, by the last part of the name.
_PYTHON = {
    **dict.fromkeys(("assertAlmostEqual", "assert_allclose"), CLOSE),
    **dict.fromkeys(("assert_almost_equal", "assert_array_almost_equal", "assert_close"), CLOSE),
    **dict.fromkeys(("assert_approx_equal", "assertCountEqual", "assert_array_max_ulp"), CLOSE),
    **dict.fromkeys(("assertNotEqual", "assertIn", "assertNotIn"), COMPARED),
    **dict.fromkeys(("assertIsNot", "assertGreater", "assertLess", "assertRegex"), COMPARED),
    **dict.fromkeys(("assertGreaterEqual", "assertLessEqual", "assertNotRegex"), COMPARED),
    **dict.fromkeys(("assertIsInstance", "assertNotIsInstance"), COMPARED),
    **dict.fromkeys(("assertNotAlmostEqual", "assert_any_call", "assert_array_less"), COMPARED),
    **dict.fromkeys(("assertTrue", "assertFalse", "assert_", "assert_called"), TRUTHY),
    **dict.fromkeys(("assertIsNotNone", "assertHasAttr"), PRESENT),
}
# jest, vitest, chai, node:assert, ava and tap, by the last part of the name.
_JAVASCRIPT = {
    **dict.fromkeys(("toBeCloseTo", "closeTo", "approximately"), CLOSE),
    **dict.fromkeys(("toMatchObject", "toContain", "toContainEqual", "toMatch"), COMPARED),
    **dict.fromkeys(("toBeGreaterThan", "toBeGreaterThanOrEqual", "toHaveProperty"), COMPARED),
    **dict.fromkeys(("toBeLessThan", "toBeLessThanOrEqual", "toBeInstanceOf"), COMPARED),
    **dict.fromkeys(("toHaveBeenCalled", "toBeCalled", "toHaveReturned"), TRUTHY),
    **dict.fromkeys(("include", "includes", "contain", "contains", "match", "matches"), COMPARED),
    **dict.fromkeys(("above", "below", "least", "most", "within", "gt", "lt"), COMPARED),
    **dict.fromkeys(("gte", "lte", "a", "an", "instanceof", "instanceOf", "like"), COMPARED),
    **dict.fromkeys(("string", "own.property"), COMPARED),
    **dict.fromkeys(("isAbove", "isBelow", "isAtLeast", "isAtMost", "typeOf"), COMPARED),
    **dict.fromkeys(("partialDeepStrictEqual", "property", "regex", "isArray"), COMPARED),
    **dict.fromkeys(("notEqual", "notStrictEqual", "notDeepEqual", "not"), COMPARED),
    **dict.fromkeys(("notDeepStrictEqual", "doesNotMatch", "notRegex", "lengthOf"), COMPARED),
    **dict.fromkeys(("toBeTruthy", "toBeFalsy", "ok", "notOk", "truthy", "falsy"), TRUTHY),
    **dict.fromkeys(("doesNotThrow", "doesNotReject", "notThrows", "called"), TRUTHY),
    **dict.fromkeys(("toBeDefined", "exist", "exists", "isDefined", "isOk", "pass"), PRESENT),
    **dict.fromkeys(("isNotNull", "isNotUndefined", "assertions", "plan"), PRESENT),
    **dict.fromkeys(("hasAssertions", "not.toThrow", "notNull"), PRESENT),
}
_NEGATED = {EXACT: COMPARED, CLOSE: COMPARED, PRESENT: EXACT}
_ABSENT = frozenset(("null", "undefined", "toBeNull", "toBeUndefined", "NaN", "toBeNaN", "empty"))

# Values that equal almost anything.
_ANYTHING = re.compile(r"(?:^|[ .])(?:ANY|anything)(?: |$)")
_LONGEST_ANYTHING = 4  # spaces in "expect . anything ( )"
_VAGUE = re.compile(r"(?:^|[ .])(?:ANY(?= |$)|anything(?= )|(?:any|\w+Containing|\w+Matching) \()")

HELPER = re.compile(r"_?(?:assert|check|verify|expect|ensure|validate)(?:_\w*|[A-Z]\w*)?$")
SKIPS = re.compile(r"(?i)(?:skip|xfail|expected_?failure|todo|failing$|fails$|pending$)")
RETRIES = re.compile(r"(?i)(?:flaky|retry|retries|rerun|reruns|retry_?times)$")
RAISES = {
    *("raises", "warns", "assertRaises", "assertRaisesRegex", "assertWarns", "assertWarnsRegex"),
    *("assertRaisesRegexp", "deprecated_call", "RaisesGroup", "assertLogs"),
}
THROWS = {"toThrow", "toThrowError", "throws", "rejects", "throwsAsync", "throw", "Throw"}
SNAPSHOTS = {"toMatchInlineSnapshot", "toThrowErrorMatchingInlineSnapshot"}

# What a tolerance is when it is not given, by the call: the names of its arguments, their
# defaults, and how a value becomes a width.
Tolerances = Mapping[str, tuple[tuple[str, int, float], ...]]
TOLERANCES: Tolerances = {
    "approx": (("rel", 1, 1e-6), ("abs", 2, 1e-12)),
    "isclose": (("rel_tol", 9, 1e-9), ("abs_tol", 9, 0.0)),
    "allclose": (("rtol", 2, 1e-5), ("atol", 3, 1e-8)),
    "assert_allclose": (("rtol", 2, 1e-7), ("atol", 3, 0.0)),
    "assertAlmostEqual": (("places", 2, 7), ("delta", 4, 0.0)),
    "assertAlmostEquals": (("places", 2, 7), ("delta", 4, 0.0)),
    "assert_almost_equal": (("decimal", 2, 7),),
    "assert_array_almost_equal": (("decimal", 2, 6),),
    "assert_approx_equal": (("significant", 2, 7),),
    "toBeCloseTo": (("digits", 1, 2),),
    "closeTo": (("delta", 1, 0.0),),
    "approximately": (("delta", 1, 0.0),),
}
_IN_DIGITS = frozenset(("places", "decimal", "digits", "significant"))


def width_of(name: str, value: float) -> float:
    """Return how far apart two values may be under a tolerance of this kind."""
    return 10.0 ** -max(-300.0, min(300.0, value)) if name in _IN_DIGITS else value


def python_strength(called: str) -> int:
    """Return the strength of an assertion method or function of Python."""
    return _PYTHON.get(RENAMED.get(called, called), EXACT)


def javascript_strength(called: str, *, negated: bool) -> int:
    """Return the strength of a matcher of JavaScript, as it is or after ``not``."""
    strength = _JAVASCRIPT.get(RENAMED.get(called, called), EXACT)
    if negated and called in _ABSENT:
        return PRESENT
    return _NEGATED.get(strength, strength) if negated else strength


def negated_strength(strength: int) -> int:
    """Return the strength of the opposite of a condition."""
    return _NEGATED.get(strength, strength)


def vagueness(expected: str, strength: int) -> int:
    """Return ``strength`` as far as the expected value, a normalised text, leaves it."""
    if _ANYTHING.search(expected) and expected.count(" ") <= _LONGEST_ANYTHING:
        return min(strength, PRESENT)
    return min(strength, CLOSE) if _VAGUE.search(expected) else strength
