"""What an environment is known by: all that decides what a set-up makes of a base.

The repository is no part of it but of the place where its environments stand, so that a key is the
same for the same base on machines that are alike.
"""

import platform
import sys

from validators.checkout import Clone, list_files
from validators.encoding import digest, encode
from validators.evidence import MachineFacts
from validators.projects.interpreters import Interpreter
from validators.projects.setup_plan import SetupPlan
from validators.sandbox import Probe

# A part of every key: raise it when what is built, or how it is written down, changes.
_FORMAT = 3


def recipe_of(clone: Clone, plan: SetupPlan) -> str:
    """Return the hash of what the base asks for: the set-up's commands and all manifests."""
    wanted = set(plan.manifests)
    contents = [(f.path, f.sha) for f in list_files(clone, clone.base_tree) if f.path in wanted]
    facts = {
        "format": _FORMAT,
        "plan": plan,
        "manifests": [(path.encode("utf-8", "surrogateescape"), sha) for path, sha in contents],
        "tree": clone.base_tree if plan.declared else "",
    }
    return digest(encode(facts))


def machine_facts(interpreter: Interpreter | None) -> MachineFacts:
    """Return what another machine must have in common with this one."""
    version = interpreter.version if interpreter else ""
    return MachineFacts(version, f"{sys.platform}-{platform.machine()}")


def environment_key(
    recipe: str,
    machine: MachineFacts,
    interpreter: Interpreter | None,
    indexes: tuple[str, ...],
    probe: Probe,
) -> str:
    """Return the name of the environment that ``recipe`` comes to on this machine.

    What the ``indexes`` hold is the machine's own, like its interpreter. The ``probe`` says in its
    version which image commands see, by its digest: another has other programs and libraries.
    """
    facts = {
        "recipe": recipe,
        "machine": machine,
        "interpreter": interpreter.path if interpreter else "",
        "indexes": indexes,
        "walls": (probe.backend, probe.version),
    }
    return digest(encode(facts))
