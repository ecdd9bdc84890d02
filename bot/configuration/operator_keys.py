"""The keys that are the operator's alone: whom to trust, what to guarantee, what to keep."""

import re
from typing import get_args

from bot.configuration.endpoints import (
    DEFAULT_MODEL,
    ENDPOINT_WORDS,
    wrong_endpoint,
    wrong_fallback,
    wrong_receiver,
)
from bot.configuration.key import Key
from bot.configuration.tool_servers import KEY_NAME, TOOL_SERVERS
from bot.configuration.values import choice, list_of, number, refined, text, truth
from validators.rules import ChangeKind
from validators.sandbox import REQUIRED_BY_DEFAULT, Guarantee

EFFORTS = ("low", "medium", "high", "xhigh", "max")
BACKENDS = ("bwrap", "container")
# Nothing that an engine's client could take for an option.
_RUNTIME = re.compile(r"/?[A-Za-z0-9][A-Za-z0-9._+/-]*")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*")
# The same as a gateway understands by a name; an address in numbers is none.
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)+")
_LAST_PORT = 65_535
_GUARANTEE = choice(*get_args(Guarantee))


def _wrong_place(value: str) -> str:
    return "" if value.startswith("/") else "must be an absolute path"


def _wrong_folder(value: str) -> str:
    return "" if value.startswith(("/", "~/")) else "must be an absolute path or begin with ~/"


def _wrong_host(value: str) -> str:
    name, is_port, port = value.partition(":")
    is_host = _HOST.fullmatch(name) and not re.fullmatch(r"[0-9.]+|.*\.(?:[0-9]+|0x\w*)", name)
    is_number = port.isascii() and port.isdigit() and 0 < int(port) <= _LAST_PORT
    if not is_host or (is_port and not is_number):
        return "must be the name of one host in small letters, with :PORT where that is not 443"
    return ""


def _wrong_model(value: str) -> str:
    kind, colon, rest = value.partition(":")
    if value == "claude" or (kind in {"scripted", "recorded"} and colon and rest):
        return ""
    return "must be claude, scripted:FILE or recorded:RUN"


def _wrong_adjudicator(value: str) -> str:
    if value == "off" or re.fullmatch(r"claude:[\w.:@-]{1,100}", value) or not _wrong_model(value):
        return ""
    return "must be off, claude, claude:NAME, scripted:FILE or recorded:RUN"


def _wrong_runtime(value: str) -> str:
    return "" if _RUNTIME.fullmatch(value) else "must be a runtime's name or absolute path"


def _wrong_image(value: str) -> str:
    if value.startswith("/") or _IMAGE.fullmatch(value):
        return ""
    return "must be an image's name, or the absolute path of a root filesystem tarball"


