"""The keys a repository may set in its own file; the operator may set each of them, too."""

from bot.configuration.gates import COMMAND, GATES
from bot.configuration.key import PATTERNS, POLICIES, Key, Rule
from bot.configuration.profiles import PROFILES
from bot.configuration.values import choice, list_of, number, text
from validators.rules import PatchLimits, Policies, Protected
from workflows.budget import Budget

_BUDGET = Budget()
_LIMITS = PatchLimits()
_PROTECTED = Protected()
_POLICIES = Policies()

# What could make a patch dangerous can only be made stricter by the target; what makes it poor is
# for those who will read it to say.
_POLICY_KEYS: tuple[tuple[str, Rule, str], ...] = (
    ("symlinks", "strictest", "A symbolic link is added or changed."),
    ("submodules", "strictest", "A submodule is added, changed or removed."),
    ("modes", "strictest", "A file becomes executable, or is no longer."),
    ("embedded_repositories", "strictest", "A folder looks like a git repository."),
    ("secrets", "strictest", "What looks like a password, key or token is added."),
    ("hidden_characters", "strictest", "Characters are added that a reviewer cannot see."),
    ("agent_instructions", "strictest", "A file that tells agents what to do is touched."),
    ("contributor_guide", "strictest", "`CONTRIBUTING.md` is touched, which models read as well."),
    ("sizes", "first", "More files, lines or bytes than the limits allow."),
    ("binary", "first", "A binary file is added or changed."),
    ("generated", "first", "A generated or minified file is added or changed."),
    ("lock_files", "first", "A lock file changes without its manifest."),
    ("dependencies", "first", "A dependency is added or changed."),
    ("reformatting", "first", "A file is changed mostly in its white space."),
    ("comments", "first", "Nothing but comments is changed."),
    ("improvement", "first", "A fix turns no test green."),
    ("coverage", "first", "Lines are added that no test runs."),
)

TARGET_KEYS = (
    Key(
        "scope.include",
        PATTERNS,
        "Files the model may be shown; empty means all.",
        (),
        "narrowed",
    ),
    Key("scope.exclude", PATTERNS, "Files the model is never shown.", (), "added"),
    Key("scope.profiles", PROFILES, "Areas of a large repository.", ()),
    Key(
        "scope.profile",
        text("the name of one of `scope.profiles`", longest=80),
        "The area that the task is about, whatever its labels and paths say.",
        where="process",
        variable="CHANGEWRIGHT_SCOPE_PROFILE",
        option="--profile",
    ),
    Key(
        "scope.max_files",
        number("files", 1, whole=True),
        "Most files shown by more than names.",
        20,
        "lowest",
    ),
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
        "budget.issue_usd",
        number("US dollars", 0),
        "Most money all runs of one issue may cost together.",
        rule="lowest",
        variable="CHANGEWRIGHT_ISSUE_USD",
    ),
    Key(
        "budget.day_usd",
        number("US dollars", 0),
        "Most money all runs of one state folder may cost in a day (UTC).",
        rule="lowest",
        variable="CHANGEWRIGHT_DAY_USD",
    ),
    Key(
        "budget.issue_tokens",
        number("tokens", 1, whole=True),
        "Most tokens all runs of one issue may use together.",
        rule="lowest",
        variable="CHANGEWRIGHT_ISSUE_TOKENS",
    ),
    Key(
        "budget.day_tokens",
        number("tokens", 1, whole=True),
        "Most tokens all runs of one state folder may use in a day (UTC).",
        rule="lowest",
        variable="CHANGEWRIGHT_DAY_TOKENS",
    ),
    Key(
        "budget.max_requests",
        number("requests", 1, whole=True),
        "Most requests of one run, those that a busy vendor refused included.",
        rule="lowest",
        variable="CHANGEWRIGHT_MAX_REQUESTS",
        option="--max-requests",
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
        "candidates",
        number("first tries", 1, whole=True),
        "How often the first try is made, each time anew; gates choose which to go on with.",
        1,
        "lowest",
        variable="CHANGEWRIGHT_CANDIDATES",
        option="--candidates",
    ),
    Key(
        "model.stages",
        list_of(text("text", longest=100), "a list of the vendor's names of models"),
        "Models to ask, cheapest first; failed gates lead to the next. Empty: `model.name` alone.",
        (),
        "chosen",
    ),
    Key(
        "model.action",
        choice("tools", "code"),
        "How the model works: by a call for each thing, or by snippets of code.",
        "tools",
        variable="CHANGEWRIGHT_MODEL_ACTION",
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
        PATTERNS,
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
        "protected.tests",
        choice(*reversed(POLICIES)),
        "What happens when a patch makes the tests weaker: skips, removes or loosens one.",
        _PROTECTED.tests,
    ),
    *(
        Key(
            f"policies.{name}",
            choice(*reversed(POLICIES)),
            meaning,
            getattr(_POLICIES, name),
            rule,
        )
        for name, rule, meaning in _POLICY_KEYS
    ),
    Key(
        "allowed_files",
        PATTERNS,
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
    Key(
        "learned.protected_paths",
        PATTERNS,
        "Protected paths that reviews suggested; `changewright learn` proposes them.",
        (),
        "added",
    ),
    Key(
        "learned.max_patch_files",
        number("files", 1, whole=True),
        "A lower `limits.max_patch_files` that reviews suggested.",
        rule="lowest",
    ),
    Key(
        "learned.max_patch_lines",
        number("lines", 1, whole=True),
        "A lower `limits.max_patch_lines` that reviews suggested.",
        rule="lowest",
    ),
    Key(
        "learned.required_gates",
        list_of(text("the name of a gate", longest=80), "a list of gates by name"),
        "Gates that block although `gates` has them report only, as reviews suggested.",
        (),
        "added",
    ),
)
