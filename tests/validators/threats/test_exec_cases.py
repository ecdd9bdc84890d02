"""Threat cases about running strangers' code: what it reads, reaches, writes, kills and leaves."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.attacks import test_attacks
from tests.bot.adapters import test_bwrap_sandbox
from tests.e2e import test_hostile_repositories, test_killed_in_a_phase, test_three_processes
from tests.validators import (
    test_checkout,
    test_environment,
    test_gates,
    test_git,
    test_patched_environment,
)
from tests.validators.threats.cases import Table, held, ids, troubles
from validators.checkout import Clone, materialise, raw_changes, write_tree
from validators.rules import GateRule, Rules
from validators.sandbox import Limits, Mount, Phase, Sandbox

pytestmark = pytest.mark.sandbox

PREFIX = Path(sys.base_prefix).resolve()
INTERPRETER = () if PREFIX.is_relative_to("/usr") else (Mount(PREFIX, str(PREFIX)),)
PYTHON = str(Path(sys.executable).resolve())

# Each says where it got to; none may get anywhere. Names of the world, its documentation's own.
WAYS_OUT = """
import contextlib, json, socket, struct, sys, urllib.request
port = int(sys.argv[1])
ipv4, ipv6, tcp, udp = socket.AF_INET, socket.AF_INET6, socket.SOCK_STREAM, socket.SOCK_DGRAM

def stream(family, address):
    def way():
        with socket.socket(family, tcp) as caller:
            caller.settimeout(0.3)
            caller.connect(address)
    return way

def datagram(address, content):
    def way():
        with socket.socket(ipv4, udp) as caller:
            caller.settimeout(0.3)
            caller.sendto(content, address)
    return way

def echo():
    with socket.socket(ipv4, socket.SOCK_RAW, 1) as caller:
        caller.sendto(struct.pack("!BBHHH", 8, 0, 0xF7FF, 0, 0), ("192.0.2.1", 0))

def ping():
    with socket.socket(ipv4, udp, 1) as caller:
        caller.sendto(struct.pack("!BBHHH", 8, 0, 0xF7FF, 0, 0), ("192.0.2.1", 0))

def connect():
    with socket.create_connection(("127.0.0.1", port), 0.3) as caller:
        caller.sendall(b"CONNECT 192.0.2.1:22 HTTP/1.1\\r\\n\\r\\n")
        assert caller.recv(12)

def fetch():
    opener = urllib.request.build_opener(urllib.request.ProxyHandler())
    opener.open("http://192.0.2.1/", timeout=0.3)

ways = {
    "an address": stream(ipv4, ("192.0.2.1", 443)),
    "an address of version 6": stream(ipv6, ("2001:db8::1", 443)),
    "a name": lambda: socket.getaddrinfo("example.com", 443),
    "a question to a resolver": datagram(("192.0.2.53", 53), b"\\0" * 12),
    "datagrams as of a browser": datagram(("192.0.2.1", 443), b"\\xc0" + bytes(1199)),
    "an echo": echo,
    "an echo without rights": ping,
    "the cloud's own address": stream(ipv4, ("169.254.169.254", 80)),
    "private networks": stream(ipv4, ("10.0.0.1", 80)),
    "a container's host": stream(ipv4, ("172.17.0.1", port)),
    "a proxy, to another port": connect,
    "the environment's proxy": fetch,
}
reached = {}
for name, way in ways.items():
    try:
        way()
    except (OSError, AssertionError) as error:
        reached[name] = False
    else:
        reached[name] = True
