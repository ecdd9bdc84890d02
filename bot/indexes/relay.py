"""Run inside the sandbox, as a script of its own: leads a tool's proxy settings to the gateway.

The sandbox has a network of its own in which nobody else is. This listens there on a port nobody
chose, passes each connection on to the gateway's socket, and becomes the command, which finds the
port in its proxy variables. It decides nothing: the gateway does.

Arguments: the gateway's socket, ``--``, the command. It needs no newer Python than 3.6.
"""

import os
import select
import socket
import sys
import threading

_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "YARN_HTTP_PROXY")
_LOOK_S = 0.2
_CANNOT_START = 127


def main(gateway: str, command: "list[str]") -> None:
    """Become ``command``, with a relay to ``gateway`` beside it."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    owner = os.getpid()
    if not os.fork():
        relay(listener, gateway, owner)
        os._exit(0)
    listener.close()
    for name in (*_NAMES, "YARN_HTTPS_PROXY"):
        os.environ[name] = address
    try:
        os.execvp(command[0], command)  # noqa: S606 - the very command of this set-up
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be started: {error.strerror}\n")
    os._exit(_CANNOT_START)


def relay(listener: socket.socket, gateway: str, owner: int) -> None:
    """Pass connections on for as long as ``owner`` lives."""
    quiet = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):  # whoever waits for the command's output must not wait for us
        os.dup2(quiet, number)
    kept = listener.fileno()
    os.closerange(3, kept)
    os.closerange(kept + 1, 4096)
    os.setsid()
    while os.getppid() == owner:
        if select.select([listener], [], [], _LOOK_S)[0]:
            client = listener.accept()[0]
            threading.Thread(target=connect, args=(client, gateway), daemon=True).start()


def connect(client: socket.socket, gateway: str) -> None:
    """Pass one connection on, in both directions, to its end."""
    with client, socket.socket(socket.AF_UNIX) as server:
        server.connect(gateway)
        back = threading.Thread(target=pump, args=(server, client), daemon=True)
        back.start()
        pump(client, server)
        back.join()


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Copy what comes from ``source`` until it has said all, and tell ``sink`` so."""
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:  # either side is gone: the other is told by the end of its connection
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[3:])
