"""Names of definitions as people and models write them, in the dots that the index has.

``Cart::total``, ``Cart#total``, ``(*Cart).total`` and ``shop.Cart.total()`` may all ask for what is
known as ``Cart.total``.
"""

import re
from collections.abc import Iterable

from scoping.facts import Symbol

_MAX_NAME = 500
_PLACES = re.compile(r"[/.]")
_GIVEN = re.compile(r"<[^<>]*>(?=::|\.|$)")
_RECEIVER = re.compile(r"\A\([*&]?(\w+)\)(?=\.)")
# Not those of an operator's own name: `operator()`, `operator->`.
_CALLED = re.compile(r"(?<=[\w?!])(?<!\boperator)\([^()]*\)\Z")
# Lua's own is one colon.
_SEPARATOR = re.compile(r"(?<=[\w?!])(?:::|#|\\|->(?=\w)|:(?=[A-Za-z_]))")


def dotted(name: str) -> str:
    """Return ``name`` with dots between its parts, without arguments, or as it is if it is long."""
    if len(name) > _MAX_NAME:
        return name
    own = name.strip().strip("`").removeprefix("\\").removeprefix("::")
    own = _RECEIVER.sub(r"\1", _CALLED.sub("", own))
    if "operator" not in own:
        own = _GIVEN.sub("", own)
    return _SEPARATOR.sub(".", own)


def last_part(name: str) -> str:
    """Return the plain name (``bar``) at the end of a dotted one."""
    return name.rpartition(".")[2]


def best(name: str, symbols: Iterable[Symbol]) -> list[Symbol]:
    """Return the symbols that a dotted ``name`` means, in their order.

    Either may say more of what is around than the other (``shop.Cart.total``, ``Cart.total``); the
    symbols that agree in most parts are meant, of those whose paths hold most of the parts before.
    """
    asked = name.split(".")
    agreeing = [(_agreement(asked, symbol), symbol) for symbol in symbols]
    most = max((agreement for agreement, _ in agreeing), default=(0, 0))
    return [symbol for agreement, symbol in agreeing if most[0] and agreement == most]


def _agreement(asked: list[str], symbol: Symbol) -> tuple[int, int]:
    """Return in how many last parts they agree, 0 where they contradict, and in how many others."""
    known = symbol.qualified_name.split(".")
    shared = min(len(asked), len(known))
    if asked[-shared:] != known[-shared:]:
        return 0, 0
    places = _PLACES.split(symbol.path.lower())
    return shared, sum(part.lower() in places for part in asked[:-shared])
