"""What ``doctor --config`` prints, compared whole, and that no secret is ever in it."""

import json
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.configuration.keys import KEYS
from bot.pages.settings import settings_document, settings_text
from bot.settings import Settings, Sources, load
from validators.encoding import builtins

OPERATOR = """\
budget: {issue_usd: 4, run_usd: 1.5}
gates: [{name: types, kind: lint, run: [mypy, "my file.py"], timeout_s: 60}]
protected: {paths: [infra/]}
model: {endpoint: "https://models.example/v1"}
state: /var/lib/changewright
"""
TARGET = """\
budget:
  run_usd: 5
  max_turns: 3
setup: {run: [[uv, sync], "make generate"]}
gates:
- {name: unit tests, kind: test, run: "pytest -q | tee log"}
- {name: format, kind: lint, run: [ruff, format, --check, .], required: false}
allowed_files: [src/]
protected: {policy: ask}
pr: {title_prefix: "bot: ", labels: [bot, python], reviewers: [octocat]}
"""
PAGE = """\
operator  {operator}
target    as it is

scope
  include                not set                                 default
  exclude                not set                                 default
  profiles               not set                                 default
  profile                not set                                 default
  max_files              20                                      default
  max_tokens             12000                                   default
budget
  run_usd                1.5                                     operator line 1
  issue_usd              4                                       operator line 1
  day_usd                not set                                 default
  issue_tokens           not set                                 default
  day_tokens             not set                                 default
  max_requests           not set                                 default
  max_turns              2                                       environment CHANGEWRIGHT_MAX_TURNS
  max_tokens             400000                                  default
  wall_minutes           30                                      --wall-minutes
max_attempts             3                                       default
candidates               1                                       default
model
  stages                 not set                                 default
  action                 tools                                   default
setup
  run                    uv sync                                 target line 4
                         make generate
gates                    types (lint, 60 s): mypy 'my file.py'   operator line 2, target line 5
                         unit tests (test, 900 s): pytest -q |
                           tee log
                         format (lint, 900 s, off by config: it
                           reports and blocks nothing): ruff
                           format --check .
protected
  paths                  the 169 of the default, infra/          default, operator line 3
  policy                 block                                   default
  tests                  block                                   default
policies
  symlinks               block                                   default
  submodules             block                                   default
  modes                  block                                   default
  embedded_repositories  block                                   default
  secrets                block                                   default
  hidden_characters      block                                   default
  agent_instructions     block                                   default
  contributor_guide      ask                                     default
  sizes                  block                                   default
  binary                 block                                   default
  generated              block                                   default
  lock_files             block                                   default
  dependencies           ask                                     default
  reformatting           block                                   default
  comments               block                                   default
  improvement            block                                   default
  coverage               ask                                     default
allowed_files            src/                                    target line 8
limits
  max_patch_files        20                                      default
  max_patch_lines        800                                     default
learned
  protected_paths        not set                                 default
  max_patch_files        not set                                 default
  max_patch_lines        not set                                 default
  required_gates         not set                                 default
pr
  draft                  true                                    default
  title_prefix           bot:                                    target line 10
  branch_template        changewright/{{key}}-{{slug}}               default
  labels                 bot, python                             target line 10
  reviewers              octocat                                 target line 10
  expires                not set                                 default
  max_rounds             5                                       default
  max_usd                not set                                 default
trigger
  label                  changewright                            default
  remove_label           true                                    default
  phrase                 /changewright                           default
  roles                  admin, maintain, write                  default
  bots                   not set                                 default
forge
  kind                   local                                   default
  repository             not set                                 default
  api_url                https://api.github.com                  default
  server_url             https://github.com                      default
  app_id                 not set                                 default
  installation_id        not set                                 default
  private_key_file       not set                                 default
  sign_commits           false                                   default
  fork                   false                                   default
model
  name                   claude-sonnet-5-5                       default
  endpoint               https://models.example/v1               operator line 4
  fallback               not set                                 default
  effort                 not set                                 default
  interpreter            monty                                   default
  jupyter                not set                                 default
  pyodide                not set                                 default
  pictures               true                                    default
  adjudicator            off                                     default
scope
  rerank                 off                                     default
sandbox
  require                read-only-host, home-hidden,            default
                         clean-environment, no-network,
                         no-host-sockets, pids-limit,
                         memory-per-process, orphans-killed,
                         original-untouched
  backends               bwrap, container                        default
  runtime                not set                                 default
setup
  image                  not set                                 default
  hosts                  not set                                 default
mcp
  servers                not set                                 default
state                    /var/lib/changewright                   operator line 5
retention
  days                   90                                      default
  journal_mb             1024                                    default
  cache_days             30                                      default
  cache_mb               4096                                    default
report
  content                false                                   default
telemetry
  endpoint               not set                                 default
  content                false                                   default
model                    claude                                  default
kind                     fix                                     default
api_key                  set                                     environment ANTHROPIC_API_KEY
forge_token              set                                     environment
installer_variables      HTTPS_PROXY, UV_INDEX_URL               environment

"""
WARNINGS = """\
warning: target .github/changewright.yml:2 asks for budget.run_usd 5; 1.5 counts (operator
{operator}:1)
warning: target .github/changewright.yml:3 asks for budget.max_turns 3; 2 counts (environment
CHANGEWRIGHT_MAX_TURNS)
warning: target .github/changewright.yml:9 asks for protected.policy ask; block counts (default)
"""
ENVIRONMENT = {
    "ANTHROPIC_API_KEY": "canary-key",
    "GH_TOKEN": "canary-token",
    "CHANGEWRIGHT_MAX_TURNS": "2",
    "UV_INDEX_URL": "https://index.example/simple",
    "HTTPS_PROXY": "http://me:canary@proxy.example",
}


