"""What the transcripts leave out of what was printed: all that is another each time."""

import re


def steady(text: str, place: str, *own: tuple[str, str]) -> str:
    """Return ``text`` with what is another each time replaced by its name.

    ``place`` is the pattern of the folder it was made in, ``own`` are patterns of one transcript's,
    each with what stands there instead.
    """
    for pattern, name in (
        (place, "~"),
        (r"r\d{8}-\d{6}-[0-9a-f]{6}", "RUN"),
        (r"\(\d+\.\d s\)", "(... s)"),
        # As long as what is said to the model; that is compared whole elsewhere.
        (r"\d+ tokens packed", "... tokens packed"),
        *own,
    ):
        text = re.sub(pattern, name, text)
    return text
