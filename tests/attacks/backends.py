"""The sandboxes there are, each with a folder of its own for its layers.

Containers are attacked by the runtimes there are: by the engine's own, or by runc where that one
cannot be used, and by gVisor's, which brings a kernel of its own. Where the kernel can stack layers
they are attacked as they are used: stacked over a tree that many sandboxes share.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.adapters.container_sandbox.sandbox import ContainerSandbox
from bot.adapters.none_sandbox import NoneSandbox
from tests.attacks.aftermath import handled
from tests.attacks.host import Host, bait
from tests.attacks.runner import Runner
from tests.found_out import containers
from validators.checkout import open_clone
from validators.clones.written_trees import TreePlace, written_tree
from validators.processes.staging import owner
from validators.sandbox import Sandbox


def gvisor(scratch: Path) -> Sandbox:
    """Return containers with a kernel of their own."""
    return ContainerSandbox(scratch, "runsc")


BACKENDS: Mapping[str, Callable[[Path], Sandbox]] = {
    "bwrap": BwrapSandbox,
    "container": containers,
    "container-runsc": gvisor,
    "none": NoneSandbox,
}

# Not every machine has it, and it is no default: attacked when it is named. What its own kernel
# shows of itself (devices, messages, setuid programs) counts as a breach there, although it is not
# this machine's.
ON_REQUEST = frozenset({"container-runsc"})
_STACKED = frozenset({"bwrap"})


@contextmanager
def prepared(name: str) -> Iterator[Runner]:
    """Yield what attacks a backend, with a host of its own around it."""
    with tempfile.TemporaryDirectory(prefix="attacks-") as folder, bait() as host:
        layers = Path(folder, "layers")
        tree = _shared_tree(host) if name in _STACKED else None
        yield Runner(BACKENDS[name](layers), host, layers, handled, backend=name, tree=tree)


def _shared_tree(host: Host) -> Path:
    """Write the base's tree out as gates do, among what must stay as it is."""
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        clone = open_clone(host.original, "HEAD", Path(folder, "clone"))
        return written_tree(clone, clone.base_tree, TreePlace(host.kept, owner=owner()))


def why_unusable(sandbox: Sandbox) -> str:
    """Return why nothing can be attacked here, and what mends it; empty when it can be used."""
    probe = sandbox.probe()
    return "" if probe.usable else f"{sandbox.name}: {probe.why_not}. {probe.mend}"
