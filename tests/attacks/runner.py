"""Runs attacks against one sandbox, and judges each by what it said and by what the host became.

Written against the Sandbox port alone. A case whose guarantee the sandbox's probe does not give is
not run: then a phase that requires the guarantee must be refused in words that name it.
"""

import getpass
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from scoping.refusal import Refusal
from tests.attacks import invariants
from tests.attacks.case import PYTHON, Case
from tests.attacks.host import Host
from tests.attacks.machine import has
from tests.attacks.reading import is_git, reading
from tests.attacks.result import Result, Word, judged, said
from validators.building.supply import Door
from validators.sandbox import (
    ENVIRONMENT,
    WORKSPACE,
    Changes,
    Guarantee,
    Limits,
    Mount,
    Phase,
    Sandbox,
    SandboxRefusal,
    Session,
)

Aftermath = Callable[[Session, Host], list[str]]

MIB = 1024**2
LIMITS = Limits(
    timeout_s=30.0,
    memory_bytes=128 * MIB,
    processes=64,
    output_bytes=64 * 1024,
    output_limit_bytes=4 * MIB,
    file_bytes=32 * MIB,
    changes_bytes=8 * MIB,
    disk_bytes=128 * MIB,
    disk_files=5_000,
)
# How long after its limit a command may still hold us up, on the busiest machine. An attack on it
# goes on for longer.
GRACE_S = 15.0
_READ_S = 60.0
# Without these an attack would be one on this machine, so nothing is run.
_WALLS: frozenset[Guarantee] = frozenset(
    {"read-only-host", "home-hidden", "orphans-killed", "original-untouched"}
)
_PREFIX = Path(sys.base_prefix)


