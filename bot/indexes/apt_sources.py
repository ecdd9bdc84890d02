"""Which archives apt is configured with, read from its lists in both of their formats."""

import re
from pathlib import Path

_FOLDER = "etc/apt/sources.list.d"


def apt_addresses(root: Path = Path("/")) -> tuple[str, ...]:
    """Return the addresses of all archives that are not switched off."""
    folder = root / _FOLDER
    lists = [root / "etc/apt/sources.list", *sorted(folder.glob("*.list"))]
    found = [address for file in lists for address in _one_line_each(_text(file))]
    for file in sorted(folder.glob("*.sources")):
        for stanza in re.split(r"\n[ \t]*\n", _text(file)):
            found += _stanza(stanza)
    return tuple(dict.fromkeys(found))


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _one_line_each(text: str) -> list[str]:
    found = re.findall(r"^\s*deb(?:-src)?\s+(?:\[[^\]\n]*\]\s*)?(\S+)", text, re.MULTILINE)
    return [address for address in found if address.startswith("http")]


def _stanza(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    plain = "\n".join(lines)
    if re.search(r"^Enabled:\s*(no|false|0)\s*$", plain, re.MULTILINE | re.IGNORECASE):
        return []
    named = re.search(r"^URIs:((?:.*(?:\n[ \t].*)*))", plain, re.MULTILINE | re.IGNORECASE)
    return [word for word in named[1].split() if word.startswith("http")] if named else []
