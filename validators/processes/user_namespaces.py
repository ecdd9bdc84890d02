"""Why an ordinary user may make no walls on this machine, and the command that allows it.

Walls without root's help rest on user namespaces; distributions and containers forbid them in
different ways, and the tools' own complaint rarely says which.
"""

from pathlib import Path

_SETTINGS = Path("/proc/sys")
_APPARMOR = (
    "Load AppArmor's profile for it: apt-get install apparmor-profiles && ln -s"
    " /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ &&"
    " apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict; or, for the whole machine:"
    " sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
)
# The setting, the value at which it forbids them, and what allows them.
_FORBIDDING = (
    ("kernel/apparmor_restrict_unprivileged_userns", "1", _APPARMOR),
    ("kernel/unprivileged_userns_clone", "0", "Run: sysctl -w kernel.unprivileged_userns_clone=1"),
    ("user/max_user_namespaces", "0", "Run: sysctl -w user.max_user_namespaces=15000"),
)
_ELSEWHERE = (
    "It needs a machine or container that allows user namespaces and mounting /proc in them"
    " (docker: --security-opt seccomp=unconfined --security-opt systempaths=unconfined"
    " --security-opt apparmor=unconfined)"
)


def how_to_allow(settings: Path = _SETTINGS) -> str:
    """Return the one thing most likely to help; ``settings`` is the kernel's folder of them."""
    for setting, forbidden, mend in _FORBIDDING:
        file = settings / setting
        if file.exists() and file.read_text("ascii").strip() == forbidden:
            return mend
    return _ELSEWHERE
