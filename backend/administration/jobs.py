"""The mails that tell people what admins decided about their shop, a lot, their association or their collecting."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.accounts.addressees import mail_account
from backend.administration.models import Decision
from backend.associations.models import Association
from backend.job_context import Work
from backend.lots.models import Lot
from backend.lots.naming import NAMED, named
from backend.shops.models import Shop

_TEMPLATES = {"shop": "shop_decided", "association": "association_decided", "collector": "collector_decided"}


async def tell_decision(work: Work, decision_id: UUID) -> None:
    """Tell whom a decision concerns what was decided and why, unless another decision has replaced it meanwhile.

    Raises MailNotSent, so that the job is tried again.
    """
    later = aliased(Decision)
    async with work.session() as session:
        decided: Any = (
            await session.execute(
                select(
                    col(Decision.subject),
                    col(Decision.subject_id),
                    col(Decision.decision),
                    col(Decision.reason),
                    col(Shop.owner_id),
                    col(Shop.name).label("shop"),
                    col(Shop.address),
                    col(Association.name).label("association"),
                )
                .outerjoin(Shop, col(Shop.id) == col(Decision.subject_id))
                .outerjoin(Association, col(Association.id) == col(Decision.subject_id))
                .where(
                    col(Decision.id) == decision_id,
                    ~select(col(later.id))
                    .where(col(later.subject_id) == col(Decision.subject_id), col(later.id) > col(Decision.id))
                    .exists(),
                )
            )
        ).one_or_none()
    if decided is None:
        return
    await mail_account(
        work,
        decided.owner_id or await work.acts.value("who_answers", subject=decided.subject_id),
        _TEMPLATES[decided.subject],
        message_key=f"{decision_id} decided",
        verified=decided.decision == "verified",
        reason=decided.reason,
        shop=decided.shop,
        address=decided.address,
        association=decided.association,
    )


async def tell_taken_down(work: Work, decision_id: UUID) -> None:
    """Tell a merchant that an admin withdrew their lot, and why. Raises MailNotSent, so that the job is tried again."""
    async with work.session() as session:
        row = (
            await session.execute(
                select(col(Shop.owner_id), col(Decision.reason), *NAMED)
                .join_from(Decision, Lot, col(Lot.id) == col(Decision.subject_id))
                .join(Shop, col(Shop.id) == col(Lot.shop_id))
                .where(col(Decision.id) == decision_id)
            )
        ).one_or_none()
    if row is not None:
        key = f"{decision_id} taken down"
        await mail_account(work, row.owner_id, "lot_taken_down", message_key=key, lot=named(row), reason=row.reason)
