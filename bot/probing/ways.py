"""By what each guarantee is kept, in a few words for who reviews a machine.

Words alone: that it is kept is measured. Of one that is not, they tell what there is of it.
"""

from collections.abc import Mapping

from validators.sandbox import Guarantee

_GROUP = "the kernel (the container's control group)"
_WATCH = "a watch that looks every tenth of a second"

_BOTH: Mapping[Guarantee, str] = {
    "proxy-only-network": "no network, and a socket of our gateway for set-up",
    "memory-per-process": "the kernel (RLIMIT_DATA)",
    "disk-quota": _WATCH,
}
_BWRAP: Mapping[Guarantee, str] = {
    "read-only-host": "mount namespace: an allow-list, read-only",
    "home-hidden": "mount namespace: no home, no /tmp of the host",
    "clean-environment": "started with none, and what is set told by a file",
    "no-network": "network namespace: its own loopback alone",
    "no-host-sockets": "network namespace, and no folder with sockets",
    "pids-limit": "the kernel (RLIMIT_NPROC, user namespace of its own)",
    "no-nested-namespaces": "bubblewrap's --disable-userns, no capability",
    "orphans-killed": "PID namespace: they end with their command",
}
_CONTAINER: Mapping[Guarantee, str] = {
    "read-only-host": "the container's mounts: read-only root, no capability",
    "home-hidden": "the container's mounts: no home, no /tmp of the host",
    "clean-environment": "started with none, and what is set told by a file",
    "no-network": "--network none: its own loopback alone",
    "no-host-sockets": "--network none, and no folder with sockets",
    "pids-limit": "the kernel (the container's control group, RLIMIT_NPROC)",
    "no-nested-namespaces": "seccomp, no capability, no-new-privileges",
    "orphans-killed": "all in the container are ended with a command",
    "original-untouched": "commands work on a copy of the tree",
}


def bwrap_ways(
    bounds: Mapping[Guarantee, str], why_copied: str, *, is_filtered: bool
) -> Mapping[Guarantee, str]:
    """Return the ways of bubblewrap; ``bounds`` are those in which machines differ.

    ``why_copied`` says why there is no overlay here, if so.
    """
    copies = f"commands work on a copy; no overlay: {why_copied}"
    stacks = "an overlay of the kernel over our own trees, a copy of others"
    own = "a filter of ours" if is_filtered else "no filter is known for this processor"
    told: Mapping[Guarantee, str] = {
        "seccomp": own,
        "original-untouched": copies if why_copied else stacks,
    }
    return {**_BOTH, **_BWRAP, **told, **bounds}


def container_ways(
    *, has_memory_group: bool, shares_kernel: bool, has_own_filter: bool
) -> Mapping[Guarantee, str]:
    """Return the ways of containers; ``has_own_filter`` where the engine's list was narrowed."""
    told: dict[Guarantee, str] = {
        "memory-total": _GROUP if has_memory_group else f"{_WATCH}, for its group is no limit",
        "seccomp": "the engine's list, narrowed" if has_own_filter else "the engine's own list",
    }
    if not shares_kernel:
        apart = "a kernel of its own, which counts otherwise"
        told |= {"pids-limit": apart, "memory-per-process": apart}
        told["seccomp"] = "a kernel of its own serves the calls"
    return {**_BOTH, **_CONTAINER, **told}
