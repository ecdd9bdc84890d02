"""How other people's checks ended beside a commit, and the end of what one of them printed."""

import ssl
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPMessage
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from bot.adapters.github_forge import answers
from bot.adapters.github_forge.client import Client
from bot.adapters.github_forge.faults import Answered
from bot.adapters.github_forge.transport import PAGE
from workflows.tracker import CheckResult

_OURS = "changewright"
_MOST_PAGES = 5
_TIMEOUT_S = 20.0
_MAX_BYTES, _TAIL = 32 * 1024**2, 8_000


def check_results(client: Client, commit: str) -> tuple[CheckResult, ...]:
    """Return every end of every check run that is not ours, those that were run again included."""
    found: list[answers.CheckRun] = []
    for page in range(1, _MOST_PAGES + 1):
        wanted: dict[str, str | int] = {"filter": "all", "per_page": PAGE, "page": page}
        try:
            told = client.read(f"commits/{commit}/check-runs", answers.CheckRuns, wanted)
        except Answered as error:
            if error.status in {HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}:
                return ()
            raise
        found += [one for one in told.check_runs if _is_an_end(one)]
        if len(told.check_runs) < PAGE:
            break
    workflows = _workflows(client, commit) if found else {}
    return tuple(_result(one, workflows) for one in sorted(found, key=lambda one: one.id))


def _workflows(client: Client, commit: str) -> Mapping[int, str]:
    """Return by check suite the file of the workflow that made it; two may name a job alike.

    Empty where this token may not see them.
    """
    wanted: dict[str, str | int] = {"head_sha": commit, "per_page": PAGE}
    try:
        told = client.read("actions/runs", answers.WorkflowRuns, wanted)
    except Answered:
        return {}
    return {
        one.check_suite_id: one.path.partition("@")[0].rpartition("/")[2]
        for one in told.workflow_runs
        if one.check_suite_id is not None
    }


def check_log(client: Client, check: CheckResult) -> str:
    """Return the end of the log of a job of GitHub's own Actions; "" for any other check.

    A log lies in a store of GitHub's to which it redirects; the token does not go along.
    """
    path = f"/repos/{client.repository().full_name}/actions/jobs/{check.id}/logs"
    api = client.access.api_url.rstrip("/")
    asked = Request(f"{api}{path}")  # noqa: S310 - the forge's own API, checked by the settings
    asked.add_unredirected_header("Authorization", f"token {client.tokens.current()}")
    asked.add_header("User-Agent", _OURS)
    trusted = ssl.create_default_context(cafile=client.access.network.ca_file or None)
    try:
        with build_opener(_ToAStore(), HTTPSHandler(context=trusted)).open(
            asked, timeout=_TIMEOUT_S
        ) as answer:
            return _tail(answer)
    except HTTPError as error:
        error.close()
        return ""
    except (URLError, OSError, ValueError):
        return ""


class _ToAStore(HTTPRedirectHandler):
    """Follows one redirect, by TLS unless the API itself is without it on this machine."""

    max_redirections = 1

    def redirect_request(
        self,
        request: Request,
        answer: IO[bytes],
        code: int,
        message: str,
        headers: HTTPMessage,
        address: str,
    ) -> Request | None:
        """Return the request that follows, or None where it would leave TLS."""
        if urlsplit(address).scheme not in {"https", urlsplit(request.full_url).scheme}:
            return None
        return super().redirect_request(request, answer, code, message, headers, address)


def _tail(answer: IO[bytes]) -> str:
    """Read to the end and keep only that, however much there is before."""
    kept, read = b"", 0
    while read < _MAX_BYTES and (part := answer.read(65_536)):
        read += len(part)
        kept = (kept + part)[-4 * _TAIL :]
    return kept.decode("utf-8", "replace")[-_TAIL:]


def _is_an_end(one: answers.CheckRun) -> bool:
    return one.status == "completed" and bool(one.conclusion) and one.external_id != _OURS


def _result(one: answers.CheckRun, workflows: Mapping[int, str]) -> CheckResult:
    words = [text for text in (one.output.title, one.output.summary) if text]
    workflow = workflows.get(one.check_suite.id, "") if one.check_suite else ""
    said = "\n".join(words)[:_TAIL]
    return CheckResult(one.id, one.name, one.conclusion or "", said, workflow)