def settled(
    folder: Path, operator: str = "", target: str = "", environment: Mapping[str, str] | None = None
) -> Settings:
    path = folder / "c.yml"
    path.write_text(operator, encoding="utf-8")
    return load(
        Sources(
            environment=environment or {},
            default_state=Path("/state"),
            operator_file=path,
            target_file=target.encode(),
            command_line={"budget.wall_minutes": 30} if environment else {},
        )
    )


def test_every_value_stands_beside_where_it_came_from(tmp_path: Path) -> None:
    settings = settled(tmp_path, OPERATOR, TARGET, ENVIRONMENT)

    page, warning, warnings = settings_text(settings, "as it is").partition("warning: ")
    assert page == PAGE.format(operator=tmp_path / "c.yml")
    # Where a line of a warning ends depends on the length of the path in it.
    said = (warning + warnings).split()
    assert said == WARNINGS.format(operator=tmp_path / "c.yml").split()
    assert all(len(line) <= 96 or " " not in line.strip() for line in warnings.splitlines())


def test_the_document_holds_every_key_with_its_value_and_whole_origin(tmp_path: Path) -> None:
    document = settings_document(settled(tmp_path, OPERATOR, TARGET, ENVIRONMENT))

    plain = json.loads(json.dumps(builtins(document)))
    rows = {row.pop("key"): row for row in plain["settings"]}
    assert list(rows) == [
        *(key.name for key in KEYS),
        *("api_key", "forge_token", "installer_variables"),
    ]
    assert rows["budget.run_usd"] == {"value": 1.5, "origin": f"operator {tmp_path / 'c.yml'}:1"}
    assert rows["budget.max_turns"] == {
        "value": 2,
        "origin": "environment CHANGEWRIGHT_MAX_TURNS",
    }
    assert rows["budget.day_usd"] == {"value": None, "origin": "default"}
    assert rows["pr.labels"]["value"] == ["bot", "python"]
    assert rows["gates"]["value"][0]["run"] == ["mypy", "my file.py"]
    assert rows["state"]["value"] == "/var/lib/changewright"
    assert rows["api_key"] == {"value": "set", "origin": "environment ANTHROPIC_API_KEY"}
    assert len(plain["warnings"]) == 3
    assert "canary" not in json.dumps(plain)


def test_a_long_path_stays_whole(tmp_path: Path) -> None:
    folder = "/a-long-name" * 8

    page = settings_text(settled(tmp_path, f"state: {folder}"), "none")

    assert f"state                    {folder}  operator line 1\n" in page


def test_a_machine_that_says_nothing_has_a_page_too(tmp_path: Path) -> None:
    settings = load(Sources({}, tmp_path))

    page = settings_text(settings, "none")

    assert page.startswith("operator  no file of the operator's\ntarget    none\n\nscope\n")
    assert page.endswith(
        "installer_variables      not set                                   environment"
    )
    assert "api_key                  not set" in page


@given(
    st.lists(st.text(alphabet=st.characters(exclude_categories=["C"]), min_size=1, max_size=60)),
    st.text(min_size=1, max_size=200).filter(lambda word: "\0" not in word and word.strip()),
)
def test_what_a_stranger_wrote_forges_no_row_of_the_page(labels: list[str], script: str) -> None:
    labels = [
        label for label in labels if label.strip() and label.isprintable() and len(label) <= 50
    ]
    gate = {"name": "x", "kind": "test", "run": script}
    target = json.dumps({"pr": {"labels": labels}, "gates": [gate]})

    page = settings_text(load(Sources({}, Path("/s"), target_file=target.encode())), "none")

    starts = {line.split(maxsplit=1)[0] for line in page.split("\n") if line[:1].strip()}
    sections = {key.name.partition(".")[0] for key in KEYS}
    assert starts <= sections | {"operator", "target"} | {
        *("api_key", "forge_token", "installer_variables")
    }
