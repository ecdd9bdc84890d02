"""One fix, and its spoiled forms, put before the product's own gates in this process."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from bot.gate_room import GateRoom, detected
from bot.wiring import Bench, open_bench
from tests.bench.spoiling.candidate import Candidate
from tests.bench.spoiling.fixes import Fix, repository_of
from tests.bench.spoiling.material import Material
from tests.bench.spoiling.variants import VARIANTS, Variant, spoiled
from validators.checkout import list_files
from validators.rules import GateRule
from validators.verdict import Verdict

TRUE = "true-change"

_IS_TEST = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test)\.py$")

Word = Literal["right", "wrong reason", "wrong", "not applicable"]


@dataclass(frozen=True, slots=True)
class Terms:
    """How fixes are judged. ``is_whole``: by all tests, not only those in the files it touches."""

    repositories: Path
    state: Path
    variants: tuple[str, ...]
    is_whole: bool
    out: Path | None = None

    def keep(self, line: "Line") -> "Line":
        """Add a line to the file that was asked for: a long run may not come to its end."""
        if self.out is not None:
            with self.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(line)) + "\n")
        return line


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one tree; ``codes`` are those of the findings that block."""

    fix: str
    variant: str
    word: Word
    verdict: str = ""
    codes: tuple[str, ...] = ()
    note: str = ""
    messages: tuple[str, ...] = ()
    seconds: float = 0.0
    f2p: int = 0

    @property
    def reason(self) -> str:
        """The verdict, and the finding that comes first."""
        return f"{self.verdict}: {self.codes[0]}" if self.codes else self.verdict


def judge_fix(fix: Fix, terms: Terms) -> list[Line]:
    """Judge the true change, then every variant; one line each."""
    repository = repository_of(fix, terms.repositories)
    with open_bench(repository, fix.base, {"state": terms.state}, unsafe=False) as opened:
        bench = _declared(opened, fix, terms)
        room = GateRoom(bench)
        environment = room.environment()
        if environment.trouble:
            why = environment.trouble[-300:]
            return [terms.keep(Line(str(fix), TRUE, "wrong", "infrastructure", note=why))]
        material = Material(bench, fix, environment)
        lines = []
        if not terms.variants or TRUE in terms.variants:
            true = Candidate(material.true_tree, "")
            lines.append(terms.keep(_judged(room, fix, None, true)))
        for variant in VARIANTS:
            if not terms.variants or variant.name in terms.variants:
                found = spoiled(variant, material)
                if isinstance(found, str):
                    line = Line(str(fix), variant.name, "not applicable", note=found)
                else:
                    line = _judged(room, fix, variant, found)
                lines.append(terms.keep(line))
        return lines


def _declared(bench: Bench, fix: Fix, terms: Terms) -> Bench:
    """Return the bench with the gates that a person would declare for this fix alone."""
    gates = tuple(_gate(bench, gate, fix, terms) for gate in detected(bench).gates)
    if gates == detected(bench).gates:
        return bench
    rules = replace(bench.settings.rules, gates=gates)
    return replace(bench, settings=replace(bench.settings, rules=rules))


def _gate(bench: Bench, gate: GateRule, fix: Fix, terms: Terms) -> GateRule:
    if gate.kind != "test":
        return gate
    if fix.run:
        return replace(gate, run=fix.run)
    if terms.is_whole or "pytest" not in gate.run:
        return gate
    there = [file.path for file in list_files(bench.clone, bench.clone.base_tree)]
    # What is left out is named, and not what is run: planted tests belong to the rest.
    others = [path for path in there if _IS_TEST.search(path) and path not in fix.tests]
    return replace(gate, run=(*gate.run, *(f"--ignore={path}" for path in others)))


def _judged(room: GateRoom, fix: Fix, variant: Variant | None, candidate: Candidate) -> Line:
    started = time.monotonic()
    name = variant.name if variant else TRUE
    try:
        verdict, evidence = room.judge(candidate.tree, _unheard)
    except Exception as error:  # noqa: BLE001 - a judge that breaks down is a result, too
        return Line(str(fix), name, "wrong", "crash", (type(error).__name__,), str(error)[:300])
    codes = tuple(dict.fromkeys(found.code for found in verdict.blocking))
    return Line(
        str(fix),
        name,
        _word(verdict, variant, codes),
        verdict.word,
        codes,
        candidate.note,
        tuple(f"{f.code} ({f.severity}): {f.message[:300]}" for f in verdict.findings[:6]),
        round(time.monotonic() - started, 1),
        sum(len(record.fail_to_pass) for record in evidence.gates),
    )


def _word(verdict: Verdict, variant: Variant | None, codes: tuple[str, ...]) -> Word:
    if variant is None:
        return "right" if verdict.passed else "wrong"
    if verdict.may_be_shown:
        return "wrong"
    return "right" if variant.codes.intersection(codes) else "wrong reason"


def _unheard(kind: str, data: Mapping[str, Any]) -> None:
    """Take what an observer is told: only verdicts count here."""
