"""Numbers that stand in addresses, where anything may stand."""

from starlette.requests import Request

_LONGEST = 15


def number_of(request: Request, name: str, *, header: str = "") -> int:
    """Return a number of the query, or of ``header`` where that is sent; 0 for what is none."""
    text = (header and request.headers.get(header)) or request.query_params.get(name, "")
    is_number = text.isascii() and text.isdecimal() and len(text) <= _LONGEST
    return int(text) if is_number else 0
