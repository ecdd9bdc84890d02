"""Checks of others on GitHub: every end that they came to, and the end of a job's log."""

from typing import TYPE_CHECKING

from workflows.tracker import CheckResult, CheckRun

if TYPE_CHECKING:
    from tests.bot.adapters.github.conftest import Scene

SHA = "0123456789" * 4


def test_every_end_of_every_check_is_told_but_ours(scene: "Scene") -> None:
    hub, forge = scene.small.hub, scene.forge()
    first = hub.end_check(SHA, "unit", "failure")
    hub.checks[hub.end_check(SHA, "late", "success")]["status"] = "in_progress"
    again = hub.end_check(SHA, "unit", "success")
    forge.check(SHA, CheckRun("changewright", "failure", "title", "words"))
    hub.end_check("f" * 40, "unit", "success")

    assert forge.check_results(SHA) == (
        CheckResult(first, "unit", "failure", "unit failure"),
        CheckResult(again, "unit", "success", "unit success"),
    )
    assert forge.check_results("e" * 40) == ()


def test_a_job_is_told_with_its_workflow_as_far_as_it_is_seen(scene: "Scene") -> None:
    hub, forge = scene.small.hub, scene.forge()
    hub.end_check(SHA, "unit", "failure", workflow="ci.yml")
    hub.end_check(SHA, "unit", "success", workflow="docs.yml@refs/heads/main")
    hub.end_check(SHA, "unit", "success")

    assert [one.workflow for one in forge.check_results(SHA)] == ["ci.yml", "docs.yml", ""]
    scene.fault("GET", "/actions/runs", 403)
    assert [one.workflow for one in forge.check_results(SHA)] == ["", "", ""]


def test_more_than_a_page_is_read(scene: "Scene") -> None:
    for number in range(101):
        scene.small.hub.end_check(SHA, f"unit {number}", "success")

    assert len(scene.forge().check_results(SHA)) == 101


def test_of_a_log_the_end_is_read_from_its_store_which_sees_no_token(scene: "Scene") -> None:
    hub, forge = scene.small.hub, scene.forge()
    hub.end_check(SHA, "unit", "failure", "x" * 40_000 + " 1 failed")
    hub.end_check(SHA, "elsewhere", "failure")
    unit, elsewhere = forge.check_results(SHA)

    assert forge.check_log(unit).strip('"').endswith("x 1 failed")
    assert len(forge.check_log(unit)) == 8_000
    assert forge.check_log(elsewhere) == ""


def test_a_store_that_fails_or_leads_on_and_on_gives_no_log(scene: "Scene") -> None:
    hub, forge = scene.small.hub, scene.forge()
    hub.end_check(SHA, "unit", "failure", "words")
    (unit,) = forge.check_results(SHA)
    scene.fault("GET", "/store/", 500)
    assert forge.check_log(unit) == ""
    scene.fault("GET", "/store/", 302, headers={"Location": f"{scene.small.url}/store/{unit.id}"})
    assert forge.check_log(unit) == ""
    scene.fault("GET", "/logs", 302, headers={"Location": "file:///etc/hostname"})
    assert forge.check_log(unit) == ""
