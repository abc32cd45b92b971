"""Subscriptions to Premium over HTTP."""

from typing import Annotated, cast

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import DatabaseDep, signed_in_as
from backend.http.rate_limits import limited
from backend.http.routing import Router
from backend.identity.callers import Caller, caller, documented_sign_in
from backend.identity.tokens import Role
from backend.problems.problem import language_of, may_answer
from backend.stripe.client import Stripe
from backend.stripe.problems import PaymentUnavailable
from backend.subscriptions import actions, queries
from backend.subscriptions.problems import PremiumAlready, PremiumNotBegun, PremiumShopNeeded
from backend.subscriptions.schemas import PageOfStripe, SubscriptionOut

router = Router(tags=["subscriptions"])

PAGES = "30/hour"
AsMerchant = Annotated[AsyncSession, signed_in_as(Role.MERCHANT)]


@router.post(
    "/subscriptions",
    status_code=201,
    responses=may_answer(PremiumAlready, PremiumShopNeeded, PaymentUnavailable),
    dependencies=[limited("subscriptions", PAGES, by=caller), Depends(documented_sign_in)],
)
async def subscribe(request: Request, database: DatabaseDep, merchant: Caller, response: Response) -> PageOfStripe:
    """Subscribe to Premium: the answer is the address of Stripe's page, the same one while it is open.

    A merchant has one subscription, for all shops that they answer for.
    """
    response.headers["Cache-Control"] = "no-store"
    stripe = cast(Stripe, request.app.state.stripe)
    return await actions.subscribe(database, stripe, merchant, language_of(request.scope))


@router.get("/subscriptions/me")
async def read_own_subscription(session: AsMerchant) -> SubscriptionOut:
    """Read your subscription to Premium, and what a month costs."""
    return await queries.own_subscription(session)


@router.post(
    "/subscriptions/portal",
    status_code=201,
    responses=may_answer(PremiumNotBegun, PaymentUnavailable),
    dependencies=[limited("subscriptions", PAGES, by=caller), Depends(documented_sign_in)],
)
async def manage_subscription(
    request: Request, database: DatabaseDep, merchant: Caller, response: Response
) -> PageOfStripe:
    """Change your card or end your subscription: the answer is the address of Stripe's page. It has no invoices."""
    response.headers["Cache-Control"] = "no-store"
    stripe = cast(Stripe, request.app.state.stripe)
    return await actions.manage(database, stripe, merchant, language_of(request.scope))
