"""`changewright serve` in a real browser: proposals are looked at, talked about and decided."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acted import Acted, act_briefly, edit
from tests.browser.served import Served, served
from tests.browser.watch import Watch, in_each_look, too_wide

pytestmark = pytest.mark.sandbox

TITLES = ("Accept me", "Reject me", "Change me", "Two at once", "Without scripts", "Talk to me")


@pytest.fixture(scope="module")
def acted(tmp_path_factory: pytest.TempPathFactory) -> Acted:
    made = act_briefly(tmp_path_factory.mktemp("acted") / "room")
    for number, title in enumerate(TITLES):
        made.offer(title, {f"data/offer-{number}.txt": f"{title}\n\nA second line.\n"})
    return made


@pytest.fixture(scope="module")
def server(acted: Acted) -> Iterator[Served]:
    finer = edit("data/one.txt", "one and a half", "one and a quarter")
    model = acted.script("finer", (finer,))
    with served(acted, "--reviewer", "grace", model) as running:
        yield running


def opened(server: Served, watch: Watch, title: str, **how: object) -> Page:
    """Return the review page of a pull request, found in the inbox."""
    page = server.visitor(watch, **how)  # type: ignore[arg-type]
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    return page


def test_the_printed_link_opens_the_inbox_and_leaves_the_address(
    server: Served, watch: Watch
) -> None:
    page = server.visitor(watch)

    assert page.url == f"{server.url}/"
    expect(page.get_by_role("heading", level=1)).to_contain_text("Waiting")
    expect(page.get_by_role("link", name="Count in halves")).to_be_visible()


def test_whoever_comes_without_the_link_sees_nothing(server: Served, watch: Watch) -> None:
    watch.expected = {"status of 401"}
    page = watch.person()

    for path in ("/", "/review/1", "/run/r1", "/sign-in?token=guessed"):
        answer = page.goto(f"{server.url}{path}")
        assert answer is not None
        assert answer.status == 401
        assert page.get_by_text("Count in halves").count() == 0


@in_each_look("desk-light", "phone-dark")
def test_every_page_is_for_everybody(
    server: Served, acted: Acted, watch: Watch, size: tuple[int, int], scheme: str
) -> None:
    page = server.visitor(watch, size, color_scheme=scheme)
    hostile = acted.runs["hostile"]

    for path in ("/", "/?show=decided", "/review/1", "/review/2", f"/run/{hostile}"):
        page.goto(f"{server.url}{path}")
        assert (watch.barriers(page), too_wide(page)) == ([], []), path
    page.goto(f"{server.url}/review/2?at=1-head-1#at")
    assert (watch.barriers(page), too_wide(page)) == ([], [])


def test_a_proposal_in_evil_words_is_read_and_does_nothing(
    server: Served, acted: Acted, watch: Watch
) -> None:
    page = server.visitor(watch)

    for path in ("/", "/review/2", "/review/2?at=1-head-1", f"/run/{acted.runs['hostile']}"):
        page.goto(f"{server.url}{path}")
        expect(page.get_by_text("<script>document.title='taken'</script>").first).to_be_visible()
        assert page.locator("img, iframe, object, script:not([src])").count() == 0
        assert page.locator("a[href^='javascript:'], a[href^='http']").count() == 0
        assert page.title() != "taken"


def test_a_proposal_is_accepted_and_merged(server: Served, acted: Acted, watch: Watch) -> None:
    page = opened(server, watch, "Accept me")

    page.get_by_label("Your words").fill("Well done.")
    page.get_by_role("button", name="Accept and merge").click()

    expect(page.locator("header .pill").first).to_have_text("merged")
    expect(page.locator("#decisions")).to_contain_text("by grace claimed")
    expect(page.locator("#decisions")).to_contain_text("Well done.")
    assert "offer-0.txt" in acted.git("ls-tree", "--name-only", "main", "data/")
    page.goto(server.url)
    expect(page.get_by_text("Decided of late")).to_be_visible()


def test_one_click_rejects_with_its_reason(server: Served, acted: Acted, watch: Watch) -> None:
    page = opened(server, watch, "Reject me")

    page.get_by_role("button", name="too large").click()

    expect(page.locator("header .pill").first).to_have_text("closed")
    expect(page.locator("#decisions")).to_contain_text("rejected: too-large")


def test_words_at_a_line_are_kept_there_answered_and_resolved(
    server: Served, acted: Acted, watch: Watch
) -> None:
    page = opened(server, watch, "Talk to me")

    page.locator(".linked a[tabindex]").last.click()
    page.get_by_label("Comment at").fill("Why a second line? <b>really</b>")
    page.get_by_role("button", name="Comment", exact=True).first.click()

    thread = page.locator("article.thread")
    expect(thread).to_contain_text("Why a second line? <b>really</b>")
    expect(thread).to_contain_text("data/offer-5.txt:3")
    thread.get_by_label("Reply").fill("Because.")
    thread.get_by_role("button", name="Reply").click()
    expect(thread).to_contain_text("2 turns")
    thread.get_by_role("button", name="Resolve").click()
    expect(thread.locator("summary")).to_contain_text("resolved")
    assert watch.barriers(page) == []


def test_changes_are_asked_for_and_the_words_stay(server: Served, watch: Watch) -> None:
    page = opened(server, watch, "Change me")

    page.get_by_role("button", name="Ask for changes").click()
    expect(page.get_by_role("alert")).to_contain_text("say in words what is to be different")
    watch.expected = {"status of 409"}
    page.get_by_label("and begin the next attempt").uncheck()
    page.get_by_label("Your words").fill("A third line, too.")
    page.get_by_role("button", name="Ask for changes").click()

    expect(page.locator("#decisions")).to_contain_text("A third line, too.")
    expect(page.locator("header .pill").first).to_have_text("open")


def test_the_next_attempt_is_begun_told_and_published(server: Served, watch: Watch) -> None:
    page = opened(server, watch, "Count in halves")

    page.get_by_label("Your words").fill("Finer, please.")
    page.get_by_role("button", name="Ask for changes").click()
    expect(page.locator("#decisions")).to_contain_text("Finer, please.")
    # The page looks by itself how far it is.
    expect(page.get_by_text("The next attempt is ready")).to_be_visible()
    assert watch.barriers(page) == []
    expect(page.locator("#diff")).not_to_contain_text("one and a quarter")
    page.get_by_role("button", name="Publish it").click()
    expect(page.get_by_text("The next attempt is published.")).to_be_visible()
    page.get_by_role("link", name="See the pull request as it is now").click()

    expect(page.locator("#diff")).to_contain_text("one and a quarter")
    expect(page.get_by_role("button", name="Publish it")).to_have_count(0)


def test_two_who_look_at_one_proposal_are_told_of_each_other(server: Served, watch: Watch) -> None:
    first, second = server.visitor(watch), server.visitor(watch)
    first.clock.install()
    first.goto(f"{server.url}/review/2")
    second.goto(f"{server.url}/review/2")

    told = second.locator(".at-it", has_text="grace claimed is looking at this since")
    expect(told.first).to_be_visible()
    second.get_by_role("button", name="Take it in hand").click()
    expect(second.get_by_text("You have this in hand since")).to_be_visible()
    # The page that is open already hears of it by itself, within half a minute.
    expect(first.get_by_text("grace claimed has this in hand since")).to_have_count(0)
    first.clock.fast_forward(31_000)
    expect(first.get_by_text("grace claimed has this in hand since")).to_be_visible()
    assert watch.barriers(second) == []


def test_of_two_people_at_once_one_decides_and_the_other_is_told(
    server: Served, watch: Watch
) -> None:
    watch.expected = {"status of 409"}
    first = opened(server, watch, "Two at once")
    second = opened(server, watch, "Two at once")

    second.get_by_label("Your words").fill("I do not want this, and say why at length.")
    first.get_by_role("button", name="Accept", exact=True).click()
    expect(first.locator("#decisions")).to_contain_text("accepted")
    second.get_by_role("button", name="not wanted").click()

    told = second.get_by_role("alert")
    expect(told).to_contain_text("Not done.")
    expect(told).to_contain_text("grace")
    expect(second.get_by_label("Your words")).to_have_value(
        "I do not want this, and say why at length."
    )
    expect(second.locator("#decisions")).to_contain_text("accepted")
    expect(second.locator("#decisions")).not_to_contain_text("rejected")


def test_without_scripts_a_line_is_talked_about_and_a_decision_made(
    server: Served, watch: Watch
) -> None:
    page = opened(server, watch, "Without scripts", java_script_enabled=False)

    page.locator(".linked a[tabindex]").first.click()
    page.get_by_label("Comment at").fill("By hand.")
    page.locator("#at").get_by_role("button", name="Comment").click()
    expect(page.locator("article.thread")).to_contain_text("By hand.")
    page.get_by_role("button", name="duplicate").click()

    expect(page.locator("header .pill").first).to_have_text("closed")


def test_a_link_to_a_line_opens_there(server: Served, watch: Watch) -> None:
    page = server.visitor(watch)

    page.goto(f"{server.url}/review/1?at=1-head-1#at")
    expect(page.get_by_label("Comment at")).to_be_in_viewport()
    page.goto(f"{server.url}/review/1#file-1")
    expect(page.locator("#file-1")).to_be_in_viewport()


def test_the_keyboard_alone_decides(server: Served, watch: Watch) -> None:
    page = server.visitor(watch)

    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the page")
    page.goto(f"{server.url}/review/1")
    page.get_by_label("Your words").focus()
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Accept and merge")
    assert page.locator(":focus").evaluate("(one) => getComputedStyle(one).outlineStyle") == "solid"


@pytest.mark.parametrize(
    "path",
    [
        "/review/0",
        "/review/99",
        "/review/" + "9" * 300,
        "/review/..%2f..%2fetc%2fpasswd",
        "/review/1?at=99999999999999999999-head-1",
        "/review/1?path=%00&line=x&side=<script>",
        "/run/..%2F..%2Fjournal.sqlite",
        "/run/<script>alert(1)<%2Fscript>",
        "/asset/..%2f..%2fapp.py",
        "/nowhere",
    ],
)
def test_an_address_that_nobody_printed_is_a_page_that_says_so(
    server: Served, watch: Watch, path: str
) -> None:
    watch.may_say = {"status of 4"}
    page = server.visitor(watch)

    answer = page.goto(f"{server.url}{path}")

    assert answer is not None
    assert answer.status < 500
    assert not re.search('Traceback|File "', page.content())
    expect(page.get_by_role("link", name="Changewright")).to_be_visible()
