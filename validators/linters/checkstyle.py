"""Checkstyle's XML, which linters of many languages write as well."""

from xml.etree.ElementTree import Element, ParseError

from validators.linters.remarks import Reading, Remark

_START = b"<checkstyle"
_DIGITS = 9


def looks_like_checkstyle(content: bytes) -> bool:
    """Whether ``content`` begins as such a report does."""
    return _START in content[:500]


def read_checkstyle(content: bytes) -> tuple[Reading, ...]:
    """Return what a report says; nothing where it is no XML, or XML with entities of its own."""
    from defusedxml import DefusedXmlException  # noqa: PLC0415 - 25 ms, for this format alone
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415 - the same

    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return ()
    if root.tag != "checkstyle":
        return ()
    remarks = tuple(
        _remark(file.get("name", ""), error)
        for file in root.findall("file")
        for error in file.findall("error")
    )
    return (Reading("checkstyle", remarks, len(remarks)),)


def _remark(path: str, error: Element) -> Remark:
    line, source = error.get("line", ""), error.get("source", "")
    at = int(line) if line.isascii() and line.isdigit() and len(line) <= _DIGITS else 0
    # Java's checks are named by their class, eslint's by a path of dots.
    code = source if "(" in source else source.rpartition(".")[2]
    mild = error.get("severity") not in {"error", None}
    return Remark(path, at, code or "parse-error", error.get("message", ""), mild)
