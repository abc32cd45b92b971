"""The platform's money: what the last check of the ledger found, the ledger, disputes and shops in debt."""

import asyncio

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.admins.desk import ROLES, desk_page
from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.visit import Visit, route

DISPUTES = 20
IN_DEBT = 50
POSTINGS = 50
# Stripe's reasons that have words of ours; the others read as "general".
REASONS = (
    "credit_not_processed",
    "duplicate",
    "fraudulent",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
)


async def money(visit: Visit) -> Response:
    """Show differences, disputes and shops in debt."""
    return await _page(visit, Form())


async def _page(visit: Visit, form: Form, status: int = 200) -> Response:
    differences, disputes, in_debt = await asyncio.gather(
        visit.api.get("/v1/admin/ledger/differences"),
        visit.api.get("/v1/admin/disputes", limit=DISPUTES, after=visit.query.get("after")),
        visit.api.get("/v1/admin/shops-in-debt", limit=IN_DEBT),
    )
    return desk_page(
        visit,
        "money.html",
        "money",
        status,
        form=form,
        found=differences,
        disputes=disputes,
        in_debt=in_debt,
        reasons=REASONS,
    )


async def decide(visit: Visit) -> Response:
    """Decide who bears a lost dispute."""
    form = await visit.form()
    try:
        await visit.api.post(
            f"/v1/admin/disputes/{visit.parameters['id']}/decide",
            {"borne_by": form.value("borne_by")},
            key=form.key_for("borne", form.value("borne_by")),
        )
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return await _page(visit, form.refused(refusal, ()), refusal.status)
    return visit.to("/admin/money", "saved")


async def ledger(visit: Visit) -> Response:
    """List postings, the last first, of one shop or sale if the address says so."""
    asked = {name: visit.query.get(name) or None for name in ("account", "shop_id", "reservation_id")}
    found = await visit.api.get("/v1/admin/ledger", limit=POSTINGS, after=visit.query.get("after"), **asked)
    kept = {name: value for name, value in asked.items() if value}
    return desk_page(visit, "ledger.html", "money", found=found, asked=kept)


routes: list[BaseRoute] = [
    route("/admin/money", money, needs="person", roles=ROLES),
    route("/admin/money/ledger", ledger, needs="person", roles=ROLES),
    route("/admin/money/disputes/{id}", decide, ["POST"], needs="person", roles=ROLES),
]
