"""Reads of cards, under row-level security."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.beneficiaries.models import Beneficiary
from backend.beneficiaries.problems import BeneficiaryNotFound
from backend.cards.models import Card
from backend.cards.problems import CardNotFound
from backend.cards.schemas import CardOut

# Without the hash of the secret, which nobody may read.
_SHOWN = select(*(getattr(Card, name) for name in CardOut.model_fields))


async def latest_card(session: AsyncSession, beneficiary_id: UUID) -> CardOut:
    """Return the latest card of a beneficiary whom the caller may see. Raises BeneficiaryNotFound, CardNotFound."""
    seen = select(col(Beneficiary.id)).where(col(Beneficiary.id) == beneficiary_id)
    if (await session.execute(seen)).first() is None:
        raise BeneficiaryNotFound
    # The active card, or the one that was revoked last.
    newest = (
        _SHOWN.where(col(Card.beneficiary_id) == beneficiary_id)
        .order_by(col(Card.revoked_at).desc().nulls_first())
        .limit(1)
    )
    row = (await session.execute(newest)).one_or_none()
    if row is None:
        raise CardNotFound
    return CardOut.model_validate(row)
