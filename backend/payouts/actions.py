"""Open a shop's payout account at Stripe, and decide who bears a lost dispute."""

from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import Database, call, call_row
from backend.payouts.problems import PayoutAccountClosed
from backend.payouts.queries import dispute
from backend.payouts.schemas import DisputeDecisionIn, DisputeOut, PayoutAccountLink
from backend.settings import settings
from backend.stripe.calls import PaymentRefused
from backend.stripe.client import Stripe
from backend.stripe.problems import PaymentUnavailable

UNKNOWN = (403, 404)  # how Stripe answers about an account that is not ours any more

log = structlog.get_logger("ecopanier.payouts")


async def link_to_onboarding(database: Database, stripe: Stripe, owner: UUID, shop_id: UUID) -> PayoutAccountLink:
    """Return a link to Stripe's page for a shop's payout account, which is made at Stripe first if there is none.

    No transaction is open while Stripe is asked. Raises PaymentUnavailable, and PayoutAccountClosed if Stripe does not
    know the account any more. The database raises ShopNotFound, PayoutAccountClosed, PayoutAddressNeeded.
    """
    async with database.session(owner) as session, session.begin():
        account, name, email = await call_row(session, "begin_payout_account", shop=shop_id)
    back = f"{settings().public_url}/my-shops/{shop_id}/money"
    try:
        if account is None:
            made = await stripe.create_account(shop_id, name=name, email=email)
            async with database.session(owner) as session, session.begin():
                account = await call(session, "payout_account_opened", shop=shop_id, account=made.id)
        link = await stripe.create_account_link(account, refresh_url=back, return_url=back)
    except PaymentRefused as refusal:
        log.error("payout_account.refused", shop_id=str(shop_id), code=refusal.code, status=refusal.status)
        if account is not None and refusal.status in UNKNOWN:
            raise PayoutAccountClosed from refusal
        raise PaymentUnavailable from refusal
    return PayoutAccountLink(url=link.url, expires_at=link.expires_at)


async def decide_dispute(session: AsyncSession, dispute_id: str, decided: DisputeDecisionIn) -> DisputeOut:
    """Decide who bears a lost dispute. The database raises DisputeNotFound, DisputeNotLost."""
    await call(session, "decide_dispute", dispute=dispute_id, bearer=decided.borne_by)
    return await dispute(session, dispute_id)
