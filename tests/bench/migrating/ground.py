"""Published projects as repositories of one commit, and our program run over them."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BASE = "main"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where it all happens: ``repositories`` by name, the campaign's file, our state folder."""

    folder: Path
    repositories: Mapping[str, Path]

    @property
    def file(self) -> Path:
        return self.folder / "campaign.yml"

    @property
    def state(self) -> Path:
        return self.folder / "state"


@dataclass(frozen=True, slots=True)
class Told:
    """What one command of ours came to."""

    code: int
    said: str
    wall_s: float

    @property
    def document(self) -> Any:
        return json.loads(self.said)


def downloaded(names: Sequence[str], into: Path) -> Path:
    """Have the newest sdists of the projects in a folder; what cannot be had is said."""
    into.mkdir(parents=True)
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    for name in names:
        done = subprocess.run(
            [*argv, "--dest", str(into), name], check=False, capture_output=True, text=True
        )
        if done.returncode:
            print(f"{name}: not had: {' '.join(done.stderr.split())[-200:]}")
    return into


def laid_out(names: Sequence[str], sdists: Path, folder: Path) -> Ground:
    """Make a repository of each sdist, with all that is in it."""
    found: dict[str, Path] = {}
    for name in names:
        archives = sorted(sdists.glob(f"{name.replace('-', '_')}-[0-9]*.tar.gz"))
        if not archives:
            continue
        place = folder / "repositories" / name
        unpacked = folder / "unpacked" / name
        unpacked.mkdir(parents=True)
        # Python before 3.11.4 has no filter of its own; tar keeps every path below the folder.
        argv = ["tar", "-xzf", str(archives[-1]), "--no-same-owner", "-C", str(unpacked)]
        subprocess.run(argv, check=True)
        (only,) = unpacked.iterdir()
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(only, place)
        git(place, "init", "--quiet", f"--initial-branch={BASE}")
        git(place, "add", "--all", "--force")
        git(place, "commit", "--quiet", f"--message={archives[-1].name}")
        found[name] = place
    return Ground(folder, found)


def ours(ground: Ground, *words: str, at: Path | None = None, as_json: bool = True) -> Told:
    """Run the program as a person does; what it notes goes on to standard error."""
    program = str(Path(sys.executable).with_name("changewright"))
    command = ["gate"] if words[0] == "gate" else ["migrate", words[0]]
    where = ["--repo", str(at)] if at else []
    argv = [program, *command, *words[1:], *where, "--state", str(ground.state)]
    began = time.monotonic()
    done = subprocess.run(
        [*argv, *["--json"] * as_json], stdout=subprocess.PIPE, text=True, check=False
    )
    return Told(done.returncode, done.stdout, time.monotonic() - began)


def git(place: Path, *words: str) -> str:
    named = ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "gc.auto=0"]
    done = subprocess.run(
        ["git", *named, *words], cwd=place, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()
