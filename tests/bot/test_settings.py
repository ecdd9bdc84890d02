"""Who may say what, who wins, and what a person is told when it cannot be."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.configuration.endpoints import DEFAULT_MODEL
from bot.configuration.file import find_operator_file
from bot.configuration.keys import KEYS
from bot.configuration.sections import RetentionSettings
from bot.configuration.values import Node, SettingsRefusal, resolve, shown
from bot.settings import Settings, Sources, from_process, load
from scoping.refusal import Refusal
from tests.ending import LIMIT_S
from validators.encoding import builtins
from validators.protected_paths import PROTECTED_BY_DEFAULT
from validators.rules import GateRule, Rules
from workflows.budget import Budget, Caps

FILE = ".github/changewright.yml"


def settings(
    target: str | bytes | None = None,
    operator: Path | None = None,
    environment: Mapping[str, str] | None = None,
    **command_line: object,
) -> Settings:
    return load(
        Sources(
            environment=environment or {},
            default_state=Path("/state"),
            operator_file=operator,
            target_file=target.encode() if isinstance(target, str) else target,
            command_line={name.replace("__", "."): value for name, value in command_line.items()},
        )
    )


def refusal(
    target: str | bytes | None = None,
    operator: Path | None = None,
    environment: Mapping[str, str] | None = None,
    **command_line: object,
) -> str:
    with pytest.raises(SettingsRefusal) as caught:
        settings(target, operator, environment, **command_line)
    return str(caught.value)


def written(folder: Path, text: str) -> Path:
    path = folder / "config.yml"
    path.write_text(text, encoding="utf-8")
    return path


# --- defaults and precedence -----------------------------------------------------------------


def test_nothing_said_is_the_default_of_every_noun() -> None:
    found = settings()
    assert found.rules == Rules()
    assert found.budget == Budget()
    assert (found.state, found.model, found.max_attempts) == (Path("/state"), "claude", 3)
    assert (found.model_name, found.model_endpoint, found.model_effort) == (
        DEFAULT_MODEL,
        None,
        None,
    )
    assert found.caps == Caps()
    assert found.retention == RetentionSettings(90, 1024, 30, 4096)
    assert not found.report_content
    assert found.operator_file is None
    assert found.api_key is None
    assert not found.forge_token_is_set
    assert found.warnings == ()
    assert set(found.origins.values()) == {"default"}


@pytest.mark.parametrize("document", ["", "# only a comment\n", "budget:\npr:\n  draft:\n", "~"])
def test_a_key_with_nothing_behind_it_counts_as_not_written(document: str) -> None:
    assert settings(document) == settings()


def test_every_key_of_the_target_arrives_where_it_is_read() -> None:
    found = settings(
        """
scope: {include: [src/, "!src/gen/"], exclude: ["*.min.js"], max_files: 5, max_tokens: 900}
budget: {run_usd: 0.5, issue_usd: 1, day_usd: 9, max_turns: 4, max_tokens: 5000, wall_minutes: 2.5}
max_attempts: 2
setup:
  run:
    - [uv, sync]
    - |
      make generate
      make build
gates:
  - name: unit tests
    kind: test
    run: pytest -q | tee log
    timeout_s: 60
  - {name: lint, kind: lint, run: [ruff, check, .], required: false}
