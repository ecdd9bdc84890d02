"""Pages of the repository lead where they say: their links, their headings, the tests they name."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

_FENCE = re.compile(r"^( *)```.*?^\1```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def pages(root: Path) -> list[Path]:
    return [root / "README.md", *sorted(root.glob("docs/*.md")), *sorted(root.glob(".github/*.md"))]


def anchors(page: Path) -> set[str]:
    """Return the anchors that a forge makes of a page's headings."""
    text = _FENCE.sub("", page.read_text("utf-8"))
    made: set[str] = set()
    for heading in _HEADING.findall(text):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        number = 0
        while (again := f"{name}-{number}" if number else name) in made:
            number += 1
        made.add(again)
    return made


def lost_links(page: Path) -> Iterator[str]:
    """Yield each link of a page that leads to no file, or to no heading of one."""
    text = _FENCE.sub("", page.read_text("utf-8"))
    for link in _LINK.findall(text):
        place, _, anchor = unquote(link).partition("#")
        target = page.parent / place if place else page
        if "://" in link or link.startswith("mailto:"):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield f"{page.name}: {link}"


def test_every_link_leads_to_a_file_and_a_heading(root: Path) -> None:
    assert [lost for page in pages(root) for lost in lost_links(page)] == []


def test_every_page_is_in_the_index(root: Path) -> None:
    index = (root / "docs/README.md").read_text("utf-8")
    listed = {link.partition("#")[0] for link in _LINK.findall(index)}
    assert {page.name for page in root.glob("docs/*.md")} - {"README.md"} - listed == set()


def test_every_test_that_a_page_names_is_there(root: Path) -> None:
    written = "\n".join(path.read_text("utf-8") for path in root.glob("tests/**/test_*.py"))
    modules = {path.stem for path in (*root.glob("tests/**/*.py"), *root.glob("scoping/*.py"))}
    there = set(re.findall(r"def (test_\w+)", written)) | modules
    named = {
        name
        for page in pages(root)
        for name in re.findall(r"`(test_\w+)(?:\.py)?`", page.read_text("utf-8"))
    }
    assert named - there == set()


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text("# One `two`, three\n[x](b.md) [y](#one-two-three) [z](#four) [w](a.md#one)\n")
    assert list(lost_links(page)) == ["a.md: b.md", "a.md: #four", "a.md: a.md#one"]
