"""The mail of a notice, or of what no notice says."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import structlog
from pydantic_core import from_json, to_json

from backend.accounts.addressees import mail_or_refusal
from backend.accounts.letters import Delivery, Letter, LetterWriter, to_confirmed_address
from backend.job_context import Work
from backend.mail import Enclosed, MailNotSent
from backend.notices.unsubscribing import unsubscribe_link

Encloser = Callable[[Work, UUID, Mapping[str, Any]], Awaitable[Enclosed]]
"""Takes what a notice is about and its facts; returns what its mail encloses."""

log = structlog.get_logger("ecopanier.notices")


async def deliver(
    work: Work, delivery_id: UUID, writers: Mapping[str, LetterWriter], enclosers: Mapping[str, Encloser]
) -> None:
    """Mail a delivery, unless that was done before, and note what became of it.

    Nothing is sent if the person has turned the event off meanwhile, or if what it says is over. writers: for events
    whose mails do not go to a confirmed address, or bring a secret. Raises MailNotSent, so that the job is tried again;
    the delivery stays `queued` meanwhile.
    """
    row = await work.acts.row("delivery_to_send", delivery=delivery_id)
    event: str | None = row["event"]
    if event is None:
        return
    facts = from_json(row["facts"])
    delivery = Delivery(delivery_id, row["account_id"], event, row["subject"], row["address"], facts, row["kept"])
    letter = await writers.get(event, to_confirmed_address)(work, delivery) if row["wanted"] else None
    if letter is None:
        await work.acts.value("delivery_tried", delivery=delivery_id, outcome="needless")
        log.info("mail.not_needed", mail=event)
        return
    if event in enclosers and delivery.subject is not None:
        letter = replace(letter, enclosed=await enclosers[event](work, delivery.subject, facts))
    await _send(work, delivery, letter)


async def _send(work: Work, delivery: Delivery, letter: Letter) -> None:
    account_id = delivery.account_id
    stoppable = None if delivery.kept else account_id
    unsubscribe = unsubscribe_link(work.settings, stoppable, delivery.event) if stoppable else letter.unsubscribe
    try:
        refusal = await mail_or_refusal(
            work,
            account_id,
            letter.addressee,
            letter.template,
            message_key=letter.key or str(delivery.id),
            enclosed=letter.enclosed,
            unsubscribe=unsubscribe,
            **delivery.facts,
        )
    except MailNotSent as failure:
        await work.acts.value("delivery_tried", delivery=delivery.id, outcome="queued", smtp_code=failure.smtp_code)
        raise
    if refusal is None:
        await work.acts.value("delivery_tried", delivery=delivery.id, outcome="sent")
        return
    await work.acts.value("delivery_tried", delivery=delivery.id, outcome="failed", smtp_code=refusal.smtp_code)
    if delivery.kept:
        log.error("notice.not_delivered", mail=delivery.event, delivery_id=str(delivery.id))


async def tell_queued(work: Work, task: str, job_id: int, arguments: Mapping[str, Any]) -> None:
    """Tell people what a job says that an earlier release queued."""
    await work.acts.value("tell_queued", task=task, arguments=to_json(arguments).decode(), job=job_id)
