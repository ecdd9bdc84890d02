"""The tests of one file, read by the rules of its language."""

from scoping.test_facts import SuiteFacts, SuiteQuestion
from scoping.test_syntax.javascript_tests import javascript_tests
from scoping.test_syntax.nodes import Node, comments
from scoping.test_syntax.python_tests import python_tests


def suite_facts(root: Node, language: str, what: SuiteQuestion) -> SuiteFacts:
    """Return what the tree of a file says about tests, or its comments alone."""
    if what == "comments":
        return SuiteFacts(language, comments=comments(root))
    return python_tests(root) if language == "python" else javascript_tests(root, language)
