"""Subscribe to Premium on Stripe's page, and manage the subscription there."""

from typing import NamedTuple
from uuid import UUID

import structlog

from backend.database.sessions import Database, call, call_row
from backend.problems.texts import Language
from backend.settings import settings
from backend.stripe.calls import PaymentRefused
from backend.stripe.client import Stripe
from backend.stripe.problems import PaymentUnavailable
from backend.subscriptions.looking import ENDED, look
from backend.subscriptions.problems import PremiumAlready, PremiumNotBegun
from backend.subscriptions.schemas import PageOfStripe

PATH = "/subscription"
NAME = "EcoPanier Premium"

log = structlog.get_logger("ecopanier.subscriptions")


class _Begun(NamedTuple):
    """The facts from which Stripe's page is made; `checkout` is the page's id, once it exists."""

    page_id: UUID
    customer: str | None
    checkout: str | None
    cents: int
    language: str
    email: str | None


async def subscribe(database: Database, stripe: Stripe, merchant: UUID, language: Language) -> PageOfStripe:
    """Return the page on which a merchant subscribes: the open one, or one that is made now.

    No transaction is open while Stripe is asked. Raises PaymentUnavailable, PremiumAlready. The database raises
    NotAllowed, PremiumAlready, PremiumShopNeeded.
    """
    try:
        for _ in range(2):  # the second time after a page that is over
            begun = await _begin(database, merchant, language)
            if begun.checkout is None:
                return PageOfStripe(url=await _make_page(database, stripe, merchant, begun))
            page = await stripe.retrieve_checkout(begun.checkout)
            if page.status == "open" and page.url is not None:
                return PageOfStripe(url=page.url)
            await _refuse_second(database, stripe, begun.customer or "")
            async with database.session(merchant) as session, session.begin():
                await call(session, "subscription_page_over", page=begun.page_id)
    except PaymentRefused as refusal:
        log.error("subscription.refused", account=str(merchant), code=refusal.code, status=refusal.status)
        raise PaymentUnavailable from refusal
    raise PaymentUnavailable


async def _make_page(database: Database, stripe: Stripe, merchant: UUID, begun: _Begun) -> str:
    """Make the page, and the customer if there is none, and return its address.

    The same page as long as its row has the same id, so it does no harm that two do this at once.
    """
    customer = begun.customer
    if customer is None:
        made = await stripe.create_customer(merchant, email=begun.email)
        async with database.session(merchant) as session, session.begin():
            customer = await call(session, "subscription_customer", given=made)
        if customer is None:  # the account was erased meanwhile
            raise PremiumNotBegun
    else:
        await _refuse_second(database, stripe, customer)
    page = await stripe.create_subscription_checkout(
        begun.page_id,
        customer=customer,
        account_id=merchant,
        cents=begun.cents,
        name=NAME,
        back=f"{settings().public_url}{PATH}",
        language=begun.language,
    )
    async with database.session(merchant) as session, session.begin():
        kept = await call(session, "subscription_page_made", page=begun.page_id, made=page.id)
    if not kept or page.url is None:  # erased, or subscribed in another tab
        await stripe.expire_checkout(page.id, begun.page_id)
        raise PremiumAlready
    return page.url


async def _refuse_second(database: Database, stripe: Stripe, customer: str) -> None:
    """Raise PremiumAlready if a subscription of the customer runs at Stripe, of which we have not heard yet."""
    found = await look(database.acts, stripe, customer)
    if found is not None and found.status not in ENDED:
        raise PremiumAlready


async def manage(database: Database, stripe: Stripe, merchant: UUID, language: Language) -> PageOfStripe:
    """Return the page on which a merchant changes the card or ends the subscription.

    Raises PremiumNotBegun, PaymentUnavailable.
    """
    async with database.session(merchant) as session, session.begin():
        customer: str | None = await call(session, "subscription_customer", given=None)
    if customer is None:
        raise PremiumNotBegun
    try:
        url = await stripe.create_portal_session(customer, back=f"{settings().public_url}{PATH}", language=language)
    except PaymentRefused as refusal:
        if refusal.code == "resource_missing":  # the customer is deleted at Stripe after the last subscription
            raise PremiumNotBegun from refusal
        log.error("subscription.refused", account=str(merchant), code=refusal.code, status=refusal.status)
        raise PaymentUnavailable from refusal
    return PageOfStripe(url=url)


async def _begin(database: Database, merchant: UUID, language: Language) -> _Begun:
    async with database.session(merchant) as session, session.begin():
        return _Begun(*await call_row(session, "begin_subscription", language=language))
