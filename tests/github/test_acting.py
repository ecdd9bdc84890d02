"""Workflows run here as they would on GitHub, as far as ours need it; one workflow shows all."""

import shutil
from collections.abc import Iterator

import pytest

from tests.github.acting import Ran, Runner
from tests.github.emulated import OfflineGitHub, offline
from tests.github.spec_proxy import Description

WORKFLOW = """
on: issues
permissions: {}
jobs:
  reads:
    runs-on: ubuntu-24.04
    permissions: {contents: read, issues: write}
    outputs:
      word: ${{ steps.ask.outputs.word }}
    steps:
      - uses: actions/checkout@0123456789abcdef # any
        with: {path: target, persist-credentials: false}
      - id: ask
        env:
          TOKEN: ${{ github.token }}
          TITLE: ${{ github.event.issue.title }}
        run: |
          cat target/README.md
          test -z "$(grep -i authorization target/.git/config)"
          code() {
            curl -s -o /dev/null -w '%{http_code}' -A rig -H "authorization: token $TOKEN" "$@"
          }
          api=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY
          echo "issues $(code "$api/issues") pulls $(code "$api/pulls")"
          echo "word=$TITLE" >>"$GITHUB_OUTPUT"
          mkdir -p out/.hidden out/deep
          echo seen >out/deep/file
          echo "$TOKEN" >out/.hidden/file
          echo "it is $TOKEN"
      - uses: actions/upload-artifact@0123456789abcdef
        with: {name: rig-first, path: out}
  fails:
    needs: reads
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/download-artifact@0123456789abcdef
        with: {pattern: rig-*, path: "${{ runner.temp }}/all"}
      - env:
          WORD: ${{ needs.reads.outputs.word }}
          SECRET: ${{ secrets.MODEL_KEY }}
        run: |
          (cd "$RUNNER_TEMP/all" && find . -type f)
          cp -r "$RUNNER_TEMP/all" second
          echo "the word is $WORD, of a secret I see ${#SECRET} characters: $SECRET"
          exit 3
      - if: always()
        uses: actions/upload-artifact@0123456789abcdef
        with: {name: rig-second, path: second, if-no-files-found: error}
  never:
    needs: fails
    runs-on: ubuntu-24.04
    steps:
      - run: echo never
  always:
    needs: [reads, fails, never]
    if: always()
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/download-artifact@0123456789abcdef
        with: {pattern: rig-*, path: "${{ runner.temp }}/all"}
      - env:
          NEEDS: ${{ toJSON(needs) }}
        run: |
          (cd "$RUNNER_TEMP/all" && find . -type f | sort)
          echo $NEEDS
          env
"""
pytestmark = pytest.mark.skipif(
    not shutil.which("curl"), reason="a step of the workflow asks by curl"
)
PAYLOAD = {"action": "labeled", "issue": {"number": 1, "title": "Mend $(touch pwned)"}}


@pytest.fixture(scope="module")
def ran(
    tmp_path_factory: pytest.TempPathFactory, description: Description
) -> Iterator[tuple[OfflineGitHub, Ran]]:
    folder = tmp_path_factory.mktemp("acting")
    with offline(folder, description) as github:
        workflow = folder / "workflow.yml"
        workflow.write_text(WORKFLOW)
        runner = Runner(folder / "rig", github, secrets={"MODEL_KEY": "canary-of-a-key"})
        yield github, runner.run(workflow, "issues", PAYLOAD)


def test_jobs_end_as_they_would_and_the_last_one_runs_always(
    ran: tuple[OfflineGitHub, Ran],
) -> None:
    assert ran[1].results == {
        "reads": "success",
        "fails": "failure",
        "never": "skipped",
        "always": "success",
    }
    assert '"result": "failure"' in ran[1].jobs["always"].log


def test_a_jobs_token_may_do_what_its_yaml_says(ran: tuple[OfflineGitHub, Ran]) -> None:
    github, workflow = ran
    assert "A shop." in workflow.jobs["reads"].log
    assert "issues 200 pulls 403" in workflow.jobs["reads"].log
    assert [each[2] for each in github.state.denied] == ["/repos/alice/shop/pulls"]
    assert github.state.tokens["ghs_run1_fails"].permissions == {}


def test_outputs_travel_and_text_of_the_event_is_no_command(ran: tuple[OfflineGitHub, Ran]) -> None:
    assert "the word is Mend $(touch pwned)," in ran[1].jobs["fails"].log


def test_one_artifact_comes_flat_two_in_folders_and_hidden_files_not_at_all(
    ran: tuple[OfflineGitHub, Ran],
) -> None:
    assert "\n./deep/file\n" in ran[1].jobs["fails"].log.replace("\r", "")
    both = "./rig-first/deep/file\n./rig-second/deep/file\n"
    assert both in ran[1].jobs["always"].log.replace("\r", "")
    assert ".hidden/file" not in ran[1].jobs["always"].log


def test_a_secret_is_where_it_is_asked_for_and_masked_in_the_log(
    ran: tuple[OfflineGitHub, Ran],
) -> None:
    assert "of a secret I see 15 characters: ***" in ran[1].jobs["fails"].log
    assert "it is ***" in ran[1].jobs["reads"].log
    assert "canary-of-a-key" not in ran[1].log
    assert "MODEL_KEY" not in ran[1].jobs["always"].log