OPERATOR_KEYS = (
    Key(
        "model.name",
        text("text", longest=100),
        "The vendor's name of the model; takes the place of all `model.stages`.",
        DEFAULT_MODEL,
        where="operator",
        variable="CHANGEWRIGHT_MODEL_NAME",
    ),
    Key(
        "model.endpoint",
        refined(text(ENDPOINT_WORDS), wrong_endpoint, is_shown=False),
        "Where the model is reached, when not at its vendor's.",
        where="operator",
        variable="CHANGEWRIGHT_MODEL_ENDPOINT",
    ),
    Key(
        "model.fallback",
        list_of(
            refined(text("`MODEL` or `MODEL ENDPOINT`"), wrong_fallback, is_shown=False),
            "a list of `MODEL` or `MODEL ENDPOINT`",
        ),
        "Who is asked, in this order, once the model is overloaded or its account is spent.",
        (),
        where="operator",
    ),
    Key(
        "model.effort",
        choice(*EFFORTS),
        "How much the model thinks.",
        where="operator",
        variable="CHANGEWRIGHT_MODEL_EFFORT",
    ),
    Key(
        "model.interpreter",
        choice("monty", "cpython", "jupyter", "pyodide"),
        "What runs the snippets of `model.action: code`, inside the sandbox: a part of Python whose"
        " types are checked first, all of it, a Jupyter kernel, or CPython in WebAssembly.",
        "monty",
        where="operator",
        variable="CHANGEWRIGHT_MODEL_INTERPRETER",
    ),
    Key(
        "model.jupyter",
        refined(text("an absolute path"), _wrong_place),
        "The virtual environment, with ipykernel and what else snippets may import, whose kernel"
        " runs them; its own one where none is named.",
        where="operator",
    ),
    Key(
        "model.pyodide",
        refined(text("an absolute path"), _wrong_place),
        "The folder of the npm package `pyodide`; Node is the first of PATH.",
        where="operator",
    ),
    Key(
        "model.pictures",
        truth(),
        "Whether the model is shown pictures of a task; one that refuses them is asked without.",
        True,  # noqa: FBT003 - the key's default
        where="operator",
        variable="CHANGEWRIGHT_MODEL_PICTURES",
    ),
    Key(
        "model.adjudicator",
        refined(
            text("`off`, `claude`, `claude:NAME`, `scripted:FILE` or `recorded:RUN`"),
            _wrong_adjudicator,
        ),
        "Who gives a second opinion on a change that passed its gates, which may only veto: the"
        " model of `model.name`, one of another name, a file of replies, or a run again.",
        "off",
        where="operator",
        variable="CHANGEWRIGHT_MODEL_ADJUDICATOR",
    ),
    Key(
        "scope.rerank",
        choice("off", "model"),
        "Whether the first of the models is asked, once and within the budget, to put the outlines"
        " of the 20 likeliest files in order.",
        "off",
        where="operator",
        variable="CHANGEWRIGHT_SCOPE_RERANK",
    ),
    Key(
        "sandbox.require",
        list_of(_GUARANTEE, f"a list of {_GUARANTEE.words}"),
        "Guarantees that must have been measured here, else no command of the target runs.",
        REQUIRED_BY_DEFAULT,
        where="operator",
    ),
    Key(
        "sandbox.backends",
        list_of(choice(*BACKENDS), "a list of " + choice(*BACKENDS).words),
        "Where commands of the target may run, the first that guarantees enough: bubblewrap, or"
        " containers of podman or docker.",
        BACKENDS,
        where="operator",
    ),
    Key(
        "sandbox.runtime",
        refined(text("an OCI runtime's name or path", longest=200), _wrong_runtime),
        "What runs containers (`runc`, `runsc`, `kata`...), when not the engine's own choice.",
        where="operator",
    ),
    Key(
        "setup.image",
        refined(text("an image's name, or a tarball's absolute path", longest=400), _wrong_image),
        "What containers see of a system, when not this machine's: an image that is here already,"
        " or a root filesystem. None is pulled.",
        where="operator",
    ),
    Key(
        "setup.hosts",
        list_of(refined(text("a host", longest=259), _wrong_host), "a list of hosts"),
        "Whom set-ups may reach by TLS beside the package indexes of this machine.",
        (),
        where="operator",
    ),
    Key(
        KEY_NAME,
        TOOL_SERVERS,
        "Servers of tools by the Model Context Protocol that snippets may ask (docs/mcp.md).",
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
        "How long an environment or a written base tree is kept after its last use.",
        30,
        where="operator",
    ),
    Key(
        "retention.cache_mb",
        number("MB", 1, whole=True),
        "Most room all environments and written base trees may take.",
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
        "telemetry.endpoint",
        refined(text("an http or https address"), wrong_receiver, is_shown=False),
        "Where traces of runs are sent by OTLP (`/v1/traces` is added); without it,"
        " OpenTelemetry's own variables say.",
        where="operator",
        variable="CHANGEWRIGHT_TELEMETRY_ENDPOINT",
    ),
    Key(
        "telemetry.content",
        truth(),
        "Whether traces hold what the model was told and answered, and what commands printed.",
        False,  # noqa: FBT003 - a default
        where="operator",
        variable="CHANGEWRIGHT_TELEMETRY_CONTENT",
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
