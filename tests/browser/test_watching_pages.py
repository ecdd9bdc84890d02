"""`changewright serve` in a real browser: runs as they happen, campaigns, figures, search."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from playwright.sync_api import Page, expect

from tests.browser import held_run
from tests.browser.acted import Acted, act_briefly, edit
from tests.browser.served import Served, reloaded_until, served
from tests.browser.watch import PHONE, Watch, in_each_look, too_wide
from tests.ending import ended

pytestmark = pytest.mark.sandbox

# The first target fails its gate, and with it the campaign stands still.
CAMPAIGN = {
    "name": "badly",
    "on": {"globs": ["data/*.txt"]},
    "steps": [{"run": ["sed", "-i", "s/$/ bad/"]}],
    "shard": {"by": "file"},
    "template": {"title": "Say it <b>badly</b>"},
    "rollout": {"first": 1},
}
PAGES = ("/runs", "/campaigns", "/figures", "/search?q=halves")


@pytest.fixture(scope="module")
def acted(tmp_path_factory: pytest.TempPathFactory) -> Acted:
    made = act_briefly(tmp_path_factory.mktemp("acted") / "room")
    made.script("live", (edit("data/four.txt", "four", "bad"), edit("data/four.txt", "bad", "4")))
    campaign = made.folder / "campaign.yml"
    campaign.write_text(json.dumps(CAMPAIGN))
    made.run("migrate", "sweep", str(campaign), code=1)
    return made


@pytest.fixture(scope="module")
def server(acted: Acted) -> Iterator[Served]:
    with served(acted, "--reviewer", "grace") as running:
        yield running


@contextmanager
def held(acted: Acted, title: str) -> Iterator[IO[str]]:
    """Have a run wait before each of its two replies; a line that is written lets it go on."""
    task = ("--task", title, "--kind", "feature", "--quiet")
    argv = [sys.executable, "-P", str(Path(held_run.__file__)), "propose", *task]
    running = subprocess.Popen(
        [*argv, f"--model=scripted:{acted.folder / 'live.yml'}"],
        env=acted.environment() | {"PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=acted.repo,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    with ended(running) as process:
        assert process.stdin
        yield process.stdin


def let_go(run: IO[str]) -> None:
    run.write("\n")
    run.flush()


def found(page: Page, server: Served, title: str) -> None:
    """Look into the list of runs until a run stands there, and open it live."""
    row = page.get_by_role("row").filter(has_text=title).first

    reloaded_until(page, f"{server.url}/runs", row.is_visible)
    row.get_by_role("link").first.click()


def test_a_run_is_seen_while_it_happens(server: Served, acted: Acted, watch: Watch) -> None:
    page, other = server.visitor(watch), server.visitor(watch, PHONE)
    with held(acted, "Count in figures") as run:
        found(page, server, "Count in figures")
        expect(page.locator("#connection")).to_contain_text("Live")
        other.goto(page.url)
        expect(other.locator("#connection")).to_contain_text("Live")
        before = page.locator("#steps li").count()

        let_go(run)
        for seen in (page, other):
            expect(seen.locator("#steps")).to_contain_text("attempt 1: fail")
            assert seen.locator("#steps li").count() > before
        assert watch.barriers(page) == []
        let_go(run)
        for seen in (page, other):
            expect(seen.locator("#over")).to_contain_text("over")
            expect(seen.locator("#panel")).to_contain_text("proposed")


def test_a_run_whose_process_died_is_not_said_to_go_on(
    server: Served, acted: Acted, watch: Watch
) -> None:
    page = server.visitor(watch)
    with held(acted, "Count and die"):
        found(page, server, "Count and die")
        expect(page.locator("#connection")).to_contain_text("Live")

    expect(page.locator("#over")).to_be_visible()
    expect(page.locator("#panel .pill").first).to_have_text("cut off")


def test_a_campaign_goes_on_and_stands_still_as_people_say(server: Served, watch: Watch) -> None:
    page = server.visitor(watch)
    page.goto(f"{server.url}/campaigns")
    page.get_by_role("link", name="badly").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Say it <b>badly</b>")

    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#said")).to_contain_text("resumed by grace")
    page.get_by_label("Why").fill("Not on <i>Friday</i>")
    page.get_by_role("button", name="Pause").click()

    expect(page.locator("#said")).to_contain_text("Not on <i>Friday</i>")
    expect(page.locator(".now .pill")).to_have_text("paused")
    assert watch.barriers(page) == []


def test_of_two_who_steer_a_campaign_the_later_is_told(server: Served, watch: Watch) -> None:
    watch.expected = {"status of 409"}
    first, second = server.visitor(watch), server.visitor(watch)
    for page in (first, second):
        page.goto(f"{server.url}/campaigns")
        page.get_by_role("link", name="badly").click()

    button = "Go on" if first.get_by_role("button", name="Go on").count() else "Pause"
    first.get_by_role("button", name=button).click()
    expect(first.locator("#said li").first).to_contain_text("grace")
    second.get_by_role("button", name=button).click()

    expect(second.get_by_role("alert")).to_contain_text("Something else was said")


@in_each_look("desk-dark", "phone-light")
def test_every_page_is_for_everybody(
    server: Served, acted: Acted, watch: Watch, size: tuple[int, int], scheme: str
) -> None:
    page = server.visitor(watch, size, color_scheme=scheme)
    live = f"/run/{acted.runs['hostile']}/live"
    page.goto(f"{server.url}/campaigns")
    campaign = page.get_by_role("link", name="badly").get_attribute("href") or ""

    for path in (*PAGES, live, campaign):
        page.goto(f"{server.url}{path}")
        assert (watch.barriers(page), too_wide(page)) == ([], []), path


def test_evil_words_are_found_read_and_do_nothing(
    server: Served, acted: Acted, watch: Watch
) -> None:
    page = server.visitor(watch)
    evil = "/search?q=<script>document.title='taken'</script> OR \"( NEAR *"

    for path in (evil, "/search?q=alert", "/runs", f"/run/{acted.runs['hostile']}/live"):
        page.goto(f"{server.url}{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.locator("img, iframe, object, script:not([src])").count() == 0
        assert page.locator("a[href^='javascript:'], a[href^='http']").count() == 0
        assert page.title() != "taken"


def test_a_word_leads_to_its_step(server: Served, watch: Watch) -> None:
    page = server.visitor(watch)

    page.goto(f"{server.url}/search")
    page.get_by_role("searchbox").fill("halves")
    page.keyboard.press("Enter")
    page.locator(".hits a").first.click()

    expect(page.get_by_text("Count in halves").first).to_be_visible()


def test_each_figure_has_its_formula_and_a_table(server: Served, watch: Watch) -> None:
    page = server.visitor(watch)

    page.goto(f"{server.url}/figures")

    figures = page.locator("section.figure")
    assert figures.count() > 5
    for number in range(figures.count()):
        expect(figures.nth(number).locator(".formula")).not_to_be_empty()
        expect(figures.nth(number).locator("table")).to_have_count(1)
    assert page.locator("figure svg").count() > 0


def test_without_scripts_the_pages_are_there(server: Served, acted: Acted, watch: Watch) -> None:
    page = server.visitor(watch, java_script_enabled=False)

    for path in (*PAGES, f"/run/{acted.runs['proposed']}/live"):
        page.goto(f"{server.url}{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("#steps")).to_contain_text("attempt 2: pass")
