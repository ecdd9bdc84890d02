"""Writes what the papers repeat of the program: help, configuration, facade, spans, schemas.

`make papers` runs it; the tests compare, so that nothing of this drifts.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from bot.campaigns.document import campaign_schema
from bot.configuration.reference import configuration_page, operator_schema, target_schema
from bot.telemetry.names import tables
from validators.codemods.reference import codemod_reference

ROOT = Path(__file__).resolve().parent.parent
_FACADE = re.compile(r"(<!-- facade -->\n).*?(<!-- /facade -->)", re.DOTALL)
_SPANS = re.compile(r"(<!-- spans -->\n).*?(<!-- /spans -->)", re.DOTALL)
_BLOCK = re.compile(r"(<!-- help: (changewright[\w -]*?) -->\n).*?(<!-- /help -->)", re.DOTALL)


def main() -> None:
    """Rewrite the generated parts in place."""
    for page in (ROOT / "README.md", ROOT / "docs" / "commands.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(_BLOCK.sub(_filled, text), encoding="utf-8")
    codemods = ROOT / "docs" / "codemods.md"
    facade = f"```text\n{codemod_reference()}```\n"
    text = codemods.read_text(encoding="utf-8")
    codemods.write_text(_FACADE.sub(lambda at: at[1] + facade + at[2], text), encoding="utf-8")
    reports = ROOT / "docs" / "reports.md"
    text = reports.read_text(encoding="utf-8")
    reports.write_text(_SPANS.sub(lambda at: at[1] + tables() + at[2], text), encoding="utf-8")
    (ROOT / "docs" / "configuration.md").write_text(configuration_page(), encoding="utf-8")
    (ROOT / "bot" / "changewright.schema.json").write_text(target_schema(), encoding="utf-8")
    (ROOT / "bot" / "changewright-operator.schema.json").write_text(
        operator_schema(), encoding="utf-8"
    )
    (ROOT / "bot" / "changewright-campaign.schema.json").write_text(
        campaign_schema(), encoding="utf-8"
    )


def _filled(block: re.Match[str]) -> str:
    command, *words = block[2].split()
    argv = [str(Path(sys.executable).with_name(command)), *words, "--help"]
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "COLUMNS": "80"}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=True)
    return f"{block[1]}```\n{done.stdout.rstrip()}\n```\n{block[3]}"


if __name__ == "__main__":
    main()
