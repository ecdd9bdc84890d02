"""Detection in packages of Node: what workflows run of their scripts, and who installs them."""

from collections.abc import Mapping

from validators.detect import Detected, detect
from validators.rules import Rules

CI = ".github/workflows/ci.yml"


def found(files: Mapping[str, str]) -> Detected:
    def read(path: str) -> bytes | None:
        content = files.get(path)
        return content.encode() if content is not None else None

    return detect([*files], read, Rules())


def ci(*runs: str, job: str = "tests") -> dict[str, str]:
    steps = "".join(f"      - run: |\n          {run}\n" for run in runs)
    return {CI: f"on: push\njobs:\n  {job}:\n    runs-on: ubuntu-latest\n    steps:\n{steps}"}


def gates(detected: Detected) -> dict[str, tuple[str, ...]]:
    return {gate.name: gate.run for gate in detected.gates}


PACKAGE = (
    '{"scripts": {"test": "vitest", "test:types": "tsc", "format": "prettier -c .",'
    ' "build": "tsc -b", "watch": "vitest -w"}, "devDependencies": {"vitest": "1"}}'
)


def test_the_scripts_that_a_workflow_runs_are_the_gates_of_a_package() -> None:
    detected = found({"package.json": PACKAGE,
                      **ci("npm ci", "npm run format", "npm run test:types",
                                                    "npm test -- --run", "npm run build",
                                                    "npm run build", "npx eslint .")})  # fmt: skip

    assert gates(detected) == {
        "format": ("npm", "run", "format"),
        "test:types": ("npm", "run", "test:types"),
        "tests": ("npm", "test", "--", "--run"),
        "build": ("npm", "run", "build"),
        "eslint": ("npx", "eslint", "."),
    }
    assert [gate.name for gate in detected.gates if not gate.required] == ["format"]


def test_a_package_of_pnpm_is_run_by_it_and_tests_of_other_jobs_are_left_out() -> None:
    first, second = ci("pnpm test:types", "pnpm test")[CI], ci("pnpm run test", job="old")[CI]
    files = {
        "package.json": PACKAGE,
        "pnpm-lock.yaml": "",
        CI: second + first.partition("jobs:\n")[2],
    }

    detected = found(files)

    assert gates(detected) == {
        "test:types": ("pnpm", "run", "test:types"), "tests": ("pnpm", "run", "test"),
    }  # fmt: skip
    assert detected.setup.commands[0][-1] == "pnpm@10"


def test_a_script_that_is_a_placeholder_is_no_gate() -> None:
    package = '{"scripts": {"test": "echo no test specified"}}'

    assert found({"package.json": package, **ci("npm test")}).gates == ()


def test_jobs_that_release_build_no_gate_and_a_benchmark_is_no_test() -> None:
    package = '{"scripts": {"test": "jest", "test:perf": "jest perf", "build": "tsc"}}'
    released = found({"package.json": package, **ci("npm run build", job="release")})
    tested = found({"package.json": package, **ci("npm test", "npm run test:perf")})

    assert gates(released) == {"tests": ("npm", "test")}
    assert gates(tested) == {"tests": ("npm", "test")}
