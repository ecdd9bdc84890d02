import os
from typing import TYPE_CHECKING, Optional, Tuple, Union, cast
from typing import OrderedDict as Ordered

if TYPE_CHECKING:
    from a import B

C = Union["B", Tuple[int, str]]


def f(a: Optional[Union["B", int]] = None, *, b: "Ordered[str, B]") -> Tuple[int, ...]:
    return cast(Tuple[int, ...], a)
