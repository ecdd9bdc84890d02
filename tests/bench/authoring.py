"""What 200 files cost a model: one that writes a program for all, beside one request for each file.

    python tests/bench/authoring.py [--tree FOLDER] [--files N]

Without `--tree` Twisted's wheel is fetched from the package index. The change is the same in all
rows: a method of tests gets another name. No model is asked: an oracle that knows the change
answers through the port. It gives edits for what it is shown; or a program, whose first reply
counts wrongly so that there is a second; or a snippet that tries the program on all files and hands
it over. What was sent and said is counted as the program itself does before it asks, a quarter of
the UTF-8 bytes, and priced by the list that is installed, without a cache. Gates pass everything:
they cost no token. A site is right when it has the new name in the end.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NoReturn

from bot.adapters.claude_model.prices import price_usd
from bot.campaigns.authoring import prepared
from bot.campaigns.step_place import StepPlace, consultation_of
from bot.campaigns.steps import steps_of
from bot.campaigns.yard import Ground, Yard
from bot.wiring import Bench, opened_journal
from bot.workshop import workshop
from validators.evidence import Evidence
from validators.verdict import Verdict
from workflows import author_request, patch_request
from workflows.actions import RUN_CODE
from workflows.authored_program import AuthoredProgram
from workflows.authoring import author_once, authored_program
from workflows.campaign import Campaign, Recipe, Template
from workflows.campaign_plan import CampaignSpec, Selection, Site, plan
from workflows.campaign_streams import authoring_stream
from workflows.conversation import ActionCall, Conversation, Message, Reply, ReplyLimits, Usage
from workflows.migrate import run_target
from workflows.picture import Picture
from workflows.ports import Journal
from workflows.proposal import unseal
from workflows.purse import text_of
from workflows.recorder import leased
from workflows.sharding import Shard
from workflows.target_attempt import Workbench
from workflows.workshop import Watch

OLD, NEW = "assertEqual", "check_equal"
WORDS = f"Call `{NEW}` instead of `{OLD}`."
SITE = re.compile(rf"\.{OLD}\(")
MODEL = "claude-sonnet-5-5"
SHOWN = re.compile(r"<<<data (\w+) (\S+\.py)(?: lines (\d+)-(\d+))?\n(.*?)\ndata>>> \1", re.DOTALL)
PROGRAM = rf'''"""Calls of {OLD}() become calls of {NEW}()."""

from collections.abc import Iterator

from validators.codemod import Edits, File

SITES = r"\.{OLD}\("
FILES = ("*.py",)


def transform(file: File) -> Iterator[Edits]:
    for call in file.find("$OBJECT.{OLD}($$$ARGS)"):
        for name in call.field("function").tokens:
            if name.text == "{OLD}":
                yield file.compose(name, "{NEW}")
'''
EXAMPLES = {
    "call.before.py": f"self.{OLD}(1, one)  # kept\n",
    "call.after.py": f"self.{NEW}(1, one)  # kept\n",
    "other.keep.py": f"self.{OLD}s(1, one)\n",
}


SNIPPET = f"""\
program = {PROGRAM!r}
expected = sum([one.sites for one in count({SITE.pattern!r})])
found = try_program(program)
print(found.expected, expected, found.rewritten, found.left[:5], found.failures[:5])
if found.expected == expected and not found.failures:
    submit(program, {list(EXAMPLES.items())!r}, expected, "It renames the method.")
