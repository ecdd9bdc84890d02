"""Names of definitions as people and models write them, in the dots that the index has.

``Cart::total``, ``Cart#total``, ``(*Cart).total`` and ``shop.Cart.total()`` may all ask for what is
known as ``Cart.total``.
"""

import re
from collections.abc import Iterable

from scoping.facts import Symbol

_MAX_NAME = 500
_GIVEN = re.compile(r"<[^<>]*>(?=::|\.|$)")
_RECEIVER = re.compile(r"\A\([*&]?(\w+)\)(?=\.)")
# Not those of an operator's own name: `operator()`, `operator->`.
_CALLED = re.compile(r"(?<=[\w?!])(?<!\boperator)\([^()]*\)\Z")
_SEPARATOR = re.compile(r"(?<=[\w?!])(?:::|#|\\|->(?=\w))")


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
    symbols that agree in most parts are meant.
    """
    asked = name.split(".")
    agreeing = [(_agreement(asked, symbol.qualified_name.split(".")), symbol) for symbol in symbols]
    most = max((parts for parts, _ in agreeing), default=0)
    return [symbol for parts, symbol in agreeing if most and parts == most]


def _agreement(asked: list[str], known: list[str]) -> int:
    """Return in how many last parts the two agree; 0 where they contradict each other."""
    shared = min(len(asked), len(known))
    return shared if asked[-shared:] == known[-shared:] else 0
