"""The main job on a real repository, with no key: fetch, propose, publish, show.

Fetches the source of a released version of more-itertools that has a real bug (mended in the
release after it), makes it a git repository, and lets the installed `changewright` command work on
an issue about it. Without ANTHROPIC_API_KEY the model's replies are scripted (see replies.yml).
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bot.scratch import scratch
from bot.settings import from_process
from bot.wiring import sandbox_of, supply_of, tools
from validators.sandbox import TOOLS, WORKSPACE, Limits, Phase

HERE = Path(__file__).parent
PROJECT, VERSION, SDIST = "more-itertools", "10.5.0", "more-itertools-10.5.0.tar.gz"
# Earlier versions wrote no more than the moment.
_PLACE = re.compile(r"\d{8}-\d{6}(-\w+)?")
CHANGEWRIGHT = Path(sys.executable).with_name("changewright")


def main() -> int:
    """Run the demo and return the exit code of its last command."""
    settings = from_process({}, None)
    place, former = new_place(settings.state / "demo", datetime.now(UTC))
    if former is not None:
        _say(f"the demo before this one stays in {former}; what was older is removed")
    _say(f"this one is in {place}")
    repository = place / f"{PROJECT}-{VERSION}"
    _say(f"fetching {PROJECT} {VERSION} (its build back end runs: inside the sandbox)")
    _fetch(repository)
    _make_repository(repository)
    model = "claude" if settings.api_key else f"scripted:{HERE / 'replies.yml'}"
    if settings.api_key:
        _say("ANTHROPIC_API_KEY is set: asking Claude")
    else:
        _say("the model's replies are SCRIPTED; the first is wrong on purpose")
        _say("set ANTHROPIC_API_KEY and the same command asks Claude")
    bundle = repository.with_name(f"{repository.name}.bundle.json")
    for words in (
        ["propose", "--issue-file", str(HERE / "issue.md"), f"--model={model}", f"--out={bundle}"],
        ["publish", str(bundle)],
        ["review", "show", "1"],
    ):
        argv = [str(CHANGEWRIGHT), *words, "--repo", str(repository)]
        _say("$ " + " ".join(["changewright", *argv[1:]]))
        code = subprocess.run(argv, check=False).returncode
        if code:
            return code
    _say(f"decide: .venv/bin/changewright review accept 1 --merge --repo {repository}")
    _say(f"or in a browser: .venv/bin/changewright serve --repo {repository}")
    _say("what was worked on: .venv/bin/changewright runs")
    _say("one run on one page: .venv/bin/changewright report RUN")
    return 0


def new_place(folder: Path, now: datetime) -> tuple[Path, Path | None]:
    """Make a place for one demo below ``folder``; return it, and the last before it, if any.

    Another place each time is another repository: somebody may look at the former one, in which a
    pull request waits. All before that are removed.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    known = sorted(path for path in folder.iterdir() if _PLACE.fullmatch(path.name))
    for older in known[:-1]:
        shutil.rmtree(older, ignore_errors=True)
    place = Path(tempfile.mkdtemp(prefix=f"{now:%Y%m%d-%H%M%S}-", dir=folder))
    return place, known[-1] if known else None


def _fetch(repository: Path) -> None:
    """Put the project's source under ``repository``, without its code touching this machine."""
    settings = from_process({}, None)
    sandbox = sandbox_of(settings, unsafe=False)
    download = ["uvx", "--quiet", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    download += ["--dest", WORKSPACE, f"{PROJECT}=={VERSION}"]
    unpack = ["tar", "-xzf", SDIST, "--strip-components=1"]
    with (
        tempfile.TemporaryDirectory() as empty,
        scratch(settings.state) as place,
        supply_of(settings, place).open() as door,
    ):
        mounts = (*tools(), *door.mounts)
        phase = Phase("setup", mounts=mounts, environment=door.environment, path=(TOOLS,))
        with sandbox.open(Path(empty), phase, Limits()) as session:
            for argv in (download, unpack, ["rm", SDIST]):
                done = session.run((*door.prefix, *argv))
                if done.outcome != "ok":
                    sys.exit(f"{argv[0]} failed ({done.outcome}):\n{done.stderr.text[-2000:]}")
            changes = session.changes()
    for change in changes.files:
        if change.content is None or change.mode not in {"100644", "100755"}:
            continue
        place = repository / change.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(change.content)


def _make_repository(folder: Path) -> None:
    """Commit the source as it was released, always as the same commit."""
    who = {"NAME": "demo", "EMAIL": "demo@localhost", "DATE": "2024-09-05T14:12:15+00:00"}
    environment = {f"GIT_{role}_{k}": v for role in ("AUTHOR", "COMMITTER") for k, v in who.items()}
    environment |= {"PATH": os.defpath, "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    for words in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "--all"],
        ["commit", "--quiet", "--message", f"{PROJECT} {VERSION} as released"],
    ):
        subprocess.run(["git", *words], cwd=folder, env=environment, check=True)


def _say(text: str) -> None:
    sys.stdout.write(f"\n=== {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
