"""podman's list of system calls without those that nobody's build or test needs.

podman's own list lets a container make containers, which is one kernel interface more than a
stranger's code should have; docker's is stricter by itself and is left as it is.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from validators.sandbox import SandboxRefusal

# Where the packages of containers/common put it, the administrator's own first.
_LISTS = (Path("/etc/containers/seccomp.json"), Path("/usr/share/containers/seccomp.json"))
_REFUSED = frozenset(
    (
        *("unshare", "setns", "mount", "umount", "umount2", "mount_setattr", "move_mount"),
        *("open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "pivot_root", "chroot"),
        *("keyctl", "add_key", "request_key", "bpf", "perf_event_open", "userfaultfd"),
        *("io_uring_setup", "io_uring_enter", "io_uring_register", "kcmp", "pidfd_getfd"),
        *("open_by_handle_at", "name_to_handle_at", "quotactl", "quotactl_fd", "socketcall"),
    )
)
_CONDITIONAL = frozenset({"clone", "clone3", "ioctl", "socket", "socketpair"})
# Two requests type into a terminal: TIOCSTI and TIOCLINUX. They differ in their last four bits.
_TYPING, _LAST_BITS = (0x5412, 0x541C), 0xF
_REQUEST_BITS = 32  # the kernel looks at no more of them
_NEW_NAMESPACES = 0x7E020000  # every CLONE_NEW flag but that of time, which clone cannot have
_FAMILIES = (1, 2, 10, 16)  # unix, inet, inet6, netlink
_EPERM, _ENOSYS = 1, 38


def written_profile(folder: Path) -> Path:
    """Write the list into ``folder`` and return its file; SandboxRefusal where there is no list."""
    for path in _LISTS:
        if path.is_file():
            file = folder / "seccomp.json"
            file.write_text(json.dumps(narrowed(json.loads(path.read_text("utf-8")))), "utf-8")
            return file
    raise SandboxRefusal(
        f"none of {', '.join(map(str, _LISTS))} is there, so system calls cannot be limited;"
        " to mend it: apt-get install --reinstall golang-github-containers-common"
    )


def narrowed(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Return an OCI seccomp profile that refuses what ``profile`` does, and more."""
    gone = _REFUSED | _CONDITIONAL
    kept = [
        {**rule, "names": [n for n in rule["names"] if n not in gone]} for rule in _rules(profile)
    ]
    own: list[dict[str, Any]] = [
        {"names": sorted(_REFUSED), "action": "SCMP_ACT_ERRNO", "errnoRet": _EPERM},
        # A library that is told there is no clone3 falls back to clone, whose flags can be seen.
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": _ENOSYS},
        _masked("clone", 0, _NEW_NAMESPACES, 0),
    ]
    for family in _FAMILIES:
        own += [_masked(name, 0, 0xFFFFFFFF, family) for name in ("socket", "socketpair")]
    own += _requests()
    return {**profile, "syscalls": [*(rule for rule in kept if rule["names"]), *own]}


def _requests() -> Sequence[dict[str, Any]]:
    """Return rules that allow every request of ioctl but those that type.

    A list can only allow by what is equal. So a request is allowed if one of its other bits is not
    as in those two, or if its last bits are neither's.
    """
    shared = _TYPING[0] & ~_LAST_BITS
    rules = [
        _masked("ioctl", 1, 1 << bit, ~shared & 1 << bit)
        for bit in range(_LAST_BITS.bit_length(), _REQUEST_BITS)
    ]
    ends = {request & _LAST_BITS for request in _TYPING}
    others = (end for end in range(_LAST_BITS + 1) if end not in ends)
    return [*rules, *(_masked("ioctl", 1, _LAST_BITS, end) for end in others)]


def _rules(profile: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    rules: Sequence[Mapping[str, Any]] = profile["syscalls"]
    return rules


def _masked(name: str, index: int, mask: int, value: int) -> dict[str, Any]:
    """Return a rule that allows ``name`` where an argument is ``value`` in the bits of ``mask``."""
    condition = {"index": index, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ"}
    return {"names": [name], "action": "SCMP_ACT_ALLOW", "args": [condition]}
