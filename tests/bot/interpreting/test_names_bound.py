"""Which names a snippet binds: those that a checker would hold to an earlier value."""

import pytest

from bot.interpreting.names_bound import names_bound


@pytest.mark.parametrize(
    ("snippet", "names"),
    [
        ("a = b = 1\nc, *d = a\ne.f = g[0] = 1", ("a", "b", "c", "d")),
        ("for a in b:\n    c += 1", ("a", "c")),
        ("with a as b:\n    pass\nif (c := 1):\n    d: int = 2", ("b", "c", "d")),
        (
            "match a:\n    case [b, *c]:\n        pass\n    case {'k': d}:\n        pass",
            ("b", "c", "d"),
        ),
        ("try:\n    pass\nexcept ValueError as a:\n    pass", ("a",)),
        ("def f():\n    a = 1\nclass B:\n    c = 1\nd = lambda: (e := 1)", ("d",)),
        ("a = [b for b in c]", ("a",)),
        ("a = (", ()),
    ],
)
def test_what_is_given_a_value_outside_functions_is_bound(
    snippet: str, names: tuple[str, ...]
) -> None:
    assert set(names_bound(snippet)) == set(names)
