"""What went wrong before a reply began, and whether asking again can cost twice."""

import re
from collections.abc import Mapping

from workflows.conversation import Usage
from workflows.ports import ModelTrouble

# Refused before work began. 502 and 504 come from somebody in between: there it may have begun.
_UNPAID = frozenset({429, 500, 503, 529})
_BUSY = _UNPAID | {408, 409, 502, 504}
_NOT_ALLOWED = frozenset({401, 403})
_PAYMENT_REQUIRED = 402
_LONGEST_WAIT_S = 30.0
_SAID_CHARS = 300


def is_unpaid(error: Exception) -> bool:
    """Return whether nothing can have been charged: no connection, or a status that says so."""
    status = getattr(error, "status_code", None)
    if status is not None:
        return status in _UNPAID
    # By name: the HTTP library is the vendor's choice, not ours.
    return type(error.__cause__).__name__ in {"ConnectError", "ConnectTimeout"}


def is_spent(error: Exception) -> bool:
    """Return whether the account's money or its own cap is used up: waiting will not help."""
    if getattr(error, "status_code", None) == _PAYMENT_REQUIRED:
        return True
    code = str(getattr(error, "error_code", None))
    words = str(getattr(error, "api_message", None))
    return (
        getattr(error, "type", None) == "billing_error"
        or code.endswith("spend_limit_reached")
        or "credit balance is too low" in words
    )


def retry_after_s(error: Exception) -> float:
    """Return how long the vendor asks to wait, at most half a minute; 0 where it does not say."""
    response = getattr(error, "response", None)
    headers: Mapping[str, str] = {} if response is None else response.headers
    asked = headers.get("retry-after", "")
    # The other form, a date, would need the two clocks to agree.
    return min(float(asked), _LONGEST_WAIT_S) if re.fullmatch(r"\d{1,9}(\.\d+)?", asked) else 0.0


def explain(error: Exception, host: str, posts: int) -> tuple[ModelTrouble, str, Usage]:
    """Return the trouble, what to tell a person about it, and what it can have cost."""
    status = getattr(error, "status_code", None)
    nothing = Usage(requests=posts, usd=0.0)
    if status is None and is_unpaid(error):
        words = f"{host} cannot be reached; check the network, the proxy and the endpoint"
        return "overloaded", words, nothing
    if status is None:
        why = type(error.__cause__ or error).__name__
        words = f"{host} did not answer ({why}); the request may have been paid, try again later"
        return "broken-stream", words, Usage(requests=posts, at_least=True)
    said = str(getattr(error, "api_message", None) or "without a word of why")[:_SAID_CHARS]
    words = f"{host} answered {status} to post {posts}: {said}"
    if is_spent(error):
        return "spend-limit", f"{words}; raise the limit or add credit at the vendor", nothing
    if status in _NOT_ALLOWED:
        advice = "check that ANTHROPIC_API_KEY is a key for this endpoint and model"
        return "rejected", f"{words}; {advice}", nothing
    if status in _BUSY:
        return "overloaded", f"{words}; try again later", nothing
    return "rejected", f"{words}; the same request will be refused again", nothing
