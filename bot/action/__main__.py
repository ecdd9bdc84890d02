"""``python -P -m bot.action JOB``: one job of the workflow, and its exit code.

0 when the job did what it is for, also where that ends without a proposal; 1 when what it judged or
was to publish did not pass; otherwise as the command line.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

from bot import console, logs
from bot.action.report import put_out
from bot.action.surroundings import Surroundings, surroundings
from bot.failure import explain
from bot.interrupts import settling
from bot.redaction import Redactor
from bot.settings import from_process, secrets_of_process

_UNWELL = frozenset({"different", "refused", "fail", "flaky", "no-evidence", "infrastructure"})


def main() -> NoReturn:
    """Do the job that the arguments name and end with its exit code."""
    console.redact_with(lambda: Redactor(secrets_of_process()))
    with settling():
        code = run(sys.argv[1:])
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Do one job and return its exit code; every failure is a message on standard error."""
    job = arguments[0] if arguments else ""
    logs.begin(f"action-{job}"[:40])
    try:
        around = surroundings(job)
        outputs = _JOBS[around.job](around)
        put_out(around, outputs)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - each gets words and a code
        return explain(error, arguments)
    finally:
        logs.current().close()
    return 1 if outputs.get("state") in _UNWELL else 0


def _admit(around: Surroundings) -> Mapping[str, str]:
    from bot.action.admit import admit_job  # noqa: PLC0415 - each job reads its own modules
    from bot.scratch import scratch  # noqa: PLC0415 - the same
    from bot.wiring import github_forge  # noqa: PLC0415 - the same

    settings = from_process({})
    with scratch(settings.state) as place:
        forge = github_forge(settings, _own(place))
        return admit_job(around, forge, place / "journal.git")


def _propose(around: Surroundings) -> Mapping[str, str]:
    from bot.action.propose import propose_job  # noqa: PLC0415 - each job reads its own modules

    return propose_job(around)


def _salvage(around: Surroundings) -> Mapping[str, str]:
    from bot.action.salvage import salvage_job  # noqa: PLC0415 - as above

    return salvage_job(around)


def _verify(around: Surroundings) -> Mapping[str, str]:
    from bot.action.verify import verify_job  # noqa: PLC0415 - as above

    return verify_job(around)


def _publish(around: Surroundings) -> Mapping[str, str]:
    from bot.action.publish import publish_job  # noqa: PLC0415 - as above

    return publish_job(around)


def _settle(around: Surroundings) -> Mapping[str, str]:
    from bot.action.settle import settle_job  # noqa: PLC0415 - as above
    from bot.scratch import scratch  # noqa: PLC0415 - the same
    from bot.wiring import github_forge  # noqa: PLC0415 - the same

    settings = from_process({})
    with scratch(settings.state) as place:
        return settle_job(around, github_forge(settings, _own(place)))


def _gate(around: Surroundings) -> Mapping[str, str]:
    from bot.action.gate import gate_job  # noqa: PLC0415 - as above

    return gate_job(around)


def _collect(around: Surroundings) -> Mapping[str, str]:
    from bot.action.collect import collect_job  # noqa: PLC0415 - as above

    return collect_job(around)


def _own(place: Path) -> Path:
    from validators.clones.own_repository import open_own  # noqa: PLC0415 - as above

    return open_own(place / "forge.git").git_dir


_JOBS: Mapping[str, Callable[[Surroundings], Mapping[str, str]]] = {
    "admit": _admit,
    "propose": _propose,
    "salvage": _salvage,
    "verify": _verify,
    "publish": _publish,
    "settle": _settle,
    "gate": _gate,
    "collect": _collect,
}

if __name__ == "__main__":
    main()
