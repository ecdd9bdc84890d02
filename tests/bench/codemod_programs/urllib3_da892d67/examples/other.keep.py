import typing

a: typing.Literal[1]
