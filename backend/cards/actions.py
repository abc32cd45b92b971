"""Issue cards and revoke them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.cards import queries
from backend.cards.schemas import CardOut
from backend.cards.secrets import PREFIX, derived_secret, new_secret, secret_hash
from backend.cards.sheet import PrintedCard
from backend.database.sessions import call
from backend.http.schemas import Out
from backend.settings import settings

_ISSUE = text("select place, code from app.issue_cards(:holders, :hashes) order by place")


class Issued(Out):
    """The part of an answer that an Idempotency-Key stores: the number of cards, not the cards themselves."""

    cards: int


async def noted(cards: int) -> Issued:
    """Return the answer that an Idempotency-Key stores."""
    return Issued(cards=cards)


def secrets_for(issuer: UUID, holders: Sequence[UUID], key: str | None) -> list[str]:
    """Return a secret for the card of each person. The same issuer and Idempotency-Key give the same secrets."""
    if key is None:
        return [new_secret() for _ in holders]
    secret_key = settings().derived_key("cards")
    return [derived_secret(secret_key, issuer, key, holder) for holder in holders]


async def issue_cards(session: AsyncSession, holders: Sequence[UUID], secrets: Sequence[str]) -> list[PrintedCard]:
    """Issue a card to each of these people and return what to print on it; their former cards no longer work.

    The database raises NotAllowed, CardReplaced, and BeneficiaryNotFound if it does not find one of them; then nobody
    gets a card.
    """
    hashes = [secret_hash(secret) for secret in secrets]
    rows = await session.execute(_ISSUE, {"holders": list(holders), "hashes": hashes})
    return [PrintedCard(row.code, PREFIX + secret) for row, secret in zip(rows, secrets, strict=True)]


async def revoke_card(session: AsyncSession, beneficiary_id: UUID) -> CardOut:
    """Revoke a lost card and end the sessions that were opened with it.

    Raises CardNotFound; the database raises BeneficiaryNotFound.
    """
    await call(session, "revoke_card", holder=beneficiary_id)
    return await queries.latest_card(session, beneficiary_id)
