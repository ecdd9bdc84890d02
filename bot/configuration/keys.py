"""Every key of the configuration, once: its kind, default, meaning, and who may set it.

The reader, the reference page, the JSON Schema and the names of the environment variables are all
computed from this table. Only keys that the program honours stand here.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from bot.configuration.gates import COMMAND, GATES
from bot.configuration.values import Kind, choice, list_of, number, pattern, refined, text, truth
from validators.rules import PatchLimits, Protected
from validators.sandbox import REQUIRED_BY_DEFAULT, Guarantee
from workflows.budget import Budget

Rule = Literal[
    "lowest",  # the operator's figure is a bound, which the target may lower
    "added",  # default, operator's and target's entries together
    "strictest",  # the target may only be stricter
    "narrowed",  # the target's entries count within the operator's
    "first",  # the operator's value, else the target's, else the default
]
Where = Literal[
    "target",  # in the target's file and in the operator's
    "operator",  # in the operator's file alone
    "process",  # in no file: environment and command line alone
]

# From loose to strict, as `strictest` compares them.
POLICIES = ("allow", "ask", "block")
EFFORTS = ("low", "medium", "high", "xhigh", "max")

_BUDGET = Budget()
_LIMITS = PatchLimits()
_PROTECTED = Protected()
_GUARANTEE = choice(*get_args(Guarantee))
_PATTERNS = list_of(pattern(), "a list of patterns as in .gitignore")


@dataclass(frozen=True, slots=True)
class Key:
    """One key, dotted as people write it; ``default`` None means none, or found by its user."""

    name: str
    kind: Kind
    meaning: str
    default: Any = None
    rule: Rule = "first"
    where: Where = "target"
    variable: str = ""
    option: str = ""


def _wrong_folder(value: str) -> str:
    return "" if value.startswith(("/", "~/")) else "must be an absolute path or begin with ~/"


def _wrong_endpoint(value: str) -> str:
    try:
        address = urlsplit(value)
        is_local = address.hostname in {"127.0.0.1", "::1", "localhost"}
        is_sound = bool(address.hostname) and address.port != 0
    except ValueError:
        is_sound = False
    if (
        not is_sound
        or "@" in value
        or not (address.scheme == "https" or (address.scheme == "http" and is_local))
    ):
        return "must be an https address (http on this machine alone) without a user or password"
    return ""


def _wrong_model(value: str) -> str:
    kind, colon, rest = value.partition(":")
    if value == "claude" or (kind in {"scripted", "recorded"} and colon and rest):
        return ""
    return "must be claude, scripted:FILE or recorded:RUN"


KEYS = (
    Key(
        "scope.include",
        _PATTERNS,
        "Files the model may be shown; empty means all.",
        (),
        "narrowed",
    ),
    Key("scope.exclude", _PATTERNS, "Files the model is never shown.", (), "added"),
    Key("scope.max_files", number("files", 1, whole=True), "Most files shown.", 20, "lowest"),
    Key(
        "scope.max_tokens",
        number("tokens", 1, whole=True),
        "Most tokens of code in the first prompt.",
        12_000,
        "lowest",
        option="--tokens",
    ),
    Key(
        "budget.run_usd",
        number("US dollars", 0),
        "Most money one run may cost, where the price is known.",
        _BUDGET.usd,
        "lowest",
        variable="CHANGEWRIGHT_RUN_USD",
        option="--max-usd",
    ),
    Key(
        "budget.max_turns",
        number("replies", 1, whole=True),
        "Most replies of the model in one run.",
        _BUDGET.turns,
        "lowest",
        variable="CHANGEWRIGHT_MAX_TURNS",
        option="--max-turns",
    ),
    Key(
        "budget.max_tokens",
        number("tokens", 1, whole=True),
        "Most tokens of one run, in and out together.",
        _BUDGET.tokens,
        "lowest",
        variable="CHANGEWRIGHT_MAX_TOKENS",
        option="--max-tokens",
    ),
    Key(
        "budget.wall_minutes",
        number("minutes", 0),
        "Longest time of one run.",
        _BUDGET.minutes,
        "lowest",
        variable="CHANGEWRIGHT_WALL_MINUTES",
        option="--wall-minutes",
    ),
    Key(
        "max_attempts",
        number("attempts", 1, whole=True),
        "How often the model may try until the gates pass.",
        3,
        "lowest",
        variable="CHANGEWRIGHT_MAX_ATTEMPTS",
        option="--max-attempts",
    ),
    Key(
        "setup.run",
        list_of(COMMAND, "a list of commands"),
        "Prepares the environment at the base commit; empty means: what the repository says.",
        (),
    ),
    Key(
        "gates",
        GATES,
        "What judges a patch; empty means: what the repository says.",
        (),
        "added",
    ),
    Key(
        "protected.paths",
        _PATTERNS,
        "Paths no patch may touch, added to those of the default.",
        _PROTECTED.paths,
        "added",
    ),
    Key(
        "protected.policy",
        choice(*reversed(POLICIES)),
        "What happens when a patch touches one: it is refused, a person is asked, or nothing.",
        _PROTECTED.policy,
        "strictest",
    ),
    Key(
        "allowed_files",
        _PATTERNS,
        "The only paths a patch may touch; empty means all that are not protected.",
        (),
        "narrowed",
    ),
    Key(
        "limits.max_patch_files",
        number("files", 1, whole=True),
        "Most files a patch may change.",
        _LIMITS.max_patch_files,
        "lowest",
    ),
    Key(
        "limits.max_patch_lines",
        number("lines", 1, whole=True),
        "Most lines a patch may add and remove, together.",
        _LIMITS.max_patch_lines,
        "lowest",
    ),
    Key("pr.draft", truth(), "Whether a pull request is opened as a draft.", True),  # noqa: FBT003 - a default
    Key(
        "pr.title_prefix",
        text("text", longest=40, may_be_empty=True),
        "What the title of a pull request begins with.",
        "",
    ),
    Key(
        "pr.labels",
        list_of(text("text", longest=50), "a list of texts"),
        "Labels of a pull request.",
        (),
    ),
    Key(
        "model.name",
        text("text", longest=100),
        "The vendor's name of the model.",
        where="operator",
        variable="CHANGEWRIGHT_MODEL_NAME",
    ),
    Key(
        "model.endpoint",
        refined(text("an https address"), _wrong_endpoint),
        "Where the model is reached, when not at its vendor's.",
        where="operator",
        variable="CHANGEWRIGHT_MODEL_ENDPOINT",
    ),
    Key(
        "model.effort",
        choice(*EFFORTS),
        "How much the model thinks.",
        where="operator",
        variable="CHANGEWRIGHT_MODEL_EFFORT",
    ),
    Key(
        "sandbox.require",
        list_of(_GUARANTEE, f"a list of {_GUARANTEE.words}"),
        "Guarantees that must have been measured here, else no command of the target runs.",
        REQUIRED_BY_DEFAULT,
        where="operator",
    ),
    Key(
        "state",
        refined(text("an absolute path, or one from ~/"), _wrong_folder),
        "The folder that holds the journal, the clones and the environments.",
        where="operator",
        variable="CHANGEWRIGHT_STATE",
        option="--state",
    ),
    Key(
        "model",
        refined(text("`claude`, `scripted:FILE` or `recorded:RUN`"), _wrong_model),
        "Who answers: a vendor, a file of replies, or a run of the journal again.",
        "claude",
        where="process",
        variable="CHANGEWRIGHT_MODEL",
        option="--model",
    ),
)
