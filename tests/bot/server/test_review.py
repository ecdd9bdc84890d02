"""The review page: the change, what was said at its lines, and what a stranger wrote, inert."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.bot.server.conftest import EVIL
from workflows.threads import ThreadComment

if TYPE_CHECKING:
    from tests.bot.server.conftest import Town

PATH = "src/tally.py"


def test_a_page_shows_the_change_and_every_way_to_decide(town: "Town") -> None:
    town.ran("r1", body="It counts each word once.")
    town.propose(2, run="r1")

    page = town.page("/review/1")

    for words in (
        "Count each word",
        "It counts each word once.",
        "A <strong>body</strong>.",
        "counts.get(word, 0) + ",
        "changewright/task-2",
        'href="/run/r1"',
        "gates: pass",
        "Accept and merge",
        "not wanted",
        "You decide as <b>ada</b>",
    ):
        assert words in page


def test_what_a_stranger_wrote_is_text_everywhere(town: "Town") -> None:
    town.ran("r1", EVIL, EVIL)
    town.propose(1, EVIL, run="r1", body=f"# {EVIL}\n\n- `{EVIL}`\n\n    {EVIL}")
    town.forge.begin_thread(1, (PATH, 1, "head"), ThreadComment(EVIL, EVIL, EVIL))
    town.forge.begin_thread(1, (EVIL, 0, "head"), ThreadComment(EVIL, EVIL, EVIL))
    town.decide(1, "changes", EVIL)

    for page in (
        town.page("/review/1"),
        town.page(f"/review/1?path={PATH}&line=1"),
        town.page("/run/r1"),
    ):
        assert "alert(1)" in page
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "\u202e" not in page
        assert "\x1b" not in page
        assert "{{ 7*7 }}" in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("path=src/tally.py&line=4", "src/tally.py:4"),
        ("path=src/tally.py&line=4&side=base", "src/tally.py:4</code> before the change"),
        ("at=1-head-4", "src/tally.py:4"),
        ("at=1-head-0", "<code>src/tally.py</code>"),
        ("path=notes.txt&line=1", "notes.txt:1"),
        ("path=%22%3E%3Cscript%3E&line=1", "&lt;script&gt;:1"),
    ],
)
def test_a_deep_link_opens_a_form_at_its_line(town: "Town", query: str, words: str) -> None:
    town.propose(2)

    page = town.page(f"/review/1?{query}#at")

    form = page[page.index('id="at"') :]
    assert words in form[: form.index("</form>")]
    assert page.count('id="at"') == 1
    alone = town.page(f"/review/1/line?{query}")
    assert "<html" not in alone
    assert words in alone


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("at=9-head-1", 404),
        ("at=1-side-1", 400),
        ("at=1", 400),
        ("at=x-head-1", 404),
        ("at=1-head-99999999999999", 400),
        ("path=a&line=%C2%B2", 400),
        ("path=a&side=both", 400),
    ],
)
def test_a_line_that_is_none_is_a_clear_refusal(town: "Town", query: str, status: int) -> None:
    town.propose()

    assert "Traceback" not in town.page(f"/review/1?{query}", status)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/review/2", 404),
        ("/review/x", 400),
        ("/review/-1", 400),
        (f"/review/{'9' * 5000}", 400),
        ("/review/..%2f..%2fetc%2fpasswd", 404),
        ("/review/%00", 400),
        ("/review/1/nothing", 404),
        ("/run/r9", 404),
        ("/run/..%2f..%2fjournal.sqlite", 404),
        ("/run/%2e%2e", 404),
        ("/run/a%00b", 404),
        ("/run/%ff%fe", 404),
        ("/run/" + "a" * 300, 404),
        ("/asset/..%2f..%2frun.css", 404),
        ("/asset/style.css", 404),
        ("/?show=%22%3E%3Cscript%3Ealert(1)", 200),
        ("/?page=1&page=2&x=" + "y" * 5000, 200),
    ],
)
def test_odd_addresses_are_answered_by_a_sentence(town: "Town", path: str, status: int) -> None:
    answer = town.browser.get(path)

    assert answer.status_code == status
    assert "Traceback" not in answer.text
    assert "<script>alert" not in answer.text
    assert "root:" not in answer.text


def test_threads_stand_at_their_lines_and_others_beside(town: "Town") -> None:
    town.propose(2)
    said = ThreadComment("eve", "about it", "t")
    for place in (
        (PATH, 4, "head"),
        (PATH, 4, "base"),
        (PATH, 90, "head"),
        ("gone.txt", 0, "head"),
    ):
        town.forge.begin_thread(1, place, said)

    page = town.page("/review/1")

    diff, talk = page[: page.index('id="said"')], page[page.index('id="said"') :]
    assert [f'id="thread-{one}"' in diff for one in "1234"] == [True, True, False, False]
    assert [f'id="thread-{one}"' in talk for one in "1234"] == [False, False, True, True]
    assert page.count("claimed") >= 4


def test_a_change_that_git_does_not_have_is_said(town: "Town") -> None:
    number = town.propose()
    record = town.forge._records.read(number)
    lost = replace(record.pull_request, head="1" * 40)
    town.forge._records.write(replace(record, pull_request=lost))

    assert "It cannot be shown" in town.page("/review/1")


def test_a_base_that_went_on_is_said(town: "Town") -> None:
    number = town.propose()
    record = town.forge._records.read(number)
    draft = replace(record.pull_request.draft, base_commit=record.pull_request.head)
    moved = replace(record.pull_request, draft=draft)
    town.forge._records.write(replace(record, pull_request=moved))

    assert f"is at <code>{town.heads['main'][:12]}</code> by now" in town.page("/review/1")


def test_the_page_of_a_run_stands_in_the_servers_frame_and_policy(town: "Town") -> None:
    town.ran("r1")

    page = town.page("/run/r1")

    assert 'aria-label="Pages"' in page
    assert "<style" not in page
    assert "http-equiv" not in page
    assert "<script>" not in page
    assert 'rel="stylesheet"' in page


def test_files_that_pages_name_are_there_and_kept(town: "Town") -> None:
    town.propose()
    page = town.page("/review/1")
    names = {part.split('"')[0] for part in page.split('="') if part.startswith("/asset/")}

    assert len(names) == 4
    for name in names:
        answer = town.browser.get(name)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-type"].startswith(("text/css", "text/javascript"))
