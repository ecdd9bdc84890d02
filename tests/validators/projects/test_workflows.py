import time

from validators.projects.manifest_files import ProjectFiles
from validators.projects.workflows import Workflows, read_workflows

PATH = ".github/workflows/ci.yml"
PLACE = f"workflow {PATH}, job tests"


def read(text: str, name: str = PATH) -> Workflows:
    return read_workflows(ProjectFiles.of([name], lambda _: text.encode()))


def job(steps: str, head: str = "", on: str = "push") -> Workflows:
    indented = "".join(f"      {line}\n" for line in steps.splitlines())
    return read(
        f"on: {on}\njobs:\n  tests:\n    runs-on: ubuntu-latest\n{head}    steps:\n{indented}"
    )


def test_plain_steps_of_a_push_are_found_in_order_with_their_place() -> None:
    found = job(
        "- uses: actions/checkout@v4\n- run: pip install -e .\n"
        "- run: |\n    ruff check\n    pytest -q"
    )

    assert [step.run for step in found.steps] == [
        ("pip", "install", "-e", "."), ("ruff", "check"), ("pytest", "-q"),
    ]  # fmt: skip
    assert {step.job for step in found.steps} == {PLACE}
    assert found.notes == ()


def test_workflows_that_a_change_does_not_start_are_passed_over() -> None:
    for on in ("schedule", "[release]", "{workflow_dispatch: {}}", "issues"):
        assert job("- run: pytest", on=on) == Workflows()
    for on in ("pull_request", "[push, release]", "{pull_request: {branches: [main]}}"):
        assert len(job("- run: pytest", on=on).steps) == 1


def test_an_expression_a_condition_a_folder_or_a_shell_is_noted_and_not_used() -> None:
    found = job(
        "- run: tox -e ${{ matrix.x }}\n"
        "- run: pytest\n  if: matrix.full\n"
        "- run: pytest\n  working-directory: sub\n"
        "- run: pytest\n  shell: pwsh\n"
        "- run: pytest | tee log\n"
        "- run: echo $HOME\n"
    )

    assert found.steps == ()
    assert found.notes == (
        f"{PLACE}, step 1: not used; it uses an expression",
        f"{PLACE}, step 2: not used; it runs under a condition",
        f"{PLACE}, step 3: not used; it runs in another folder",
        f"{PLACE}, step 4: not used; it runs in another shell",
        f"{PLACE}, step 5: not used; it needs a shell",
    )


def test_conditions_that_hold_here_count_as_none() -> None:
    for condition in ("always()", "${{ !cancelled() }}", "runner.os == 'Linux'",
                      "matrix.os != 'windows-latest'"):  # fmt: skip
        assert len(job(f"- run: pytest\n  if: {condition!r}").steps) == 1, condition
    assert job("- run: pytest\n  if: runner.os == 'Windows'").steps == ()


def test_what_comes_after_a_change_of_the_tree_is_another_project() -> None:
    for change in ("sed -i s/a/b/ x.py", "rm -rf src", "pip uninstall -y numpy", "git checkout old",
                   "poetry add x", "npm install left-pad@1", "tar xf dist/x.tar.gz"):  # fmt: skip
        found = job(f"- run: pytest a\n- run: {change}\n- run: pytest b\n- run: pytest c")
        assert [step.run for step in found.steps if "pytest" in step.run] == [("pytest", "a")]
        note = f"{PLACE}, step 3 and those after it: not used; step 2 changes what is tested"
        assert found.notes == (note,), change
    assert len(job("- run: npm install\n- run: npm test").steps) == 2


def test_jobs_elsewhere_and_of_other_repositories_are_not_used() -> None:
    assert job("- uses: actions/checkout@v4\n  with: {repository: a/b}\n- run: pytest").steps == ()
    assert len(job("- uses: actions/cache@v4\n  with: {path: x}\n- run: pytest").steps) == 1
    windows = "on: push\njobs:\n  t:\n    runs-on: windows-latest\n    steps: [{run: pytest}]\n"
    assert read(windows).steps == ()
    assert len(read(windows.replace("windows-latest", "'${{ matrix.os }}'")).steps) == 1
    folder = "    defaults: {run: {working-directory: sub}}\n"
    assert job("- run: pytest", folder).steps == ()
    assert job("- run: pytest", "    if: github.event_name == 'schedule'\n").steps == ()


def test_plain_variables_go_with_the_command_and_ours_do_not() -> None:
    head = "    env: {DJANGO: x, FORCE_COLOR: '1', PYTEST_ADDOPTS: -q, TOKEN: '${{ secrets.T }}'}\n"

    (step,) = job("- run: pytest\n  env: {LEVEL: 2}", head).steps

    assert step.run == ("env", "DJANGO=x", "LEVEL=2", "pytest")


def test_a_workflow_that_is_no_workflow_says_so_or_nothing() -> None:
    assert read("jobs: [").notes == (
        f"workflow {PATH}: cannot be read as YAML within bounds; not used",
    )
    for text in ("on: push", "on: push\njobs: 3", "on: push\njobs: {a: 3, b: {steps: 4}}",
                 "on: push\njobs: {a: {steps: [1, {run: [x]}, {uses: 3, with: 4}]}}"):  # fmt: skip
        assert read(text) == Workflows(), text
    assert read("on: push\njobs: {}", ".github/workflows/sub/ci.yml") == Workflows()
    assert read("on: push\njobs: {}", ".github/workflows/\udcff.yml") == Workflows()


def test_a_name_that_is_not_printable_is_shown_as_escapes() -> None:
    (note,) = read('on: push\njobs: {"a\\nb": {steps: [{run: "pytest | x"}]}}').notes

    assert "'a\\nb'" in note


def test_more_than_anybody_writes_is_not_read() -> None:
    large = "on: push\njobs: {a: {steps: [{run: pytest}]}}\n" + "# padding\n" * 9_000
    names = [f".github/workflows/{n}.yml" for n in range(40)]

    found = read_workflows(ProjectFiles.of(names, lambda _: large.encode()))

    assert len(found.steps) == 3
    assert len([note for note in found.notes if "cannot be read as YAML" in note]) == 37


def test_a_long_script_takes_no_time() -> None:
    started = time.process_time()

    for script in (";" * 19_000, "pip " * 4_000, "npm i " + "-x " * 6_000, "x" * 90_000):
        assert len(job(f"- run: '{script}'").steps) <= 1

    assert time.process_time() - started < 5
