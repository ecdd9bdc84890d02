"""The one way out of a set-up: a proxy on a unix socket that lets its tools read package indexes.

It exists only while the set-up runs. Who may be reached is decided before any stranger's command
starts: the indexes of this machine and the operator's hosts. The gateway looks into what is asked
of an index, also when that speaks TLS, lets nothing but reading pass, and adds the login that the
sandbox never sees. The operator's hosts get a tunnel, whose first words must name the same host.
"""

import os
import socket
import ssl
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Lock, Thread

from bot.indexes.address import Index, Origin, is_number
from bot.indexes.authority import Authority
from bot.indexes.machine import MachineIndexes
from bot.indexes.requests import RequestRefusal, shown
from bot.indexes.serving import Connection
from bot.indexes.upstream import LookUp, Upstream, looked_up, secured
from bot.indexes.way import Limits, Way
from scoping.threads import begin

_ENDING_S = 5.0
_MOST_KINDS = 50


class Gateway:
    """Decides who is reached and how, and counts what was refused."""

    def __init__(
        self, machine: MachineIndexes, limits: Limits, look_up: LookUp = looked_up
    ) -> None:
        self.limits = limits
        self.authority = Authority()
        self._machine = machine
        self._upstream = Upstream(machine.proxies, look_up)
        self._trusted = _trusted(machine.certificates)
        self._refused: Counter[str] = Counter()
        self._received = 0
        self._lock = Lock()

    def way_to(self, origin: Origin, path: str, *, tunnel: bool) -> Way:
        """Return how ``origin`` is reached; RequestRefusal when it is not to be."""
        chosen = [one for one in self._machine.indexes if one.origin == origin]
        known = chosen or [one for one in self._machine.defaults if one.origin == origin]
        if tunnel and not known and (origin.host, origin.port) in self._machine.hosts:
            link = partial(self._upstream.open, origin, may_be_inner=False)
            return Way(link, is_read=False, login=lambda _: "")
        if not known:
            raise RequestRefusal(_why_not(origin, self._machine.unknown), 403, origin.authority)
        if not tunnel and not any(path.startswith(one.path) for one in known):
            why = "the path is outside of the index there"
            raise RequestRefusal(why, 403, origin.authority)
        link = partial(self._opened, origin, may_be_inner=bool(chosen))
        return Way(link, is_read=True, login=partial(_login, known))

    def stand_in(self, host: str) -> ssl.SSLContext:
        """Return what speaks TLS as ``host`` with the tools inside."""
        return self.authority.context(host)

    def count(self, received: int) -> None:
        """Add to what the set-up has been sent; RequestRefusal when it is too much."""
        with self._lock:
            self._received += received
            is_too_much = self._received > self.limits.received_bytes
        if is_too_much:
            raise RequestRefusal("the set-up has been sent more than it may be", 507)

    def note(self, refusal: RequestRefusal) -> None:
        """Remember one refusal, to be told."""
        asked = shown(refusal.asked)
        said = f"{asked}: {refusal}" if asked else f"a request that cannot be served: {refusal}"
        with self._lock:
            if said in self._refused or len(self._refused) < _MOST_KINDS:
                self._refused[said] += 1

    def refused(self) -> tuple[str, ...]:
        """Return what was refused, each once, with how often."""
        with self._lock:
            found = sorted(self._refused.items())
        return tuple(f"{said} ({count} times)" if count > 1 else said for said, count in found)

    def _opened(self, origin: Origin, *, may_be_inner: bool) -> socket.socket:
        link = self._upstream.open(origin, may_be_inner=may_be_inner)
        return secured(link, origin, self._trusted) if origin.scheme == "https" else link


@contextmanager
def listening(gateway: Gateway, folder: Path) -> Iterator[Path]:
    """Yield the socket below ``folder`` at which ``gateway`` answers until the block is left."""
    place = folder / "gateway"
    directory = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            # An address holds 107 bytes, and the state folder may be deeper.
            listener.bind(f"/proc/self/fd/{directory}/{place.name}")
        finally:
            os.close(directory)
        place.chmod(0o666)  # the sandbox's user may be another; the folder is closed to all others
        listener.listen(gateway.limits.connections)
        clients = _Clients(gateway)
        accepting = begin(partial(clients.accept_all, listener), "gateway")
        try:
            yield place
        finally:
            with suppress(OSError):  # wakes the thread that waits for another client
                listener.shutdown(socket.SHUT_RDWR)
            accepting.wait(_ENDING_S)
            clients.close()
            place.unlink(missing_ok=True)


class _Clients:
    """The connections of one set-up, each served by a thread of its own."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._open: dict[socket.socket, Thread] = {}
        self._lock = Lock()

    def accept_all(self, listener: socket.socket) -> None:
        """Serve whoever connects until the listener is shut."""
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                is_full = len(self._open) >= self._gateway.limits.connections
                if not is_full:
                    thread = Thread(target=self._serve, args=(client,), daemon=True)
                    self._open[client] = thread
            if is_full:
                self._gateway.note(RequestRefusal("too many connections at once", 503))
                client.close()
            else:
                thread.start()

    def close(self) -> None:
        """End every connection, whatever its state."""
        with self._lock:
            threads = list(self._open.items())
        for client, _ in threads:
            with suppress(OSError):  # it ended on its own
                client.shutdown(socket.SHUT_RDWR)
        for _, thread in threads:
            thread.join(_ENDING_S)

    def _serve(self, client: socket.socket) -> None:
        try:
            Connection(client, self._gateway).serve()
        except OSError:  # a client that went away, or is too slow: it knows, and nobody else asks
            return
        finally:
            client.close()
            with self._lock:
                self._open.pop(client, None)


def _why_not(origin: Origin, unknown: Iterable[str]) -> str:
    if is_number(origin.host):
        return "an address in numbers is no index of this machine"
    why = "it is no index of this machine; an operator may name it under setup.hosts"
    return "; ".join((why, *unknown))


def _login(known: Iterable[Index], path: str) -> str:
    """Return the login of the index whose path fits best; files may lie beside all of them."""
    with_one = [index for index in known if index.login]
    fitting = [index for index in with_one if path.startswith(index.path)]
    if fitting:
        return max(fitting, key=lambda index: len(index.path)).login
    logins = {index.login for index in with_one}
    return logins.pop() if len(logins) == 1 else ""


def _trusted(certificates: Iterable[Path]) -> ssl.SSLContext:
    """Return what trusts whom the machine trusts; a file without certificates adds nobody."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    for file in certificates:
        with suppress(OSError):  # it is warned of by the tools themselves, which read it as well
            context.load_verify_locations(file)
    return context
