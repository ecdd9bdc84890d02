"""The keys that are the operator's alone: whom to trust, what to guarantee, what to keep."""

from typing import get_args
from urllib.parse import urlsplit

from bot.configuration.key import Key
from bot.configuration.values import choice, list_of, number, refined, text, truth
from validators.rules import ChangeKind
from validators.sandbox import REQUIRED_BY_DEFAULT, Guarantee

EFFORTS = ("low", "medium", "high", "xhigh", "max")
_GUARANTEE = choice(*get_args(Guarantee))


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
        or set("@?#") & set(value)
        or not (address.scheme == "https" or (address.scheme == "http" and is_local))
    ):
        return (
            "must be an https address (http on this machine alone) without a user, password or"
            " query"
        )
    return ""


def _wrong_model(value: str) -> str:
    kind, colon, rest = value.partition(":")
    if value == "claude" or (kind in {"scripted", "recorded"} and colon and rest):
        return ""
    return "must be claude, scripted:FILE or recorded:RUN"


OPERATOR_KEYS = (
    Key(
        "model.name",
        text("text", longest=100),
        "The vendor's name of the model.",
        where="operator",
        variable="CHANGEWRIGHT_MODEL_NAME",
    ),
    Key(
        "model.endpoint",
        refined(text("an https address"), _wrong_endpoint, is_shown=False),
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
        "retention.days",
        number("days", 1, whole=True),
        "How long what a finished run was told and answered is kept.",
        90,
        where="operator",
    ),
    Key(
        "retention.journal_mb",
        number("MB", 1, whole=True),
        "Most room the journal may take before the oldest finished runs lose their contents.",
        1024,
        where="operator",
    ),
    Key(
        "retention.cache_days",
        number("days", 1, whole=True),
        "How long an environment is kept after its last use.",
        30,
        where="operator",
    ),
    Key(
        "retention.cache_mb",
        number("MB", 1, whole=True),
        "Most room all environments may take.",
        4096,
        where="operator",
    ),
    Key(
        "report.content",
        truth(),
        "Whether the report of a fault of ours may quote messages, arguments and repository.",
        False,  # noqa: FBT003 - a default
        where="operator",
        variable="CHANGEWRIGHT_REPORT_CONTENT",
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
    Key(
        "kind",
        choice(*get_args(ChangeKind)),
        "What the change is for; only a fix must turn a test green that was red.",
        "fix",
        where="process",
        variable="CHANGEWRIGHT_KIND",
        option="--kind",
    ),
)
