"""Nobody but who was let in sees a page, and no page of another site decides anything."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from bot import logs
from bot.redaction import Redactor
from bot.server.app import application
from bot.server.guard import MAX_BODY_BYTES
from tests.bot.server.conftest import ADDRESS, OURS

if TYPE_CHECKING:
    from tests.bot.server.conftest import Town

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def stranger(town: "Town") -> TestClient:
    """A browser without a session."""
    return TestClient(application(town.room), base_url=ADDRESS.url, follow_redirects=False)


def test_who_has_no_session_is_told_where_links_come_from(stranger: TestClient) -> None:
    for path in ("/", "/review/1", "/run/r1", "/nothing", "/review/1/line"):
        answer = stranger.get(path)
        assert answer.status_code == 401
        assert "link that the server printed" in answer.text
        assert "Count each word" not in answer.text


def test_a_link_lets_one_browser_in_and_is_worth_nothing_afterwards(
    town: "Town", stranger: TestClient
) -> None:
    link = {"token": town.room.sessions.invite()}

    assert stranger.get("/sign-in", params={"token": "guess"}).status_code == 401
    first = stranger.get("/sign-in", params=link)
    cookie = first.headers["set-cookie"]
    stranger.cookies.clear()
    second = stranger.get("/sign-in", params=link)

    assert (first.status_code, first.headers["location"]) == (303, "/")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert link["token"] not in cookie
    assert second.status_code == 401
    assert "each works once" in second.text


def test_who_looks_whether_a_link_is_there_does_not_use_it_up(
    town: "Town", stranger: TestClient
) -> None:
    link = {"token": town.room.sessions.invite()}

    assert stranger.head("/sign-in", params=link).status_code == 405
    assert stranger.get("/sign-in", params=link).status_code == 303


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("/review/1?path=a%2Fb.py&line=2", "/review/1?path=a%2Fb.py&amp;line=2"),
        ("/%2F%2Fevil.example/", "/evil.example/"),
        ("/%22%3E%3Cscript%3E%E2%80%AE", "/%22%3E%3Cscript%3E%E2%80%AE"),
        ("/?%22%3E<script>", "/?%22%3E%3Cscript%3E"),
    ],
)
def test_a_refusal_leads_back_to_the_page_that_was_meant(
    stranger: TestClient, path: str, link: str
) -> None:
    assert f'<a href="{link}">Open this page</a>' in stranger.get(path).text


def test_no_invitation_is_open_before_one_was_made(town: "Town") -> None:
    town.room.sessions._invitation = ""

    assert town.room.sessions.admit("") == ""


def test_each_browser_has_a_session_of_its_own(town: "Town", stranger: TestClient) -> None:
    stranger.get("/sign-in", params={"token": town.room.sessions.invite()})
    own = stranger.post("/name", data={"name": "grace"}, headers=OURS)
    other = stranger.post("/name", data={"name": "grace", "csrf": town.csrf}, headers=OURS)

    assert (own.status_code, other.status_code) == (403, 403)
    assert "not made for your session" in other.text


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8123", "127.0.0.1", "127.0.0.1:80", "127.0.0.1.nip.io:8123", ""],
)
def test_another_name_of_this_machine_is_not_answered(town: "Town", host: str) -> None:
    answer = town.browser.get("/", headers={"host": host})

    assert answer.status_code == 421
    assert town.browser.get("/asset/x", headers={"host": host}).status_code == 421


def test_both_names_of_the_loopback_are_its_own(town: "Town") -> None:
    assert town.browser.get("/asset/x", headers={"host": "LOCALHOST:8123"}).status_code == 404


@pytest.mark.parametrize(
    ("site", "origin", "status"),
    [
        ("same-origin", ADDRESS.url, 303),
        ("same-origin", "null", 303),  # as browsers send it where no referrer is wanted
        ("same-origin", None, 303),
        (None, ADDRESS.url, 303),
        (None, None, 403),
        (None, "null", 403),
        (None, "http://evil.example", 403),
        (None, "http://127.0.0.1:9", 403),
        (None, "https://127.0.0.1:8123", 403),
        ("same-origin", "http://evil.example", 403),
        ("same-site", ADDRESS.url, 403),
        ("cross-site", "null", 403),
        ("cross-site", ADDRESS.url, 403),
        ("none", ADDRESS.url, 403),
    ],
)
def test_a_form_counts_where_the_browser_says_that_it_is_ours(
    town: "Town", site: str | None, origin: str | None, status: int
) -> None:
    said = {"sec-fetch-site": site, "origin": origin}
    headers = {name: value for name, value in said.items() if value is not None}

    answer = town.browser.post("/name", data={"csrf": town.csrf, "name": "grace"}, headers=headers)

    assert answer.status_code == status
    assert ("grace" in town.page("/")) == (status == 303)


@pytest.mark.parametrize("csrf", [None, "", "guess", "ä", "\udcff"])
def test_a_form_without_the_sessions_token_changes_nothing(town: "Town", csrf: str | None) -> None:
    number = town.propose()
    fields = (
        {} if csrf is None else {"csrf": csrf.encode("utf-8", "surrogatepass").decode("latin-1")}
    )

    for path in ("/name", f"/review/{number}/decide", f"/review/{number}/comment"):
        answer = town.browser.post(path, data=fields | {"decision": "merge"}, headers=OURS)
        assert answer.status_code == 403

    assert town.known(number).state == "open"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"x" * (MAX_BODY_BYTES + 1), FORM, 413),
        (b"csrf=\xff", FORM, 400),
        (b"&".join(b"a=1" for _ in range(100)), FORM, 400),
        (b"{}", "application/json", 415),
        (b"csrf=x", "text/plain", 415),
        (b"csrf=x", "multipart/form-data; boundary=x", 415),
    ],
)
def test_a_body_that_is_no_form_of_ours_is_refused(
    town: "Town", body: bytes, kind: str, status: int
) -> None:
    answer = town.browser.post("/name", content=body, headers=OURS | {"content-type": kind})

    assert answer.status_code == status
    assert "<h1>" in answer.text


@pytest.mark.parametrize("length", ["99999999999999999999", "-1", "1e3", "x"])
def test_an_odd_length_is_refused_unread(town: "Town", length: str) -> None:
    headers = OURS | {
        "content-type": FORM,
        "content-length": length,
    }

    assert town.browser.post("/name", content=b"csrf=x", headers=headers).status_code == 413


@pytest.mark.parametrize("verb", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_other_verbs_are_refused(town: "Town", verb: str) -> None:
    assert town.browser.request(verb, "/").status_code == 405


def test_a_page_takes_no_form_and_a_form_shows_no_page(town: "Town") -> None:
    assert town.send("/")[0] == 405
    assert town.browser.get("/name").status_code == 405


def test_every_answer_says_what_a_browser_may_do_with_it(
    town: "Town", stranger: TestClient
) -> None:
    for answer in (
        town.browser.get("/"),
        town.browser.get("/nothing"),
        stranger.get("/"),
        town.browser.get("/", headers={"host": "evil"}),
        town.browser.post("/name"),
        town.browser.get("/sign-in"),
    ):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'")
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.fixture
def log(town: "Town") -> Iterator[None]:
    """The log of a server, beside which reports are written."""
    logs.begin("serve")
    logs.open_log(town.room.settings.state, "", Redactor())
    yield
    logs.begin("")


def test_a_fault_of_ours_is_a_page_and_the_next_one_is_there(town: "Town", log: None) -> None:
    town.propose()
    forge = town.room.forge
    forge.threads = lambda _number: 1 / 0  # type: ignore[assignment,return-value]

    text = town.page("/review/1", 500)

    assert "ZeroDivisionError" in text
    (report,) = (town.room.settings.state / "reports").iterdir()
    assert report.name in town.page("/review/1", 500)
    assert "Traceback" not in text
    assert town.browser.get("/nothing").status_code == 404
