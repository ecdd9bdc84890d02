"""Why containers cannot be used here, in words and with the command that mends it."""

from pathlib import Path

from validators.sandbox import SandboxRefusal

_OWN_KERNELS = ("runsc", "kata")
_NO_CGROUPS_HERE = "hybrid mode"  # crun's word where both versions of control groups are mounted


def check_runtime(asked: str, got: str, *, shares_kernel: bool) -> None:
    """Raise SandboxRefusal when the operator's runtime is not what serves the commands."""
    if not asked:
        return
    if Path(got).name != Path(asked).name:
        raise SandboxRefusal(f"sandbox.runtime asks for {asked}, and the engine used {got}")
    if shares_kernel and Path(asked).name.startswith(_OWN_KERNELS):
        raise SandboxRefusal(
            f"sandbox.runtime asks for {asked}, and commands run on this machine's own kernel"
        )


def mending(refusal: str) -> str:
    """Return the one thing most likely to help."""
    if "to mend it: " in refusal:
        return refusal.rpartition("to mend it: ")[2]
    if _NO_CGROUPS_HERE in refusal:
        return "apt-get install runc, and set sandbox.runtime: runc in the operator's file"
    if "sandbox.runtime" in refusal:
        return "correct sandbox.runtime in the operator's file, or install that runtime"
    if refusal.startswith("docker"):
        return "start its daemon, and let this user talk to it: usermod --append --groups docker"
    return "see that this runs: podman run --rm --network none docker.io/library/busybox true"