"""


@dataclass
class Oracle:
    """The Model port by somebody who knows the change, and counts; ``files`` are at the base."""

    files: dict[str, str]
    name: str = MODEL
    asked: list[Usage] = field(default_factory=list)

    def estimate_tokens(self, text: str) -> int:
        return len(text.encode("utf-8", "surrogatepass")) // 4 + 1

    def picture_tokens(self, _: Picture) -> int:
        return 0

    def price_usd(self, input_tokens: int, output_tokens: int) -> float | None:
        return price_usd(MODEL, Usage(input_tokens, output_tokens))

    def reply(
        self,
        conversation: Conversation,
        limits: ReplyLimits,
        observe: Callable[[str], None] = lambda _: None,
    ) -> Reply:
        first = conversation.messages[0].text
        if conversation.actions:
            said = Message("model", calls=(ActionCall("1", RUN_CODE, {"code": SNIPPET}),))
        elif conversation.system == patch_request.SYSTEM:
            said = Message("model", self._edits(first))
        else:
            said = Message("model", _program(first, is_second=len(conversation.messages) > 1))
        written = said.text + "".join(str(call.arguments) for call in said.calls)
        usage = Usage(self.estimate_tokens(text_of(conversation)), self.estimate_tokens(written))
        usage = replace(usage, usd=price_usd(MODEL, usage))
        self.asked.append(usage)
        return Reply(said, "actions" if said.calls else "end", usage, self.name)

    def _edits(self, words: str) -> str:
        """Return an edit for each line with a site that was shown, as short as it is unique."""
        blocks = []
        for _, path, start, end, _ in SHOWN.findall(words):
            lines = self.files[path].split("\n")
            first, last = int(start or 1), int(end or len(lines))
            sites = [at for at in range(first - 1, last) if SITE.search(lines[at])]
            blocks += [_block(path, lines, span) for span in _spans(lines, sites)]
        return "Renamed.\n\n" + "\n".join(blocks)


def _spans(lines: list[str], sites: list[int]) -> list[tuple[int, int]]:
    """Return the shortest runs of lines around sites that stand in their file once, disjoint."""
    whole = "\n" + "\n".join(lines) + "\n"
    spans: list[tuple[int, int]] = []
    for at in sites:
        start, stop = at, at + 1
        while start and whole.count("\n" + "\n".join(lines[start:stop]) + "\n") > 1:
            start -= 1
        while stop < len(lines) and whole.count("\n" + "\n".join(lines[start:stop]) + "\n") > 1:
            stop += 1
        while spans and spans[-1][1] >= start:
            before = spans.pop()
            start, stop = min(start, before[0]), max(stop, before[1])
        spans.append((start, stop))
    return spans


def _block(path: str, lines: list[str], span: tuple[int, int]) -> str:
    old = "\n".join(lines[slice(*span)])
    new = SITE.sub(f".{NEW}(", old)
    return f"{path}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"


def _program(words: str, *, is_second: bool) -> str:
    count = sum(len(SITE.findall(text)) for *_, text in SHOWN.findall(words))
    files = {"codemod.py": PROGRAM, **{f"examples/{k}": v for k, v in EXAMPLES.items()}}
    blocks = (f"{p}\n<<<<<<< SEARCH\n=======\n{t}>>>>>>> REPLACE\n" for p, t in files.items())
    said = count if is_second else count + 1
    return f"It renames the method.\n{author_request.COUNT} {said}\n\n" + "\n".join(blocks)


def fetched(folder: Path) -> Path:
    """Return Twisted's wheel, unpacked."""
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    argv += ["--only-binary", ":all:", "--dest", str(folder), "twisted"]
    subprocess.run(argv, check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(folder / "wheel")
    return folder / "wheel"


def repository(tree: Path, count: int, folder: Path) -> dict[str, str]:
    """Make a repository of the first files that have a site; return them."""
    found: dict[str, str] = {}
    for path in sorted(tree.rglob("*.py")):
        text = path.read_bytes().decode("utf-8", "replace")
        if len(found) < count and SITE.search(text) and "\ufffd" not in text and "\r" not in text:
            name = str(path.relative_to(tree))
            found[name] = text
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
    config = folder / ".github" / "changewright.yml"
    config.parent.mkdir()
    config.write_text('setup: {run: []}\ngates: [{name: fine, kind: test, run: "true"}]\n')
    named = ["-c", "user.name=a", "-c", "user.email=a@localhost"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "base"]):
        subprocess.run(["git", *named, *words], cwd=folder, check=True)
    return found


def campaign(bench: Bench, steps: tuple[Recipe, ...], shard: Shard) -> Campaign:
    spec = CampaignSpec("bench", Selection(globs=("*.py",)), steps, Template("T"), shard=shard)
    return plan(spec, [Site(bench.clone, bench.settings.rules)])


def worked(steps: tuple[Recipe, ...], shard: Shard, place: Path, oracle: Oracle) -> dict[str, str]:
    """Carry a campaign out, and return what became of its files."""
    given = {"state": place / f"state-{steps[0].kind}"}
    made = dict(oracle.files)
    with opened_journal(given) as journal, Yard(Ground(given, unsafe=False)) as yard:
        bench = yard.bench(str(place / "repo"), "HEAD")
        asked = campaign(bench, steps, shard)
        program = written(asked, oracle, (journal, yard))
        one = workbench(asked, oracle, bench, program)
        for number, target in enumerate(asked.targets):
            with leased(journal, f"target-{target.key}", "bench") as fence:
                result = run_target(asked, target, fence, one, partial("r{}".format, number))
            if not result.bundle:
                print(f"  {target.name}: {result.state}: {result.cause[:100]}")
                continue
            bundle, _ = unseal(Path(result.bundle).read_bytes())
            made |= {change.path: (change.content or b"").decode() for change in bundle.changes}
    return made


