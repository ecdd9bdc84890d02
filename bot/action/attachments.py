"""What was attached to an issue, fetched from the forge's own hosts and from nowhere else.

An issue's text is a stranger's: an address in it that leads elsewhere is not followed, nor one that
the forge redirects to any place but its own stores. No token goes along. What arrives is capped,
and is what its bytes say it is, whatever anybody calls it: a picture of a known format, or, where
it was uploaded as a file, a text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPMessage
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from bot.action.parcels import ADMISSION, put
from workflows.admission import FrozenText
from workflows.picture import MAX_PICTURE_BYTES, Picture, PictureRefusal, may_join, picture_of

_MOST, _TIMEOUT_S = 15, 10.0
_MAX_TEXT, _MAX_TEXTS = 20_000, 60_000
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:-]{1,253}/[A-Za-z0-9._~/%?&=+-]{1,1000}")
_UPLOADED = re.compile(
    r"/(?:user-attachments|[^/]+/[^/]+)/(?:assets/[A-Za-z0-9/-]+|files/[0-9]+/[A-Za-z0-9_][A-Za-z0-9_.%+-]*)"
)
_FILE = re.compile(r"/files/[0-9]+/([^/]+)\Z")
_NAME = re.compile(r"[^A-Za-z0-9._-]")
_PUBLIC = "https://github.com"
# Where github.com keeps what people upload to an issue; an Enterprise server keeps it itself.
_STORES = frozenset(
    {
        "user-images.githubusercontent.com",
        "private-user-images.githubusercontent.com",
        "objects.githubusercontent.com",
        "github-production-user-asset-6210df.s3.amazonaws.com",
        "github-production-repository-file-5c1aeb.s3.amazonaws.com",
    }
)


@dataclass(slots=True)
class Fetched:
    """What was kept of an issue's attachments, and a sentence about each that was not."""

    pictures: tuple[Picture, ...] = ()
    texts: tuple[FrozenText, ...] = ()
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachments:
    """Fetches what is attached to a text into ``folder``, from the forge at ``server_url``."""

    server_url: str
    folder: Path

    def of(self, text: str) -> Fetched:
        """Return what was kept: pictures as files beside the admission, texts by their words."""
        fetched = Fetched()
        opener = build_opener(_OwnRedirects(self))
        for number, address in enumerate(self.addresses(text), 1):
            if number > _MOST:
                fetched.troubles += (f"more than {_MOST} attachments: the rest is left out",)
                break
            try:
                self._keep(fetched, self._content(opener, address), address)
            except (OSError, ValueError, PictureRefusal) as error:
                fetched.troubles += (f"attachment {number} is left out: {_why(error)}",)
        return fetched

    def addresses(self, text: str) -> Iterator[str]:
        """Yield each address in ``text`` that is one of an upload to this forge, once."""
        for address in dict.fromkeys(_ADDRESS.findall(text)):
            if self.is_upload(address):
                yield address

    def is_upload(self, address: str) -> bool:
        """Whether an address is where this forge keeps what people upload."""
        parts, own = urlsplit(address), urlsplit(self.server_url)
        if (parts.scheme, parts.netloc) == (own.scheme, own.netloc):
            return _UPLOADED.fullmatch(parts.path) is not None
        return self.is_store(address)

    def is_store(self, address: str) -> bool:
        """Whether an address is in one of the stores behind the forge."""
        parts = urlsplit(address)
        return self.server_url == _PUBLIC and parts.scheme == "https" and parts.netloc in _STORES

    def _content(self, opener: OpenerDirector, address: str) -> bytes:
        request = Request(address, headers={"User-Agent": "changewright"})  # noqa: S310 - is_upload
        with opener.open(request, timeout=_TIMEOUT_S) as answer:
            content: bytes = answer.read(MAX_PICTURE_BYTES + 1)
        if len(content) > MAX_PICTURE_BYTES:
            raise ValueError(f"it is larger than {MAX_PICTURE_BYTES} bytes")
        return content

    def _keep(self, fetched: Fetched, content: bytes, address: str) -> None:
        try:
            picture = picture_of(f"picture-{len(fetched.pictures) + 1}", content)
        except PictureRefusal:
            named = _FILE.search(urlsplit(address).path)
            text = _text_in(content) if named else None
            if named is None or text is None:
                raise
            fetched.texts += (_frozen(named[1], text, fetched.texts),)
            return
        if why := may_join(picture, fetched.pictures):
            raise PictureRefusal(why)
        put(self.folder / ADMISSION / picture.name, content)
        fetched.pictures += (picture,)


def _text_in(content: bytes) -> str | None:
    """Return a file's words, or None where it is no text."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _frozen(name: str, text: str, others: tuple[FrozenText, ...]) -> FrozenText:
    left = _MAX_TEXTS - sum(len(one.text) for one in others)
    if left <= 0:
        raise ValueError(f"the texts before it have {_MAX_TEXTS} characters already")
    kept = text[: min(_MAX_TEXT, left)]
    return FrozenText(_NAME.sub("_", name)[:100], kept, len(text) - len(kept))


class _OwnRedirects(HTTPRedirectHandler):
    """Follows a redirect to the forge's own stores, and no other."""

    max_redirections = 3

    def __init__(self, attachments: Attachments) -> None:
        self._attachments = attachments

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if not self._attachments.is_upload(newurl):
            raise ValueError("the forge leads to a place that is not its own")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _why(error: Exception) -> str:
    if isinstance(error, URLError):
        return f"it cannot be fetched ({str(error.reason)[:80]})"
    return str(error)[:120] or "it cannot be fetched"
