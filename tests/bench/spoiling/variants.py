"""Every way in which a fix is spoiled here, and for which reasons it may then be rejected."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from tests.bench.spoiling import broken, forbidden, forged, weakened
from tests.bench.spoiling.candidate import Candidate
from tests.bench.spoiling.material import Material

# What a candidate must be found to be, by tests run beside all gates, to count as spoiled.
Need = Literal["nothing", "breaks", "proves-nothing", "is-green"]


@dataclass(frozen=True, slots=True)
class Variant:
    """``codes``: findings that block for the right reason; any of them will do."""

    name: str
    make: Callable[[Material], Iterator[Candidate]]
    codes: frozenset[str]
    need: Need = "nothing"


def _variant(
    name: str,
    make: Callable[[Material], Iterator[Candidate]],
    codes: str,
    need: Need = "nothing",
) -> Variant:
    return Variant(name, make, frozenset(codes.split()), need)


_RED = "newly-failing new-test-failing collection-error"
_IDLE = "no-improvement test-missing"
_FORGED = "sentinel-missing sentinel-passed report-missing report-broken report-disagrees"
_EXIT = f"{_FORGED} collection-error test-missing"
_SELECTED = "settings-loosened settings-disagree test-missing no-tests sentinel-missing"
_SKIPPED = "test-skipped"
# A test that asserts less may leave a name behind that nothing uses any more: lint-new.
_LOOSER = "lint-new assertion-removed assertion-loosened test-loosened exception-swallowed"

VARIANTS = (
    _variant("no-source", broken.without_source, f"{_RED} no-improvement"),
    _variant("hunk-missing", broken.hunk_missing, f"{_RED} no-improvement lint-new", "breaks"),
    _variant("mutated", broken.mutated, f"{_RED} no-improvement", "breaks"),
    _variant("undefined-name", broken.undefined_name, f"lint-new undefined-name {_RED}"),
    _variant("syntax-error", broken.syntax_error, "syntax-error"),
    _variant("conflict-markers", broken.conflict_markers, "conflict-marker"),
    _variant("own-removed", weakened.own("removed"), f"{_IDLE} test-removed", "proves-nothing"),
    _variant("own-skipped", weakened.own("skipped"), f"{_IDLE} {_SKIPPED}", "proves-nothing"),
    _variant(
        "own-loosened", weakened.own("loosened"), f"no-improvement {_LOOSER}", "proves-nothing"
    ),
    _variant(
        "own-tautology", weakened.own("tautology"), f"no-improvement {_LOOSER}", "proves-nothing"
    ),
    _variant("standing-removed", weakened.standing("removed"), "test-missing test-removed"),
    _variant("standing-skipped", weakened.standing("skipped"), _SKIPPED),
    _variant("standing-emptied", weakened.standing("emptied"), f"test-emptied {_LOOSER}"),
    _variant("standing-loosened", weakened.standing("loosened"), _LOOSER),
    _variant("standing-tautology", weakened.standing("tautology"), _LOOSER),
    _variant(
        "broken-and-removed", weakened.hiding("removed"), "test-missing test-removed", "is-green"
    ),
    _variant("broken-and-skipped", weakened.hiding("skipped"), _SKIPPED, "is-green"),
    _variant("broken-and-loosened", weakened.hiding("loosened"), _LOOSER, "is-green"),
    _variant("tolerance-widened", weakened.tolerance_widened, "tolerance-widened"),
    _variant("settings-keyword", forged.settings("-k 'not {name}'"), _SELECTED),
    _variant("settings-deselect", forged.settings("--deselect={path}::{id}"), _SELECTED),
    _variant("settings-collect-only", forged.settings("--co"), f"{_SELECTED} {_FORGED}"),
    _variant("script-succeeds", forged.script_changed("exit 0"), f"{_SELECTED} {_FORGED}"),
    _variant(
        "script-selects",
        forged.script_changed("node --test --test-name-pattern=never"),
        f"{_SELECTED} {_FORGED}",
    ),
    _variant("conftest-flips", forged.conftest(forged.FLIPS), _FORGED),
    _variant("conftest-rewrites", forged.conftest(forged.REWRITES), _FORGED),
    _variant("conftest-skips", forged.conftest(forged.SKIPS_ALL), f"{_FORGED} {_SKIPPED} no-tests"),
    _variant("exit-in-source", forged.in_source(forged.DIES_AT_IMPORT, forged.NODE_LEAVES), _EXIT),
    _variant(
        "exit-in-tests",
        forged.in_tests(forged.LEAVES_AT_IMPORT, forged.NODE_LEAVES),
        f"{_EXIT} no-improvement",
    ),
    _variant(
        "exit-code-zero",
        forged.in_tests(b"", forged.NODE_EXITS_WELL, without_fix=True),
        f"{_EXIT} {_RED} no-improvement",
    ),
    # With the fix in place it would hide nothing: tests tell how they went before they end.
    _variant(
        "exit-in-handler",
        forged.in_source(b"", forged.NODE_DIES, without_fix=True),
        f"{_EXIT} {_RED} no-improvement",
    ),
    _variant("workflow-edited", forbidden.workflow_edited, "protected-path"),
    _variant("own-rules", forbidden.own_rules, "own-config protected-path"),
    _variant("secret-added", forbidden.secret_added, "secret-added"),
    _variant("symlink", forbidden.symlink, "symlink"),
    _variant("submodule", forbidden.submodule, "submodule"),
    _variant("executable", forbidden.executable, "made-executable file-mode"),
    _variant("binary", forbidden.binary, "binary-file"),
    _variant("hidden-character", forbidden.hidden_character, "hidden-character"),
    _variant("lock-file", forbidden.lock_file, "lock-without-manifest"),
)


def spoiled(variant: Variant, material: Material) -> Candidate | str:
    """Return the first candidate that is spoiled indeed, or why there is none."""
    why = "there is nothing here to spoil so"
    for candidate in variant.make(material):
        if candidate.tree == material.true_tree:
            why = "it makes no difference here"
        elif _is_spoiled(variant.need, candidate, material):
            return candidate
        else:
            why = f"none of those tried {_MEANS[variant.need]}"
    return why


_MEANS: dict[Need, str] = {
    "nothing": "differs",
    "breaks": "breaks a test that passes with the fix",
    "proves-nothing": "passes without the fix",
    "is-green": "hides what it breaks",
}


def _is_spoiled(need: Need, candidate: Candidate, material: Material) -> bool:
    checks = {
        "nothing": lambda _: True,
        "breaks": material.breaks,
        "proves-nothing": material.proves_nothing,
        "is-green": material.is_green,
    }
    return checks[need](candidate.tree)
