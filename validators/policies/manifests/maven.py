"""``pom.xml``: what Maven takes into the program, into the build, and from where."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from validators.policies.manifests.requirement import (
    Manifest,
    Requirement,
    UnreadableManifest,
    shown,
)

_KINDS = {"dependency": "runtime", "plugin": "build", "extension": "build", "parent": "parent"}


def read_pom(content: bytes) -> Manifest:
    """Read a pom.xml; entities and outside definitions are refused."""
    try:
        root = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise UnreadableManifest("it is not plain XML") from error
    properties = {
        f"${{{_tag(one)}}}": (one.text or "").strip()
        for section in root
        if _tag(section) == "properties"
        for one in section
    }
    found = (_requirement(element, properties) for element in root.iter())
    return Manifest(tuple(filter(None, found)), tuple(_addresses(root)))


def _requirement(element: Element, properties: dict[str, str]) -> Requirement | None:
    """Return what ``element`` requires, a version in a property looked up; None: nothing."""
    fields = {_tag(child): (child.text or "").strip() for child in element}
    if _tag(element) not in _KINDS or "artifactId" not in fields:
        return None
    scope = fields.get("scope", "")
    group = "development" if scope == "test" else _KINDS[_tag(element)]
    version = fields.get("version", "")
    name = f"{fields.get('groupId', 'org.apache.maven.plugins')}:{fields['artifactId']}"
    origin = f"the folder {shown(fields['systemPath'])}" if "systemPath" in fields else ""
    return Requirement(shown(name), shown(properties.get(version, version)), group, origin)


def _addresses(root: Element) -> Iterator[str]:
    for element in root.iter():
        if _tag(element) in {"repository", "pluginRepository"}:
            yield from (shown(child.text) for child in element if _tag(child) == "url")


def _tag(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1]