print(json.dumps(reached))
"""


def test_there_is_no_way_out_by_any_of_twelve(sandbox: Sandbox, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        port = str(listener.getsockname()[1])
        with sandbox.open(
            tmp_path, Phase("test", mounts=INTERPRETER), Limits(timeout_s=60)
        ) as session:
            done = session.run([PYTHON, "-I", "-S", "-c", WAYS_OUT, port])
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert done.outcome == "ok", done.stderr.text
    reached = json.loads(done.stdout.text)
    assert [name for name, is_open in reached.items() if is_open] == []
    assert len(reached) == 12


KILLS = {
    "its parent": "os.kill(os.getppid(), 9)",
    "the first process": "os.kill(1, 9); time.sleep(0.3); os._exit(0)",
    "everybody": "os.kill(-1, 9); os._exit(0)",
    "its own group": "os.killpg(0, 9)",
}
TESTED = {"a.py": "X = 1\n", "tests/test_a.py": "def test_a():\n    import a\n\n    assert a.X\n"}


@pytest.mark.parametrize("victim", KILLS)
def test_tests_that_kill_who_runs_them_prove_nothing(
    bench_of: Callable[..., Any], sandbox: Sandbox, victim: str
) -> None:
    # A shell waits for the tests, as a Makefile's would: there is somebody to be killed.
    command = ("sh", "-c", "python -m pytest; exit $?")
    gates = (GateRule("tests", "test", command, timeout_s=60),)
    bench = bench_of(TESTED, sandbox, Rules(kind="refactor", gates=gates))

    verdict, _ = bench.judge({"a.py": f"import os, time\n\n{KILLS[victim]}\nX = 1\n"})

    assert verdict.word == "no-evidence", verdict


_SETTING = "[core]\nfsmonitor = touch {canary}"
PLANTING = {
    "a folder": f"mkdir -p .git/hooks .git/objects .git/refs; echo '{_SETTING}' > .git/config;"
    " echo 'ref: refs/heads/main' > .git/HEAD",
    "a file that points": f"mkdir -p evil/objects evil/refs; echo '{_SETTING}' > evil/config;"
    " echo 'gitdir: evil' > .git; echo 'ref: refs/heads/main' > evil/HEAD",
    "a link": f"ln -s {{repository}}/.git .git; echo '{_SETTING}' >> .git/config",
}


@pytest.mark.parametrize("way", PLANTING)
def test_a_git_directory_that_tests_leave_is_no_change_and_nobody_asks_it(
    clone_of: Callable[..., Clone], sandbox: Sandbox, tmp_path: Path, way: str
) -> None:
    clone, canary = clone_of(TESTED), tmp_path / "canary"
    tree = tmp_path / "tree"
    materialise(clone, clone.base_tree, tree)
    words = PLANTING[way].format(canary=canary, repository=clone.repository)

    with sandbox.open(tree, Phase("test"), Limits(timeout_s=20)) as session:
        session.run(["sh", "-c", words])
        session.run(["sh", "-c", "echo 'X = 2' > a.py"])
        changes = session.changes()
    applied = write_tree(clone, clone.base_tree, changes.files)

    kept = {change.path for change in changes.files}
    assert {path for path in kept if path.split("/")[0] == ".git"} == set()
    assert ".git" in {path for path, _ in changes.refused}
    assert {one.path for one in raw_changes(clone, clone.base_tree, applied)} == kept
    assert not canary.exists()


def test_the_trap_of_a_planted_git_directory_works_on_a_git_that_looks_for_one(
    tmp_path: Path,
) -> None:
    canary = tmp_path / "canary"
    words = PLANTING["a folder"].format(canary=canary, repository=tmp_path)
    subprocess.run(["sh", "-c", words], cwd=tmp_path, check=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    argv = ["git", "-c", "safe.directory=*", "status"]
    subprocess.run(argv, cwd=tmp_path, env=environment, check=False, capture_output=True)
    assert canary.exists()


def test_what_one_command_leaves_in_a_cache_is_not_there_for_the_next(
    sandbox: Sandbox, our_environment: Any, tmp_path: Path
) -> None:
    (tmp_path / "tree").mkdir()
    spoil = """
for place in "$HOME" /tmp /var/tmp /environment /environment/venv /opt/changewright /dev/shm; do
  mkdir -p "$place/.cache/pip" 2>/dev/null && echo spoilt > "$place/.cache/pip/wheel"
