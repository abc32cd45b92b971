"""Jobs of subscriptions: look at Stripe, and end the subscriptions of erased accounts.

Every job may run twice, late, or beside another. Each asks Stripe for the present state.
"""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from backend.documents.company import company_of
from backend.job_context import Work
from backend.stripe.billing import BilledPeriod
from backend.stripe.client import PaymentRefused
from backend.stripe.problems import PaymentUnavailable
from backend.subscriptions.looking import ENDED, look

PARIS = ZoneInfo("Europe/Paris")
LOOKED_AT_AGAIN = timedelta(hours=6)
INVOICES_LOOKED_FOR = timedelta(days=3)  # longer than a worker is down
AT_ONCE = 100

log = structlog.get_logger("ecopanier.subscriptions")


async def look_at_checkout(work: Work, checkout: str) -> None:
    """Look at the subscription that began on a page. Pages for something else are left to others."""
    page = await work.stripe.retrieve_checkout(checkout)
    if page.customer is not None and page.subscription is not None:
        await look(work.acts, work.stripe, page.customer)


async def look_at_subscription(work: Work, subscription: str) -> None:
    """Look at the subscription of an event."""
    found = await work.stripe.retrieve_subscription(subscription)
    await look(work.acts, work.stripe, found.customer)


async def look_at_invoice(work: Work, invoice: str) -> None:
    """Post an invoice of Stripe if it is paid, and look at its subscription."""
    found = await work.stripe.retrieve_invoice(invoice)
    if found.subscription is None:
        return
    await _post(work, found)
    await look(work.acts, work.stripe, found.customer)


async def look_at_refund(work: Work, refund: str) -> None:
    """Post a refund of a month of Premium, or that it failed. Refunds of reservations are left to payments."""
    found = await work.stripe.retrieve_refund(refund)
    if found.intent_id is not None:
        await _post_refunds(work, found.intent_id)


async def look_again(work: Work) -> int:
    """Look at subscriptions, invoices and refunds whose events may be lost; return how many subscriptions.

    What Stripe refuses about one does not stop the others. Raises PaymentUnavailable.
    """
    since = datetime.now(UTC) - INVOICES_LOOKED_FOR
    for invoice in await work.stripe.invoices_since(since):
        if invoice.subscription is not None:
            await _post(work, invoice)
    refunded = await work.stripe.refunds_since(since)
    for (intent,) in await work.acts.rows("subscription_intents", intents=list(refunded)):
        await _post_refunds(work, intent)
    customers = await work.acts.rows("subscriptions_to_look_at", older_than=LOOKED_AT_AGAIN, most=AT_ONCE)
    for (customer,) in customers:
        try:
            found = await look(work.acts, work.stripe, customer)
            if (await work.acts.row("subscription_to_look_at", wanted=customer))["to_end"]:
                await end(work, customer)
            log.debug("subscription.looked_at", status=found.status if found is not None else None)
        except PaymentRefused as refusal:
            log.error("subscription.refused", customer=customer, code=refusal.code, status=refusal.status)
    return len(customers)


async def issue_invoices(work: Work) -> int:
    """Issue our invoices for months that were paid, and credit notes for refunds of them; return how many.

    Nothing is issued without the platform's own data, which every invoice has to name. One that cannot be issued does
    not stop the others.
    """
    company = company_of(work.settings)
    due = await work.acts.rows("subscriptions_to_invoice", most=AT_ONCE)
    if company is None:
        if due:
            log.error("subscriptions.no_company", invoices=len(due))
        return 0
    issued = 0
    for invoice, refund in due:
        try:
            await work.acts.value(
                "invoice_subscription", wanted=invoice, refunded=refund, platform=company.model_dump_json()
            )
            issued += 1
        except asyncpg.PostgresError as failure:
            log.error("subscriptions.not_invoiced", invoice=invoice, refund=refund, code=failure.sqlstate)
    return issued


async def end(work: Work, customer: str) -> None:
    """End the subscription of an erased account at Stripe, close its page, and delete the customer there.

    Raises PaymentUnavailable.
    """
    row = await work.acts.row("subscription_to_end", wanted=customer)
    if not row["to_end"]:
        return
    if row["checkout"] is not None:
        await work.stripe.expire_checkout(row["checkout"], row["page_id"])
    for one in await work.stripe.subscriptions_of(customer):
        if one.status not in ENDED:
            await work.stripe.cancel_subscription(one.id)
        # What was paid and not heard of yet; afterwards nothing tells any more that the customer was ours.
        for invoice in await work.stripe.invoices_since(one.created_at - timedelta(minutes=1), subscription=one.id):
            await _post(work, invoice)
    await work.stripe.delete_customer(customer)
    await work.acts.value("subscription_gone", wanted=customer)


async def delete_customer(work: Work, customer: str) -> None:
    """Delete a customer at Stripe whose subscription was forgotten here. Raises PaymentUnavailable."""
    await work.stripe.delete_customer(customer)


async def _post(work: Work, invoice: BilledPeriod) -> None:
    """Post a paid invoice. One for nothing, such as that of a trial, is left out."""
    if invoice.status != "paid" or invoice.paid_cents == 0:
        return
    if invoice.paid_at is None:
        raise PaymentUnavailable
    first = invoice.period_starts_at.astimezone(PARIS).date()
    last = invoice.period_ends_at.astimezone(PARIS).date() - timedelta(days=1)
    await work.acts.value(
        "subscription_paid",
        invoice=invoice.id,
        payer=invoice.customer,
        intent=invoice.intent_id,
        gross=invoice.paid_cents,
        first_day=first,
        last_day=max(first, last),
        paid_at=invoice.paid_at,
    )


async def _post_refunds(work: Work, intent: str) -> None:
    refunds = [
        {"id": one.id, "cents": one.cents, "stands": one.stands, "at": one.created_at.isoformat()}
        for one in await work.stripe.refunds_of(intent)
    ]
    await work.acts.value("subscription_refunded", wanted=intent, refunds=json.dumps(refunds))
