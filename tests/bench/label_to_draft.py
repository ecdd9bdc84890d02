"""From a label to its draft, each job installing Changewright from its lock file, as on a runner.

The workflow of the examples is run by act against the offline GitHub (`make rig`), once to fill the
package cache and then as often as asked. Printed: how long each job took and what of it was the
installation, what may be asked of GitHub by each job and what was, and which secrets each job's
process held. The model answers at once.
"""

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path

from ruamel.yaml import YAML

from tests.github import our_action, rig
from tests.github.acting import Ran
from tests.github.spec_proxy import Description
from tests.github.story import JOBS, KEY, Story, told

# How this machine reaches its package indexes; a hosted runner needs none of it.
_PACKAGES = ("PIP_", "UV_", "SSL_CERT_", "REQUESTS_CA_")


def words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--out", type=Path, help="where act's logs and the draft's text are left")
    return parser.parse_args()


def main() -> int:
    given = words()
    if missing := rig.install():
        print(f"skipped: {missing}")
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-label-") as name:
        packages = {
            **{key: text for key, text in os.environ.items() if key.startswith(_PACKAGES)},
            "UV_CACHE_DIR": f"{name}/uv-cache",
            "PIP_CACHE_DIR": f"{name}/pip-cache",
        }
        for number in range(given.repeats + 1):
            folder = Path(name) / str(number)
            folder.mkdir()
            with told(
                folder, Description(rig.operations()), installed=True, environment=packages
            ) as story:
                ran = story.label()
                print(f"\n## {'cache empty' if number == 0 else f'run {number}'}\n")
                timings(ran)
                if given.out:
                    left(given.out, ran, story)
                if number == given.repeats:
                    asked(story)
                    held(story)
                if ran.results["settle"] != "success" or len(story.pulls) != 1:
                    print(ran, file=sys.stderr)
                    return 1
    return 0


def timings(ran: Ran) -> None:
    print("| job | ended | seconds | of it installing |\n|---|---|--:|--:|")
    for name in JOBS:
        job = ran.jobs[name]
        installing = job.steps.get("install", 0.0)
        print(f"| {name} | {job.result} | {job.seconds:.1f} | {installing:.1f} |")
    print(f"| label to settled comment | | **{ran.seconds:.1f}** | |")


def asked(story: Story) -> None:
    workflow = YAML(typ="safe").load(our_action.WORKFLOW.read_text())
    print("\n## What each job may\n\n| job | permissions |\n|---|---|")
    for name, job in workflow["jobs"].items():
        rights = ", ".join(f"{right}: {how}" for right, how in sorted(job["permissions"].items()))
        print(f"| {name} | {rights} |")
    print(f"\n## What was asked of GitHub, held against its description\n\n{story.github.report}")


def held(story: Story) -> None:
    print("\n## What each job's process held\n\n| job | secrets | variables |\n|---|---|--:|")
    for name in JOBS:
        environment = our_action.environment_of(story.runner.folder, 1, name)
        secrets = sorted(
            f"{key} ({'the model key' if KEY in text else text})"
            for key, text in environment.items()
            if KEY in text or re.search(r"ghs_\w+", text)
        )
        print(f"| {name} | {', '.join(secrets) or 'none'} | {len(environment)} |")


def left(out: Path, ran: Ran, story: Story) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "act.log").write_text(ran.log)
    (out / "draft.md").write_text(story.pulls[0]["body"] if story.pulls else "")
    (out / "comment.md").write_text("\n\n".join(story.comments))


if __name__ == "__main__":
    sys.exit(main())
