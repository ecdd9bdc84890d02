"""The program, with limits that a test may run into: a disk and a memory of megabytes."""

import functools

from bot import cli
from validators import sandbox

MIB = 1024**2


def main() -> None:
    """Run the program on this process's arguments."""
    small = functools.partial(
        sandbox.Limits, disk_bytes=192 * MIB, memory_bytes=512 * MIB, timeout_s=60.0
    )
    setattr(sandbox, "Limits", small)  # noqa: B010 - not the class, for whoever imports it later
    cli.main()


if __name__ == "__main__":
    main()