protected: {paths: [secrets/], policy: block}
allowed_files: [src/, tests/]
limits: {max_patch_files: 3, max_patch_lines: 40}
pr: {draft: false, title_prefix: "bot: ", labels: [bot, on], reviewers: [octocat]}
"""
    )
    assert (found.scope.include, found.scope.exclude) == (("src/", "!src/gen/"), ("*.min.js",))
    assert (found.scope.max_files, found.scope.max_tokens) == (5, 900)
    assert found.budget == Budget(usd=0.5, tokens=5000, turns=4, minutes=2.5)
    assert found.caps == Caps(1.0, 9.0)
    assert found.max_attempts == 2
    assert found.rules.setup == (("uv", "sync"), ("sh", "-ec", "make generate\nmake build\n"))
    assert found.rules.gates == (
        GateRule("unit tests", "test", ("sh", "-ec", "pytest -q | tee log"), 60.0),
        # Its 900 seconds are cut to what the run may take.
        GateRule("lint", "lint", ("ruff", "check", "."), 150.0, required=False),
    )
    assert found.rules.protected.paths == (*PROTECTED_BY_DEFAULT, "secrets/")
    assert found.rules.allowed_paths == ("src/", "tests/")
    assert (found.rules.limits.max_patch_files, found.rules.limits.max_patch_lines) == (3, 40)
    pull_request = found.pull_request
    assert (pull_request.draft, pull_request.title_prefix) == (False, "bot: ")
    assert pull_request.labels == ("bot", "on")
    assert pull_request.reviewers == ("octocat",)
    assert found.warnings == ()
    assert found.origins["max_attempts"] == f"target {FILE}:4"


def test_the_command_line_stands_over_the_environment_over_the_operators_file(
    tmp_path: Path,
) -> None:
    operator = written(tmp_path, "budget: {run_usd: 9, max_turns: 9, max_tokens: 9}\nstate: /nine")
    environment = {"CHANGEWRIGHT_RUN_USD": "8", "CHANGEWRIGHT_MAX_TURNS": "8"}
    found = settings(None, operator, environment, budget__run_usd=7.0)
    assert (found.budget.usd, found.budget.turns, found.budget.tokens) == (7.0, 8, 9)
    assert found.state == Path("/nine")
    assert found.origins["budget.run_usd"] == "--max-usd"
    assert found.origins["budget.max_turns"] == "environment CHANGEWRIGHT_MAX_TURNS"
    assert found.origins["budget.max_tokens"] == f"operator {operator}:1"
    assert found.origins["budget.wall_minutes"] == "default"


def test_an_option_that_was_not_given_says_nothing() -> None:
    assert settings(None, None, None, budget__run_usd=None).budget == Budget()


def test_an_option_that_sets_no_key_is_our_bug() -> None:
    with pytest.raises(ValueError, match=r"budgte"):
        settings(None, None, None, budgte=1)


def test_an_empty_variable_counts_as_not_set() -> None:
    assert (
        settings(None, None, {"CHANGEWRIGHT_RUN_USD": "", "CHANGEWRIGHT_MODEL": ""}) == settings()
    )


# --- less, never more ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "operator"),
    [
        ("budget: {run_usd: 3}", ""),
        ("budget: {max_turns: 100}", "budget: {max_turns: 99}"),
        ("budget: {max_tokens: 500000}", ""),
        ("budget: {wall_minutes: 31}", ""),
        ("max_attempts: 4", ""),
        ("scope: {max_files: 21}", ""),
        ("scope: {max_tokens: 90000}", "scope: {max_tokens: 80000}"),
        ("limits: {max_patch_files: 21}", ""),
        ("limits: {max_patch_lines: 5000}", "limits: {max_patch_lines: 10}"),
        ("protected: {policy: ask}", ""),
        ("protected: {policy: allow}", "protected: {policy: ask}"),
    ],
)
def test_a_target_that_asks_for_more_gets_the_bound_and_a_warning(
    tmp_path: Path, target: str, operator: str
) -> None:
    path = written(tmp_path, operator)
    bounded, asked = settings(None, path), settings(target, path)
    assert replace(asked, warnings=()) == bounded
    assert len(asked.warnings) == 1
    assert asked.warnings[0].startswith(f"target {FILE}:1 asks for ")


@given(
    operator=st.one_of(st.none(), st.integers(1, 10**9)),
    target=st.one_of(st.none(), st.integers(1, 10**9)),
)
def test_no_figure_of_the_target_raises_a_bound(operator: int | None, target: int | None) -> None:
    for key in KEYS:
        if key.rule == "lowest" and key.option:
            section, _, leaf = key.name.rpartition(".")
            words = "" if target is None else f"{leaf}: {target}"
            document = f"{section}: {{{words}}}" if section else words
            said = {} if operator is None else {key.name.replace(".", "__"): operator}
            bound, found = (
                _figures(settings(None, None, None, **said)),
                _figures(settings(document, None, None, **said)),
            )
            assert all(low <= high for low, high in zip(found, bound, strict=True))


def _figures(found: Settings) -> tuple[float, ...]:
    budget = found.budget
    return (budget.usd, budget.tokens, budget.turns, budget.minutes, found.max_attempts)


def test_even_a_figure_of_the_command_line_is_lowered_by_the_target() -> None:
    assert settings("budget: {run_usd: 1}", None, None, budget__run_usd=5.0).budget.usd == 1


def test_an_operator_may_loosen_what_the_target_may_not(tmp_path: Path) -> None:
    path = written(tmp_path, "protected: {policy: allow, paths: ['!AGENTS.md']}\nmax_attempts: 9")
    found = settings("protected: {policy: ask}", path)
    assert found.rules.protected.policy == "ask"
    assert found.rules.protected.paths[-1] == "!AGENTS.md"
    assert found.max_attempts == 9


@pytest.mark.parametrize("key", ["protected: {paths", "scope: {exclude"])
def test_a_target_cannot_take_a_protected_or_excluded_path_back(key: str) -> None:
    words = refusal(f"{key}: [a, '!.github/']}}")
    assert words.startswith(f"{FILE}:1: ")
    assert "may not take a pattern back ('!.github/')" in words


def test_paths_and_gates_of_both_files_add_up_and_the_operators_gate_stands(tmp_path: Path) -> None:
    operator = written(
        tmp_path,
        "protected: {paths: [a/]}\nscope: {exclude: [x]}\n"
        "gates: [{name: tests, kind: test, run: [true-tests]}]",
    )
    found = settings(
        "protected: {paths: [b/, a/]}\nscope: {exclude: [y]}\ngates:\n"
        "  - {name: tests, kind: test, run: ['true'], required: false}\n"
        "  - {name: lint, kind: lint, run: [ruff]}\n",
        operator,
    )
    assert found.rules.protected.paths == (*PROTECTED_BY_DEFAULT, "a/", "b/")
    assert found.scope.exclude == ("x", "y")
    assert [(gate.name, gate.run, gate.required) for gate in found.rules.gates] == [
        ("tests", ("true-tests",), True),
        ("lint", ("ruff",), True),
    ]
    assert found.warnings == (f"target {FILE}:3: the gate 'tests' is the operator's; that counts",)
    assert found.origins["gates"] == f"operator {operator}:3, target {FILE}:3"


@pytest.mark.parametrize(
    ("operator", "target", "kept"),
    [
        ("[src/]", "[src/a.py, docs/]", ("src/a.py",)),
        ("[/src/]", "[src/]", ("/src/",)),  # unanchored: src/ anywhere would be more
        ("['src/*']", "[src/a/]", ("src/*",)),
        ("[src, '!src/secret/']", "[src/secret/, src/a]", ("src/secret/", "src/a", "!src/secret/")),
        ("[src/]", "[docs/, '!src/gen/']", ("src/", "!src/gen/")),
        ("[src/, docs/]", "[docs/]", ("docs/",)),
        ("[]", "[anything]", ("anything",)),
    ],
)
def test_an_allow_list_of_the_target_counts_only_within_the_operators(
    tmp_path: Path, operator: str, target: str, kept: tuple[str, ...]
) -> None:
    path = written(tmp_path, f"allowed_files: {operator}\nscope: {{include: {operator}}}")
    found = settings(f"allowed_files: {target}\nscope: {{include: {target}}}", path)
    assert found.rules.allowed_paths == kept
    assert found.scope.include == kept


def test_what_an_allow_list_of_the_target_loses_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, "allowed_files: [src/]")
    assert settings("allowed_files: [src/a, docs/]", path).warnings == (
        f"target {FILE}:1 asks for allowed_files outside of operator {path}:1: ['docs/']",
    )


def test_the_operator_decides_what_both_set_and_the_target_what_is_left_open(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, "pr: {draft: true}")
    found = settings("pr: {draft: false, labels: [bot]}", path)
    assert found.pull_request.draft
    assert found.pull_request.labels == ("bot",)


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ("model: {endpoint: https://evil.example}", "model.endpoint"),
        ("sandbox:", "sandbox"),
        ("\nstate: /tmp/x", "state"),
    ],
)
def test_a_key_of_the_operator_is_refused_in_the_targets_file(document: str, key: str) -> None:
    line = 2 if document.startswith("\n") else 1
    assert refusal(document).startswith(f"{FILE}:{line}: {key} is for the operator alone: ")


def test_the_operators_own_keys_arrive(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "model: {name: big-one, endpoint: 'http://127.0.0.1:8080/v1', effort: high}\n"
        "sandbox: {require: [no-network, seccomp]}\nstate: ~/there\n"
        "retention: {days: 9, journal_mb: 8, cache_days: 7, cache_mb: 6}\nreport: {content: true}",
    )
    found = settings(None, path, {"HOME": "/h"})
    assert found.model_name == "big-one"
    assert found.model_endpoint == "http://127.0.0.1:8080/v1"
    assert found.model_effort == "high"
    assert found.rules.require == ("no-network", "seccomp")
    assert found.state == Path("/h/there")
    assert found.values["state"] == "/h/there"
    assert found.retention == RetentionSettings(days=9, journal_mb=8, cache_days=7, cache_mb=6)
    assert found.report_content
    assert found.operator_file == path
    assert "HOME is not set" in refusal(None, path)


# --- what is refused, and how it is said -----------------------------------------------------


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("budgte:\n  run_usd: 1", ":1: unknown key 'budgte'; did you mean 'budget'?"),
        (
            "budget:\n  max_trns: 1",
            ":2: unknown key 'budget.max_trns'; did you mean 'budget.max_turns'?",
        ),
        ("max_turns: 1", ":1: unknown key 'max_turns'; did you mean 'budget.max_turns'?"),
        (
            "limits: {max-patch-files: 1}",
            ":1: unknown key 'limits.max-patch-files'; did you mean 'limits.max_patch_files'?",
        ),
        ("budget.run_usd: 1", ":1: budget.run_usd is written as 'run_usd' below 'budget'"),
        (
            "gates: [{? " + "x" * 5000 + " : 1}]",
            ":1: gates has an unknown key '" + "x" * 60 + "...'",
        ),
        ("pr: {zzzz: 1}", ":1: unknown key 'pr.zzzz'; known here: pr.branch_template, "),
        ("qqqq: 1", ":1: unknown key 'qqqq'; known here: allowed_files, budget, candidates, "),
        ("<<: {a: 1}", ":1: unknown key '<<'"),
        ('"a\\u202eb": 1', ":1: unknown key 'a\\u202eb'"),
        (
            "limits: {max_patch_files: many}",
            ":1: limits.max_patch_files must be a whole number, not 'many'",
        ),
        ("max_attempts: 1.5", ":1: max_attempts must be a whole number, not 1.5"),
        ("max_attempts: true", ":1: max_attempts must be a whole number, not true"),
        ("max_attempts: '2'", ":1: max_attempts must be a whole number, not '2'"),
        ("max_attempts: [2]", ":1: max_attempts must be a whole number, not a list"),
        ("max_attempts: 0", ":1: max_attempts must be 1 or more, not 0"),
        ("max_attempts: 1" + "0" * 5000, ":1: max_attempts must be finite, not inf"),
        ("max_attempts: 1000000001", ":1: max_attempts must be at most 1000000000, not 1000000001"),
        ("budget: {run_usd: -1}", ":1: budget.run_usd must be more than 0, not -1"),
        ("budget: {run_usd: 0}", ":1: budget.run_usd must be more than 0, not 0"),
        ("budget: {run_usd: .nan}", ":1: budget.run_usd must be finite, not nan"),
        ("budget: {run_usd: -.Inf}", ":1: budget.run_usd must be finite, not -inf"),
        ("budget: {run_usd: 1e999}", ":1: budget.run_usd must be finite, not inf"),
        ("budget: {run_usd: 2$}", ":1: budget.run_usd must be a number, not '2$'"),
        ("budget: 3", ":1: budget must be a mapping of keys, not 3"),
        ("- a\n- b", ":1: the file must be a mapping of keys, not a list"),
        ("pr: {draft: yes}", ":1: pr.draft must be true or false, not 'yes'"),
        ("pr: {labels: bug}", ":1: pr.labels must be a list, not 'bug'"),
        (
            "pr: {labels: [" + "a," * 1001 + "]}",
            ":1: pr.labels must hold at most 1000 entries, not",
        ),
        ("pr: {labels: [3]}", ":1: pr.labels must be text, not 3; put it in quotes"),
        (
            "pr: {labels: ['']}",
            ":1: pr.labels must be one line of 1 to 50 printable letters, not ''",
        ),
        (
            'pr: {title_prefix: "a\\nb"}',
            ":1: pr.title_prefix must be one line of 0 to 40 printable",
        ),
        (
            "protected: {policy: [block]}",
            ":1: protected.policy must be block, ask or allow, not a list",
        ),
        ("scope: {include: ['**/*a*b*c*d']}", ":1: scope.include must have at most 4 stars, not "),
        ("scope: {include: ['!']}", ":1: scope.include must be a pattern as in .gitignore "),
        ("scope: {include: ['[z-a]']}", ":1: scope.include must be a pattern as in .gitignore "),
        ("scope: {include: ['a[']}", ":1: scope.include must be a pattern as in .gitignore "),
        ("scope: {include: ['#a']}", ":1: scope.include must be a pattern as in .gitignore "),
        ("scope: {include: ['a\\']}", ":1: scope.include must be a pattern as in .gitignore "),
        ("scope: {include: ['[[:x:]]']}", ":1: scope.include must be a pattern as in .gitignore "),
        ("gates: {name: a}", ":1: gates must be a list, not a mapping"),
        ("gates: [tests]", ":1: gates must hold mappings with name, kind and run, not 'tests'"),
        (
            "gates:\n- {name: a, run: x, kind: tst}",
            ":2: gates[].kind must be lint, build or test, not 'tst'",
        ),
        ("gates:\n- nam: a\n  run: x", ":2: gates has an unknown key 'nam'; did you mean 'name'?"),
        ("gates:\n- name: a\n  kind: test", ":2: gates has a gate without 'run'"),
        ("gates:\n- {name: a, kind: test, run: []}", ":2: gates[].run must name a program in its "),
        ("gates:\n- {name: a, kind: test, run: ' '}", ":2: gates[].run must be a command, not an "),
        (
            "gates:\n- {name: a, kind: test, run: [sleep, 5]}",
            ":2: gates[].run must be text or a list ",
        ),
        ('gates:\n- {name: a, kind: test, run: "a\\0"}', ":2: gates[].run must hold no NUL"),
        (
            "gates:\n- {name: a, kind: test, run: x}\n- {name: a, kind: lint, run: y}",
            ":3: gates has two gates named 'a' (the first on line 2); rename or remove one",
        ),
        (
            "max_attempts: 1\nmax_attempts: 2",
            ":2: duplicate key 'max_attempts'; it stands on line 1",
        ),
        ("pr: {draft: true, draft: true}", ":1: duplicate key 'draft'"),
        ("pr: &a {draft: true}", ":1: found an anchor or alias"),
        ("pr: {draft: &a true}", ":1: found an anchor or alias"),
        ("a: 1\nb: *a", ":2: found an anchor or alias"),
        ("pr: {title_prefix: !!str 3}", ":1: found a tag"),
        ("!!python/object:os.system {a: 1}", ":1: found a tag"),
        ("? [a]\n: b", ":1: found a key that is not a plain word"),
        ("&a b: c", ":1: found a key that is not a plain word"),
        ("pr: {draft: true}\n---\npr: {}", ":2: found a second document"),
        ("%YAML 1.1\n---\npr: {}", ":2: found a % directive"),
        ("pr: {draft: true", ":1: not YAML: expected ',' or '}'"),
        ("a: b: c", ":1: not YAML: mapping values are not allowed here"),
        ("pr:\n\tdraft: true", ":2: not YAML: found character '\\t' that cannot start any token"),
        ("pr: {labels: [\x00]}", ":1: not YAML: the character U+0000"),
        (b"pr:\n  labels: [\xff]", ":2: not UTF-8; save the file as UTF-8"),
        ('setup: {run: ["\\ud800"]}', ":1: found half a letter (\\ud8.. to \\udf..); write it"),
        ('{"\\udc00\\ud800": 1}', ":1: found half a letter"),
        (b"#" * (64 * 1024 + 1), ": too large; at most 64 KiB are read"),
        ("[" * 60_000, ":1: found more than 8 levels"),
        ("{a: " * 15_000, ":1: found more than 8 levels"),
        ("- " * 30_000, ":1: found more than 8 levels"),
    ],
)
def test_a_refusal_names_file_line_and_what_is_accepted(document: str | bytes, words: str) -> None:
    started = time.process_time()
    assert refusal(document).startswith(FILE + words)
    assert time.process_time() - started < 20  # some of these take a plain YAML parser two minutes


def test_json_is_yaml_even_where_it_writes_a_letter_in_two_halves() -> None:
    assert settings('{"pr": {"labels": ["\\ud83d\\ude80"]}}').pull_request.labels == ("🚀",)


def test_a_byte_order_mark_and_the_largest_file_are_read() -> None:
    assert settings(b"\xef\xbb\xbfmax_attempts: 1").max_attempts == 1
    assert settings(b"max_attempts: 1\n" + b"#" * (64 * 1024 - 16)).max_attempts == 1


@given(
    st.one_of(
        st.binary(max_size=200), st.text(alphabet="[]{}:,-?&*!|>'\"%@`# \nab1.~<").map(str.encode)
    )
)
def test_any_bytes_are_settings_or_a_refusal_of_one_line(document: bytes) -> None:
    words = FILE
    try:
        settings(document)
    except SettingsRefusal as refused:
        words = str(refused)
    assert words.startswith(FILE)
    assert words.isprintable()


@given(st.text(max_size=30))
def test_a_scalar_means_something_and_never_fails(text: str) -> None:
    assert shown(Node(resolve(text))).isprintable()


def test_a_refusal_is_one_of_the_family_that_the_command_line_prints() -> None:
    assert issubclass(SettingsRefusal, Refusal)
    assert shown(Node({})) == "a mapping"
    assert shown(Node(None)) == "nothing"
    assert shown(Node("x" * 100)) == repr("x" * 60 + "...")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (
            {"CHANGEWRIGHT_M": "1"},
            "unknown environment variable 'CHANGEWRIGHT_M'; did you mean 'CHANGEWRIGHT_MODEL'?",
        ),
        (
            {"CHANGEWRIGHT_MAX_TURNS": "x"},
            "CHANGEWRIGHT_MAX_TURNS: budget.max_turns must be a whole number, not 'x'",
        ),
        (
            {"CHANGEWRIGHT_STATE": "state"},
            "CHANGEWRIGHT_STATE: state must be an absolute path or begin with ~/, not 'state'",
        ),
        (
            {"CHANGEWRIGHT_MODEL": "gpt"},
            "CHANGEWRIGHT_MODEL: model must be claude, scripted:FILE or recorded:RUN, not 'gpt'",
        ),
    ],
)
def test_a_wrong_variable_is_refused_by_its_name(environment: dict[str, str], words: str) -> None:
    assert refusal(None, None, environment) == words


@pytest.mark.parametrize("model", ["scripted:", "recorded", "claude:x"])
def test_a_model_that_names_no_file_or_run_is_refused(model: str) -> None:
    assert refusal(None, None, None, model=model).startswith("--model: model must be claude, ")


def test_a_wrong_option_is_refused_by_its_name() -> None:
    words = refusal(None, None, None, budget__run_usd=float("inf"))
    assert words == "--max-usd: budget.run_usd must be a number, not 'inf'"


def test_what_a_report_may_hold_is_said_by_a_variable_too() -> None:
    assert settings(None, None, {"CHANGEWRIGHT_REPORT_CONTENT": "true"}).report_content
    assert not settings(None, None, {"CHANGEWRIGHT_REPORT_CONTENT": "false"}).report_content


def test_a_variable_of_the_benches_is_allowed_and_text_is_taken_by_the_letter() -> None:
    environment = {"CHANGEWRIGHT_DEV_DATA": "/data", "CHANGEWRIGHT_MODEL_NAME": "5"}
    assert settings(None, None, environment).model_name == "5"


@pytest.mark.parametrize("model", ["claude", "scripted:replies.yml", "recorded:r2026-1"])
def test_a_model_is_chosen_by_option(model: str) -> None:
    found = settings(None, None, {"CHANGEWRIGHT_MODEL": "claude"}, model=model)
    assert (found.model, found.origins["model"]) == (model, "--model")


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://example.org",
        "ftp://x",
        "https://",
        "https://user:pass@x",
        "https://x:y",
        "https://[x",
    ],
)
def test_an_endpoint_that_would_show_the_key_is_refused(endpoint: str) -> None:
    words = refusal(None, None, {"CHANGEWRIGHT_MODEL_ENDPOINT": endpoint})
    assert "model.endpoint must be an https address" in words


@pytest.mark.parametrize("endpoint", ["https://models.example/v1", "http://[::1]:8080"])
def test_an_endpoint_is_https_or_this_machine(endpoint: str) -> None:
    environment = {"CHANGEWRIGHT_MODEL_ENDPOINT": endpoint}
    assert settings(None, None, environment).model_endpoint == endpoint


def test_an_operators_file_that_was_named_must_be_readable(tmp_path: Path) -> None:
    assert "No such file" in refusal(None, tmp_path / "gone.yml")
    assert "Is a directory" in refusal(None, tmp_path)
    path = written(tmp_path, "max_attempts: x")
    assert refusal(None, path).startswith(f"{path}:1: max_attempts ")


# --- what the machine holds ------------------------------------------------------------------


def test_the_key_is_shown_to_nobody_by_accident() -> None:
    found = settings(None, None, {"ANTHROPIC_API_KEY": "sk-canary"})
    assert found.api_key is not None
    assert found.api_key.reveal() == "sk-canary"
    assert "canary" not in repr(found) + repr(found.api_key) + str(dict(found.origins))
    with pytest.raises(TypeError):
        builtins(found.api_key)
    with pytest.raises(TypeError):
        builtins(found)
    assert found.origins["api_key"] == "environment ANTHROPIC_API_KEY"


def test_a_forge_token_is_noticed_and_not_kept() -> None:
    found = settings(None, None, {"GH_TOKEN": "ghs_canary"})
    assert found.forge_token_is_set
    assert "canary" not in repr(found)


def test_what_says_how_indexes_are_reached_is_kept_and_never_shown() -> None:
    given_variables = {
        "SSL_CERT_FILE": "/etc/ssl/me@home.pem",
        "PIP_INDEX_URL": "https://index.example/simple",
        "HTTPS_PROXY": "http://me:canary@proxy:3128",
        "UV_INDEX": "corp=https://canary@index.example/simple",
        "http_proxy": "",
        "AWS_SECRET_ACCESS_KEY": "canary",
    }
    found = settings(None, None, given_variables)
    assert found.installer_environment == {
        name: value
        for name, value in given_variables.items()
        if name not in {"http_proxy", "AWS_SECRET_ACCESS_KEY"}
    }
    assert found.warnings == ()
    assert "canary" not in repr(found)


def test_settings_cannot_be_changed_after_they_are_read() -> None:
    found = settings()
    with pytest.raises(AttributeError):
        found.max_attempts = 9  # type: ignore[misc]
    with pytest.raises(TypeError):
        found.installer_environment["PATH"] = "/"  # type: ignore[index]
    with pytest.raises(TypeError):
        found.origins["state"] = "me"  # type: ignore[index]


# --- this process ----------------------------------------------------------------------------


def test_the_operators_file_is_found_by_name_then_by_convention(tmp_path: Path) -> None:
    usual = tmp_path / ".config" / "changewright" / "config.yml"
    home = {"HOME": str(tmp_path)}
    assert find_operator_file(home) is None
    usual.parent.mkdir(parents=True)
    usual.touch()
    assert find_operator_file(home) == usual
    assert find_operator_file({"HOME": "/gone", "XDG_CONFIG_HOME": str(usual.parents[1])}) == usual
    assert find_operator_file({**home, "XDG_CONFIG_HOME": "relative"}) == usual
    assert find_operator_file({**home, "CHANGEWRIGHT_CONFIG": "/named"}) == Path("/named")
    assert find_operator_file({}) is None


def test_bounds_that_may_be_there_but_cannot_be_read_are_not_passed_over(tmp_path: Path) -> None:
    loop = tmp_path / "changewright"
    loop.symlink_to(loop)
    path = find_operator_file({"XDG_CONFIG_HOME": str(tmp_path)})
    assert path == loop / "config.yml"
    assert "symbolic links" in refusal(None, path)


def test_a_process_reads_its_own_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in list(os.environ):
        if name.startswith("CHANGEWRIGHT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CHANGEWRIGHT_CONFIG", str(written(tmp_path, "max_attempts: 8")))
    monkeypatch.setenv("CHANGEWRIGHT_MAX_TURNS", "5")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    found = from_process({}, b"budget: {max_turns: 4}")
    assert (found.max_attempts, found.budget.turns) == (8, 4)
    assert found.state == tmp_path / "changewright"
    assert from_process({"state": Path("here")}).state == tmp_path / "here"


def test_importing_settings_loads_no_yaml_and_no_matcher() -> None:
    heavy = "{'ruamel', 'pathspec', 'platformdirs', 'msgspec'}"
    program = (
        f"import sys, bot.settings, bot.configuration.template; print({heavy} & {{*sys.modules}})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT_S,
    )
    assert done.stdout == "set()\n"


def test_each_service_has_its_own_key_and_a_fallback_is_the_operators(tmp_path: Path) -> None:
    operator = written(
        tmp_path,
        "model: {endpoint: 'bedrock:us-east-1', fallback: [claude-haiku-5-5 vertex:p/global]}",
    )
    environment = {"AWS_BEARER_TOKEN_BEDROCK": "aws-canary", "ANTHROPIC_API_KEY": "own-canary"}

    found = settings(None, operator, environment)

    assert found.model_endpoint == "bedrock:us-east-1"
    assert found.model_fallback == ("claude-haiku-5-5 vertex:p/global",)
    assert {one: key.reveal() for one, key in found.service_keys.items()} == {
        "anthropic": "own-canary",
        "bedrock": "aws-canary",
    }
    assert "canary" not in repr(found)
