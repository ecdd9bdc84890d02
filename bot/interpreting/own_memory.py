"""Runs inside the sandbox: how much memory a process of CPython's may take for snippets."""

import resource


def bound_memory(more_bytes: int, reserve_bytes: int = 0) -> None:
    """Let this process take ``more_bytes`` beyond what it has; `use_reserve` adds the reserve."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = _in_use() + more_bytes
    highest = most + reserve_bytes
    if hard != resource.RLIM_INFINITY:
        most, highest = min(most, hard), min(highest, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, highest))


def use_reserve() -> None:
    """Let this process take its reserve, to say that it had too little."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def _in_use() -> int:
    """Return how many bytes of private writable memory this process has."""
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - no pathlib here
        found = [line.split()[1] for line in status if line.startswith("VmData:")]
    return int(found[0]) * 1024
