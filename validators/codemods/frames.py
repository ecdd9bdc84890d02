"""How files and what a program says of them pass between processes: JSON, then raw bytes."""

import json
import struct
from collections.abc import Mapping
from typing import Any

_LENGTH = struct.Struct(">I")


def packed(header: Mapping[str, Any], *contents: bytes) -> bytes:
    """Return one message: a header, and contents whose sizes it will tell."""
    sizes = [len(content) for content in contents]
    head = json.dumps({**header, "sizes": sizes}).encode("ascii")
    return b"".join((_LENGTH.pack(len(head)), head, *contents))


def unpacked(message: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Return the header and the contents; ValueError when it is no message of ours."""
    try:
        (length,) = _LENGTH.unpack_from(message)
        at = _LENGTH.size + length
        header = json.loads(message[_LENGTH.size : at])
        contents = []
        for size in header["sizes"]:
            contents.append(message[at : at + size])
            at += size
    except (struct.error, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"a message is damaged: {error}") from error
    if at != len(message):
        raise ValueError(f"a message of {len(message)} bytes tells of {at}")
    return header, contents


# What a worker says of a file in which its program wants nothing. Most files are such, and are
# known by these bytes.
SAID_NOTHING: Mapping[str, Any] = {
    "splices": [],
    "sites": [],
    "left": [],
    "error": "",
    "second": ("", None),
}
NOTHING = packed(SAID_NOTHING)
