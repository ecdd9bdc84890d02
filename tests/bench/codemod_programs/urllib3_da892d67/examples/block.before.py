import typing

if typing.TYPE_CHECKING:
    from typing import Literal

a: Literal[1]
