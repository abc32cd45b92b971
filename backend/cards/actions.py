"""Issuing cards and revoking them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.cards import queries
from backend.cards.schemas import CardOut
from backend.cards.secrets import BEGIN, derived_secret, new_secret, secret_hash
from backend.cards.sheet import PrintedCard
from backend.database.sessions import call
from backend.http.schemas import Out
from backend.settings import settings

_ISSUE = text("select place, code from app.issue_cards(:holders, :hashes) order by place")


class Issued(Out):
    """What an Idempotency-Key keeps of cards that were made: how many. The cards themselves are kept nowhere."""

    cards: int


async def noted(cards: int) -> Issued:
    """Give what is to be kept."""
    return Issued(cards=cards)


def secrets_for(issuer: UUID, holders: Sequence[UUID], key: str | None) -> list[str]:
    """Give what these people's cards are to hold; the same again for the same Idempotency-Key."""
    if key is None:
        return [new_secret() for _ in holders]
    derives = settings().derived_key("cards")
    return [derived_secret(derives, issuer, key, holder) for holder in holders]


async def issue_cards(session: AsyncSession, holders: Sequence[UUID], secrets: Sequence[str]) -> list[PrintedCard]:
    """Make these people's cards and give what is to be printed; their former cards open nothing from now on.

    From the database NotAllowed, BeneficiaryNotFound (of any of them: then nobody gets a card), CardReplaced.
    """
    hashes = [secret_hash(secret) for secret in secrets]
    rows = await session.execute(_ISSUE, {"holders": list(holders), "hashes": hashes})
    return [PrintedCard(row.code, BEGIN + secret) for row, secret in zip(rows, secrets, strict=True)]


async def revoke_card(session: AsyncSession, beneficiary_id: UUID) -> CardOut:
    """Make a lost card worth nothing; who is signed in with it is not any more.

    From the database BeneficiaryNotFound. Raises CardNotFound.
    """
    await call(session, "revoke_card", holder=beneficiary_id)
    return await queries.latest_card(session, beneficiary_id)
