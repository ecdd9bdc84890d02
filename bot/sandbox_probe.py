"""The measurement of every backend, for a person who asks what this machine holds."""

import os
import platform
from collections.abc import Mapping

from bot.configuration.operator_keys import BACKENDS
from bot.pages.sandbox import ProbeReport
from bot.sandbox_run import opened_backends
from bot.sandboxes import select


def measured(command_line: Mapping[str, object]) -> ProbeReport:
    """Measure every backend anew, also those the operator did not name, and keep what came of it.

    What is kept is what the next commands start with.
    """
    with opened_backends(command_line) as backends:
        kept = backends.settings.state / "probes"
        named = backends.made(kept=kept)
        others = [name for name in BACKENDS if name not in backends.named]
        every = (*named, *backends.made(others, kept=kept))
        measurements = tuple(one.measure() for one in every)
        selection = select(named, backends.required)
    return ProbeReport(
        _machine(),
        tuple(sorted(backends.required)),
        selection.sandbox.name if selection.sandbox else "",
        measurements,
    )


def _machine() -> str:
    system = os.uname()
    who = "root" if os.geteuid() == 0 else "an ordinary user"
    try:
        distribution = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        distribution = "an unnamed distribution"
    return f"{distribution}, {system.sysname} {system.release} {system.machine}, as {who}"
