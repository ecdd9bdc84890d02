"""The keys about forges: what starts a run there, who is asked, how a pull request is opened."""

import re
from typing import get_args
from urllib.parse import urlsplit

from bot.configuration.key import Key
from bot.configuration.values import choice, list_of, number, refined, text, truth
from workflows.branching import BRANCH_TEMPLATE, wrong_template
from workflows.rounds import RoundLimits
from workflows.tracker import Role

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_PHRASE = re.compile(r"/[a-z][a-z0-9-]{1,38}")
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:\[bot\])?")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def _wrong_repository(value: str) -> str:
    return "" if _REPOSITORY.fullmatch(value) else "must be written owner/name"


def _wrong_phrase(value: str) -> str:
    return "" if _PHRASE.fullmatch(value) else "must be a slash and one word of a-z, 0-9 and '-'"


def _wrong_login(value: str) -> str:
    return "" if _LOGIN.fullmatch(value) else "must be a login, of an app with [bot] behind it"


def _wrong_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        port_is_sound = parts.port is None or parts.port > 0
    except ValueError:
        return "must be the address of a server"
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not is_safe or not parts.hostname or not port_is_sound:
        # A token sent in the clear is everybody's.
        return "must be an https address"
    if parts.query or parts.fragment or "@" in parts.netloc:
        return "must be an address without login, query and fragment"
    return ""


def _wrong_file(value: str) -> str:
    return "" if value.startswith("/") else "must be an absolute path"


PULL_REQUEST_KEYS = (
    Key(
        "pr.draft",
        truth(),
        "Whether a pull request is opened as a draft; on GitHub it always is.",
        True,  # noqa: FBT003 - a default
    ),
    Key(
        "pr.title_prefix",
        text("text", longest=40, may_be_empty=True),
        "What the title of a pull request begins with.",
        "",
    ),
    Key(
        "pr.branch_template",
        refined(text("text with `{key}`, and `{slug}` and `{kind}`", longest=80), wrong_template),
        "The branch of a proposal; `{key}` names the task, `{slug}` its title, `{kind}` its kind.",
        BRANCH_TEMPLATE,
    ),
    Key(
        "pr.labels",
        list_of(text("text", longest=50), "a list of texts"),
        "Labels of a pull request.",
        (),
    ),
    Key(
        "pr.reviewers",
        list_of(text("text", longest=100), "a list of texts"),
        "Who is asked to review: logins, `org/team`, `codeowners`, `requester` (GitHub's default).",
        (),
    ),
    Key(
        "pr.expires",
        number("days", 1, whole=True),
        "After how long `changewright review expire` closes a draft that nobody took up.",
        rule="lowest",
    ),
    Key(
        "pr.max_rounds",
        number("rounds", 1, whole=True),
        "How often one pull request is revised, for reviews and red checks together.",
        RoundLimits().most,
        "lowest",
    ),
    Key(
        "pr.max_usd",
        number("US dollars", 0),
        "Most money all runs about one pull request may cost together.",
        rule="lowest",
    ),
)

TRIGGER_KEYS = (
    Key(
        "trigger.label",
        text("text", longest=50),
        "The label that starts a run.",
        "changewright",
        variable="CHANGEWRIGHT_TRIGGER_LABEL",
    ),
    Key(
        "trigger.remove_label",
        truth(),
        "Whether the label is taken off when a run begins; set again, it runs again.",
        True,  # noqa: FBT003 - a default
    ),
    Key(
        "trigger.phrase",
        refined(text("a slash and a word", longest=40), _wrong_phrase),
        "What a comment begins with that starts or stops a run.",
        "/changewright",
    ),
    Key(
        "trigger.roles",
        list_of(choice(*get_args(Role)[:-1]), "a list of roles"),
        "Who may start a run, by their role at that moment.",
        ("admin", "maintain", "write"),
        where="operator",
    ),
    Key(
        "trigger.bots",
        list_of(refined(text("a login", longest=50), _wrong_login), "a list of logins"),
        "Bots that may start a run where their role allows it; no other bot may.",
        (),
        where="operator",
    ),
)

FORGE_KEYS = (
    Key(
        "forge.kind",
        choice("local", "github"),
        "Where pull requests are opened: in the state folder of this machine, or on GitHub.",
        "local",
        where="operator",
        variable="CHANGEWRIGHT_FORGE",
        option="--forge",
    ),
    Key(
        "forge.repository",
        refined(text("`owner/name`", longest=140), _wrong_repository),
        "The repository on the forge.",
        where="operator",
        variable="CHANGEWRIGHT_FORGE_REPOSITORY",
        also=("GITHUB_REPOSITORY",),
    ),
    Key(
        "forge.api_url",
        refined(text("an https address", longest=200), _wrong_address, is_shown=False),
        "Where the forge's API is; of GitHub Enterprise it ends in `/api/v3`.",
        "https://api.github.com",
        where="operator",
        variable="CHANGEWRIGHT_FORGE_API_URL",
        also=("GITHUB_API_URL",),
    ),
    Key(
        "forge.server_url",
        refined(text("an https address", longest=200), _wrong_address, is_shown=False),
        "Where people and git find the forge.",
        "https://github.com",
        where="operator",
        variable="CHANGEWRIGHT_FORGE_SERVER_URL",
        also=("GITHUB_SERVER_URL",),
    ),
    Key(
        "forge.app_id",
        number("a number", 1, whole=True),
        "The GitHub App as which to work; without it `CHANGEWRIGHT_FORGE_TOKEN` or `GITHUB_TOKEN`.",
        where="operator",
        variable="CHANGEWRIGHT_FORGE_APP_ID",
    ),
    Key(
        "forge.installation_id",
        number("a number", 1, whole=True),
        "The App's installation, when it is not to be looked up by the repository.",
        where="operator",
        variable="CHANGEWRIGHT_FORGE_INSTALLATION_ID",
    ),
    Key(
        "forge.private_key_file",
        refined(text("an absolute path"), _wrong_file),
        "The file with the App's private key; nobody but its owner may read it.",
        where="operator",
        variable="CHANGEWRIGHT_FORGE_PRIVATE_KEY_FILE",
    ),
    Key(
        "forge.sign_commits",
        truth(),
        "Whether commits are made by the forge itself, which signs them.",
        False,  # noqa: FBT003 - a default
        where="operator",
        variable="CHANGEWRIGHT_FORGE_SIGN_COMMITS",
    ),
    Key(
        "forge.fork",
        truth(),
        "Whether branches go to a fork of ours where they may not be pushed to the repository.",
        False,  # noqa: FBT003 - a default
        where="operator",
        variable="CHANGEWRIGHT_FORGE_FORK",
    ),
)
