"""The summary of a step: Markdown in which a stranger's words do nothing."""

from dataclasses import replace

from bot.pages.step_summary import summary_text
from validators.evidence import Evidence
from validators.evidence_statement import statement_of
from validators.verdict import Finding, Verdict


def test_it_holds_the_verdict_every_finding_and_the_gates(evidence: Evidence) -> None:
    shown = summary_text(Verdict("fail", evidence.findings), evidence)

    assert shown.startswith("## changewright gate: fail\n")
    assert "| ask | `policy/size` |  | it is \\*\\*large\\*\\* |\n" in shown
    assert "| block | `tests/regression` | `t.py:3` | &lt;b>red&lt;/b> _Fix:_ mend it |\n" in shown
    assert "| lint | `ruff check .` | has findings | has findings | **fail** |\n" in shown
    assert statement_of(evidence, "fail").sha256 in shown


def test_a_strangers_words_are_inert_and_break_out_of_no_table(evidence: Evidence) -> None:
    evil = "@team | x |\n## fixes #1 <img src=x> https://a.example ![](y)"
    found = Finding("tests", "red|`x", "block", evil, "a|b\n`c`.py", 3, evil)
    (row,) = (
        line
        for line in summary_text(Verdict("fail", (found,)), evidence).splitlines()
        if line.startswith("| block |")
    )

    assert row.replace("\\|", "").count("|") == 5
    assert "@team" not in row
    assert "<img" not in row
    assert "https://" not in row


def test_a_pass_has_no_table_of_findings(evidence: Evidence) -> None:
    shown = summary_text(Verdict("pass"), evidence)

    assert "| severity |" not in shown
    assert "## changewright gate: pass\n" in shown


def test_many_findings_are_counted_and_stay_below_what_a_forge_takes(evidence: Evidence) -> None:
    many = tuple(
        Finding("tests", "red", "block", "x" * 9_000, f"{n}.py", 1, "y" * 9_000) for n in range(500)
    )
    gate = replace(evidence.gates[2], missing=tuple(f"t::{'z' * 900}{n}" for n in range(60)))
    assert "\n400 more findings.\n" in summary_text(Verdict("fail", many), evidence)
    shown = summary_text(Verdict("fail", many), replace(evidence, gates=(gate,) * 130))

    assert "\n475 more findings.\n" in shown
    assert len(shown.encode()) < 1024**2
