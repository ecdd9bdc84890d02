"""The page of a run in a real browser: nothing of it acts but its own script, and it reads well."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot.cli import run as run_here
from bot.pages.run_page import run_page
from tests.bot.pages.evidences import judged_evidence, with_everything
from tests.bot.pages.stories import EVIL, diff_of, stranger_s_story
from tests.browser.acted import Acted, act
from tests.browser.watch import Watch, in_each_look, too_wide

Shown = Callable[..., Page]
ENDS = ("proposed", "revision", "hostile", "failed", "stopped")
BARRIERS = ["document-title", "html-has-lang", "image-alt"]
tell = partial(stranger_s_story, with_everything(judged_evidence()))


@pytest.fixture(scope="module")
def acted(tmp_path_factory: pytest.TempPathFactory) -> Acted:
    """Real runs, and beside each its page as `changewright report` writes it."""
    made = act(tmp_path_factory.mktemp("acted") / "room")
    for name, run in made.runs.items():
        place = str(made.folder / f"{name}.html")
        assert run_here(["report", run, "--out", place, "--state", str(made.state)]) == 0
    return made


@pytest.fixture
def shown(watch: Watch, tmp_path: Path) -> Shown:
    """Open the text of a page as a file in a browser of its own."""

    def open_(text: str, **how: object) -> Page:
        place = tmp_path / "page.html"
        place.write_text(text, "utf-8")
        page = watch.person(**how)  # type: ignore[arg-type]
        page.goto(place.as_uri())
        return page

    return open_


@pytest.mark.sandbox
@in_each_look("desk-light", "phone-dark")
def test_the_page_of_every_end_of_a_run_is_for_everybody(
    acted: Acted, watch: Watch, size: tuple[int, int], scheme: str
) -> None:
    page = watch.person(size, color_scheme=scheme)

    for end in ENDS:
        page.goto((acted.folder / f"{end}.html").as_uri())
        expect(page.get_by_role("button", name="Open everything")).to_be_visible()
        assert (watch.barriers(page), too_wide(page)) == ([], []), end


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("end", "states"),
    [
        ("proposed", ("published", "verdict: pass")),
        ("revision", ("published", "verdict: pass", "revises pull request 1")),
        ("failed", ("nothing", "verdict: fail")),
        ("stopped", ("cut off", "verdict: none yet")),
    ],
)
def test_the_first_glance_tells_how_a_run_ended(
    acted: Acted, watch: Watch, end: str, states: tuple[str, ...]
) -> None:
    page = watch.person()

    page.goto((acted.folder / f"{end}.html").as_uri())

    for words in states:
        expect(page.locator("header .pill").filter(has_text=words)).to_be_in_viewport()


@pytest.mark.sandbox
def test_what_a_stranger_wrote_is_read_and_does_nothing(acted: Acted, watch: Watch) -> None:
    page = watch.person()

    page.goto((acted.folder / "hostile.html").as_uri())
    page.get_by_role("button", name="Open everything").click()

    assert "taken" not in page.title().split(" · ")[-1]
    assert page.locator("img, iframe, object, form, a:not([href^='#'])").count() == 0
    assert page.locator("script").count() == 1
    expect(page.locator("h1")).to_contain_text("<script>document.title='taken'</script>")
    expect(page.locator("#task pre")).to_contain_text("U+202E")
    expect(page.locator("#diff")).to_contain_text("data/&lt;img src=x onerror=alert(1)&gt;.txt")


@pytest.mark.sandbox
def test_a_line_of_ten_megabytes_that_a_test_printed_takes_no_room(
    acted: Acted, watch: Watch
) -> None:
    page = watch.person()

    page.goto((acted.folder / "failed.html").as_uri())
    page.get_by_role("button", name="Open everything").click()

    assert (acted.folder / "failed.html").stat().st_size < 200_000
    assert too_wide(page) == []


def test_a_page_with_everything_on_it_is_for_everybody(shown: Shown, watch: Watch) -> None:
    evil = diff_of("a.py", f"-{EVIL}", f"+{EVIL} more", "+" + "<\u202e" * 5_000_000, f" {EVIL}")
    page = shown(run_page(tell(EVIL, evil)), color_scheme="dark")

    page.get_by_role("button", name="Open everything").click()

    assert page.locator("details:not([open])").count() == 0
    assert page.locator("img, iframe, object, form, a:not([href^='#'])").count() == 0
    assert watch.barriers(page) == []


def test_the_keyboard_alone_is_enough(shown: Shown) -> None:
    page = shown(run_page(tell("word", diff_of("a.py", "-one", "+two"))))
    focused = page.locator(":focus")

    page.keyboard.press("Tab")
    expect(focused).to_have_text("Skip to the page")
    expect(focused).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(focused).to_have_text("Open everything")
    assert focused.evaluate("(one) => getComputedStyle(one).outlineStyle") == "solid"
    folded = page.locator("#attempts details").first
    folded.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(folded).to_have_attribute("open", "")
    page.keyboard.press("Enter")
    expect(folded).not_to_have_attribute("open", "")


def test_every_stop_of_the_tab_key_is_seen_and_in_reading_order(shown: Shown) -> None:
    page = shown(run_page(tell("word", diff_of("a.py", "-one", "+two"))))
    seen: list[float] = []

    for _ in range(page.locator("a, button, summary, [tabindex='0']").count()):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => { const one = document.activeElement, box = one.getBoundingClientRect();
              return {name: one.tagName, top: box.top + scrollY, stuck: !!one.closest("nav"),
                seen: box.bottom > 0 && box.top < innerHeight
                  && getComputedStyle(one).outlineStyle !== "none"}; }"""
        )
        assert stop["name"] == "BODY" or stop["seen"], stop
        seen += [stop["top"]] * (stop["name"] != "BODY" and not stop["stuck"])

    assert len(seen) > 10
    assert seen[1:] == sorted(seen[1:])


