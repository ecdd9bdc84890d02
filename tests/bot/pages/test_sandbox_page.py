"""The table of guarantees, as it is pasted into a review."""

from dataclasses import replace
from typing import Any, get_args

from bot.pages.sandbox import ProbeReport, probe_document, probe_text
from validators.sandbox import Guarantee, Probe

BWRAP = Probe(
    "bwrap",
    usable=True,
    guarantees=frozenset(get_args(Guarantee)) - {"disk-quota"},
    version="bubblewrap 0.8.0",
    kept_by={
        "memory-total": "the kernel",
        "disk-quota": "a watch that looks now and then, which is slower than whoever writes to it",
    },
)
CONTAINER = Probe(
    "container", usable=False, why_not="neither is\ninstalled", mend="apt-get install podman"
)

PAGE = """\
sandboxes of this machine: Linux, as root

guarantee             required  bwrap     container
read-only-host        yes       held      -
home-hidden           no        held      -
clean-environment     no        held      -
no-network            no        held      -
proxy-only-network    no        held      -
no-host-sockets       no        held      -
pids-limit            no        held      -
memory-per-process    no        held      -
memory-total          no        held      -
disk-quota            no        NOT HELD  -
no-nested-namespaces  no        held      -
seccomp               no        held      -
orphans-killed        no        held      -
original-untouched    no        held      -

bwrap: bubblewrap 0.8.0
  memory-total          the kernel
  disk-quota            NOT HELD: a watch that looks now and then, which is
                        slower than whoever writes to it

container: cannot be used: neither is\\ninstalled
  to mend it: apt-get install podman

none: guarantees nothing; only with --unsafe-no-sandbox

commands of a target run in: bwrap"""


def test_the_page_shows_each_guarantee_of_each_backend() -> None:
    report = ProbeReport("Linux, as root", ("read-only-host",), "bwrap", (BWRAP, CONTAINER))
    assert probe_text(report) == PAGE


def test_the_page_is_80_columns_wide_and_breaks_no_name() -> None:
    why = "an engine that says a great deal about what is the matter with it, " * 3
    told = replace(BWRAP, version="release " * 20, kept_by=dict.fromkeys(get_args(Guarantee), why))
    probes = (told, replace(CONTAINER, why_not=why, mend=why))
    lines = probe_text(ProbeReport("Linux " * 20, (), "", probes)).splitlines()
    assert max(map(len, lines)) <= 80
    for name in get_args(Guarantee):
        assert sum(line.strip().startswith(f"{name} ") for line in lines) == 2


def test_one_that_is_not_held_says_so_also_where_nobody_knows_why() -> None:
    probe = replace(BWRAP, kept_by={})
    lines = probe_text(ProbeReport("Linux", (), "", (probe,))).splitlines()
    assert "  disk-quota            NOT HELD: what it forbids could be done" in lines


def test_a_machine_without_a_sandbox_says_so_in_capitals() -> None:
    report = ProbeReport("Linux, as root", ("disk-quota",), "", (BWRAP, CONTAINER))
    last = probe_text(report).splitlines()[-1]
    assert last == "NO SANDBOX holds all that is required: no command of a target runs here"


def test_the_document_says_what_is_held_and_what_is_not() -> None:
    document = probe_document(ProbeReport("Linux", (), "", (BWRAP,)))
    assert document["chosen"] is None
    backends: Any = document["backends"]
    (backend,) = backends
    assert backend["not_held"] == ["disk-quota"]
    assert "seccomp" in backend["held"]
