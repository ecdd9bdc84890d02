"""Why a conversation is not read from the vendor's cache where it could have been.

A request repeats all that was said before, in the order tools, instructions, scope, turns. Where
not a byte of that changed, the vendor charges a tenth of it; where one did, all of it again.
"""

from workflows.conversation import Conversation, Usage

# What the vendor keeps a prefix for, from its last use on.
_KEPT_S = 300.0
# Tokens are counted in blocks, and the last ones of a prefix may fall into the next.
_SHARE = 0.9


def missed(before: Usage, now: Usage, waited_s: float, why: str = "") -> str:
    """Return why what ``before`` put into the cache was paid for again, or "" when it was not.

    ``why`` is what is known to have broken it.
    """
    kept = before.cache_read_tokens + before.cache_write_tokens
    lost = kept - now.cache_read_tokens
    if now.at_least or not kept or now.cache_read_tokens >= kept * _SHARE:
        return ""
    if not why and waited_s >= _KEPT_S:
        why = f"the last request was {waited_s:.0f} s ago and it is kept for {_KEPT_S:.0f} s"
    why = why or "the vendor no longer had it, although the request begins as the one before"
    return f"{lost} of {kept} tokens that were in the cache were not read from it: {why}"


def changed(before: Conversation, now: Conversation) -> str:
    """Return where ``now`` does not begin as ``before`` did, or "" when it goes on with it."""
    if now.actions != before.actions:
        return "the actions"
    if now.system != before.system:
        return "the instructions"
    then, since = before.messages, now.messages
    for place, (one, other) in enumerate(zip(then, since, strict=False), 1):
        if one != other:
            return f"turn {place}"
    return f"the number of turns, {len(since)} after {len(then)}" if len(since) < len(then) else ""
