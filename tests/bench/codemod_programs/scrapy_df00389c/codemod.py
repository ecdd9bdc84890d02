"""Python 3 has one home for each name that six.moves led to."""

import re
from collections.abc import Iterator

from validators.codemod import Edits, File, Node

SITES = r"\bsix\.moves\b"
FILES = ("extras/*.py", "scrapy/**/*.py", "tests/CrawlerRunner/*.py")
_MODULES = {
    "six.moves.urllib.parse": "urllib.parse",
    "six.moves.urllib.request": "urllib.request",
    "six.moves.urllib.error": "urllib.error",
    "six.moves.http_cookiejar": "http.cookiejar",
    "six.moves.http_cookies": "http.cookies",
    "six.moves.html_parser": "html.parser",
    "six.moves.configparser": "configparser",
    "six.moves.email_mime_base": "email.mime.base",
    "six.moves.email_mime_multipart": "email.mime.multipart",
    "six.moves.email_mime_text": "email.mime.text",
    "six.moves.urllib_robotparser": "urllib.robotparser",
}
_NAMES = {
    "cPickle": "pickle",
    "copyreg": "copyreg",
    "xmlrpc_client": "xmlrpc.client",
    "reload_module": "importlib.reload",
    "cStringIO": "io.StringIO",
    "StringIO": "io.StringIO",
}


def transform(file: File) -> Iterator[Edits]:
    """Rewrite the imports; what is used by its full path is rewritten where it stands."""
    for statement in file.find(kind="import_from_statement"):
        module = statement.field("module_name")
        if module.text in _MODULES:
            yield file.replace(module, _MODULES[module.text])
        elif module.text == "six.moves":
            yield _single(file, statement)
    for old, home in _MODULES.items():
        for use in file.find(old):
            if use.within("import_from_statement") is None:
                yield file.replace(use, home)


def _single(file: File, statement: Node) -> Edits:
    """Return what a name of six.moves itself is imported as, where it is a module."""
    names = statement.children[1:]
    name, _, alias = names[0].text.partition(" as ")
    home = _NAMES.get(name)
    if len(names) > 1 or home is None:
        return file.leave(statement, "more than one name, or one that has no home")
    bound = alias or name
    module, _, member = home.rpartition(".")
    if not re.search(r"[A-Z]|reload", home):
        return file.replace(statement, f"import {home}" + (f" as {bound}" if bound != home else ""))
    return file.replace(
        statement, f"from {module} import {member}" + (f" as {bound}" if bound != member else "")
    )
