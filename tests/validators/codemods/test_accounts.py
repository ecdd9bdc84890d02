"""Accounts: which sites are rewritten, spoken of, overlooked; and lines of bytes."""

from validators.codemods.accounts import account_of, lines_in
from validators.codemods.audit import Site
from validators.codemods.edit import Edit, Splice, splices_of


def site(start: int, stop: int) -> Site:
    return Site(start, stop, "code")


def test_a_site_is_rewritten_by_what_changes_in_the_innermost_place_around_it() -> None:
    sites = [site(0, 3), site(4, 7), site(20, 23)]
    places = [(0, 10), (4, 8), (30, 40)]
    account = account_of(sites, [Splice(9, 9, b"x"), Splice(35, 36, b"")], places, [(20, 21)])
    assert account.rewritten == (sites[0],)
    assert account.overlooked == (sites[1],)
    assert account.uncounted == ((30, 40),)


def test_thousands_of_sites_are_accounted_for_as_one_by_one() -> None:
    sites = [site(at, at + 3) for at in range(0, 60_000, 6)]
    splices = [Splice(one.start, one.stop, b"new") for one in sites[::2]]
    account = account_of(sites, splices, [one[:2] for one in splices], [])
    assert account.rewritten == tuple(sites[::2])
    assert account.overlooked == tuple(sites[1::2])


def test_lines_count_from_one_and_end_with_their_newline() -> None:
    line = lines_in(b"a\nbc\n\nd")
    assert [line(at) for at in range(7)] == [1, 1, 2, 2, 2, 3, 4]


def test_an_edit_that_changes_no_byte_rewrites_nothing() -> None:
    content = b"f(1)\n"
    same = splices_of([Edit(0, 1, ("f",), (0, 4))], content)
    account = account_of([site(0, 2)], same, [(0, 4)], [])
    assert (account.rewritten, account.overlooked) == ((), (site(0, 2),))
