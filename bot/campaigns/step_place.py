"""Where a campaign's steps are made: one repository, what they may run, whom they may ask."""

from dataclasses import dataclass

from bot.models import models_of
from bot.wiring import Bench
from workflows.authored_program import AuthoredProgram
from workflows.campaign import Campaign
from workflows.campaign_ledger import CampaignLedger
from workflows.consultation import Consultation
from workflows.history import history_of
from workflows.migration_step import Execute
from workflows.ports import Model
from workflows.workshop import Workshop


@dataclass(frozen=True, slots=True)
class StepPlace:
    """What a step is made of beside its words.

    ``program`` is what a model wrote for the campaign, where it did. ``is_followed`` when a step
    behind it can deal with what it leaves.
    """

    bench: Bench
    execute: Execute
    consultation: Consultation
    program: AuthoredProgram | None = None
    is_followed: bool = False


def consultation_of(
    bench: Bench, campaign: Campaign, workshop: Workshop, program: AuthoredProgram | None = None
) -> Consultation:
    """Return what steps of a campaign ask a model with, in one repository.

    Replies of a file are given to each target from behind those that wrote the ``program``.
    """

    def model_of(run: str, kind: str) -> Model:
        return models_for_step(bench, program, (run, kind) if run else ())[0]

    settings = bench.settings
    ledger = CampaignLedger(bench.journal, campaign)
    return Consultation(campaign, workshop, model_of, settings.budget, ledger, settings.caps)


def _replies(bench: Bench, run: str, kind: str) -> int:
    return history_of(bench.journal.read(run)).replies_in(kind)


def models_for_step(
    bench: Bench, program: AuthoredProgram | None, *lanes: tuple[str, str] | tuple[()]
) -> tuple[Model, ...]:
    """Return the models that the settings name, in the order of their stages.

    Replies of a file are given from behind those that wrote the ``program`` and those that were
    given in ``lanes``, each a run and the kind of a conversation.
    """
    known = [(program.run, "")] if program else []
    replied = sum(_replies(bench, *one) for one in (*known, *lanes) if one)
    return models_of(bench.settings, bench.journal, replied)


def model_name(bench: Bench) -> str:
    """Return whom the steps ask; WiringRefusal where that model cannot be asked."""
    return models_of(bench.settings, bench.journal)[0].name
