"""Runs inside the sandbox: snippets as the cells of a Jupyter kernel, a process beside this one.

The two talk by Jupyter's own protocol over sockets in a folder of the sandbox.
"""

import json
import math
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from typing import Any

import zmq
from jupyter_client.connect import write_connection_file
from jupyter_client.session import Session

from bot.interpreting.jupyter_kernel import CALL, ENDED
from bot.interpreting.line import Ended, Line
from scoping.child import write_frame

_START_S = 60.0
_ASK_AGAIN_MS = 200
# What a cell has to end in after it was interrupted; then its kernel is ended with the sandbox.
_LATE_S = 0.4
_CELL = {"silent": False, "store_history": False, "allow_stdin": False, "stop_on_error": False}
_TOO_LONG = Ended("timeout", "it took longer than it may")


class JupyterRunner:
    """One kernel, which executes snippets one after the other."""

    def __init__(self, line: Line, told: Mapping[str, Any]) -> None:
        self._line = line
        self._limit_s = _START_S
        # Addresses are relative to it: that of a socket is short.
        os.chdir(tempfile.mkdtemp())
        key = secrets.token_hex(16).encode("ascii")
        file, places = write_connection_file("kernel.json", transport="ipc", ip="kernel", key=key)
        self._session = Session(key=key)
        reads, writes = os.pipe()
        self._answers = os.fdopen(writes, "wb")
        self._kernel = _started(file, reads, told)
        context = zmq.Context()
        self._shell, self._shown = context.socket(zmq.DEALER), context.socket(zmq.SUB)
        for socket in (self._shell, self._shown):
            socket.linger = 0  # a kernel that is gone takes nothing more
        self._shown.subscribe(b"")
        self._shell.connect(f"ipc://kernel-{places['shell_port']}")
        self._shown.connect(f"ipc://kernel-{places['iopub_port']}")
        self._await_ready()
        self.run("pass")  # the first cell imports half of IPython
        self._limit_s = told["timeout_s"]

    def load(self, state: bytes) -> None:
        """Refuse: a kernel's names cannot be dumped, so its snippets are run again instead."""
        raise RuntimeError(f"{len(state)} bytes of names came, but a kernel loads none")

    def run(self, snippet: str) -> Ended:
        """Execute ``snippet`` as a cell; past its time it is interrupted."""
        cell = self._session.send(self._shell, "execute_request", {"code": snippet, **_CELL})
        number = cell["header"]["msg_id"]
        until = time.monotonic() + self._limit_s
        while self._is_there(until):
            kind, content = self._next(number)
            if kind == "stream":
                self._line.print(str(content["text"]))
            elif kind == CALL:
                until += self._call(content)
            elif kind == ENDED:
                self._line.dropped += int(content["dropped"])
                return Ended(content["outcome"], str(content["message"]))
        return self._interrupted(number)

    def _call(self, content: Mapping[str, Any]) -> float:
        """Bring one call to our side and its answer back; return the seconds that took."""
        began = time.monotonic()
        call = {name: content[name] for name in ("call", "args", "named")}
        write_frame(self._answers, json.dumps(self._line.ask(call)).encode("ascii"))
        self._answers.flush()
        return time.monotonic() - began

    def _interrupted(self, number: str) -> Ended:
        """Interrupt the cell, and take what it still prints before it ends or is ended."""
        self._kernel.send_signal(signal.SIGINT)
        until = time.monotonic() + _LATE_S
        while self._is_there(until):
            kind, content = self._next(number)
            if kind == "stream":
                self._line.print(str(content["text"]))
            elif kind == ENDED:
                break
        return _TOO_LONG

    def _is_there(self, until: float) -> bool:
        """Wait for the next message until then; the process ends with the kernel."""
        while (left := until - time.monotonic()) > 0:
            if self._shown.poll(min(math.ceil(left * 1000), _ASK_AGAIN_MS)):
                return True
            if self._kernel.poll() is not None:
                raise SystemExit(f"the kernel ended with code {self._kernel.returncode}")
        return False

    def _next(self, number: str) -> tuple[str, dict[str, Any]]:
        """Return type and content of the next message; no type where it is of another cell."""
        while self._shell.poll(0):  # replies repeat what the kernel has told already
            self._session.recv(self._shell)
        _, message = self._session.recv(self._shown)
        is_its = message["parent_header"].get("msg_id") == number
        return message["msg_type"] if is_its else "", message["content"]

    def _await_ready(self) -> None:
        """Wait until the kernel is heard: what it says before that is lost."""
        until = time.monotonic() + _START_S
        while time.monotonic() < until and self._kernel.poll() is None:
            self._session.send(self._shell, "kernel_info_request", {})
            if self._shown.poll(_ASK_AGAIN_MS):
                return
        raise SystemExit("the Jupyter kernel did not start")


def _started(file: str, reads: int, told: Mapping[str, Any]) -> subprocess.Popen[bytes]:
    """Start the kernel as this process was started, but for its last word."""
    names = ("functions", "output_bytes", "memory_bytes", "recursion")
    words = ["kernel", file, str(reads), json.dumps({name: told[name] for name in names})]
    kernel = subprocess.Popen(
        [*sys.orig_argv[:-1], *words],
        stdin=subprocess.DEVNULL,
        pass_fds=(reads,),
    )
    os.close(reads)
    return kernel
