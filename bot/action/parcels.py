"""The files that travel between jobs, written whole and read as a stranger's.

Each job's parcel is a folder named like its artifact. A later job takes nothing in it for granted:
no link is followed, sizes are capped, and what does not name the run that was admitted is refused.
"""

import os
import re
import stat
from pathlib import Path
from typing import TypeVar

from validators.encoding import EncodingRefusal, decode, digest, encode
from workflows.admission import Admission
from workflows.handover import BundleVerification, HandoverRefusal, Publication, RunOutcome
from workflows.picture import MAX_PICTURE_BYTES, Picture, PictureRefusal, picture_of

ADMISSION = "changewright-admission"
STALE_ADMISSION = "stale-admission"
EARLIER = "changewright-earlier"
PROPOSAL = "changewright-proposal"
VERIFICATION = "changewright-verification"
PUBLICATION = "changewright-publication"
MAX_NOUN_BYTES = 4 * 1024**2
_PICTURE = re.compile(r"picture-[0-9]{1,2}\.(?:png|jpg|gif|webp)")

_Noun = TypeVar("_Noun", Admission, RunOutcome, BundleVerification, Publication)


def put_admission(folder: Path, admission: Admission) -> str:
    """Write an admission and return its hash, by which later jobs know that it is this one."""
    content = encode(admission)
    put(folder / ADMISSION / "admission.json", content)
    return digest(content)


def admission_in(folder: Path, sha256: str = "", parcel: str = ADMISSION) -> Admission | None:
    """Return the admission of this workflow run, or None; HandoverRefusal when it is another.

    ``sha256`` came by the jobs' outputs, which no artifact can change.
    """
    content = content_of(folder / parcel / "admission.json", MAX_NOUN_BYTES)
    if content is None:
        return None
    if sha256 and digest(content) != sha256:
        raise HandoverRefusal(
            "admission.json is not the one that was admitted: another job wrote over it; look at"
            " what ran in this workflow"
        )
    return _decoded(content, Admission, "admission.json")


def picture_in(folder: Path, picture: Picture, parcel: str = ADMISSION) -> bytes:
    """Return the bytes of a picture that was admitted; HandoverRefusal when they are others."""
    if not _PICTURE.fullmatch(picture.name):
        raise HandoverRefusal(f"{picture.name[:60]!r} is no name of a picture that was admitted")
    content = content_of(folder / parcel / picture.name, MAX_PICTURE_BYTES)
    stem = picture.name.partition(".")[0]
    try:
        if content is not None and picture_of(stem, content) == picture:
            return content
    except PictureRefusal as refusal:
        raise HandoverRefusal(f"{picture.name} is not what it must be: {refusal}") from refusal
    raise HandoverRefusal(
        f"{picture.name} is not the picture that was admitted; set the label again"
    )


def outcome_in(folder: Path, run: str) -> RunOutcome | None:
    """Return how ``run`` ended, or None when its job died before it could say."""
    return _told(folder / PROPOSAL / "outcome.json", RunOutcome, run)


def verification_in(folder: Path, run: str) -> BundleVerification | None:
    """Return what another machine found, or None when it was not asked or died."""
    return _told(folder / VERIFICATION / "verification.json", BundleVerification, run)


def publication_in(folder: Path, run: str) -> Publication | None:
    """Return what was published, or None when nobody could say."""
    return _told(folder / PUBLICATION / "publication.json", Publication, run)


def put(path: Path, content: bytes) -> None:
    """Have a whole file under its name, or nothing of it."""
    draft = path.with_name(f".{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise HandoverRefusal(f"{path}: cannot be written: {error.strerror}") from error


def content_of(path: Path, limit: int) -> bytes | None:
    """Return a plain file of no more than ``limit`` bytes, or None when there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HandoverRefusal(f"{path.name}: cannot be read: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise HandoverRefusal(f"{path.name} is no plain file")
        content = file.read(limit + 1)
    if len(content) > limit:
        raise HandoverRefusal(f"{path.name} is larger than {limit} bytes")
    return content


def _decoded(content: bytes, shape: type[_Noun], name: str) -> _Noun:
    try:
        return decode(content, shape)
    except EncodingRefusal as refusal:
        raise HandoverRefusal(f"{name} is not what it must be: {refusal}") from refusal


def _told(path: Path, shape: type[_Noun], run: str) -> _Noun | None:
    content = content_of(path, MAX_NOUN_BYTES)
    if content is None:
        return None
    noun = _decoded(content, shape, path.name)
    if noun.run != run:
        raise HandoverRefusal(f"{path.name} is about run {noun.run[:60]!r}; {run} was admitted")
    return noun
