"""A picture that came with a task: what its first bytes say of it, and nothing of it decoded.

Whoever decodes a stranger's picture runs its bytes through a decoder; here only the header is read,
in which the formats say how wide and high a picture is.
"""

import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from scoping.refusal import Refusal
from validators.encoding import digest

PictureType = Literal["image/png", "image/jpeg", "image/gif", "image/webp"]
Size = tuple[int, int]

# What vendors take: 5 MiB in base64, 8,000 pixels an edge; of more than 20 pictures each may be
# smaller only, and all of a request together are to leave room for its words.
MAX_PICTURES = 10
MAX_PICTURE_BYTES = 5 * 1024**2 * 3 // 4
MAX_PICTURES_BYTES = 12 * 1024**2
MAX_EDGE = 8_000
_MOST_SEGMENTS = 1_000
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_MARK, _START_OF_SCAN = 0xFF, 0xDA


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture whose bytes are kept as the blob of that name; its own name is a stranger's."""

    name: str
    media_type: PictureType
    blob: str
    size: int
    width: int
    height: int


class PictureRefusal(Refusal):
    """Something is no picture that can be shown to a model, and why."""


def picture_of(stem: str, content: bytes) -> Picture:
    """Return what ``content`` is by its first bytes, called ``stem`` with its format's ending."""
    known = next((one for one in _FORMATS if one[0].match(content)), None)
    if known is None:
        raise PictureRefusal("it is no PNG, JPEG, GIF or WebP")
    _, media_type, ending, measured = known
    if len(content) > MAX_PICTURE_BYTES:
        raise PictureRefusal(f"it is larger than {MAX_PICTURE_BYTES} bytes")
    try:
        width, height = measured(content)
    except (struct.error, IndexError):
        raise PictureRefusal("its header breaks off") from None
    if not (0 < width <= MAX_EDGE and 0 < height <= MAX_EDGE):
        raise PictureRefusal(
            f"it is {width} by {height} pixels; 1 to {MAX_EDGE} an edge can be shown"
        )
    return Picture(f"{stem}.{ending}", media_type, digest(content), len(content), width, height)


def may_join(picture: Picture, others: Sequence[Picture]) -> str:
    """Return why ``picture`` is too much beside ``others``, or "" when it is not."""
    if len(others) >= MAX_PICTURES:
        return f"more than {MAX_PICTURES} pictures are not shown"
    if picture.size + sum(one.size for one in others) > MAX_PICTURES_BYTES:
        return f"all pictures together may have {MAX_PICTURES_BYTES} bytes"
    return ""


def _png(content: bytes) -> Size:
    if content[8:16] != b"\0\0\0\rIHDR":
        raise PictureRefusal("it is a PNG without its header")
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _gif(content: bytes) -> Size:
    width, height = struct.unpack_from("<HH", content, 6)
    return width, height


def _webp(content: bytes) -> Size:
    kind = content[12:16]
    if kind == b"VP8X":
        low = struct.unpack_from("<HBHB", content, 24)
        return 1 + low[0] + (low[1] << 16), 1 + low[2] + (low[3] << 16)
    if kind == b"VP8L" and content[20:21] == b"\x2f":
        (bits,) = struct.unpack_from("<I", content, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise PictureRefusal("it is a WebP of no known kind")


def _jpeg(content: bytes) -> Size:
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if content[at] != _MARK:
            break
        marker = content[at + 1]
        if marker == _MARK:  # a filling byte before a marker
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        elif marker == _START_OF_SCAN:
            break
        else:
            at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    raise PictureRefusal("it is a JPEG that does not say how large it is")


_FORMATS: tuple[tuple[re.Pattern[bytes], PictureType, str, Callable[[bytes], Size]], ...] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png", "png", _png),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg", "jpg", _jpeg),
    (re.compile(rb"GIF8[79]a"), "image/gif", "gif", _gif),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp", "webp", _webp),
)
