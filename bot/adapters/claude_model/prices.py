"""What a reply costs, from a price list that is installed with the program and asks nobody."""

from workflows.conversation import Usage


def price_usd(model: str, usage: Usage) -> float | None:
    """Return the price of ``usage`` in US dollars, None for a model the list does not know."""
    import genai_prices  # noqa: PLC0415 - half a second, and only once money is counted

    cached = usage.cache_read_tokens + usage.cache_write_tokens
    counts = genai_prices.Usage(
        # The list counts cached tokens among the input; the vendor's raw figures do not.
        input_tokens=usage.input_tokens + cached,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        output_tokens=usage.output_tokens,
    )
    try:
        priced = genai_prices.calc_price(counts, model, provider_id="anthropic")
    except LookupError:
        return None
    return float(priced.total_price)
