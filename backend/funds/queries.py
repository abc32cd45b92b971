"""Reads of funds. The database checks who may read what."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.funds.contents import FundStatementContents
from backend.funds.problems import FundNotFound, FundStatementNotFound
from backend.funds.schemas import FundLineOut, FundOut, FundStatementOut, ShopGrantOut

_FUNDS = text("select facts from app.funds_seen(most => :most, beyond => :beyond, wanted => :wanted)")
_FUNDS_OF_CLIENT = text(
    "select facts from app.funds_of_client(client => :client, most => :most, beyond => :beyond, wanted => :wanted)"
)
_STATEMENT = text("select * from app.fund_statement(fund => :fund, month => :month)")
_STATEMENT_OF_CLIENT = text(
    "select * from app.fund_statement_of_client(client => :client, fund => :fund, month => :month)"
)
_GRANTS = text(
    "select * from app.shop_grants(shop => :shop, most => :most, before_month => :before_month,"
    " before_statement => :before_statement)"
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: its contents and its lines with what was paid; `sha256` is that of its PDF, if it is there."""

    id: UUID
    contents: FundStatementContents
    out: FundStatementOut
    sha256: str | None


async def funds(session: AsyncSession, beyond: UUID | None, limit: int, *, client: UUID | None = None) -> list[FundOut]:
    """Return up to `limit + 1` funds that the caller may read, the newest first. client: None for people."""
    asked = {"most": limit + 1, "beyond": beyond, "wanted": None}
    return [FundOut.model_validate(facts) for facts in await _facts(session, client, asked)]


async def fund(session: AsyncSession, fund_id: UUID, *, client: UUID | None = None) -> FundOut:
    """Return a fund that the caller may read. client: None for people. Raises FundNotFound."""
    found = await _facts(session, client, {"most": 1, "beyond": None, "wanted": fund_id})
    if not found:
        raise FundNotFound
    return FundOut.model_validate(found[0])


async def _facts(session: AsyncSession, client: UUID | None, asked: dict[str, Any]) -> list[Any]:
    if client is None:
        return list((await session.execute(_FUNDS, asked)).scalars())
    return list((await session.execute(_FUNDS_OF_CLIENT, {**asked, "client": client})).scalars())


async def statement(session: AsyncSession, fund_id: UUID, month: str, *, client: UUID | None = None) -> Statement:
    """Return the statement of a fund for a month (`2026-12`). client: None for people. Raises FundStatementNotFound."""
    asked = {"fund": fund_id, "month": first_day(month)}
    if client is None:
        row = (await session.execute(_STATEMENT, asked)).one_or_none()
    else:
        row = (await session.execute(_STATEMENT_OF_CLIENT, {**asked, "client": client})).one_or_none()
    if row is None:
        raise FundStatementNotFound
    return _statement(fund_id, month, row)


def _statement(fund_id: UUID, month: str, row: Any) -> Statement:
    contents = FundStatementContents.model_validate(row.contents)
    out = FundStatementOut(
        fund_id=fund_id,
        month=month,
        fund=contents.fund,
        reference=contents.reference,
        organisation=contents.organisation,
        territory=contents.territory,
        issued_at=row.issued_at,
        ceiling_cents=contents.ceiling_cents,
        granted_before_cents=contents.granted_before_cents,
        granted_cents=contents.granted_cents,
        returned_cents=contents.returned_cents,
        left_cents=contents.left_cents,
        sha256=row.sha256,
        lines=[FundLineOut.model_validate(line) for line in row.lines],
    )
    return Statement(row.id, contents, out, row.sha256)


async def shop_grants(
    session: AsyncSession, shop_id: UUID, before: tuple[date, UUID] | None, limit: int
) -> list[ShopGrantOut]:
    """Return up to `limit + 1` months of funds of a shop, the newest first. The database raises ShopNotFound."""
    before_month, before_statement = before or (None, None)
    asked = {
        "shop": shop_id,
        "most": limit + 1,
        "before_month": before_month,
        "before_statement": before_statement,
    }
    rows = await session.execute(_GRANTS, asked)
    return [ShopGrantOut.model_validate({**row._mapping, "month": f"{row.month:%Y-%m}"}) for row in rows]


def first_day(month: str) -> date:
    """Return the first day of a month that is written as `2026-12`."""
    return date.fromisoformat(f"{month}-01")
