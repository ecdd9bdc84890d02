"""What one key of the configuration is: how it reads, who may set it, and who wins."""

from dataclasses import dataclass
from typing import Any, Literal

from bot.configuration.values import Kind, list_of, pattern

Rule = Literal[
    "lowest",  # the operator's figure is a bound, which the target may lower
    "added",  # default, operator's and target's entries together
    "strictest",  # the target may only be stricter
    "narrowed",  # the target's entries count within the operator's
    "chosen",  # the target's choice of what the operator named; anything else is refused
    "first",  # the operator's value, else the target's, else the default
]
Where = Literal[
    "target",  # in the target's file and in the operator's
    "operator",  # in the operator's file alone
    "process",  # in no file: environment and command line alone
]

# From loose to strict, as `strictest` compares them.
POLICIES = ("allow", "ask", "block")
PATTERNS = list_of(pattern(), "a list of patterns as in .gitignore")


@dataclass(frozen=True, slots=True)
class Key:
    """One key, dotted as people write it; ``default`` None means none, or found by its user.

    ``also`` are variables of others that say the same; they count where ``variable`` is not set.
    """

    name: str
    kind: Kind
    meaning: str
    default: Any = None
    rule: Rule = "first"
    where: Where = "target"
    variable: str = ""
    also: tuple[str, ...] = ()
    option: str = ""
