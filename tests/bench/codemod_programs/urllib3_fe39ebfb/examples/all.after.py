from __future__ import annotations

import os
import typing

if typing.TYPE_CHECKING:
    from a import B

C = typing.Union["B", typing.Tuple[int, str]]


def f(a: B | int | None = None, *, b: typing.OrderedDict[str, B]) -> tuple[int, ...]:
    return typing.cast(typing.Tuple[int, ...], a)
