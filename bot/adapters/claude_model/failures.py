"""What went wrong before a reply began, and whether asking again can cost twice."""

import re
from collections.abc import Mapping

from workflows.conversation import Usage
from workflows.ports import ModelTrouble

# Refused before work began. 502 and 504 come from somebody in between: there it may have begun.
_UNPAID = frozenset({429, 500, 503, 529})
_BUSY = _UNPAID | {409}
# Somebody may have read the request, and begun to answer it.
_MAYBE_PAID = frozenset({408, 502, 504})
_NOT_ALLOWED = frozenset({401, 403})
_REJECTED = {404: "check model.name, and model.endpoint, which ends before /v1"}
_PAYMENT_REQUIRED = 402
_TOO_LARGE = 413
_BUSY_TYPES = frozenset({"overloaded_error", "rate_limit_error", "api_error", "timeout_error"})
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


def is_too_large(error: Exception) -> bool:
    """Return whether the request holds more than the vendor or the model reads."""
    if getattr(error, "status_code", None) == _TOO_LARGE:
        return True
    is_request = getattr(error, "type", None) in {"invalid_request_error", "request_too_large"}
    return is_request and "prompt is too long" in str(getattr(error, "api_message", None))


def in_stream(error: Exception | None) -> ModelTrouble:
    """Return the trouble that an error event inside a stream stands for; a plain break else."""
    if error is not None and is_spent(error):
        return "spend-limit"
    return "overloaded" if getattr(error, "type", None) in _BUSY_TYPES else "broken-stream"


def retry_after_s(error: Exception) -> float:
    """Return how long the vendor asks to wait, at most half a minute; 0 where it does not say."""
    response = getattr(error, "response", None)
    headers: Mapping[str, str] = {} if response is None else response.headers
    asked = headers.get("retry-after", "")
    # The other form, a date, would need the two clocks to agree.
    return min(float(asked), _LONGEST_WAIT_S) if re.fullmatch(r"\d{1,9}(\.\d+)?", asked) else 0.0


def explain(
    error: Exception, host: str, posts: int, variable: str
) -> tuple[ModelTrouble, str, Usage]:
    """Return the trouble, what to tell a person about it, and what it can have cost.

    ``variable`` is the one that holds the key.
    """
    status = getattr(error, "status_code", None)
    if status is None and is_unpaid(error):
        words = f"{host} cannot be reached; check the network, the proxy and the endpoint"
        return "overloaded", words, Usage(requests=posts, usd=0.0)
    if status is None:
        why = type(error.__cause__ or error).__name__
        words = f"{host} did not answer ({why}); the request may have been paid, try again later"
        return "broken-stream", words, Usage(requests=posts, at_least=True)
    trouble, advice = _answered(error, status, variable)
    said = str(getattr(error, "api_message", None) or "without a word of why")[:_SAID_CHARS]
    cost = Usage(requests=posts, usd=0.0, at_least=status in _MAYBE_PAID)
    return trouble, f"{host} answered {status} to post {posts}: {said}; {advice}", cost


def _answered(error: Exception, status: int, variable: str) -> tuple[ModelTrouble, str]:
    """Return what an answer that is no reply stands for, and what a person can do."""
    if is_spent(error):
        return "spend-limit", "raise the limit or add credit at the vendor"
    if is_too_large(error):
        return "too-large", "it must be made smaller"
    if status in _NOT_ALLOWED:
        return "rejected", f"check that {variable} is a key for this endpoint and model"
    if status in _MAYBE_PAID:
        return "overloaded", "it may have been paid, try again later"
    if status in _BUSY:
        return "overloaded", "try again later"
    return "rejected", _REJECTED.get(status, "the same request will be refused again")
