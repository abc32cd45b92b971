"""The money of a shop: what is due and paid, its payout account, and what each closed lot came to."""

import asyncio

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.merchants.subscription import offer
from backend.pages.merchants.workplace import at_shop
from backend.pages.visit import Visit, route

LOTS = 20
PAYOUTS = 5
PAPERS = 24
_PASSED_ON = ("content-type", "content-disposition")


async def money(visit: Visit) -> Response:
    """Show the balance, the state of the payout account, closed lots and the last payouts."""
    place = await at_shop(visit, "owner")
    shop = f"/v1/shops/{place.shop['id']}"
    balance, account, lots, payouts, papers = await asyncio.gather(
        visit.api.get(f"{shop}/balance"),
        visit.api.get(f"{shop}/payout-account"),
        visit.api.get(f"{shop}/ledger", limit=LOTS, after=visit.query.get("after")),
        visit.api.get(f"{shop}/payouts", limit=PAYOUTS),
        visit.api.get(f"{shop}/documents", limit=PAPERS),
    )
    return place.page(
        visit,
        "merchants/money.html",
        balance=balance,
        account=account,
        lots=lots,
        payouts=payouts["data"],
        papers=papers["data"],
    )


async def open_account(visit: Visit) -> Response:
    """Go on to Stripe's page for the payout account."""
    place = await at_shop(visit, "owner")
    link = await visit.api.post(f"/v1/shops/{place.shop['id']}/payout-account", None)
    return RedirectResponse(link["url"], 303)


async def spreadsheet(visit: Visit) -> Response:
    """Return what closed lots came to as a file for a spreadsheet."""
    place = await at_shop(visit, "owner")
    return await _file(visit, f"/v1/shops/{place.shop['id']}/ledger.csv", month=visit.query.get("month"))


async def paper(visit: Visit) -> Response:
    """Return a paper of the shop as it was issued."""
    await at_shop(visit, "owner")
    return await _file(visit, f"/v1/documents/{visit.parameters['id']}.{visit.parameters['form']}")


async def _file(visit: Visit, path: str, **asked: str | None) -> Response:
    answer = await visit.api.sends("GET", path, query=asked)
    if not answer.is_success:
        return offer(visit, Refused(answer))
    headers = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
    return Response(answer.content, headers=headers)


routes: list[BaseRoute] = [
    route("/my-shops/{shop_id:uuid}/money", money, needs="person"),
    route("/my-shops/{shop_id:uuid}/money/account", open_account, ["POST"], needs="person"),
    route("/my-shops/{shop_id:uuid}/money.csv", spreadsheet, needs="person"),
    route("/my-shops/{shop_id:uuid}/papers/{id:uuid}.{form}", paper, needs="person"),
]
