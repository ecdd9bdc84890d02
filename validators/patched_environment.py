"""The environment of a patch that changes what is installed: set up apart, and built offline.

Only the sides that run the patch's sources find it; the base keeps its own. What cannot be set up
from manifests alone on the base either is nobody's fault: then a person is asked.
"""

import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from validators.building.manifests_alone import (
    builds,
    changed_manifests,
    manifests_alone,
    own_install,
    plan_for_manifests,
)
from validators.building.workspace import keep_layer, layered_tree
from validators.checkout import Clone, list_files, read_file
from validators.clones.written_trees import TreePlace, written_tree
from validators.detect import SetupPlan
from validators.environment import Environment, EnvironmentOptions, prepare
from validators.gates import detect_in
from validators.judging.renewal import Patched
from validators.processes.layer import remove
from validators.processes.scrubbing import scrub
from validators.processes.staging import owner
from validators.projects.manifest_files import ProjectFiles
from validators.rules import Rules
from validators.sandbox import ENVIRONMENT, TOOLS, Mount, Phase, Sandbox
from validators.verdict import Finding

_GATE = "setup"
_SHOWN_CHARACTERS = 2_000
_EYES = "A person must try the change with what it asks for."


@dataclass(frozen=True, slots=True)
class SecondSetUp:
    """Sets up again for trees that ask for other things than the base of ``clone``.

    ``cache`` as for `prepare`; ``scratch`` is a folder that is gone with the run.
    """

    clone: Clone
    sandbox: Sandbox
    rules: Rules
    cache: Path
    options: EnvironmentOptions
    scratch: Path

    def asked(self, tree: str) -> bool:
        """Whether the tree changes what is installed."""
        return bool(changed_manifests(self.clone, tree))

    def __call__(self, tree: str) -> Patched:
        """Return the environment in which the sources of ``tree`` are to run."""
        paths = changed_manifests(self.clone, tree)
        if not paths:
            return Patched()
        plan = self._plan(tree)
        alone = plan_for_manifests(plan, self._files(tree))
        if alone is None:
            why = "its set-up is the repository's own commands, or of a kind that builds"
            return self._asked(paths, why)
        environment = self._prepared(tree, alone)
        if environment.trouble:
            return self._in_trouble(paths, environment.trouble)
        if not builds(plan):
            return Patched(environment)
        return self._built(paths, tree, plan, environment)

    def _plan(self, tree: str) -> SetupPlan:
        return detect_in(replace(self.clone, base_tree=tree), self.rules).setup

    def _files(self, tree: str) -> ProjectFiles:
        def read(path: str) -> bytes | None:
            found = read_file(self.clone, tree, path)
            return found[1] if found else None

        return ProjectFiles.of([one.path for one in list_files(self.clone, tree)], read)

    def _prepared(self, tree: str, plan: SetupPlan) -> Environment:
        alone = replace(self.clone, base_tree=manifests_alone(self.clone, tree))
        return prepare(alone, self.sandbox, plan, self.cache, self.options)

    def _in_trouble(self, paths: tuple[str, ...], trouble: str) -> Patched:
        """Blame the patch for what can be done on the base, and only for that."""
        base = self.clone.base_tree
        plan = plan_for_manifests(self._plan(base), self._files(base))
        if plan is None or self._prepared(base, plan).trouble:
            return self._asked(paths, f"nor can it for the base\n{trouble}")
        message = f"what {', '.join(paths)} asks for cannot be installed\n{trouble}"
        return Patched(findings=(Finding(_GATE, "set-up-broken", "block", message, paths[0]),))

    def _asked(self, paths: tuple[str, ...], why: str) -> Patched:
        message = (
            f"what {', '.join(paths)} asks for could not be set up from manifests alone: {why}"
        )
        found = Finding(_GATE, "set-up-not-repeated", "ask", message, paths[0], fix=_EYES)
        return Patched(findings=(found,))

    def _built(
        self, paths: tuple[str, ...], tree: str, plan: SetupPlan, environment: Environment
    ) -> Patched:
        """Install the project itself into a copy, from the whole tree and without a network."""
        kept = next(one.source for one in environment.mounts if one.inside == ENVIRONMENT)
        self.scratch.mkdir(parents=True, exist_ok=True)
        copy = Path(tempfile.mkdtemp(prefix="environment-", dir=self.scratch)) / "inside"
        # Not links: what is built writes into it, and the kept one is for others, too.
        words = ["cp", "--archive", "--reflink=auto", "--", str(kept), str(copy)]
        subprocess.run(words, env={"PATH": "/usr/bin:/bin"}, check=True, capture_output=True)
        mounts = [one for one in environment.mounts if one.inside != ENVIRONMENT]
        phase = Phase(
            "build",
            mounts=(*mounts, Mount(copy, ENVIRONMENT, writable=True)),
            environment={**environment.variables, "UV_CACHE_DIR": "/tmp/uv"},  # noqa: S108 - inside
            path=(*environment.path, TOOLS),
            require=self.options.require,
        )
        layered = layered_tree(self.clone, tree, environment.layer)
        folder = written_tree(self.clone, layered, TreePlace(self.scratch, None, owner()))
        with self.sandbox.open(folder, phase, self.options.limits) as session:
            done = session.run(own_install(plan))
            changes = session.changes().files
        if done.outcome != "ok":
            remove(copy.parent)
            said = f"{done.stdout.text}\n{done.stderr.text}".strip()[-_SHOWN_CHARACTERS:]
            return self._asked(paths, f"it cannot be built without a network\n{said}")
        scrub(copy, devices=True)
        tracked = [one.path for one in list_files(self.clone, tree)]
        own = replace(
            environment,
            mounts=(*mounts, Mount(copy, ENVIRONMENT)),
            layer=keep_layer(changes, tracked),
        )
        return Patched(own)
