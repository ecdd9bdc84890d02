"""A snippet as models write it."""

import pytest

from workflows.snippet import unfenced


@pytest.mark.parametrize(
    "snippet",
    ["```python\nprint(1)\n```", "```\nprint(1)\n```\n", "\n```py  \nprint(1)```", "print(1)"],
)
def test_a_fence_around_a_snippet_is_no_part_of_it(snippet: str) -> None:
    assert unfenced(snippet) == "print(1)"


@pytest.mark.parametrize(
    "snippet",
    ["create('a.md', '''\n```python\nx\n```\n''')", "```python\nprint(1)", "a\n```\nb\n```"],
)
def test_what_stands_within_a_snippet_stays(snippet: str) -> None:
    assert unfenced(snippet) == snippet
