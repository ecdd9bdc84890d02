"""What is shipped is what its makers published."""

from pathlib import Path

from bot.server.assets import asset
from tests.github import rig

OURS = Path(__file__).parents[3] / "bot" / "pages" / "assets"


def test_htmx_is_the_pinned_packages_byte_for_byte() -> None:
    package = rig.installed() / "node_modules" / "htmx.org"

    assert (OURS / "htmx.min.js").read_bytes() == (package / "dist" / "htmx.min.js").read_bytes()
    assert (OURS / "htmx.LICENSE.txt").read_bytes() == (package / "LICENSE").read_bytes()


def test_an_asset_is_named_by_what_it_holds() -> None:
    style, script = asset("style.css"), asset("htmx.js")

    assert style.path != script.path
    assert style.path.startswith("/asset/style-")
    assert b".proposals" in style.content
    assert b".lanes" in style.content
