"""Commands that run tests and linters: options that select less or hide a failure, lines dropped.

Lines are compared, not shells: in a Makefile, a workflow, a tox section or a script the same words
mean the same. What stood there before is no loosening, wherever in the file it stood.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from validators.weakenings.loosening import Code

_RUNNER = re.compile(
    r"(?<![\w.-])(?:pytest|py\.test|tox|nox|unittest|trial|stestr|jest|vitest|mocha|ava|karma"
    r"|(?:npm|pnpm|yarn|bun|node|deno|cargo|go|mvn|gradle|gradlew|make|just|hatch|pdm|rake)"
    r"(?: run)? (?:--)?(?:test|tests|check|lint|verify)\b|playwright test|cypress run"
    r"|ruff|mypy|pyright|flake8|pylint|eslint|tsc|bandit|rspec|phpunit|ctest|clippy)(?![\w-])"
)
_HIDDEN = re.compile(
    r"\|\|\s*(?:true|:|exit 0|echo\b)|;\s*(?:true|exit 0)\s*(?:$|[\"'])|\bset \+e\b"
    r"|--exit-zero\b|--no-fail\b|continue-on-error:\s*(?:true|\$)|allow_failure:\s*true"
    r"|\bcontinueOnError:\s*true|ignore_outcome\s*=\s*[Tt]rue|ignore_errors\s*=\s*[Tt]rue"
    r"|--passWithNoTests\b|\bsuccess_codes\s*="
)
# In a Makefile and in tox a dash before a command throws its exit code away.
_DASHED = re.compile(r"^\s*@?-\s*@?(?=\S)")
_RETRIES = re.compile(r"--(?:reruns|retries|retry|force-flaky|max-runs)\b|^\s*retry:\s*[1-9]")
_NARROWING = re.compile(
    r"(?<!\S)(?:(?:-k|-m|--ignore|--ignore-glob|--deselect|--co|--collect-only|--lf|--ff|--sw"
    r"|--last-failed|--stepwise|--testPathPatterns?|--testPathIgnorePatterns|--testNamePattern|-t"
    r"|--onlyChanged|--exclude|--grep|-g|--fgrep|--extend-ignore|--extend-exclude|--no-cov|--skip"
    r"|--disable|--per-file-ignores|--ignore-missing-imports|--no-strict\S*|--quiet-level"
    r"|--last-commit|--bail-on|--no-run|--changed|--shard|--test-skip-pattern)(?=[\s=]|$)"
    r"|-p\s+no:\S+)(?:[= ]+(?:\"[^\"]*\"|'[^']*'|\S+))?"
)
_MODULE = re.compile(r"(?<!\S)(?:python\S*|\S*/python\S*)\s+-m\s+")
_THRESHOLD = re.compile(r"--(cov-fail-under|fail-under|check-coverage|lines|branches)[= ]+([\d.]+)")
_CEILING = re.compile(r"--(max-warnings|max-complexity)[= ]+(-?\d+)")


@dataclass(frozen=True, slots=True)
class LooserCommand:
    """One line as it stands now, or stood before when it is gone, and what is loose in it.

    ``missing`` is the runner that the lines no longer start.
    """

    code: Code
    said: str
    line: str
    certain: bool = True
    missing: str = ""


def looser_commands(
    old: Sequence[str], new: Sequence[str], *, dashes: bool = False
) -> Iterator[LooserCommand]:
    """Yield what the lines of ``new`` leave out or hide beyond those of ``old``.

    ``dashes``: a dash before a command means that its failure does not count.
    """
    before = Counter(" ".join(line.split()) for line in old)
    after = Counter(" ".join(line.split()) for line in new)
    gone = list((before - after).elements())
    added = list((after - before).elements())
    known = _Known(gone, " ".join(gone))
    for line in added:
        if not line.startswith(("#", "//")):
            yield from _looser(line, known, dashes=dashes)
    kept = " ".join(new)
    for line in gone:
        found = _RUNNER.search(line)
        if found is None or line.startswith(("#", "//")) or not _is_command(line):
            continue
        if found[0] not in kept:
            said = f"no longer runs {found[0]}"
            yield LooserCommand("settings-loosened", said, line, missing=found[0])
    yield from _lower_thresholds(" ".join(gone), " ".join(added), kept)


class _Known:
    """The lines that are gone, and the options that stood in them."""

    def __init__(self, gone: Sequence[str], text: str) -> None:
        self.gone = frozenset(gone)
        self.text = text
        self.options = Counter(_NARROWING.findall(_MODULE.sub("python ", text)))


def _looser(line: str, known: _Known, *, dashes: bool) -> Iterator[LooserCommand]:
    dashed = _DASHED.sub("", line) if dashes else line
    runs = _RUNNER.search(dashed) is not None
    hidden = _HIDDEN.search(line)
    if hidden and known.text.count(hidden[0]) < line.count(hidden[0]):
        is_step = ":" in hidden[0] and "|" not in hidden[0]
        is_named = "test" in line or "lint" in line or "zero" in hidden[0]
        certain = runs or is_step or is_named or "set -e" in known.text
        yield LooserCommand("failure-hidden", hidden[0].strip(), line, certain=certain)
    if runs and dashed != line and dashed.strip() in known.gone:
        yield LooserCommand("failure-hidden", "a dash before the command", line)
    retries = _RETRIES.search(line)
    if retries and retries[0] not in known.text:
        yield LooserCommand("retries-added", retries[0].strip(), line)
    narrowed = _NARROWING.findall(_MODULE.sub("python ", line)) if runs or _is_options(line) else []
    for option in Counter(narrowed) - known.options:
        yield LooserCommand("settings-loosened", option.strip(), line, certain=bool(known.gone))


def _lower_thresholds(gone: str, added: str, kept: str) -> Iterator[LooserCommand]:
    for pattern, sign in ((_THRESHOLD, 1), (_CEILING, -1)):
        before = {name: float(value) for name, value in pattern.findall(gone)}
        after = {name: float(value) for name, value in pattern.findall(added)}
        for name, value in before.items():
            now = after.get(name)
            if now is None and f"--{name}" in kept:
                continue
            if now is None or sign * now < sign * value:
                said = f"--{name} {value:g} became {'nothing' if now is None else f'{now:g}'}"
                yield LooserCommand("threshold-lowered", said, added or gone)


def _is_options(line: str) -> bool:
    return line.startswith("-") or "addopts" in line or "posargs" in line


def _is_command(line: str) -> bool:
    """Whether a line runs something: not where it only names or installs a tool."""
    return not re.search(r"\b(?:install|add|uses|name|deps|requires|id|rev|repo)\b\s*[:=]?", line)
