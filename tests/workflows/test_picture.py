"""What a picture's first bytes say, in each format and in every damaged form of it."""

import random
import struct

import pytest

from validators.encoding import digest, encode
from workflows.conversation import Conversation, Message
from workflows.picture import (
    MAX_PICTURE_BYTES,
    MAX_PICTURES,
    MAX_PICTURES_BYTES,
    Picture,
    PictureRefusal,
    may_join,
    picture_of,
)


def png(width: int, height: int, rest: bytes = b"\x08\x02\0\0\0rest") -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + rest


def jpeg(width: int, height: int, frame: int = 0xC2) -> bytes:
    exif = b"\xff\xe1" + struct.pack(">H", 6) + b"\xff\xc0\0\0"  # looks like a frame, and is none
    table = b"\xff\xff\xc4" + struct.pack(">H", 4) + b"\0\0"
    size = struct.pack(">HBHH", 11, 8, height, width)
    return b"\xff\xd8" + exif + b"\xff\x01" + table + bytes((0xFF, frame)) + size + b"\xff\xda"


def webp(kind: bytes, body: bytes) -> bytes:
    return b"RIFF\x99\0\0\0WEBP" + kind + struct.pack("<I", len(body)) + body


LOSSY = webp(b"VP8 ", b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", 640, 480))
LOSSLESS = webp(b"VP8L", b"\x2f" + struct.pack("<I", 639 | 479 << 14))
EXTENDED = webp(b"VP8X", bytes(4) + b"\x7f\x02\0" + b"\xdf\x01\0")
EVERY = {
    "image/png": png(640, 480),
    "image/gif": b"GIF89a" + struct.pack("<HH", 640, 480),
    "image/jpeg": jpeg(640, 480),
    "image/webp": LOSSY,
}


@pytest.mark.parametrize(
    ("media_type", "content"),
    [*EVERY.items(), ("image/webp", LOSSLESS), ("image/webp", EXTENDED)],
)
def test_a_picture_is_as_large_as_its_header_says(media_type: str, content: bytes) -> None:
    found = picture_of("a", content)

    assert (found.media_type, found.width, found.height) == (media_type, 640, 480)
    assert (found.blob, found.size) == (digest(content), len(content))
    assert found.name == f"a.{media_type.removeprefix('image/').replace('jpeg', 'jpg')}"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no PNG, JPEG, GIF or WebP"),
        (b"<svg xmlns='x'/>", "no PNG, JPEG, GIF or WebP"),
        (b"BM" + bytes(60), "no PNG, JPEG, GIF or WebP"),
        (png(0, 480), "0 by 480 pixels"),
        (png(8_001, 1), "8001 by 1 pixels"),
        (png(2**31, 2**31), "pixels"),
        (png(1, 1).replace(b"IHDR", b"IDAT"), "without its header"),
        (png(1, 1, bytes(MAX_PICTURE_BYTES)), "larger than"),
        (b"\xff\xd8\xff\xda", "does not say how large"),
        (b"\xff\xd8" + b"\xff\xe0\0\0" * 5_000, "does not say how large"),
        (b"\xff\xd8" + b"\xff" * 5_000, "does not say how large"),
        (b"\xff\xd8\xff\xe0\xff\xff", "breaks off"),
        (webp(b"VP9 ", bytes(20)), "of no known kind"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_its_reason(content: bytes, why: str) -> None:
    with pytest.raises(PictureRefusal, match=why):
        picture_of("a", content)


@pytest.mark.parametrize("content", EVERY.values(), ids=EVERY.keys())
def test_no_damage_to_a_header_is_anything_but_a_refusal(content: bytes) -> None:
    dice = random.Random(7)  # noqa: S311 - the same damage each time
    for length in range(len(content)):
        _either_way(content[:length])
    for _ in range(500):
        spoiled = bytearray(content)
        for _ in range(dice.randrange(1, 4)):
            spoiled[dice.randrange(len(spoiled))] = dice.randrange(256)
        _either_way(bytes(spoiled))


def _either_way(content: bytes) -> None:
    try:
        found = picture_of("a", content)
    except PictureRefusal:
        return
    assert 0 < found.width <= 8_000
    assert 0 < found.height <= 8_000


def test_a_request_holds_so_many_pictures_and_so_many_bytes() -> None:
    def sized(size: int) -> Picture:
        return Picture("a.png", "image/png", "0" * 64, size, 1, 1)

    assert may_join(sized(1), [sized(1)] * (MAX_PICTURES - 1)) == ""
    assert "more than 10" in may_join(sized(1), [sized(1)] * MAX_PICTURES)
    assert may_join(sized(1), [sized(MAX_PICTURES_BYTES - 1)]) == ""
    assert "together" in may_join(sized(2), [sized(MAX_PICTURES_BYTES - 1)])


def test_a_turn_without_pictures_is_encoded_as_if_there_never_were_any() -> None:
    turn = Message("user", "Fix it.")
    kept = encode(Conversation("s", (turn,)))
    picture = picture_of("a", EVERY["image/png"])

    assert b"pictures" not in kept
    assert encode(Conversation("s", (turn.showing(()),))) == kept
    assert digest(encode(Conversation("s", (turn.showing((picture,)),)))) != digest(kept)
    assert turn.showing((picture,)).shown == (picture,)
    assert turn.shown == turn.showing((picture,)).showing(()).shown == ()