@dataclass(frozen=True, slots=True)
class Runner:
    """Attacks ``sandbox``, whose layers are in ``scratch``, with ``host`` as what is to be had.

    ``aftermath`` is what the host does with the changes of a session, and returns breaches and,
    starting with ``objection:``, what the rules found. ``mend`` makes good what an attack did.
    ``backend`` is what results call the sandbox, its own name where nothing else is said. Sessions
    are opened on ``tree``, the original itself where there is none, and with a ``door`` they are
    set-ups, in which every attack is started behind it.
    """

    sandbox: Sandbox
    host: Host
    scratch: Path
    aftermath: Aftermath
    limits: Limits = LIMITS
    variables: Mapping[str, str] = field(default_factory=dict)
    user: str = field(default_factory=getpass.getuser)
    mend: Callable[[Host], None] = field(default=lambda _: None)
    backend: str = ""
    tree: Path | None = None
    door: Door = field(default_factory=Door)

    def run(self, cases: Iterable[Case]) -> list[Result]:
        """Attack with every case; those that disturb no other share one session."""
        results = []
        shared = []
        given = self.sandbox.probe().guarantees
        for case in cases:
            missing = [name for name in case.guarantees if name not in given]
            absent = [ability for ability in case.needs if not has(ability)]
            if absent:
                results.append(self._result(case, "not here", f"no {', '.join(absent)} here"))
            elif missing:
                results.append(self._not_given(case, missing[0]))
            elif not given >= _WALLS:
                results.append(self._result(case, "not here", "there are no walls to attack"))
            elif case.alone or case.then or case.aftermath:
                results += self._session([case])
            else:
                shared.append(case)
        return results + (self._session(shared) if shared else [])

    def refused(self, guarantee: Guarantee) -> str:
        """Return how a phase that requires what is not given was refused, empty if it opened."""
        phase = Phase("test", require=frozenset({guarantee}))
        try:
            self.sandbox.open(self.host.original, phase, self.limits).close()
        except SandboxRefusal as refusal:
            return str(refusal)
        return ""

    def _not_given(self, case: Case, guarantee: Guarantee) -> Result:
        words = self.refused(guarantee)
        if guarantee in words:
            return self._result(case, "not given", words)
        why = f"{guarantee} is not given, and a phase that requires it was not refused in its words"
        return self._result(case, "breached", f"{why}: {words or 'it opened'}")

    def _session(self, cases: list[Case]) -> list[Result]:
        """Attack with all of them in one session, and look at what is left when it was closed."""
        limits = self.limits
        if cases[0].memory_mib:
            most = cases[0].memory_mib * MIB
            limits = replace(limits, memory_bytes=most, processes=256, file_bytes=most)
        with self._open(limits) as session:
            results = [self._attack(session, case, limits) for case in cases]
        last = results[-1]
        if cases[-1].then and last.word != "breached":
            with self._open(limits) as session:
                last = self._attack(session, cases[-1], limits, then=True)
        left = invariants.remains(self.host, self.scratch)
        if left:
            last = replace(last, word="breached", why="; ".join((last.why, *left)))
        return [*results[:-1], last]

    @contextmanager
    def _open(self, limits: Limits) -> Iterator[Session]:
        mounts = [Mount(self.host.kept / "environment", ENVIRONMENT)]
        if not _PREFIX.is_relative_to("/usr"):
            mounts.append(Mount(_PREFIX, str(_PREFIX)))
        given = self.sandbox.probe().guarantees
        phase = Phase(
            "setup" if self.door.prefix else "test",
            mounts=(*mounts, *self.door.mounts),
            environment=self.door.environment,
            require=frozenset(given),
        )
        with self.sandbox.open(self.tree or self.host.original, phase, limits) as session:
            yield session

    def _attack(
        self, session: Session, case: Case, limits: Limits, *, then: bool = False
    ) -> Result:
        was = invariants.before(self.host)
        started = time.monotonic()
        with reading(session, wanted=case.reading) as (readings, failures):
            done = session.run(
                [*self.door.prefix, *case.argv(self._told(limits), then=then)],
                environment={"ATTACK": self.host.token},
                timeout_s=case.timeout_s,
            )
        wall_s = time.monotonic() - started
        breaches = [*said(done), *(f"its changes could not be read: {error}" for error in failures)]
        if wall_s > case.timeout_s + GRACE_S:
            breaches.append(f"it came back after {wall_s:.1f} s of {case.timeout_s:g} s")
        if invariants.memory_grew_too_much():
            breaches.append("it cost more than 64 MiB of our own memory")
        breaches += self._read(session, readings, limits)
        objections: list[str] = []
        if case.aftermath:
            after = self.aftermath(session, self.host)
            objections = [text for text in after if text.startswith("objection:")]
            breaches += [text for text in after if text not in objections]
            if case.finding and not objections:
                breaches.append("nobody objected to the change")
        breaches += invariants.violations(self.host, was, self.scratch)
        self.mend(self.host)
        word, why = judged(case, done, breaches)
        return self._result(case, word, why, wall_s)

    def _told(self, limits: Limits) -> Mapping[str, str]:
        figures = {
            "memory": str(limits.memory_bytes),
            "processes": str(limits.processes),
            "file_bytes": str(limits.file_bytes),
            "output": str(limits.output_limit_bytes),
            "workspace": WORKSPACE,
            "prefix": str(_PREFIX),
            "python": PYTHON,
            "disk": str(limits.disk_bytes),
            "inodes": str(limits.disk_files),
        }
        return {**self.host.variables(), **figures, **self.variables}

    def _read(self, session: Session, readings: list[Changes], limits: Limits) -> list[str]:
        """Return what was wrong with the changes; a calm refusal to read them is right."""
        started = time.monotonic()
        try:
            readings.append(session.changes())
        except Refusal:
            return []
        except OSError as error:
            return [f"reading the changes failed, and no refusal says why: {error}"]
        found = [f"the changes took {time.monotonic() - started:.1f} s to read"] * (
            time.monotonic() - started > _READ_S
        )
        secret = self.host.secret_text.encode()
        for changes in readings:
            files = [change for change in changes.files if change.content is not None]
            if any(secret in change.content for change in files if change.content):
                found.append("the changes hold a secret of the host")
            if sum(len(change.content or b"") for change in files) > limits.changes_bytes:
                found.append("the changes are larger than their limit")
            found += [
                f"the changes hold {change.path!r}"
                for change in files
                if any(is_git(part) for part in change.path.split("/"))
            ]
        return found + invariants.special_files(self.scratch)

    def _result(self, case: Case, word: Word, why: str, wall_s: float = 0.0) -> Result:
        name = self.backend or self.sandbox.name
        return Result(case.id, case.boundary, name, self.user, word, why, wall_s)
