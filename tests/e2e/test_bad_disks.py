"""Disks that are full, read-only, closed or gone: refused before a model is asked, or outlived.

Every full disk here is a small file system in memory, in a mount namespace of the command's own.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import PROGRAM
from tests.e2e.bad_input import NotHereError, Row, Setting, judge
from tests.e2e.repositories import NOBODY, as_nobody, at, made, published, save, write

pytestmark = pytest.mark.sandbox

Build = Callable[[Path], Setting]

# What is asked for costs money: none of it may be said of a run that cannot be written down.
UNASKED = r"(?s)\A(?!.*asking the model)"
RUN = 'exec "$@"'
FILL = 'head -c 200M /dev/zero > "$state/fill" 2>/dev/null'
# Also with what somebody frees meanwhile, until the command has ended.
KEEP_FULL = 'until [ -e "$state.over" ]; do cat /dev/zero >> "$state/fill"; sleep 0.05; done'
RIGHT = "a.txt\n<<<<<<< SEARCH\none\n=======\ntwo\n>>>>>>> REPLACE\n"
REPORT = "printf '<testsuites><testcase name=\"t\"/></testsuites>' > /reports/pytest.xml\n"
# A gate that is quick on the base and does its worst with the change.
ONLY_PATCHED = REPORT + "if grep -q one a.txt; then exit 0; fi\n"
# All of /tmp but for the folder of this test, which may stand in it.
NO_TMP = (
    'own=${state%/*}; mount --bind /tmp /tmp; mount --bind "$own" "$own" &&'
    f" mount -o remount,bind,ro /tmp && {RUN}"
)
# Waits until a gate's tree is written, which is when its command is about to run.
AT_THE_GATE = (
    "(for _ in $(seq 15000); do"
    ' if ls "$state"/scratch/*/gates/trees; then sleep 0.2; {}; exit; fi; sleep 0.02;'
    " done) >/dev/null 2>&1 &\n"
)


def namespace(state: Path, options: str, script: str = RUN) -> tuple[str, ...]:
    """Return what stands before a command whose state folder is a disk of its own.

    ``script`` runs where that is mounted; it finds the folder in $state and the command in $@.
    """
    own = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    tried = subprocess.run(
        [*own, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    )
    if tried.returncode != 0:
        raise NotHereError("no mount namespace can be made here")
    state.mkdir(exist_ok=True)
    mount = f'state=$1; shift; mount -t tmpfs -o {options} none "$state"\n'
    return (*own, "sh", "-c", mount + script, "sh", str(state))


def project(folder: Path, gate: str, set_up: str = "") -> Path:
    """Make a repository whose gate is a script in it, and a model that puts two for one."""
    repo = made(folder, commit=False)
    declared = {"name": "tests", "kind": "test", "run": "sh -e ./gate.sh"}
    config = {"setup": {"run": [set_up] if set_up else []}, "gates": [declared]}
    write(repo, {".github/changewright.yml": json.dumps(config), "gate.sh": gate})
    save(repo)
    (folder / "replies.json").write_text(json.dumps({"replies": [{"text": RIGHT}]}))
    return repo


def words(command: str, repo: Path) -> tuple[str | Path, ...]:
    """Return a whole command line of ``command``."""
    if command == "publish":
        return published(repo).argv
    if command == "migrate":
        return (*at(repo, command), "--rule", "true", "--on", "*.txt")
    model = ("--model", f"scripted:{repo.parent / 'replies.json'}")
    return at(repo, command, *(model if command == "propose" else ()))


def on_disk(command: str, options: str, script: str = RUN) -> Build:
    """The state folder is on a disk like this when the command starts."""

    def build(folder: Path) -> Setting:
        repo = project(folder, REPORT)
        if "remount" in script and os.geteuid() != 0:
            raise NotHereError("only root may make a disk read-only")
        before = namespace(folder / "disk", options, script)
        return Setting(words(command, repo), repo, state=folder / "disk", before=before)

    return build


def closed(command: str) -> Build:
    """The state folder belongs to who runs the command, and may not be written to."""

    def build(folder: Path) -> Setting:
        repo, state = project(folder, REPORT), folder / "closed"
        state.mkdir()
        before = as_nobody(folder)
        if before:
            os.chown(state, NOBODY, NOBODY)
        state.chmod(0o500)
        after = lambda: state.chmod(0o700)  # noqa: E731 - one more name for one line
        return Setting(words(command, repo), repo, state=state, before=before, after=after)

    return build


def worked(gate: str, script: str = RUN, *, set_up: str = "", options: str = "size=48m") -> Build:
    """There is room at the start, and then something happens."""

    def build(folder: Path) -> Setting:
        if os.geteuid() != 0:
            raise NotHereError("only root may both mount a disk and make a sandbox on it")
        repo = project(folder, gate, set_up)
        before = namespace(folder / "disk", options, script)
        return Setting(words("propose", repo), repo, state=folder / "disk", before=before)

    return build


def temporary(command: str, place: str, script: str = RUN) -> Build:
    """Nothing can be made where temporary files belong."""

    def build(folder: Path) -> Setting:
        if os.geteuid() != 0:
            raise NotHereError("only root may both mount a disk and make a sandbox")
        repo = made(folder) if command == "publish" else project(folder, REPORT)
        changed = published(repo).but_for if command == "publish" else ""
        before = namespace(folder / "read-only", "ro", script)
        env = {"TMPDIR": place and str(folder / place)}
        return Setting(words(command, repo), repo, env=env, before=before, but_for=changed)

    return build


def rows() -> list[Row]:
    """Return every disk of this file as a row."""
    return [*_at_the_start(), *_on_the_way()]


def _at_the_start() -> Iterator[Row]:
    for command in ("propose", "gate", "migrate", "publish"):
        yield Row(
            f"a state folder on a read-only disk: {command}",
            on_disk(command, "size=48m", f'mount -o remount,ro "$state"; {RUN}'),
            2,
            r"^changewright: .*disk.*: Read-only file system; choose another with --state",
            UNASKED,
        )
        yield Row(
            f"a state folder that may not be written to: {command}",
            closed(command),
            2,
            r"^changewright: .*closed.*: Permission denied; .*--state",
            UNASKED,
        )
        yield Row(
            f"a state folder on a full disk: {command}",
            on_disk(command, "size=4m", f"{FILL}; {RUN}"),
            2,
            r"^changewright: only 0 MiB are free in the state folder .*disk, and a run needs",
            UNASKED,
        )
    yield Row(
        "a state folder on a disk with 16 MiB of room",
        on_disk("propose", "size=16m"),
        2,
        r"^changewright: only 1\d MiB are free in the state folder",
        UNASKED,
    )
    yield Row(
        "a state folder on a disk that takes no more files",
        on_disk("propose", "size=48m,nr_inodes=6"),
        2,
        r"^changewright: the disk of the state folder .*disk has room for 5 more files",
        UNASKED,
    )
    for name, place in (("read-only", "read-only"), ("not there", "nowhere")):
        for command in ("propose", "publish"):
            row = f"a folder for temporary files that is {name}: {command}"
            yield Row(row, temporary(command, place), 0, r"^run \S+: proposed|^pull request")
    for command in ("propose", "publish"):
        row = f"a /tmp that is read-only: {command}"
        yield Row(row, temporary(command, "", NO_TMP), 0, r"^run \S+: proposed|^pull request")


def _on_the_way() -> Iterator[Row]:
    failed = r"^run \S+: failed, verdict infrastructure"
    many = 'i=0; while touch "f$i"; do i=$((i+1)); done\n'
    yield Row(
        "a set-up that fills the disk",
        worked(REPORT, set_up="head -c 200000000 /dev/zero > big"),
        1,
        failed,
        UNASKED + ".*the target's environment could not be built.*No space left on device",
    )
    yield Row(
        "tests that fill the disk",
        worked(f"{ONLY_PATCHED}head -c 200000000 /dev/zero > big\n"),
        1,
        failed,
        "with this change: the disk is full",
    )
    yield Row(
        "tests that leave room for no file",
        worked(f"{ONLY_PATCHED}{many}exit 1\n", options="size=48m,nr_inodes=2000"),
        1,
        failed,
        "with this change: the disk is full",
    )
    yield Row(
        "a state folder that is removed while a gate runs",
        worked(f"sleep 1\n{REPORT}", AT_THE_GATE.format('rm -rf "$state"/*') + RUN),
        2,
        r"^changewright: the state directory was removed",
    )


@pytest.mark.sampled(6)
@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_a_bad_disk_is_refused_or_told(row: Row, tmp_path: Path) -> None:
    try:
        shown = judge(row, tmp_path)
    except NotHereError as error:
        pytest.skip(str(error))
    assert not shown.wrong, "\n".join(shown.wrong)


def in_namespace(folder: Path, script: str, argv: tuple[str | Path, ...]) -> str:
    """Run ``script`` on a disk of its own and return what it printed."""
    if os.geteuid() != 0:
        pytest.skip("only root may both mount a disk and make a sandbox on it")
    try:
        before = namespace(folder / "disk", "size=48m", script)
    except NotHereError as error:
        pytest.skip(str(error))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "CHANGEWRIGHT_STATE": str(folder / "disk"),
        "LANG": "C.UTF-8",
    }
    done = subprocess.run(
        [*before, *map(str, argv)],
        cwd=folder,
        env=environment,
        capture_output=True,
        timeout=600,
        check=False,
    )
    return (done.stdout + done.stderr).decode("utf-8", "backslashreplace")


def test_a_disk_that_fills_during_a_run_keeps_the_journal_and_the_run_goes_on(
    tmp_path: Path,
) -> None:
    repo = project(tmp_path, f"sleep 1\n{REPORT}")
    go_on = f"""
"$@"; echo "ended with $?"
touch "$state.over"; wait; rm -f "$state/fill"
{PROGRAM} runs
{PROGRAM} resume "$({PROGRAM} runs | cut -d' ' -f1)"; echo "ended with $?"
"""

    said = in_namespace(
        tmp_path, AT_THE_GATE.format(KEEP_FULL) + go_on, (PROGRAM, *words("propose", repo))
    )

    assert re.findall(r"ended with (\d+)", said) == ["2", "0"], said
    # Whichever file is the first that grows: the journal may have room left in itself.
    full = r"^changewright: \S+: database or disk is full; free some space|No space left on device;"
    assert re.search(full, said, re.MULTILINE), said
    assert re.search(r"^r\S+ +cut off", said, re.MULTILINE)
    assert re.search(r"^run r\S+: proposed, verdict pass", said, re.MULTILINE)
    # What was paid for before the disk was full is not asked for again.
    assert said.count("asking the model") == 1
