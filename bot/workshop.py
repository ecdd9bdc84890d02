"""What each workflow is handed, made from a `Bench`: closures that tie nouns to this machine."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bot.bundle_files import found_bundle, write_bundle
from bot.scratch import private
from bot.wiring import Bench, model_of, network_mounts, network_variables, now_iso, tools
from validators.checkout import line_counts
from validators.sandbox import TOOLS
from workflows.history import history_of
from workflows.proposal import Proposal
from workflows.publish import Press
from workflows.workshop import Watch, Workshop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scoping.scope import Scope
    from validators.detect import Detected
    from validators.environment import Environment
    from validators.evidence import Evidence
    from validators.sandbox import Changes, Completed, Guarantee, Sandbox
    from validators.verdict import Verdict
    from workflows.actions import Reader
    from workflows.migrate import Workbench
    from workflows.ports import Model
    from workflows.recorder import Recorder
    from workflows.run import Entry
    from workflows.task import Task

Observe = Callable[[str, Mapping[str, Any]], None]


class GateRoom:
    """Where trees of one bench are judged: its environment, built once, and the base's outcomes."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._environment: Environment | None = None

    def environment(self) -> "Environment":
        """Return the target's environment, built on the first call."""
        from validators.environment import EnvironmentOptions, prepare  # noqa: PLC0415
        from validators.projects.interpreters import local_interpreters  # noqa: PLC0415

        if self._environment is None:
            settings = self._bench.settings
            options = EnvironmentOptions(
                tools=tools(),
                interpreters=local_interpreters(),
                network_environment=network_variables(settings),
                network_mounts=network_mounts(settings),
                require=_required(self._bench),
            )
            cache = private(settings.state / "environments")
            plan = detected(self._bench).setup
            clone, sandbox = self._bench.clone, self._bench.sandbox
            self._environment = prepare(clone, sandbox, plan, cache, options)
        return self._environment

    def prepare(self, recorder: "Recorder") -> str:
        """Build the environment and write down how that went; return why there is none, or ""."""
        started = time.monotonic()
        # Before any model is asked: what could not be judged must not be paid for.
        require_sandbox(self._bench.sandbox)
        built = self.environment()
        how = (built.trouble and "failed") or ("from cache" if built.was_cached else "built")
        recorder.record(
            "environment.ready",
            key=built.key,
            how=how,
            interpreter=built.interpreter,
            trouble=built.trouble,
            note=built.note,
            seconds=time.monotonic() - started,
        )
        return built.trouble

    def judge(self, tree: str, observe: Observe) -> "tuple[Verdict, Evidence]":
        """Run policy and every gate on ``tree`` against the base."""
        from validators.gates import GateBench, run_gates  # noqa: PLC0415
        from validators.sandbox import Limits  # noqa: PLC0415

        bench = self._bench
        gate_bench = GateBench(
            clone=bench.clone,
            sandbox=bench.sandbox,
            environment=self.environment(),
            rules=bench.settings.rules,
            scratch=bench.scratch / "gates",
            limits=Limits(),
            now=time.monotonic,
            observe=observe,
        )
        return run_gates(gate_bench, tree, bench.base_sides)


def require_sandbox(sandbox: "Sandbox") -> None:
    """Raise SandboxRefusal when no command of a target could run here."""
    from validators.sandbox import SandboxRefusal  # noqa: PLC0415 - keeps --help fast

    probe = sandbox.probe()
    if not probe.usable:
        raise SandboxRefusal(f"there is no sandbox here: {probe.why_not}; to mend it: {probe.mend}")


def detected(bench: Bench) -> "Detected":
    """Return the gates and the set-up of the base: declared, or else detected."""
    from validators.gates import detect_in  # noqa: PLC0415 - keeps --help fast

    return detect_in(bench.clone, bench.settings.rules)


def select_with(bench: Bench) -> "Callable[[Task], Scope]":
    """Return the function that chooses what a model reads for a task."""
    from scoping.objects import open_objects  # noqa: PLC0415 - keeps --help fast
    from scoping.scope import ScopeOptions, select  # noqa: PLC0415

    bounds = bench.settings.scope
    options = ScopeOptions(
        include=bounds.include,
        exclude=bounds.exclude,
        max_files=bounds.max_files,
        max_tokens=bounds.max_tokens,
    )

    def choose(task: "Task") -> "Scope":
        with open_objects(bench.clone.git_dir) as reader:
            commit = bench.clone.base_commit
            return select(reader, commit, task.title, task.body, options, now=time.monotonic)

    return choose


