"""What a set-up finds in its sandbox instead of a network."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.indexes.gateway import Gateway, listening
from bot.indexes.machine import MachineIndexes
from bot.indexes.way import Limits
from validators.building.supply import Door, Supply
from validators.sandbox import Mount

_INSIDE = "/opt/changewright/indexes"
GATEWAY = f"{_INSIDE}/gateway"
"""Where commands of a set-up find the gateway's socket."""

_RELAY = Path(__file__).with_name("relay.py")
_SYSTEM_PYTHON = Path("/usr/bin/python3")
# Whatever a tool is written in, it finds those whom this machine trusts, and the gateway.
_TRUST = (
    *("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS"),
    *("npm_config_cafile", "CARGO_HTTP_CAINFO", "GIT_SSL_CAINFO"),
)


def supply(machine: MachineIndexes, scratch: Path, limits: Limits | None = None) -> Supply:
    """Return the machine's indexes as a set-up reaches them; its socket stands in ``scratch``."""

    @contextmanager
    def opened() -> Iterator[Door]:
        with tempfile.TemporaryDirectory(prefix="indexes-", dir=scratch) as place:
            gateway = Gateway(machine, limits or Limits())
            bundle = Path(place, "certificates.pem")
            bundle.write_bytes(_bundle(machine, gateway))
            bundle.chmod(0o644)
            with listening(gateway, Path(place)) as address:
                yield _door(machine, gateway, bundle, address)

    return Supply(opened, machine.facts())


def _door(machine: MachineIndexes, gateway: Gateway, bundle: Path, address: Path) -> Door:
    relay, trust = f"{_INSIDE}/relay.py", f"{_INSIDE}/trust.pem"
    python, interpreter = _python()
    mounts = [Mount(_RELAY, relay), Mount(address, GATEWAY), Mount(bundle, trust), *interpreter]
    mounts += [Mount(folder, str(folder)) for folder in machine.folders if folder.exists()]
    return Door(
        mounts=tuple(mounts),
        environment={**machine.variables, **dict.fromkeys(_TRUST, trust)},
        prefix=(python, "-I", "-S", relay, GATEWAY, "--"),
        refused=gateway.refused,
    )


def _python() -> tuple[str, tuple[Mount, ...]]:
    """Return an interpreter that can be seen inside, and what must be mounted for that."""
    if _SYSTEM_PYTHON.exists():
        return str(_SYSTEM_PYTHON), ()
    ours, prefix = Path(sys.executable).resolve(), Path(sys.base_prefix).resolve()
    return str(ours), (() if ours.is_relative_to("/usr") else (Mount(prefix, str(prefix)),))


def _bundle(machine: MachineIndexes, gateway: Gateway) -> bytes:
    """Return all those whom the machine trusts, and the gateway, as PEM."""
    files = [file.read_bytes() for file in machine.certificates if file.is_file()]
    return b"\n".join([*files, gateway.authority.certificate])
