"""Which paths no patch may name, and which names git or a file system may take for ``.git``.

Git itself accepts some of these on Linux (a zero-width character inside ``.git`` becomes ``.git``
on other file systems), so the check is ours and errs on the side of refusing.
"""

import re
import unicodedata

_MAX_PATH_BYTES = 512
_MAX_COMPONENT_BYTES = 255
_DRIVE = re.compile(r"[A-Za-z]:")
_SHORT_GIT = re.compile(r"git~\d+")

# Letters that look like the g, i and t of ".git", and full stops that look like its dot, and are
# not folded by Unicode's compatibility normalisation.
_LOOK_ALIKES = str.maketrans(
    {
        0x0131: "i",  # Latin dotless i
        0x0269: "i",  # Latin iota
        0x03B9: "i",  # Greek iota
        0x0456: "i",  # Cyrillic i
        0x0261: "g",  # Latin script g
        0x0581: "g",  # Armenian co
        0x03C4: "t",  # Greek tau
        0x0442: "t",  # Cyrillic te
        0x3002: ".",  # ideographic full stop
        0x06D4: ".",  # Arabic full stop
    }
)


def path_trouble(path: str) -> str:
    """Return why no patch may name ``path``, as a sentence without full stop; empty when it may."""
    if not path:
        return "the path is empty"
    trouble = _spelling_trouble(path)
    if trouble:
        return trouble
    for component in path.split("/"):
        if component in {"", ".", ".."}:
            return "the path is not normalised (an empty, '.' or '..' part)"
        if len(component.encode("utf-8", "surrogateescape")) > _MAX_COMPONENT_BYTES:
            return f"a part of the path is longer than {_MAX_COMPONENT_BYTES} bytes"
        if is_like_git(component):
            return "the path leads into a git directory, or a name that looks like one"
    return ""


def is_like_git(component: str) -> bool:
    """Whether a file system or a reader could take one path component for ``.git``."""
    folded = unicodedata.normalize("NFKD", component)
    seen = "".join(c for c in folded if unicodedata.category(c) not in {"Cf", "Mn"})
    # NTFS drops trailing dots and spaces, and what follows a colon names a stream.
    name = seen.casefold().translate(_LOOK_ALIKES).split(":", 1)[0].rstrip(". ")
    return name == ".git" or _SHORT_GIT.fullmatch(name) is not None


def normalised(path: str) -> str:
    """Return ``path`` without the leading ``./`` models like to write; nothing else is mended."""
    return path.removeprefix("./")


def _spelling_trouble(path: str) -> str:
    try:
        length = len(path.encode("utf-8"))
    except UnicodeEncodeError:
        return "the path is not Unicode text"
    if length > _MAX_PATH_BYTES:
        return f"the path is longer than {_MAX_PATH_BYTES} bytes"
    if any(unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} for c in path):
        return "the path holds a control or invisible character"
    if "\\" in path:
        return "the path holds a backslash; write '/' between folders"
    if path.startswith("/") or _DRIVE.match(path):
        return "the path is absolute; write it relative to the top of the repository"
    return ""
