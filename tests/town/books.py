"""Builders for the books of a shop: lots that were closed, and who invoices them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import procrastinate

from backend import worker
from backend.documents import jobs
from backend.job_context import Work
from backend.settings import settings
from tests.town import Person, Town
from tests.town.things import Shop

COMPANY = {
    "operator_name": "EcoPanier SAS",
    "operator_address": "4 quai des Bateliers, 67000 Strasbourg",
    "company_siret": "73282932000074",
    "company_vat_number": "FR44732829320",
    "company_form": "SAS au capital de 10 000 €, RCS Strasbourg 732 829 320",
}


async def a_closed_lot(
    town: Town, shop: Shop, prices: list[int], at: datetime | str, title: str = "Panier du soir"
) -> UUID:
    """Close a lot whose reservations paid these prices, as the nightly job does; return it."""
    lot: UUID = uuid4()
    closed_at = datetime.fromisoformat(at) if isinstance(at, str) else at
    for cents in prices:
        await town.changes(
            """
            select app.post('earned', gen_random_uuid()::text, gen_random_uuid(), $3,
                array[app.ledger_account('held'), app.ledger_account('shop', $1), app.ledger_account('commission'),
                      app.ledger_account('vat')],
                array[$2::bigint, c.commission + c.vat - $2, -c.commission, -c.vat])
            from app.commission_of($2, 1000, 30) c
            """,
            shop.id,
            cents,
            closed_at,
        )
    await town.changes(
        """
        insert into accounting.closed_lots (lot_id, shop_id, title, window_ended_at, closed_at, portions, gross_cents,
                                            commission_cents, vat_cents, net_cents, sales)
        select $1, $2, $3, $4::timestamptz - interval '3 days', $4, count(*), sum(p), sum(c.commission), sum(c.vat),
               sum(p) - sum(c.commission) - sum(c.vat), count(*)
        from unnest($5::bigint[]) p cross join lateral app.commission_of(p, 1000, 30) c
        """,
        lot,
        shop.id,
        title,
        closed_at,
        prices,
    )
    return lot


async def a_correction(town: Town, shop: Shop, lot: UUID, cents: int, at: str) -> None:
    """Give back this much of a closed lot, of one of its sales of the same price."""
    await town.changes(
        """
        with back as (
            select app.post('refund', gen_random_uuid()::text, null, $4,
                array[app.ledger_account('stripe'), app.ledger_account('shop', $1), app.ledger_account('commission'),
                      app.ledger_account('vat')],
                array[-$3::bigint, $3 - c.commission - c.vat, c.commission, c.vat]) as id, c.*
            from app.commission_of($3, 1000, 30) c)
        insert into accounting.closed_lot_corrections (lot_id, shop_id, at, gross_cents, commission_cents, vat_cents,
                                                       net_cents, reason, posting_id, earned_id)
        select $2, $1, $4, -$3, -b.commission, -b.vat, -($3 - b.commission - b.vat), 'refund', b.id,
               (select min(p.id) from accounting.postings p where p.kind = 'earned')
        from back b
        """,
        shop.id,
        lot,
        cents,
        datetime.fromisoformat(at),
    )


async def a_transfer(town: Town, shop: Shop, cents: int, at: str) -> None:
    """Transfer money to a shop."""
    await town.changes(
        "select app.post('transfer', gen_random_uuid()::text, null, $3, array[app.ledger_account('shop', $1),"
        " app.ledger_account('stripe')], array[$2::bigint, -$2])",
        shop.id,
        cents,
        datetime.fromisoformat(at),
    )


async def due_to(town: Town, shop: Shop) -> int:
    """Return what the ledger owes a shop, in cents."""
    due: int = await town.value(
        "select coalesce(-sum(l.cents), 0)::bigint from accounting.lines l"
        " join accounting.ledger_accounts a on a.id = l.account_id where a.kind = 'shop' and a.subject = $1",
        shop.id,
    )
    return due


@asynccontextmanager
async def invoicing(town: Town, **changes: Any) -> AsyncIterator[tuple[Work, procrastinate.App]]:
    """Open the worker of a company that may invoice."""
    await town.ensure_served()
    async with worker.working(settings().model_copy(update=COMPANY | changes)) as opened:
        yield opened


async def issues_papers(town: Town, **changes: Any) -> int:
    """Issue and print the papers that are due; return how many were issued."""
    async with invoicing(town, **changes) as (work, _):
        issued = await jobs.issue_months(work)
        await jobs.print_documents(work)
    return issued


async def has_premium(town: Town, merchant: Person) -> None:
    """Give a merchant Premium, as if Stripe had said so."""
    await town.changes(
        "insert into app.subscriptions (account_id, customer, subscription, status, cents, begun_at, period_ends_at,"
        " looked_at) values ($1, $2, $2, 'active', 2399, now(), 'infinity', now())",
        merchant.id,
        uuid4().hex,
    )