def test_a_link_to_something_folded_away_opens_it(shown: Shown) -> None:
    files = "".join(diff_of(f"f{number}.py", "-one", "+two") for number in range(40))
    page = shown(run_page(tell("word", files)))
    last = page.locator("#file-40")

    expect(last).not_to_have_attribute("open", "")
    page.locator("details.toc summary").click()
    page.get_by_role("link", name="f39.py").click()

    expect(last).to_have_attribute("open", "")
    expect(last.locator("summary")).to_be_in_viewport()


def test_on_paper_nothing_is_folded_away(shown: Shown) -> None:
    page = shown(run_page(tell("word", diff_of("a.py", "-one", "+two"))))

    paper = page.pdf()

    assert paper.startswith(b"%PDF")
    assert page.locator("details:not([open])").count() == 0
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()


def test_without_scripts_everything_is_there(shown: Shown) -> None:
    page = shown(run_page(tell("word")), java_script_enabled=False)

    page.locator("#attempts summary").first.click()

    expect(page.locator("#attempts details").first).to_have_attribute("open", "")
    assert page.get_by_role("button").count() == 0


def test_the_policy_stops_what_would_get_past_the_escaping(shown: Shown, watch: Watch) -> None:
    planted = "</footer><script>document.title='taken'</script><img src='http://a.example/x'>"
    watch.expected = {"policy violated: script-src-elem", "policy violated: img-src", "console: "}

    page = shown(run_page(tell()).replace("</footer>", planted))

    assert page.title() != "taken"


def test_a_watched_page_is_heard_whatever_it_does(shown: Shown, watch: Watch) -> None:
    watch.expected = {"dialog: 7", "script: mine", "console: ", "asked another machine"}

    page = shown("<img src=http://a.example/x><script>alert(7); throw Error('mine')</script><i>x")

    assert [one.split(":")[0] for one in watch.barriers(page)] == BARRIERS
