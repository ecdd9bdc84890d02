"""The proxy refuses what GitHub does not describe, and says why; the rest goes through as it is."""

import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.github.serving import Answered, Asked, LoopbackServer
from tests.github.spec_proxy import REFUSED, Description, SpecProxy, checking

JSON = {"content-type": "application/json", "user-agent": "a test"}
PULL = {"title": "Mend it", "head": "mend", "base": "main", "draft": True}


@pytest.fixture
def seen() -> list[Asked]:
    return []


@pytest.fixture
def proxy(description: Description, seen: list[Asked]) -> Iterator[SpecProxy]:
    def answer(asked: Asked) -> Answered:
        seen.append(asked)
        return Answered(207, b'{"number": 7}', {"x-kept": "yes"})

    with LoopbackServer(answer) as upstream, checking(description, upstream.url) as proxy:
        yield proxy


def ask(
    proxy: SpecProxy, method: str, target: str, body: object = None, headers: dict[str, str] = JSON
) -> tuple[int, bytes, str | None]:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(proxy.url).port, timeout=10)
    sent = None if body is None else json.dumps(body) if not isinstance(body, bytes) else body
    connection.request(method, target, sent, headers)
    reply = connection.getresponse()
    said = reply.status, reply.read(), reply.getheader("x-kept")
    connection.close()
    return said


WRONG = {
    "no such path": ("GET", "/repos/o/r/pullz", None, "not described"),
    "no such method": ("PUT", "/repos/o/r/pulls", PULL, "not described"),
    "a path of GitHub's web pages": ("GET", "/repositories/1", None, "not described"),
    "a word for a number": ("GET", "/repos/o/r/pulls/seven", None, "path pull_number"),
    "an unknown state": ("GET", "/repos/o/r/pulls?state=ill", None, "query state"),
    "an unknown query word": ("GET", "/repos/o/r/pulls?stat=open", None, "query stat: not"),
    "no body": ("POST", "/repos/o/r/pulls", None, "body: missing"),
    "a body where none is": ("GET", "/repos/o/r/pulls", PULL, "body: none"),
    "a field too few": ("POST", "/repos/o/r/pulls", {"title": "x", "head": "y"}, "base"),
    "a field too many": ("POST", "/repos/o/r/pulls", PULL | {"reviewer": "a"}, "reviewer"),
    "a field of another type": ("POST", "/repos/o/r/pulls", PULL | {"draft": "yes"}, "body draft"),
    "labels as a bare list of numbers": ("POST", "/repos/o/r/issues/1/labels", [1], "body"),
    "a time that is none": ("GET", "/repos/o/r/issues/1/comments?since=soon", None, "query since"),
    "half a document": ("POST", "/repos/o/r/pulls", b'{"title": ', "not JSON"),
}


@pytest.mark.parametrize(("method", "target", "body", "why"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_request_is_refused_with_its_reason_and_goes_no_further(
    proxy: SpecProxy, seen: list[Asked], method: str, target: str, body: object, why: str
) -> None:
    status, said, _ = ask(proxy, method, target, body)

    assert status == REFUSED
    assert why in str(json.loads(said)["errors"])
    assert not seen
    assert [each.method for each in proxy.report.refused] == [method]
    assert (proxy.report.checked, proxy.report.operations.total()) == (1, 0)


@pytest.mark.parametrize("headers", [{"user-agent": "x", "content-type": "text/plain"}, {}])
def test_headers_that_github_would_not_take_are_refused(
    proxy: SpecProxy, headers: dict[str, str]
) -> None:
    assert ask(proxy, "POST", "/repos/o/r/pulls", PULL, headers)[0] == REFUSED


RIGHT = {
    "a draft": ("POST", "/repos/o/r/pulls", PULL),
    "a body of null": ("PATCH", "/repos/o/r/issues/3", {"body": None, "labels": ["a", "b"]}),
    "labels": ("POST", "/repos/o/r/issues/1/labels", {"labels": ["bot"]}),
    "a label with a slash": ("DELETE", "/repos/o/r/issues/1/labels/bot%2Frun", None),
    "a branch with slashes": ("GET", "/repos/o/r/git/ref/heads/bot/issue-1", None),
    "a file deep down": ("GET", "/repos/o/r/contents/a/b/c.py?ref=main", None),
    "the checks of a branch": ("GET", "/repos/o/r/commits/a/b/check-runs?check_name=gate", None),
    "a page": ("GET", "/repos/o/r/issues/1/comments?per_page=100&page=2", None),
    "a dispatch": (
        *("POST", "/repos/o/r/actions/workflows/bot.yml/dispatches"),
        {"ref": "main", "inputs": {"run": "r-1"}},
    ),
    "a finished check": (
        *("POST", "/repos/o/r/check-runs"),
        {"name": "gate", "head_sha": "a" * 40, "status": "completed", "conclusion": "success"},
    ),
}


@pytest.mark.parametrize(("method", "target", "body"), RIGHT.values(), ids=RIGHT.keys())
def test_a_right_request_and_its_answer_go_through_as_they_are(
    proxy: SpecProxy, seen: list[Asked], method: str, target: str, body: object
) -> None:
    assert ask(proxy, method, target, body) == (207, b'{"number": 7}', "yes")
    assert [each.target for each in seen] == [target]
    assert json.loads(seen[0].body or b"null") == body
    assert not proxy.report.refused


def test_the_report_counts_each_operation_and_names_what_was_refused(proxy: SpecProxy) -> None:
    for number in (1, 2):
        ask(proxy, "GET", f"/repos/o/r/pulls/{number}")
    ask(proxy, "GET", "/repos/o/r/pulls/none")

    assert str(proxy.report).splitlines() == [
        "checked: 3, refused: 1",
        "     2 GET /repos/{owner}/{repo}/pulls/{pull_number}",
        'REFUSED GET /repos/o/r/pulls/none: path pull_number: "none" is not of type "integer"',
    ]
