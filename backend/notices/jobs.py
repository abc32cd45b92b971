"""The mail of a notice."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import structlog
from pydantic_core import from_json, to_json

from backend.accounts.addressees import find_addressee, mail_or_refusal
from backend.job_context import Work
from backend.mail import Enclosed, MailNotSent
from backend.notices.unsubscribing import unsubscribe_link

Encloser = Callable[[Work, UUID, Mapping[str, Any]], Awaitable[Enclosed]]
"""Takes what a notice is about and its facts; returns what its mail encloses."""

log = structlog.get_logger("ecopanier.notices")


async def deliver(work: Work, delivery_id: UUID, enclosers: Mapping[str, Encloser]) -> None:
    """Mail a notice, unless that was done before, and note what became of it.

    Nothing is sent if the person has turned the event off meanwhile, or if what it says is over. Raises MailNotSent, so
    that the job is tried again; the delivery stays `queued` meanwhile.
    """
    row = await work.acts.row("delivery_to_send", delivery=delivery_id)
    account_id: UUID | None = row["account_id"]
    if account_id is None:
        return
    event: str = row["event"]
    addressee = await find_addressee(work, account_id, event, necessary=row["kept"]) if row["wanted"] else None
    if addressee is None or not addressee.verified:
        await work.acts.value("delivery_tried", delivery=delivery_id, outcome="needless")
        log.info("mail.not_needed", mail=event)
        return
    facts = from_json(row["facts"])
    enclosed = await enclosers[event](work, row["subject"], facts) if event in enclosers else None
    try:
        refusal = await mail_or_refusal(
            work,
            account_id,
            addressee,
            event,
            message_key=str(delivery_id),
            enclosed=enclosed,
            unsubscribe=None if row["kept"] else unsubscribe_link(work.settings, account_id, event),
            **facts,
        )
    except MailNotSent as failure:
        await work.acts.value("delivery_tried", delivery=delivery_id, outcome="queued", smtp_code=failure.smtp_code)
        raise
    if refusal is None:
        await work.acts.value("delivery_tried", delivery=delivery_id, outcome="sent")
    else:
        await work.acts.value("delivery_tried", delivery=delivery_id, outcome="failed", smtp_code=refusal.smtp_code)


async def tell_queued(work: Work, task: str, **arguments: Any) -> None:
    """Tell people what a job says that an earlier release queued."""
    await work.acts.value("tell_queued", task=task, arguments=to_json(arguments).decode())
