"""Campaigns whose steps ask a model: a program that it writes, patches, and the whole loop."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.bot.commands.test_migrate_campaign import ask, states

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bot.commands.conftest import Desk

PROGRAM = """\
SITES = r"\\bold_name\\("
FILES = ("*.js",)


def transform(file):
    for call in file.find("old_name($$$ARGS)"):
        if any(argument.is_rest for argument in call.arguments):
            yield file.leave(call, "its arguments cannot be told")
        else:
            yield file.replace(call, "new_name($$$ARGS)")
"""
FOLDER = {
    "codemod.py": PROGRAM,
    "examples/call.before.js": "old_name(1);\n",
    "examples/call.after.js": "new_name(1);\n",
    "examples/rest.leave.js": "old_name(...a);\n",
}
NAMES = "import { new_name, old_name } from './library.js';\n\n"


def block(path: str, old: str, new: str) -> str:
    return f"{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


def written(count: int) -> str:
    blocks = "\n".join(block(path, "", text) for path, text in FOLDER.items())
    return f"It renames calls.\nSITES SHOWN: {count}\n\n{blocks}"


@pytest.fixture
def desk(desk: "Desk") -> "Desk":
    """The desk with calls in a repository: in `app` plain ones, in `lib` another."""
    files = {f"app/m{number}.js": f"{NAMES}old_name({number});\n" for number in range(4)}
    files["lib/rest.js"] = f"{NAMES}old_name(...[1]);\n"
    for path, text in files.items():
        (desk.repo / path).parent.mkdir(exist_ok=True)
        (desk.repo / path).write_text(text)
    desk.git("add", "--all")
    desk.git("commit", "--quiet", "--message=calls")
    return desk


def campaign(desk: "Desk", *steps: dict[str, str], **more: Any) -> str:
    document = {
        "name": "rename",
        "on": {"globs": ["app/*.js", "lib/*.js"], "pattern": "old_name($$$)"},
        "steps": list(steps),
        "shard": {"by": "directory"},
        "template": {"title": "Rename"},
        "published": True,
        **more,
    }
    path = desk.folder / "rename.yml"
    path.write_text(json.dumps(document))
    return str(path)


def model(desk: "Desk", *replies: str) -> tuple[str, ...]:
    path = desk.folder / "replies.json"
    path.write_text(json.dumps({"replies": [{"text": one, "usd": 0.25} for one in replies]}))
    return ("--model", f"scripted:{path}", "--unsafe-no-sandbox", "--quiet")


def test_a_model_writes_the_program_and_deals_with_what_that_leaves(desk: "Desk") -> None:
    file = campaign(desk, {"author": "Call `new_name`."}, {"patch": "Call `new_name`."})
    mend = block("lib/rest.js", "old_name(...[1]);\n", "new_name(...[1]);\n")
    asked = model(desk, written(3), f"It is one argument.\n\n{mend}")

    code, swept = ask(desk, "migrate", "sweep", file, *asked)

    assert (code, swept["phase"], states(swept)) == (0, "done", {"gated": 2})
    assert (swept["usd"], swept["authoring_usd"], swept["usd_per_target"]) == (0.5, 0.25, 0.125)
    assert (swept["left"], swept["tokens_per_target"] > 0) == (0, True)
    assert (desk.state / "programs").is_dir()
    assert ask(desk, "codemod", "test", swept["program"], "--unsafe-no-sandbox")[0] == 0
    assert ask(desk, "migrate", "publish", file)[0] == 0
    for one in desk.pull_requests():
        assert 'file.replace(call, "new_name($$$ARGS)")' in one["draft"]["body"]
        assert "| files that were held back | " in one["draft"]["body"]


def test_in_code_mode_a_snippet_tries_and_hands_over_the_program(desk: "Desk") -> None:
    config = desk.repo / ".github" / "changewright.yml"
    settings = json.loads(config.read_text()) | {"model": {"action": "code"}}
    config.write_text(json.dumps(settings))
    desk.git("commit", "--quiet", "--all", "--message=code")
    examples = [(path.partition("/")[2], text) for path, text in list(FOLDER.items())[1:]]
    code = (
        f"program = {PROGRAM!r}\nexamples = {examples!r}\nfound = try_program(program)\n"
        "expected = sum([one.sites for one in count('old_name[(]')])\n"
        "if found.expected == expected and not found.failures:\n"
        "    submit(program, examples, expected, 'It renames calls.')\n"
    )
    path = desk.folder / "replies.json"
    call = {"name": "run_code", "arguments": {"code": code}}
    path.write_text(json.dumps({"replies": [{"calls": [call], "usd": 0.25}]}))
    model = ("--model", f"scripted:{path}", "--unsafe-no-sandbox", "--quiet")
    file = campaign(desk, {"author": "Call `new_name`."})

    _, swept = ask(desk, "migrate", "sweep", file, *model)

    assert (swept["why"], swept["phase"], swept["left"]) == ("", "done", 1)
    assert states(swept) == {"gated": 1, "unchanged": 1}
    assert swept["authoring_usd"] == 0.25


def test_without_a_program_no_target_begins_until_somebody_says_so(
    desk: "Desk", tmp_path: "Path"
) -> None:
    file = campaign(desk, {"author": "Call `new_name`."})

    code, swept = ask(desk, "migrate", "sweep", file, *model(desk, "I do not know how."))

    assert (code, swept["phase"], states(swept)) == (1, "braked", {"pending": 2})
    assert swept["why"].startswith("there is no program: the model gave no reply")
    assert ask(desk, "migrate", "sweep", file, *model(desk, written(3)))[1]["phase"] == "braked"
    ask(desk, "migrate", "resume", file)
    code, again = ask(desk, "migrate", "sweep", file, *model(desk, written(3)))
    assert (code, again["phase"], again["usd"], again["left"]) == (0, "done", 0.5, 1)
    assert states(again) == {"gated": 1, "unchanged": 1}
    ask(desk, "migrate", "preview", file, "--out", str(tmp_path / "out"))
    assert (tmp_path / "out" / "left.txt").read_text() == (
        "lib: 1 places\n  lib/rest.js:3: its arguments cannot be told\n"
    )


def test_no_file_is_shown_that_the_settings_hide(desk: "Desk") -> None:
    config = desk.repo / ".github" / "changewright.yml"
    settings = json.loads(config.read_text()) | {"scope": {"exclude": ["lib/", "app/"]}}
    config.write_text(json.dumps(settings))
    desk.git("commit", "--quiet", "--all", "--message=hide")
    asked = model(desk, written(3))

    for step, phase in (("author", "braked"), ("patch", "done")):
        file = campaign(desk, {step: "Call `new_name`."})
        _, swept = ask(desk, "migrate", "sweep", file, *asked)
        assert (swept["phase"], swept["tokens"]) == (phase, 0)


def test_a_spent_budget_stops_the_campaign_and_more_of_it_goes_on(desk: "Desk") -> None:
    steps = {"patch": "Call `new_name`."}
    file = campaign(desk, steps, budget={"usd": 0.3}, shard={"by": "file"})
    reply = model(desk, "NO CHANGE NEEDED: it is fine")

    code, swept = ask(desk, "migrate", "sweep", file, *reply)

    assert (code, swept["phase"]) == (1, "spent")
    assert states(swept) == {"failed": 1, "pending": 3, "unchanged": 1}
    assert "$0.2500 of the campaign's $0.30 are spent" in swept["why"]
    campaign(desk, steps, budget={"usd": 3}, shard={"by": "file"})
    code, more = ask(desk, "migrate", "sweep", file, *reply)
    assert (code, states(more), more["usd"]) == (0, {"unchanged": 5}, 1.25)


def test_the_whole_loop_may_change_the_targets_files_alone(desk: "Desk") -> None:
    file = campaign(
        desk, {"agent": "Call `new_name`."}, on={"paths": ["lib/rest.js"]}, budget={"attempts": 2}
    )
    stray = block("app/m1.js", "old_name(1);\n", "new_name(1);\n")
    back = block("app/m1.js", "new_name(1);\n", "old_name(1);\n")
    mend = block("lib/rest.js", "old_name(...[1]);\n", "new_name(...[1]);\n")

    code, swept = ask(desk, "migrate", "sweep", file, *model(desk, stray, f"So.\n\n{mend}{back}"))

    assert (code, states(swept), swept["usd"]) == (0, {"gated": 1}, 0.5)
    ask(desk, "migrate", "publish", file)
    (made,) = desk.pull_requests()
    assert "none of the paths the rules allow" not in made["draft"]["body"]
    assert desk.git("show", f"{made['draft']['branch']}:lib/rest.js").endswith("new_name(...[1]);")
    assert "Model `scripted`: $0.5000" in made["draft"]["body"]
