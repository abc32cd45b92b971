"""Propose funds, decide about them, end them, and say what was paid. The database keeps the rules."""

import json
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call
from backend.funds import queries
from backend.funds.schemas import FundIn, FundOut, FundPaidIn, FundStatementOut, GrantCorrectionIn


async def propose_fund(session: AsyncSession, wanted: FundIn) -> FundOut:
    """Propose a fund. The database raises OrganisationNotFound, FundTerritoryOutside, and what its rules refuse."""
    made = await call(
        session,
        "propose_fund",
        organisation=wanted.organisation_id,
        name=wanted.name,
        reference=wanted.reference,
        ceiling_cents=wanted.ceiling_cents,
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        categories=None if wanted.categories is None else sorted(set(wanted.categories)),
        territory=wanted.territory,
        per=wanted.per,
        rate_cents=wanted.rate_cents,
        category_rates=json.dumps(wanted.category_rates),
    )
    return await queries.fund(session, made)


async def decide_fund(session: AsyncSession, fund_id: UUID, *, confirmed: bool, reason: str | None = None) -> FundOut:
    """Confirm or reject a fund. The database raises FundNotFound, FundDecided."""
    await call(session, "decide_fund", fund=fund_id, confirmed=confirmed, why=reason)
    return await queries.fund(session, fund_id)


async def end_fund(session: AsyncSession, fund_id: UUID) -> FundOut:
    """End a fund early. The database raises FundNotFound."""
    await call(session, "end_fund", fund=fund_id)
    return await queries.fund(session, fund_id)


async def note_paid(session: AsyncSession, fund_id: UUID, paid: FundPaidIn) -> FundStatementOut:
    """Note what was paid of a statement. The database raises FundNotFound, FundStatementNotFound, FundStatementPaid."""
    month = queries.first_day(paid.month)
    await call(session, "fund_was_paid", fund=fund_id, month=month, siret=paid.siret)
    return (await queries.statement(session, fund_id, paid.month)).out


async def correct(session: AsyncSession, fund_id: UUID, wrong: GrantCorrectionIn) -> FundOut:
    """Take back what was granted wrongly. The database raises FundNotFound, FundNotGranted."""
    await call(
        session,
        "correct_grants",
        fund=fund_id,
        siret=wrong.siret,
        portions=wrong.portions,
        grams=wrong.grams,
        cents=wrong.cents,
        why=wrong.reason,
    )
    return await queries.fund(session, fund_id)
