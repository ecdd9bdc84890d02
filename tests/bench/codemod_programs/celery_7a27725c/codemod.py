"""datetime.utcnow() is deprecated: it returns a time that does not know its zone."""

import re
from collections.abc import Iterator

from validators.codemod import Edits, File

SITES = r"\butcnow\(\)"
FILES = ("*.py",)


def transform(file: File) -> Iterator[Edits]:
    """Ask for the time in UTC; the zone is imported beside the class."""
    for call in file.find("datetime.datetime.utcnow()"):
        yield file.replace(call, "datetime.datetime.now(datetime.timezone.utc)")
    calls = file.find("datetime.utcnow()")
    if not calls or not file.imports_of("datetime", "datetime"):
        return
    zone = _zone(file)
    for call in calls:
        yield file.replace(call, f"datetime.now({zone}.utc)")
    alias = "" if zone == "timezone" else f" as {zone}"
    yield file.insert_import(f"from datetime import timezone{alias}")


def _zone(file: File) -> str:
    """Return what datetime's timezone is called in a file, or may be called."""
    for statement in file.imports_of("datetime", "timezone"):
        alias = re.search(r"\btimezone as (\w+)", statement.text)
        return alias[1] if alias else "timezone"
    bound = [name for name in file.names("timezone") if name.within("import_from_statement")]
    return "datetime_timezone" if bound else "timezone"