def written(asked: Campaign, oracle: Oracle, at: tuple[Journal, Yard]) -> AuthoredProgram | None:
    """Have the oracle write the campaign's program, if it has one."""
    (journal, yard), stream = at, authoring_stream(asked)
    if stream:
        commission, desk = prepared(asked, yard, Watch(), 60.0)
        told = replace(commission.consultation, model_of=lambda *_: oracle)
        commission = replace(commission, consultation=told, judge=lambda *_: "")
        with leased(journal, stream, "bench") as fence:
            author_once(asked, journal, fence, commission, desk)
    return authored_program(asked, journal)


def workbench(
    asked: Campaign, oracle: Oracle, bench: Bench, program: AuthoredProgram | None
) -> Workbench:
    """Return what targets are worked on with: the oracle's steps, and gates that pass."""
    clone = bench.clone

    def judged(tree: str, _: object) -> tuple[Verdict, Evidence]:
        words = (clone.base_commit, clone.base_tree, tree, "0" * 64, "none", "none")
        return Verdict("pass"), Evidence(*words, (), ())

    shop = replace(workshop(bench, Watch()), judge=judged, prepare=lambda _: "")
    consultation = replace(consultation_of(bench, asked, shop), model_of=lambda *_: oracle)

    def never(*_: object) -> NoReturn:
        raise AssertionError("no step of this campaign is a command")

    place = StepPlace(bench, never, consultation, program)
    return Workbench(shop, steps_of(asked.steps, place), model=oracle.name)


def main() -> None:
    """Print a row for each way, and their ratio."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tree", type=Path)
    asked.add_argument("--files", type=int, default=200)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-authoring-") as folder:
        place = Path(folder)
        try:
            tree = given.tree or fetched(place)
        except subprocess.CalledProcessError:
            print("no package index gives Twisted's wheel here: name an unpacked one by --tree")
            return
        (place / "repo").mkdir()
        files = repository(tree, given.files, place / "repo")
        sites = sum(len(SITE.findall(text)) for text in files.values())
        print(f"{len(files)} files, {sum(map(len, files.values())) / 1e6:.1f} MB, {sites} sites")
        author = Recipe("author", (WORDS, "")), Recipe("patch", (WORDS,))
        ways = {
            "a request for each file": ((Recipe("patch", (WORDS,)),), Shard("file")),
            "one program for all": (author, Shard("all", 20)),
            "one program, by snippets": (author, Shard("all", 20)),
        }
        rows = []
        for name, (steps, shard) in ways.items():
            os.environ["CHANGEWRIGHT_MODEL_ACTION"] = "code" if "snippets" in name else "tools"
            oracle = Oracle(files)
            made = worked(steps, shard, place, oracle)
            shutil.rmtree(place / f"state-{steps[0].kind}", ignore_errors=True)
            left = sum(len(SITE.findall(text)) for text in made.values())
            rows.append(row(name, oracle, len(files), sites - left))
        for row_of, name in zip(rows[1:], list(ways)[1:], strict=True):
            print(
                f"a request for each file takes {rows[0][0] / row_of[0]:.0f} times the tokens of"
                f" {name}, and {rows[0][1] / row_of[1]:.0f} times the dollars"
            )


def row(name: str, oracle: Oracle, files: int, right: int) -> tuple[float, float]:
    """Print one way's figures; return its tokens and its dollars."""
    sent = sum(one.input_tokens for one in oracle.asked)
    said = sum(one.output_tokens for one in oracle.asked)
    usd = sum(one.usd or 0.0 for one in oracle.asked)
    print(
        f"{name:<24} {len(oracle.asked):>4} requests  {(sent + said) / files:>8,.0f} tokens a file"
        f" ({sent:,} in, {said:,} out)  ${usd:.3f}, 10,000 files ${usd / files * 10_000:,.0f} at"
        f" this rate  {right} sites right"
    )
    return float(sent + said), usd


if __name__ == "__main__":
    main()
