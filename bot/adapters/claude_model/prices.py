"""What a reply costs, from a price list that is installed with the program and asks nobody."""

from collections.abc import Mapping
from functools import cache

from bot.configuration.endpoints import Service
from workflows.conversation import Usage

# Who sends the bill, as the list names them.
_SELLERS: Mapping[Service, str] = {
    "anthropic": "anthropic",
    "bedrock": "aws",
    "vertex": "google",
    "foundry": "azure",
}


def price_usd(model: str, usage: Usage, service: Service = "anthropic") -> float | None:
    """Return the price of ``usage`` in US dollars, None for a model the list does not know."""
    import genai_prices  # noqa: PLC0415 - half a second, and only once money is counted

    _keep_sellers()
    cached = usage.cache_read_tokens + usage.cache_write_tokens
    counts = genai_prices.Usage(
        # The list counts cached tokens among the input; the vendor's raw figures do not.
        input_tokens=usage.input_tokens + cached,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        cache_write_1h_tokens=usage.cache_write_1h_tokens,
        output_tokens=usage.output_tokens,
    )
    kind = {"processing": "batch"} if usage.is_batch else None
    try:
        priced = genai_prices.calc_price(
            counts, model, provider_id=_SELLERS[service], price_context=kind
        )
    except LookupError:
        return None
    return float(priced.total_price)


@cache
def _keep_sellers() -> None:
    """Let go of the prices of those who never send us a bill: 40 vendors and 4 MB of memory."""
    from genai_prices import data  # noqa: PLC0415 - as above

    data.providers[:] = [one for one in data.providers if one.id in _SELLERS.values()]
