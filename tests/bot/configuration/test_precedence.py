"""Less, never more: each key by a table, and whatever a target writes by generated documents."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from bot.configuration.key import POLICIES, Key
from bot.configuration.keys import KEYS, NOT_HONOURED
from bot.configuration.values import SettingsRefusal
from bot.settings import Settings, Sources, load
from validators.rules import GateRule

FILE = ".github/changewright.yml"
FIGURES = [key for key in KEYS if key.rule == "lowest"]
ADDED = [key for key in KEYS if key.rule == "added"]
NARROWED = [key for key in KEYS if key.rule == "narrowed"]
STRICTEST = [key for key in KEYS if key.rule == "strictest"]
FIRST = [key for key in KEYS if key.rule == "first" and key.where == "target"]
OPERATORS = [key for key in KEYS if key.where == "operator"]
# Two values of each key that is anybody's: the operator's and the target's.
TWO: Mapping[str, tuple[Any, Any]] = {
    "scope.profiles": ([{"name": "one"}], [{"name": "two"}]),
    "model.action": ("tools", "code"),
    "setup.run": ([["one"]], [["two"]]),
    "pr.draft": (True, False),
    "pr.title_prefix": ("one ", "two "),
    "pr.labels": (["one"], ["two"]),
    "pr.reviewers": (["one"], ["two"]),
    "pr.branch_template": ("changewright/{key}", "changewright/{key}/{slug}"),
    "trigger.label": ("one", "two"),
    "trigger.remove_label": (True, False),
    "trigger.phrase": ("/one", "/two"),
    "protected.tests": ("ask", "allow"),
    **{
        f"policies.{name}": ("ask", "allow")
        for name in (
            *("sizes", "binary", "generated", "lock_files", "dependencies", "reformatting"),
            *("comments", "improvement", "coverage"),
        )
    },
}
GATE = {"kind": "test", "run": ["x"]}
ENTRIES: Mapping[str, tuple[Any, Any]] = {
    "scope.exclude": ("one/", "two/"),
    "protected.paths": ("one/", "two/"),
    "learned.protected_paths": ("one/", "two/"),
    "learned.required_gates": ("one", "two"),
    "gates": ({"name": "one", **GATE}, {"name": "two", **GATE}),
}
OPERATORS_VALUES: Mapping[str, Any] = {
    "model.name": "x",
    "model.endpoint": "https://models.example",
    "model.fallback": ["claude-haiku-5-5"],
    "model.effort": "max",
    "model.interpreter": "cpython",
    "model.jupyter": "/opt/kernel",
    "model.pyodide": "/opt/pyodide",
    "model.adjudicator": "claude",
    "scope.rerank": "model",
    "model.pictures": False,
    "trigger.roles": ["triage"],
    "trigger.bots": ["renovate[bot]"],
    "forge.kind": "github",
    "forge.repository": "ada/tally",
    "forge.api_url": "https://forge.example/api/v3",
    "forge.server_url": "https://forge.example",
    "forge.app_id": 7,
    "forge.installation_id": 8,
    "forge.private_key_file": "/etc/changewright/key.pem",
    "forge.sign_commits": True,
    "forge.fork": True,
    "sandbox.require": [],
    "sandbox.backends": ["container"],
    "sandbox.runtime": "runsc",
    "setup.image": "example/image:1",
    "setup.hosts": ["crates.example"],
    "mcp.servers": {"weather": {"command": ["weather"], "read_only": ["forecast"]}},
    "state": "/elsewhere",
    "retention.days": 1,
    "retention.journal_mb": 1,
    "retention.cache_days": 1,
    "retention.cache_mb": 1,
    "report.content": True,
    "telemetry.endpoint": "https://collector.example",
    "telemetry.content": True,
}


def document(key: Key, value: Any) -> str:
    """JSON is YAML."""
    section, _, leaf = key.name.rpartition(".")
    return json.dumps({section: {leaf: value}} if section else {leaf: value})


def settled(
    target: str | bytes | None,
    operator: Path | None = None,
    environment: Mapping[str, str] | None = None,
    command_line: Mapping[str, object] | None = None,
) -> Settings:
    return load(
        Sources(
            environment=environment or {},
            default_state=Path("/state"),
            operator_file=operator,
            target_file=target.encode() if isinstance(target, str) else target,
            command_line=command_line or {},
        )
    )


def operators(folder: Path, text: str) -> Path:
    path = folder / "config.yml"
    path.write_text(text, encoding="utf-8")
    return path


def named(keys: list[Key]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("key", keys, ids=[key.name for key in keys])


# --- each key, by a table --------------------------------------------------------------------


def test_every_key_has_its_place_in_these_tables() -> None:
    assert {key.name for key in FIRST} == TWO.keys()
    assert {key.name for key in ADDED} == ENTRIES.keys()
    assert {key.name for key in OPERATORS} == OPERATORS_VALUES.keys()
    ruled = FIGURES + ADDED + NARROWED + FIRST + OPERATORS
    left = {key.name for key in KEYS} - {key.name for key in ruled}
    assert left == {
        "model",
        "kind",
        "scope.profile",
        "model.stages",
        *(key.name for key in STRICTEST),
    }


@pytest.mark.parametrize(
    ("asked", "counts", "is_said"), [(4, 4, False), (5, 5, False), (6, 5, True)]
)
@pytest.mark.parametrize("speaker", ["file", "environment", "command line"])
@named(FIGURES)
def test_a_figure_of_the_target_counts_up_to_the_operators(
    tmp_path: Path, key: Key, speaker: str, asked: int, counts: int, *, is_said: bool
) -> None:
    path = operators(tmp_path, document(key, 5)) if speaker == "file" else None
    environment = {key.variable: "5"} if speaker == "environment" and key.variable else {}
    command_line = {key.name: 5} if speaker == "command line" and key.option else {}
    if not (path or environment or command_line):
        return  # this key cannot be said in that way
    found = settled(document(key, asked), path, environment, command_line)
    assert found.values[key.name] == counts
    assert bool(found.warnings) is is_said
    assert found.origins[key.name].startswith("target") is (asked < 5)


@named(FIGURES)
def test_a_figure_of_the_target_counts_up_to_the_default(key: Key) -> None:
    if key.default is None:  # no bound: the target's own is the first
        assert settled(document(key, 10**9)).values[key.name] == 10**9
        return
    for asked in (1, key.default, key.default + 1):
        found = settled(document(key, asked))
        assert found.values[key.name] == min(asked, key.default)
        assert bool(found.warnings) is (asked > key.default)


@named(STRICTEST)
@pytest.mark.parametrize("bound", POLICIES)
@pytest.mark.parametrize("asked", POLICIES)
def test_the_policy_of_the_target_is_only_ever_stricter(
    tmp_path: Path, key: Key, bound: str, asked: str
) -> None:
    path = operators(tmp_path, document(key, bound))
    found = settled(document(key, asked), path)
    assert found.values[key.name] == max(bound, asked, key=POLICIES.index)
    assert bool(found.warnings) is (POLICIES.index(asked) < POLICIES.index(bound))


@named(ADDED)
def test_what_the_target_adds_takes_nothing_away(tmp_path: Path, key: Key) -> None:
    one, two = ENTRIES[key.name]
    alone = settled(None, operators(tmp_path, document(key, [one]))).values[key.name]
    both = settled(document(key, [two, one]), tmp_path / "config.yml").values[key.name]
    assert isinstance(alone, tuple)
    assert isinstance(both, tuple)
    assert both[: len(alone)] == alone
    assert len(both) == len(alone) + 1


def test_a_path_the_operator_took_back_is_protected_when_the_target_says_so(
    tmp_path: Path,
) -> None:
    path = operators(tmp_path, "protected: {paths: ['!AGENTS.md']}")
    paths = settled("protected: {paths: [AGENTS.md]}", path).rules.protected.paths
    assert paths[-2:] == ("!AGENTS.md", "AGENTS.md")


@named(NARROWED)
def test_a_list_of_the_target_counts_within_the_operators(tmp_path: Path, key: Key) -> None:
    path = operators(tmp_path, document(key, ["src/"]))
    assert settled(document(key, ["src/a/"]), path).values[key.name] == ("src/a/",)
    assert settled(document(key, ["docs/"]), path).values[key.name] == ("src/",)
    assert settled(document(key, []), path).values[key.name] == ("src/",)
    assert settled(document(key, ["docs/"])).values[key.name] == ("docs/",)


@named(FIRST)
def test_what_anybody_may_say_is_the_operators_first(tmp_path: Path, key: Key) -> None:
    one, two = TWO[key.name]
    path = operators(tmp_path, document(key, one))
    both = settled(document(key, two), path)
    assert both.values[key.name] == settled(None, path).values[key.name]
    assert both.values[key.name] != settled(document(key, two)).values[key.name]
    assert settled(document(key, two)).origins[key.name] == f"target {FILE}:1"


@named(OPERATORS)
def test_a_key_of_the_operator_is_out_of_the_targets_reach(tmp_path: Path, key: Key) -> None:
    text = document(key, OPERATORS_VALUES[key.name])
    with pytest.raises(SettingsRefusal, match=r"^\.github/changewright\.yml:1: .*operator alone"):
        settled(text)
    assert settled(None, operators(tmp_path, text)).origins[key.name].startswith("operator")


# --- whatever a target writes ----------------------------------------------------------------

OPERATOR = """\
budget: {run_usd: 3, issue_usd: 10, max_turns: 9, max_tokens: 9000, wall_minutes: 9}
max_attempts: 2
scope: {include: [/src/, "docs/*.md", "!src/secret/"], exclude: [gen/], max_files: 9}
protected: {paths: [infra/], policy: ask}
allowed_files: [/src/, "!src/secret/"]
limits: {max_patch_files: 5, max_patch_lines: 50}
gates: [{name: tests, kind: test, run: [real-tests]}]
sandbox: {require: [no-network, home-hidden]}
model: {stages: [small, big], effort: low}
retention: {days: 5}
"""
WORDS = sorted(
    {part for key in KEYS for part in (key.name, *key.name.split("."))}
    | {part for word in NOT_HONOURED for part in word.split(".")}
    | {"<<", "1", "~", "null", "name", "kind", "run", "timeout_s", "required", "x", "big"}
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 10**10),
    st.floats(),
    st.sampled_from(
        ["allow", "ask", "block", "!infra/", "!.github/", "src/", "/src/a", "src/ ", " src/", "*"]
    ),
    st.sampled_from(["src//", "src/**", "**/src/", "[a-z]/", "tests", "test", "../x", "src/../x"]),
    st.text(max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(WORDS), inner, max_size=3)
    ),
    max_leaves=6,
)
PATTERNS = st.lists(st.sampled_from(["src/", "/src/a", "src/ ", "!x", "*", "/", "src/*", "a\\ "]))
SOUND = st.fixed_dictionaries(
    {},
    optional={
        "budget": st.fixed_dictionaries(
            {},
            optional={
                key.name.partition(".")[2]: st.integers(1, 20_000)
                for key in FIGURES
                if key.name.startswith("budget.")
            },
        ),
        "model": st.fixed_dictionaries(
            {}, optional={"stages": st.lists(st.sampled_from(["small", "big", "x"]), max_size=3)}
        ),
        "max_attempts": st.integers(1, 9),
        "scope": st.fixed_dictionaries(
            {}, optional={"include": PATTERNS, "exclude": PATTERNS, "max_files": st.integers(1, 99)}
        ),
        "protected": st.fixed_dictionaries(
            {}, optional={"paths": PATTERNS, "policy": st.sampled_from(POLICIES)}
        ),
        "allowed_files": PATTERNS,
        "limits": st.fixed_dictionaries({}, optional={"max_patch_lines": st.integers(1, 999)}),
        "gates": st.lists(
            st.fixed_dictionaries(
                {"name": st.sampled_from(["tests", "own"]), "kind": st.just("test")}
                | {"run": st.just("true")},
                optional={"required": st.just(value=False), "timeout_s": st.integers(1, 9999)},
            ),
            max_size=2,
        ),
    },
)
DOCUMENTS = st.one_of(
    SOUND, st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=4), VALUES
).map(lambda tree: json.dumps(tree, indent=1, ensure_ascii=False))
# What is done to a sound document: each is either harmless or refused, and never half read.
TRICKS = (
    lambda text: text,
    lambda text: "\ufeff" + text,
    lambda text: text.replace("\n", "\r\n"),
    lambda text: text.replace(" ", "\t"),
    lambda text: text.replace('"', "\0", 1),
    lambda text: text.replace("{", "&a {", 1),
    lambda text: text.replace(": ", ": !!python/name:os.system ", 1),
    lambda text: f"{text}\n---\n{text}",
    lambda text: f"%YAML 1.1\n---\n{text}",
    lambda text: f"{text}\nstate: /tmp",
    lambda text: text.replace("{", '{"<<": {"state": "/tmp"}, ', 1),
    lambda text: text.replace("{", '{"max_attempts": 1, "max_attempts": 99, ', 1),
    lambda text: text + "#" * (64 * 1024 + 1),
    lambda text: "[" * 50 + text + "]" * 50,
)
PATHS = (
    *("src/a.py", "src/secret/k", "other/src/a.py", "docs/a.md", "docs/deep/a.md", "infra/main.tf"),
    *(".github/workflows/ci.yml", "gen/x.py", "README.md", "AGENTS.md", "src/a/b/c.py"),
)


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return operators(tmp_path_factory.mktemp("operator"), OPERATOR)


@given(text=DOCUMENTS, trick=st.sampled_from(TRICKS), speaks=st.booleans())
def test_no_target_gets_more_whatever_it_writes(
    operator: Path, text: str, trick: Any, *, speaks: bool
) -> None:
    path = operator if speaks else None
    bound = settled(None, path)
    words = FILE
    try:
        assert_no_more(settled(trick(text).encode("utf-8", "surrogatepass"), path), bound)
    except SettingsRefusal as refusal:
        words = str(refusal)
    assert words.startswith(FILE)
    assert words.isprintable()


@given(tree=SOUND)
def test_a_sound_target_is_read_and_gets_no_more(operator: Path, tree: Any) -> None:
    try:
        found = settled(json.dumps(tree), operator)
    except SettingsRefusal:
        assume(condition=False)
    assert_no_more(found, settled(None, operator))


def assert_no_more(found: Settings, bound: Settings) -> None:
    for key in FIGURES:
        low, high = found.values[key.name], bound.values[key.name]
        assert high is None or low <= high, key.name  # type: ignore[operator]
    assert {*found.model_stages} <= {*bound.model_stages}
    for key in OPERATORS:
        assert found.values[key.name] == bound.values[key.name]
    assert POLICIES.index(found.rules.protected.policy) >= POLICIES.index(
        bound.rules.protected.policy
    )
    assert found.rules.require == bound.rules.require
    assert (found.state, found.model, found.retention) == (
        bound.state,
        bound.model,
        bound.retention,
    )
    assert {paths for paths in PATHS if matched(bound.rules.protected.paths, paths)} <= {
        paths for paths in PATHS if matched(found.rules.protected.paths, paths)
    }
    for mine, theirs in (
        (found.rules.allowed_paths, bound.rules.allowed_paths),
        (found.scope.include, bound.scope.include),
    ):
        if theirs:
            assert mine
            assert [path for path in PATHS if matched(mine, path)] == [
                path for path in PATHS if matched(mine, path) and matched(theirs, path)
            ]
    wanted = {gate.name: gate for gate in bound.rules.gates}
    assert (
        wanted.items() <= {gate.name: _untimed(gate, wanted) for gate in found.rules.gates}.items()
    )


def _untimed(gate: GateRule, wanted: Mapping[str, GateRule]) -> GateRule:
    """A target that shortens the whole run shortens each gate: that is less, not more."""
    theirs = wanted.get(gate.name)
    if theirs is None or gate.timeout_s > theirs.timeout_s:
        return gate
    return GateRule(gate.name, gate.kind, gate.run, theirs.timeout_s, gate.required, gate.source)


def matched(patterns: tuple[str, ...], path: str) -> bool:
    return GitIgnoreSpec.from_lines(patterns).match_file(path)


BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, ":1: found an anchor or alias"),
        ("gates:\n- <<: {name: a}\n  kind: test\n  run: x", ":2: gates has an unknown key '<<'"),
        (
            "gates: [{name: a, kind: test, run: x, env: {A: 1}}]",
            ":1: gates has an unknown key 'env'",
        ),
        ("1: 2", ":1: unknown key '1'"),
        ("true: 2", ":1: unknown key 'true'"),
        ("null: 2", ":1: unknown key 'null'"),
        ("scope: {include: ['src/ ']}", ":1: scope.include must not end with a space, not 'src/ '"),
    ],
)
def test_a_trick_is_refused_by_its_line(text: str, words: str) -> None:
    with pytest.raises(SettingsRefusal) as caught:
        settled(text)
    assert str(caught.value).startswith(FILE + words)


def test_line_ends_of_any_kind_count_the_same_lines() -> None:
    for end in ("\n", "\r\n", "\r"):
        with pytest.raises(SettingsRefusal) as caught:
            settled(f"max_attempts: 1{end}{end}state: /x")
        assert str(caught.value).startswith(f"{FILE}:3: state is for the operator alone")