done
"""
    look = "find / -path /proc -prune -o -path '*.cache/pip/wheel' -print 2>/dev/null"
    reports = tmp_path / "reports"
    reports.mkdir()
    phase = our_environment.phase("test", reports)
    for words in (spoil, look):
        with sandbox.open(tmp_path / "tree", phase, Limits(timeout_s=30)) as session:
            done = session.run(["sh", "-c", words])
    assert done.stdout.text == ""
    with sandbox.open(tmp_path / "tree", phase, Limits(timeout_s=30)) as session:
        session.run(["sh", "-c", spoil])
        assert session.run(["sh", "-c", look]).stdout.text == ""
    assert not list(Path(sys.prefix).glob(".cache/pip/wheel"))


def through(*boundaries: str) -> tuple[Any, ...]:
    """Say that the attacks on these boundaries hold a case."""
    return tuple(
        held(test_attacks.test_no_attack_on_a_boundary_gets_through, boundary)
        for boundary in boundaries
    )


_HOSTILE = test_hostile_repositories
HELD_BY: Table = {
    "EXE-01": (
        *through("environment", "processes"),
        held(_HOSTILE.test_a_build_that_reaches_out_of_set_up_gets_nothing_and_spoils_nothing),
        held(test_bwrap_sandbox.test_the_first_process_tells_no_secret),
        held(test_three_processes.test_an_author_tells_its_key_to_nobody_it_starts),
        held(
            test_three_processes.test_a_sandboxed_command_finds_no_secret_in_any_process_it_sees,
            "bwrap",
            "container",
        ),
    ),
    "EXE-02": (held(test_there_is_no_way_out_by_any_of_twelve), *through("network", "sockets")),
    "EXE-03": (
        *through("filesystem", "memory", "disk"),
        held(test_bwrap_sandbox.test_files_in_memory_are_limited),
        held(test_bwrap_sandbox.test_nothing_can_be_written_outside_of_ones_own),
        held(_HOSTILE.test_tests_that_flood_disk_or_memory_are_stopped_and_prove_nothing, "disk"),
    ),
    "EXE-07": (
        held(test_tests_that_kill_who_runs_them_prove_nothing, *KILLS),
        held(test_gates.test_a_forged_end_is_no_evidence, "killed"),
        *through("processes"),
    ),
    "EXE-08": (
        held(test_a_git_directory_that_tests_leave_is_no_change_and_nobody_asks_it, "a folder"),
        held(test_the_trap_of_a_planted_git_directory_works_on_a_git_that_looks_for_one),
        held(
            _HOSTILE.test_tests_that_leave_processes_links_and_repositories_leave_nothing_on_the_host
        ),
        *through("git"),
    ),
    "EXE-09": (
        held(
            test_a_git_directory_that_tests_leave_is_no_change_and_nobody_asks_it,
            "a file that points",
            "a link",
        ),
        held(test_git.test_a_config_that_names_another_work_tree_is_not_followed),
        held(test_checkout.test_nothing_of_the_original_changes_and_nothing_it_names_runs),
    ),
    "EXE-10": (
        held(test_gates.test_policy_is_judged_first_and_then_nothing_runs),
        held(
            test_patched_environment.test_manifests_alone_are_set_up_and_the_project_is_built_without_a_door
        ),
        held(test_patched_environment.test_a_declared_set_up_is_never_run_on_a_patch),
        held(
            test_patched_environment.test_of_a_patch_only_what_cannot_run_is_laid_out_and_settings_are_the_base_s
        ),
        held(_HOSTILE.test_files_that_are_hostile_by_name_link_or_setting_are_but_data),
        *through("build"),
    ),
    "EXE-12": (
        held(test_what_one_command_leaves_in_a_cache_is_not_there_for_the_next),
        held(test_environment.test_what_one_target_s_build_left_is_never_another_s),
        held(test_environment.test_packages_of_node_are_seen_in_the_tree_and_cannot_be_written),
        *through("build"),
    ),
}
# Faults of a machine in the middle of running strangers' commands.
FAULTS: Table = {
    "FLT-02": (held(test_killed_in_a_phase.test_a_run_that_is_killed_leaves_nothing_and_goes_on),),
    "FLT-12": (
        held(_HOSTILE.test_tests_that_flood_disk_or_memory_are_stopped_and_prove_nothing, "memory"),
        held(test_killed_in_a_phase.test_a_run_that_is_killed_leaves_nothing_and_goes_on, "test"),
    ),
    "FLT-17": (held(test_gates.test_a_full_disk_is_never_the_patch_s_fault),),
}


def test_every_case_about_running_code_is_held() -> None:
    assert troubles(HELD_BY) == []
    assert troubles(FAULTS) == []
    assert ids("exec") <= HELD_BY.keys()
    known = ids("crash") | ids("disk")
    assert not known or FAULTS.keys() <= known
