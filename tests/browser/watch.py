"""Tabs that are watched: whatever a page does that it must not do fails the test that opened it.

Errors of the console and of scripts, violations of the page's own policy, requests to anything but
this machine, dialogs. The browser could not leave this machine either: its proxy is a closed port.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request

WAIT_MS = 60_000
DESK, PHONE = (1280, 900), (390, 844)
# As root Chromium has no sandbox of its own; the rest keeps it from calling its makers.
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--disable-extensions", "--mute-audio"),
)
NOWHERE: Mapping[str, str] = {"server": "http://127.0.0.1:1", "bypass": "127.0.0.1"}
_LOCAL = ("file", "data", "about", "blob")
# Told before a page's own scripts run, and not subject to the page's policy.
_LISTEN = """
addEventListener("securitypolicyviolation", (e) => console.error(
  `policy violated: ${e.effectiveDirective} by ${e.blockedURI}`));
"""


@dataclass
class Watch:
    """The tabs of one test, and what they complained about.

    ``expected`` are words of complaints that the test provokes, and each must have been heard;
    ``may_say`` those that are no harm.
    """

    browser: Browser
    axe: str
    complaints: list[str] = field(default_factory=list)
    expected: set[str] = field(default_factory=set)
    may_say: set[str] = field(default_factory=set)
    contexts: list[BrowserContext] = field(default_factory=list)

    def person(self, size: tuple[int, int] = DESK, **how: Any) -> Page:
        """Open a browser of somebody else: other cookies, the first tab of their own."""
        width, height = size
        context = self.browser.new_context(viewport={"width": width, "height": height}, **how)
        context.set_default_timeout(WAIT_MS)
        context.set_default_navigation_timeout(WAIT_MS)
        context.on("requestfinished", self._asked)
        context.on("requestfailed", self._asked)
        context.on("console", self._said)
        context.on("dialog", self._dialog)
        context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        if how.get("java_script_enabled", True):
            context.add_init_script(_LISTEN)
        self.contexts.append(context)
        return context.new_page()

    def leave(self) -> None:
        """Close every tab, and fail for what was complained about and not expected."""
        for context in self.contexts:
            context.close()
        fine = self.expected | self.may_say
        left = [one for one in self.complaints if not any(word in one for word in fine)]
        mute = [word for word in self.expected if not any(word in one for one in self.complaints)]
        if left or mute:
            pytest.fail("\n".join([*left, *[f"was not heard: {word}" for word in mute]]))

    def barriers(self, page: Page) -> list[str]:
        """Return what is serious or critical for people who cannot see or point, by axe-core."""
        page.evaluate(self.axe)
        found = page.evaluate(
            """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
              .filter((one) => ["serious", "critical"].includes(one.impact))
              .flatMap((one) => one.nodes.map((node) =>
                `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`))"""
        )
        return [str(one) for one in found]

    def _asked(self, request: Request) -> None:
        parts, ended = urlsplit(request.url), request.failure or "answered"
        # What a page's own policy stopped was not asked for; the violation is heard by itself.
        if parts.scheme not in _LOCAL and parts.hostname != "127.0.0.1" and ended != "csp":
            self.complaints.append(f"asked another machine: {request.url[:200]}: {ended}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console: {message.text[:500]}")

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message[:200]}")
        dialog.dismiss()


def in_each_look(*quick: str) -> pytest.MarkDecorator:
    """Play a test by ``size`` and ``scheme``; those that are not ``quick`` only in the long run."""
    looks = []
    for name, size in (("desk", DESK), ("phone", PHONE)):
        for scheme in ("light", "dark"):
            look = f"{name}-{scheme}"
            marks = () if look in quick else (pytest.mark.long,)
            looks.append(pytest.param(size, scheme, id=look, marks=marks))
    return pytest.mark.parametrize(("size", "scheme"), looks)


def too_wide(page: Page) -> list[str]:
    """Return what makes a page be scrolled sideways, the outermost first; nothing where it fits."""
    found = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
          [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
            .slice(0, 5).map((one) => one.outerHTML.slice(0, 120))"""
    )
    return [str(one) for one in found]