def workshop(bench: Bench, watch: Watch) -> Workshop:
    """Return what `propose`, `revise` and `migrate` work with."""
    room = GateRoom(bench)

    def judge(tree: str, recorder: "Recorder") -> "tuple[Verdict, Evidence]":
        return room.judge(tree, lambda kind, data: _note_gate(recorder, kind, data))

    return Workshop(
        clone=bench.clone,
        rules=bench.settings.rules,
        journal=bench.journal,
        select=select_with(bench),
        prepare=room.prepare,
        judge=judge,
        reader=lambda tree: reader_of(bench, tree),
        render=lambda proposal, evidence: _render(bench, proposal, evidence),
        write_bundle=lambda name, document: write_bundle(bench.settings.state, name, document),
        find_bundle=lambda run: found_bundle(bench.settings.state, f"{run}.json"),
        now=time.monotonic,
        now_iso=now_iso,
        watch=watch,
    )


def model_for(bench: Bench, run: str) -> "Model":
    """Return the model that the settings name, as far on as ``run`` has asked it already."""
    replied = history_of(bench.journal.read(run)).replies
    return model_of(bench.settings, bench.journal, replied)


def reader_of(bench: Bench, tree: str) -> "Reader":
    """Return what answers the model's questions from a tree, edits included."""
    from workflows.actions import Reader  # noqa: PLC0415 - keeps --help fast

    return Reader(bench.clone, tree)


def press(bench: Bench, observe: "Callable[[Entry], None]") -> Press:
    """Return what `publish` works with."""
    wanted = bench.settings.pull_request
    return Press(
        bench.clone,
        bench.settings.rules,
        bench.forge,
        bench.journal,
        labels=wanted.labels,
        reviewers=wanted.reviewers,
        draft=wanted.draft,
        observe=observe,
    )


def migration_bench(bench: Bench, watch: Watch) -> "Workbench":
    """Return what `migrate` works with."""
    from workflows.migrate import Workbench  # noqa: PLC0415 - keeps --help fast

    room = GateRoom(bench)
    return Workbench(workshop(bench, watch), lambda argv: _execute(bench, room, argv))


def judge_alone(bench: Bench, tree: str, note: Callable[[str], None]) -> "tuple[Verdict, Evidence]":
    """Run the gates without a run around them, telling ``note`` each one as it ends."""
    from bot.progress import gate_line  # noqa: PLC0415 - keeps --help fast

    def observe(kind: str, data: Mapping[str, Any]) -> None:
        if kind == "gate.finished":
            note(gate_line(data))

    return GateRoom(bench).judge(tree, observe)


def _required(bench: Bench) -> "frozenset[Guarantee]":
    """Return what the rules require of a sandbox, as its own words."""
    from typing import cast  # noqa: PLC0415

    return frozenset(cast("tuple[Guarantee, ...]", bench.settings.rules.require))


def _note_gate(recorder: "Recorder", kind: str, data: Mapping[str, Any]) -> None:
    if kind == "gate.finished":
        recorder.record("gate.finished", **data)


def _render(bench: Bench, proposal: Proposal, evidence: "Evidence") -> tuple[str, str]:
    from bot.pages.pull_request import pull_request_text  # noqa: PLC0415 - keeps --help fast

    changed = line_counts(bench.clone, evidence.base_tree, evidence.applied_tree)
    prefix = bench.settings.pull_request.title_prefix
    text = pull_request_text(proposal, evidence, changed, prefix)
    return text.title, text.body


def _execute(bench: Bench, room: GateRoom, argv: "Sequence[str]") -> "tuple[Completed, Changes]":
    """Run a migration's command over the base tree, in the target's environment."""
    from validators.building.workspace import written_tree  # noqa: PLC0415
    from validators.clones.ignored import not_ignored  # noqa: PLC0415 - keeps --help fast
    from validators.sandbox import Limits, Phase  # noqa: PLC0415

    environment = room.environment()
    clone = bench.clone
    phase = Phase(
        "codemod",
        mounts=environment.mounts,
        # A tool's cache in the tree would look like a change beside the target's files.
        environment={**environment.variables, "RUFF_NO_CACHE": "true"},
        path=(TOOLS, *environment.path),
        require=_required(bench),
    )
    tree = written_tree(clone, clone.base_tree, bench.scratch / "gates")
    with bench.sandbox.open(tree, phase, Limits()) as session:
        completed = session.run(argv)
        return completed, not_ignored(clone, clone.base_tree, session.changes())
