"""Pictures as a model of this vendor is shown them, until it says that it takes none.

They come from the journal by their hash. One that cannot be shown stands in the request as a line
that says so: a run never ends for want of a picture.
"""

import base64
import re
from collections.abc import Callable
from threading import Lock
from typing import Any

from validators.encoding import digest
from workflows.picture import Picture
from workflows.ports import JournalRefusal, ModelRefusal
from workflows.quoting import one_line

Block = dict[str, Any]

# The vendor scales a larger one down before it counts: the newest models to this edge.
_LONGEST_COUNTED = 2_576
_PIXELS_A_TOKEN = 750
_ABOUT_PICTURES = re.compile(r"\bimages?\b|\bvision\b|multimodal", re.IGNORECASE)
SHOWS_NONE = "model.pictures is false"


class Gallery:
    """What one model is shown. ``blob`` returns what a hash names; ``note`` is told once if none.

    ``closed`` says why nothing is shown, "" where pictures are.
    """

    def __init__(
        self,
        blob: Callable[[str], bytes],
        note: Callable[[str], None] = lambda _: None,
        closed: str = "",
    ) -> None:
        self._blob = blob
        self._note = note
        self._closed = closed
        self._is_told = False
        self._lock = Lock()

    def tokens(self, picture: Picture) -> int:
        """Return what the vendor counts a picture as, never too few; 0 where none is shown."""
        if self._closed:
            return 0
        longest = max(picture.width, picture.height)
        scale = min(1.0, _LONGEST_COUNTED / longest)
        return int(picture.width * picture.height * scale * scale / _PIXELS_A_TOKEN) + 1

    def block(self, picture: Picture) -> Block:
        """Return a picture as the vendor takes it, or a line in its place."""
        if self._closed:
            self._tell(self._closed)
            return _absent(picture)
        try:
            content = self._blob(picture.blob)
        except JournalRefusal as refusal:
            self._tell(str(refusal))
            return _absent(picture)
        if digest(content) != picture.blob:
            self._tell(f"{one_line(picture.name)} is not what it was when the run began")
            return _absent(picture)
        data = base64.b64encode(content).decode()
        source = {"type": "base64", "media_type": picture.media_type, "data": data}
        return {"type": "image", "source": source}

    def is_closed_by(self, refusal: ModelRefusal) -> bool:
        """Show no more pictures where ``refusal`` is about them; return whether it is."""
        if self._closed or refusal.trouble != "rejected":
            return False
        if not _ABOUT_PICTURES.search(str(refusal)):
            return False
        self._closed = str(refusal)
        return True

    def _tell(self, why: str) -> None:
        with self._lock:
            if self._is_told:
                return
            self._is_told = True
        self._note(f"pictures of the task are not shown to the model: {why}")


def _absent(picture: Picture) -> Block:
    return {"type": "text", "text": f"[{one_line(picture.name)} is not shown here]"}


# Shows nothing, and says nothing of it.
HIDDEN = Gallery(lambda _: b"", closed="nobody gave any")
